// Binary floating-point numbers as bit patterns: their formats, what a pattern stands for, rounding modes and exception flags.

/** An interchange format of IEEE 754-2019; the sign takes one bit more. */
export type Format = { readonly exponentBits: number; readonly fractionBits: number };

export const F32: Format = { exponentBits: 8, fractionBits: 23 };
export const F64: Format = { exponentBits: 11, fractionBits: 52 };

/** As in the rm field of an instruction and in frm. */
export type RoundingMode = 0 | 1 | 2 | 3 | 4;
export const RNE = 0;
export const RTZ = 1;
export const RDN = 2;
export const RUP = 3;
export const RMM = 4;

// As in fflags.
export const NX = 1;
export const UF = 2;
export const OF = 4;
export const DZ = 8;
export const NV = 16;

/** What an operation delivers: a bit pattern and the flags that it raises. */
export type Outcome = { bits: bigint; flags: number };

/** The value is (-1)^negative * significand * 2^exponent where the kind is finite (zero has significand 0). */
export type Unpacked = {
  readonly kind: "finite" | "infinity" | "quiet NaN" | "signalling NaN";
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
};

export const maxBiased = (format: Format): number => 2 ** format.exponentBits - 1;
export const bias = (format: Format): number => 2 ** (format.exponentBits - 1) - 1;

/** A pattern from its sign, and its exponent and fraction fields in one. */
const signed = (format: Format, negative: boolean, magnitude: bigint): bigint =>
  negative ? magnitude | (1n << BigInt(format.exponentBits + format.fractionBits)) : magnitude;

export const pack = (format: Format, negative: boolean, biased: number, fraction: bigint): bigint =>
  signed(format, negative, (BigInt(biased) << BigInt(format.fractionBits)) | fraction);

export const zero = (format: Format, negative: boolean): bigint => signed(format, negative, 0n);
export const infinity = (format: Format, negative: boolean): bigint => pack(format, negative, maxBiased(format), 0n);
export const largest = (format: Format, negative: boolean): bigint => infinity(format, negative) - 1n;
export const canonicalNaN = (format: Format): bigint => pack(format, false, maxBiased(format), 1n << BigInt(format.fractionBits - 1));

/** Flips the sign, of a NaN too. */
export const negate = (format: Format, bits: bigint): bigint => bits ^ (1n << BigInt(format.exponentBits + format.fractionBits));

export function unpack(format: Format, bits: bigint): Unpacked {
  const width = BigInt(format.fractionBits);
  const fraction = bits & ((1n << width) - 1n);
  const biased = Number((bits >> width) & BigInt(maxBiased(format)));
  const negative = ((bits >> (width + BigInt(format.exponentBits))) & 1n) === 1n;
  if (biased === maxBiased(format)) {
    if (fraction === 0n) return { kind: "infinity", negative, significand: 0n, exponent: 0 };
    const quiet = fraction >> (width - 1n) === 1n;
    return { kind: quiet ? "quiet NaN" : "signalling NaN", negative, significand: 0n, exponent: 0 };
  }
  const hidden = biased === 0 ? 0n : 1n << width;
  return { kind: "finite", negative, significand: hidden | fraction, exponent: Math.max(biased, 1) - bias(format) - format.fractionBits };
}

export const isNaN = (x: Unpacked): boolean => x.kind === "quiet NaN" || x.kind === "signalling NaN";
export const isZero = (x: Unpacked): boolean => x.kind === "finite" && x.significand === 0n;

export const exactly = (bits: bigint): Outcome => ({ bits, flags: 0 });

/** An operation that has no meaningful result. */
export const invalid = (format: Format): Outcome => ({ bits: canonicalNaN(format), flags: NV });

/** RISC-V propagates no payloads: whatever NaN went in, the canonical one comes out. */
export const propagateNaN = (format: Format, ...operands: Unpacked[]): Outcome =>
  ({ bits: canonicalNaN(format), flags: signals(...operands) });

/** NV if a signalling NaN is among the operands. */
export const signals = (...operands: Unpacked[]): number => (operands.some((x) => x.kind === "signalling NaN") ? NV : 0);
