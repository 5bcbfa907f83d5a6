// Conversions between formats, and between them and integers.

import { exactly, infinity, isNaN, NV, NX, propagateNaN, unpack } from "./format.js";
import type { Format, Outcome, RoundingMode } from "./format.js";
import { dropBits, roundPack } from "./round.js";

/** An integer type, as the letters of fcvt name it: W, WU, L and LU. */
export type Integer = { readonly bits: 32 | 64; readonly signed: boolean };

export const W: Integer = { bits: 32, signed: true };
export const WU: Integer = { bits: 32, signed: false };
export const L: Integer = { bits: 64, signed: true };
export const LU: Integer = { bits: 64, signed: false };

export function convert(from: Format, to: Format, a: bigint, rm: RoundingMode): Outcome {
  const x = unpack(from, a);
  if (isNaN(x)) return propagateNaN(to, x);
  if (x.kind === "infinity") return exactly(infinity(to, x.negative));
  return roundPack(to, x.negative, x.significand, x.exponent, rm);
}

/** Delivers a 64-bit register, into which 32-bit results are sign-extended, WU's too. What is out of range is invalid and becomes the nearest limit, a NaN the upper one. */
export function toInteger(format: Format, to: Integer, a: bigint, rm: RoundingMode): Outcome {
  const x = unpack(format, a);
  const least = to.signed ? -(1n << BigInt(to.bits - 1)) : 0n;
  const most = least + (1n << BigInt(to.bits)) - 1n;
  if (isNaN(x)) return { bits: register(to, most), flags: NV };
  if (x.kind === "infinity") return { bits: register(to, x.negative ? least : most), flags: NV };
  const { kept, inexact } = dropBits(x.significand, -x.exponent, x.negative, rm);
  const value = x.negative ? -kept : kept;
  if (value < least || value > most) return { bits: register(to, x.negative ? least : most), flags: NV };
  return { bits: register(to, value), flags: inexact ? NX : 0 };
}

const register = (type: Integer, value: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(type.bits, value));

/** Takes a 64-bit register, of which only the type's bits count. */
export function fromInteger(format: Format, from: Integer, register: bigint, rm: RoundingMode): Outcome {
  const value = (from.signed ? BigInt.asIntN : BigInt.asUintN)(from.bits, register);
  return roundPack(format, value < 0n, value < 0n ? -value : value, 0, rm);
}
