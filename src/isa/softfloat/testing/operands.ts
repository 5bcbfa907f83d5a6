// Operands that make trouble: the edges of a format, halfway cases, cancellation, far apart exponents, and integers. The same on each run.

import { bias, canonicalNaN, infinity, largest, maxBiased, negate, pack } from "../format.js";
import type { Format, RoundingMode } from "../format.js";
import { mul } from "../arithmetic.js";

/** A small generator with a fixed seed (xorshift64*). */
function generator(seed: bigint): (bits: number) => bigint {
  let state = seed;
  return (bits) => {
    state ^= state >> 12n;
    state = BigInt.asUintN(64, state ^ (state << 25n));
    state ^= state >> 27n;
    return BigInt.asUintN(64, state * 0x2545f4914f6cdd1dn) >> BigInt(64 - bits);
  };
}

function edges(format: Format): bigint[] {
  const one = pack(format, false, bias(format), 0n);
  const power = (exponent: number): bigint => pack(format, false, bias(format) + exponent, 0n);
  const smallestNormal = pack(format, false, 1, 0n);
  const top = infinity(format, false);
  const positive = [
    0n, 1n, 2n, smallestNormal - 1n, smallestNormal, smallestNormal + 1n, largest(format, false), top,
    canonicalNaN(format), canonicalNaN(format) + 5n, top + 1n, one, one - 1n, one + 1n, power(-1), power(-1) + 1n, power(1) - 1n, power(0) + (1n << BigInt(format.fractionBits - 1)),
    ...[31, 32, 63, 64].flatMap((exponent) => [power(exponent) - 1n, power(exponent), power(exponent) + 1n]), power(format.fractionBits), power(-format.fractionBits - 2),
  ];
  return positive.flatMap((bits) => [bits, negate(format, bits)]);
}

/** Three bit patterns and a 64-bit integer. */
export type Operands = readonly [bigint, bigint, bigint, bigint];

/** Every pair of edges, then `count` random ones. */
export function operands(format: Format, count: number): Operands[] {
  const next = generator(0x9e3779b97f4a7c15n + BigInt(format.fractionBits));
  const below = (limit: number): number => Number(next(32)) % limit;
  const special = edges(format);
  const width = 1 + format.exponentBits + format.fractionBits;

  /** Few ones, or a run of them, so that halfway cases come up. */
  const fraction = (): bigint => {
    const some = [(): bigint => next(format.fractionBits), () => 1n << BigInt(below(format.fractionBits)), () => (1n << BigInt(below(format.fractionBits) + 1)) - 1n, () => 0n];
    return BigInt.asUintN(format.fractionBits, some[below(4)]() ^ (below(3) === 0 ? 1n : 0n) ^ (below(5) === 0 ? 1n << BigInt(format.fractionBits - 1) : 0n));
  };
  const anywhere = (): bigint => pack(format, below(2) === 0, below(maxBiased(format)), fraction());
  const around = (biased: number, spread: number): bigint =>
    pack(format, below(2) === 0, Math.min(Math.max(biased + below(2 * spread + 1) - spread, 0), maxBiased(format) - 1), fraction());
  const exponentOf = (bits: bigint): number => Number((bits >> BigInt(format.fractionBits)) & BigInt(maxBiased(format)));
  /** Near a power of two, or near the middle between two neighbours in the format. */
  const integer = (): bigint => {
    const exponent = below(64);
    const middle = exponent > format.fractionBits && below(2) === 0 ? 1n << BigInt(exponent - format.fractionBits - 1) : 0n;
    const magnitude = (below(4) === 0 ? next(64) : 1n << BigInt(exponent)) + middle * (1n + 2n * next(2)) + BigInt(below(5) - 2);
    return BigInt.asUintN(64, below(2) === 0 ? magnitude : -magnitude);
  };
  const one = (): bigint =>
    [() => next(width), anywhere, () => special[below(special.length)], () => around(bias(format), 3), () => around(bias(format) + 40, 30), () => around(3, 3)][below(6)]();

  const second = (a: bigint): bigint =>
    [
      one,
      () => around(exponentOf(a), 2),
      () => around(exponentOf(a) - format.fractionBits, 2),
      () => negate(format, BigInt.asUintN(width, a + BigInt(below(3) - 1))),
      // The product lands at the lower or the upper end of the range.
      () => around(bias(format) - exponentOf(a), format.fractionBits),
      () => around(2 * bias(format) + bias(format) - exponentOf(a), 2),
    ][below(6)]();
  const third = (a: bigint, b: bigint): bigint => {
    const product = mul(format, a, b, below(5) as RoundingMode).bits;
    return [one, () => negate(format, product), () => around(exponentOf(product) - format.fractionBits, 3), () => around(exponentOf(product), 2)][below(4)]();
  };

  const pairs = special.flatMap((a) => special.map((b): Operands => [a, b, special[below(special.length)], integer()]));
  const random = Array.from({ length: count }, (): Operands => {
    const a = one();
    const b = second(a);
    return [a, b, third(a, b), integer()];
  });
  return [...pairs, ...random];
}
