// Sum, difference, product, quotient, square root and fused multiply-add, correctly rounded.

import { DZ, exactly, infinity, invalid, isNaN, isZero, negate, propagateNaN, RDN, unpack, zero } from "./format.js";
import type { Format, Outcome, RoundingMode, Unpacked } from "./format.js";
import { bitLength, jam, roundPack } from "./round.js";

export function add(format: Format, a: bigint, b: bigint, rm: RoundingMode): Outcome {
  const [x, y] = [unpack(format, a), unpack(format, b)];
  return isNaN(x) || isNaN(y) ? propagateNaN(format, x, y) : sum(format, x, y, rm);
}

export const sub = (format: Format, a: bigint, b: bigint, rm: RoundingMode): Outcome => add(format, a, negate(format, b), rm);

export function mul(format: Format, a: bigint, b: bigint, rm: RoundingMode): Outcome {
  const [x, y] = [unpack(format, a), unpack(format, b)];
  if (isNaN(x) || isNaN(y)) return propagateNaN(format, x, y);
  const xy = product(x, y);
  if (xy === undefined) return invalid(format);
  return xy.kind === "infinity" ? exactly(infinity(format, xy.negative)) : roundPack(format, xy.negative, xy.significand, xy.exponent, rm);
}

/** a * b + c with one rounding. The other three signs are this with operands negated. */
export function fma(format: Format, a: bigint, b: bigint, c: bigint, rm: RoundingMode): Outcome {
  const [x, y, z] = [unpack(format, a), unpack(format, b), unpack(format, c)];
  // RISC-V: infinity times zero is invalid even if the addend is a quiet NaN.
  if (isNaN(x) || isNaN(y)) return propagateNaN(format, x, y, z);
  const xy = product(x, y);
  if (xy === undefined) return invalid(format);
  return isNaN(z) ? propagateNaN(format, z) : sum(format, xy, z, rm);
}

/** The exact product of what are not NaNs; undefined for infinity times zero. */
function product(x: Unpacked, y: Unpacked): Unpacked | undefined {
  const negative = x.negative !== y.negative;
  if (x.kind === "infinity" || y.kind === "infinity") {
    return isZero(x) || isZero(y) ? undefined : { kind: "infinity", negative, significand: 0n, exponent: 0 };
  }
  return { kind: "finite", negative, significand: x.significand * y.significand, exponent: x.exponent + y.exponent };
}

function sum(format: Format, x: Unpacked, y: Unpacked, rm: RoundingMode): Outcome {
  if (x.kind === "infinity" && y.kind === "infinity" && x.negative !== y.negative) return invalid(format);
  if (x.kind === "infinity") return exactly(infinity(format, x.negative));
  if (y.kind === "infinity") return exactly(infinity(format, y.negative));
  const exponent = Math.min(x.exponent, y.exponent);
  const total = aligned(x, exponent) + aligned(y, exponent);
  if (total !== 0n) return roundPack(format, total < 0n, total < 0n ? -total : total, exponent, rm);
  return exactly(zero(format, x.negative === y.negative ? x.negative : rm === RDN));
}

const aligned = (x: Unpacked, exponent: number): bigint => {
  const magnitude = x.significand << BigInt(x.exponent - exponent);
  return x.negative ? -magnitude : magnitude;
};

export function div(format: Format, a: bigint, b: bigint, rm: RoundingMode): Outcome {
  const [x, y] = [unpack(format, a), unpack(format, b)];
  if (isNaN(x) || isNaN(y)) return propagateNaN(format, x, y);
  const negative = x.negative !== y.negative;
  if (x.kind === "infinity") return y.kind === "infinity" ? invalid(format) : exactly(infinity(format, negative));
  if (y.kind === "infinity") return exactly(zero(format, negative));
  if (isZero(y)) return isZero(x) ? invalid(format) : { bits: infinity(format, negative), flags: DZ };
  if (isZero(x)) return exactly(zero(format, negative));
  const shift = enoughBits(format) + bitLength(y.significand);
  const dividend = x.significand << BigInt(shift);
  const quotient = dividend / y.significand;
  return roundPack(format, negative, jam(quotient, quotient * y.significand !== dividend), x.exponent - y.exponent - shift, rm);
}

export function sqrt(format: Format, a: bigint, rm: RoundingMode): Outcome {
  const x = unpack(format, a);
  if (isNaN(x)) return propagateNaN(format, x);
  if (isZero(x)) return exactly(a);
  if (x.negative) return invalid(format);
  if (x.kind === "infinity") return exactly(a);
  // The exponent of what the root is taken of must be even.
  const shift = 2 * enoughBits(format) + (x.exponent & 1);
  const radicand = x.significand << BigInt(shift);
  const root = integerRoot(radicand);
  return roundPack(format, false, jam(root, root * root !== radicand), (x.exponent - shift) / 2, rm);
}

/** So many that a quotient or a root keeps two bits below the last place, for jam. */
const enoughBits = (format: Format): number => format.fractionBits + 3;

/** The largest integer whose square is at most n, by Newton's iteration from above. */
function integerRoot(n: bigint): bigint {
  let root = 1n << BigInt((bitLength(n) + 1) >> 1);
  while (true) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
