// Rounding: from an exact value to the nearest thing that a format, or an integer, can hold.

import { bias, exactly, infinity, largest, maxBiased, NX, OF, pack, RDN, RMM, RNE, RTZ, RUP, UF, zero } from "./format.js";
import type { Format, Outcome, RoundingMode } from "./format.js";

export function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return 4 * hex.length - (Math.clz32(parseInt(hex[0], 16)) - 28);
}

/** Drops the lowest bits of a magnitude; with a negative count it appends zeros instead. */
export function dropBits(magnitude: bigint, count: number, negative: boolean, rm: RoundingMode): { kept: bigint; inexact: boolean } {
  if (count <= 0) return { kept: magnitude << BigInt(-count), inexact: false };
  const kept = magnitude >> BigInt(count);
  const rest = magnitude - (kept << BigInt(count));
  const half = 1n << BigInt(count - 1);
  return { kept: awayFromZero(kept, rest, half, negative, rm) ? kept + 1n : kept, inexact: rest !== 0n };
}

function awayFromZero(kept: bigint, rest: bigint, half: bigint, negative: boolean, rm: RoundingMode): boolean {
  switch (rm) {
    case RNE: return rest > half || (rest === half && (kept & 1n) === 1n);
    case RTZ: return false;
    case RDN: return negative && rest !== 0n;
    case RUP: return !negative && rest !== 0n;
    case RMM: return rest >= half;
  }
}

/** Sets the lowest bit where something was cut off below it. Rounds as the exact value does, if at least two bits lie below those that stay. */
export const jam = (significand: bigint, cutOff: boolean): bigint => (cutOff ? significand | 1n : significand);

/** Rounds (-1)^negative * significand * 2^exponent to the format; a significand of 0 gives the zero of that sign. */
export function roundPack(format: Format, negative: boolean, significand: bigint, exponent: number, rm: RoundingMode): Outcome {
  if (significand === 0n) return exactly(zero(format, negative));
  const { fractionBits } = format;
  const smallest = 1 - bias(format);
  const leading = exponent + bitLength(significand) - 1;

  // The exponent of the result's last place: that of the subnormals if the value is below the normal range.
  let place = Math.max(leading, smallest) - fractionBits;
  const { kept, inexact } = dropBits(significand, place - exponent, negative, rm);
  let rounded = kept;
  if (rounded >> BigInt(fractionBits + 1) !== 0n) {
    rounded >>= 1n;
    place++;
  }
  const normal = rounded >> BigInt(fractionBits) !== 0n;
  const biased = normal ? place + fractionBits + bias(format) : 0;
  if (biased >= maxBiased(format)) return overflow(format, negative, rm);

  const tiny = inexact && leading < smallest && isTinyAfterRounding(format, negative, significand, exponent, rm);
  const flags = (inexact ? NX : 0) | (tiny ? UF : 0);
  return { bits: pack(format, negative, biased, BigInt.asUintN(fractionBits, rounded)), flags };
}

/** Whether a value below the normal range stays there when it is rounded to full precision, as if exponents had no lower bound. */
function isTinyAfterRounding(format: Format, negative: boolean, significand: bigint, exponent: number, rm: RoundingMode): boolean {
  const drop = bitLength(significand) - (format.fractionBits + 1);
  const { kept } = dropBits(significand, drop, negative, rm);
  return exponent + drop + bitLength(kept) - 1 < 1 - bias(format);
}

function overflow(format: Format, negative: boolean, rm: RoundingMode): Outcome {
  const toInfinity = rm === RNE || rm === RMM || rm === (negative ? RDN : RUP);
  return { bits: (toInfinity ? infinity : largest)(format, negative), flags: OF | NX };
}
