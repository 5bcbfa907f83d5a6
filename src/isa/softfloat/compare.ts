// Comparison, minimum, maximum and classification.

import { canonicalNaN, exactly, isNaN, isZero, NV, signals, unpack } from "./format.js";
import type { Format, Outcome, Unpacked } from "./format.js";

const truth = (holds: boolean, flags: number): Outcome => ({ bits: holds ? 1n : 0n, flags });

/** feq: quiet, only a signalling NaN is invalid. */
export function eq(format: Format, a: bigint, b: bigint): Outcome {
  const [x, y] = [unpack(format, a), unpack(format, b)];
  return truth(!isNaN(x) && !isNaN(y) && order(format, a, b) === 0n, signals(x, y));
}

/** flt: signalling, every NaN is invalid. */
export const lt = (format: Format, a: bigint, b: bigint): Outcome => signalling(format, a, b, (difference) => difference < 0n);

/** fle: signalling too. */
export const le = (format: Format, a: bigint, b: bigint): Outcome => signalling(format, a, b, (difference) => difference <= 0n);

function signalling(format: Format, a: bigint, b: bigint, holds: (difference: bigint) => boolean): Outcome {
  if (isNaN(unpack(format, a)) || isNaN(unpack(format, b))) return truth(false, NV);
  return truth(holds(order(format, a, b)), 0);
}

/** Patterns ascend with magnitudes, so their difference with signs orders what are not NaNs; both zeros are equal. */
const order = (format: Format, a: bigint, b: bigint): bigint => asInteger(format, a) - asInteger(format, b);

function asInteger(format: Format, bits: bigint): bigint {
  const magnitude = BigInt.asUintN(format.exponentBits + format.fractionBits, bits);
  return magnitude === bits ? magnitude : -magnitude;
}

/** fmin: minimumNumber of IEEE 754-2019, -0 below +0. */
export const min = (format: Format, a: bigint, b: bigint): Outcome => choose(format, a, b, (x, difference) => (difference === 0n ? x.negative : difference < 0n));

/** fmax: maximumNumber. */
export const max = (format: Format, a: bigint, b: bigint): Outcome => choose(format, a, b, (x, difference) => (difference === 0n ? !x.negative : difference > 0n));

function choose(format: Format, a: bigint, b: bigint, first: (x: Unpacked, difference: bigint) => boolean): Outcome {
  const [x, y] = [unpack(format, a), unpack(format, b)];
  const flags = signals(x, y);
  if (isNaN(x)) return { bits: isNaN(y) ? canonicalNaN(format) : b, flags };
  if (isNaN(y)) return { bits: a, flags };
  return { bits: first(x, order(format, a, b)) ? a : b, flags };
}

/** fclass: one bit of ten, from negative infinity (0) to quiet NaN (9). */
export function classify(format: Format, a: bigint): Outcome {
  const x = unpack(format, a);
  if (isNaN(x)) return exactly(1n << (x.kind === "signalling NaN" ? 8n : 9n));
  const subnormal = x.significand >> BigInt(format.fractionBits) === 0n;
  const size = x.kind === "infinity" ? 3n : isZero(x) ? 0n : subnormal ? 1n : 2n;
  return exactly(1n << (x.negative ? 3n - size : 4n + size));
}
