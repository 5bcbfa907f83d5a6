// The fast paths against the exact software: random operands, biased to where rounding is decided, in every mode.
import { expect, test } from "vitest";
import { type FloatOp, floatOps } from "../../isa/meaning.js";
import { operate } from "../../isa/softfloat/operate.js";
import { Module } from "../../wasm/module.js";
import { FFLAGS, SCRATCH } from "../layout.js";
import { FloatFunctions } from "./floating.js";

type Fast = (name: string, a: bigint, b: bigint, c: bigint, rounding: number) => bigint;

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const u64 = new BigUint64Array(memory.buffer);
const flags = new Int32Array(memory.buffer, FFLAGS, 1);
let softCalls = 0;

function fastFunctions(): Fast {
  const module = new Module();
  module.importMemory("engine", "memory", 1, 1);
  const soft = module.importFunction("engine", "soft", { parameters: ["i32", "i32"], results: [] });
  const functions = new FloatFunctions(module, soft);
  for (const bits of [32, 64] as const) {
    for (const name of floatOps) {
      const { code } = module.define({ parameters: ["i64", "i64", "i64", "i32"], results: ["i64"] }, `${name}${bits}`);
      code.get(0).get(1).get(2).get(3).call(functions.index(name, bits));
    }
  }
  const at = SCRATCH / 8;
  const software = (number: number, rounding: number): void => {
    softCalls++;
    const outcome = operate(floatOps[number & 31], number >= 32, [u64[at], u64[at + 1], u64[at + 2]], rounding);
    u64[at] = BigInt.asUintN(64, outcome.bits);
    flags[0] |= outcome.flags;
  };
  const compiled = new WebAssembly.Module(module.bytes() as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(compiled, { engine: { memory, soft: software } });
  return (name, a, b, c, rounding) => {
    const call = exports[name];
    const bits = typeof call === "function" ? call(a, b, c, rounding) : undefined;
    if (typeof bits !== "bigint") throw new Error(`no operation ${name}`);
    return bits;
  };
}

/** Numbers that repeat (Knuth's multiplier, mixed). */
function generator(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return BigInt.asUintN(64, (state >> 29n) * 0x9e3779b97f4a7c15n) ^ state;
  };
}

/** Mostly near one in magnitude, sometimes any exponent, few or nearly all fraction bits, or a neighbour of `other`. */
function operand(random: () => bigint, bits: 32 | 64, other: bigint): bigint {
  const [exponentBits, fractionBits] = bits === 64 ? [11n, 52n] : [8n, 23n];
  const kind = Number(random() & 15n);
  const sign = (random() & 1n) << BigInt(bits - 1);
  if (kind > 12) return BigInt.asUintN(bits, other + (random() % 5n) - 2n) ^ sign;
  const ones = (1n << fractionBits) - 1n;
  let exponent = random() & ((1n << exponentBits) - 1n);
  let fraction = random() & ones;
  if (kind < 8) exponent = (1n << (exponentBits - 1n)) - 11n + (random() % 20n);
  if (kind % 4 === 0) fraction &= ~(ones >> 8n) & ones;
  if (kind === 5) fraction = ones ^ (random() & 3n);
  return sign | (exponent << fractionBits) | fraction;
}

/** Operands of one operation; fma gets addends that nearly cancel the product. */
function operands(random: () => bigint, name: FloatOp, bits: 32 | 64): bigint[] {
  if (name.startsWith("from") && name !== "fromOther") return [BigInt.asUintN(64, random() >> (random() % 64n)), 0n, 0n];
  const width = name !== "fromOther" ? bits : bits === 64 ? 32 : 64;
  const a = operand(random, width, 0n), b = operand(random, width, a);
  const c = name === "fma" && (random() & 3n) === 0n ? (operate("mul", bits === 64, [a, b, 0n], 0).bits ^ (1n << BigInt(bits - 1))) + (random() % 3n) : operand(random, width, a);
  return [a, b, BigInt.asUintN(width, c)];
}

test("fast and exact floating point agree on results and flags in every mode", () => {
  const fast = fastFunctions();
  const random = generator(1n);
  const tries = 60_000;
  for (let i = 0; i < tries; i++) {
    const name = floatOps[Number(random() % BigInt(floatOps.length))];
    const bits = (i & 1) === 0 ? 32 : 64;
    const rounding = Number(random() % 5n);
    const [a, b, c] = operands(random, name, bits);
    const before = Number(random() & 1n);
    flags[0] = before;
    const got = fast(`${name}${bits}`, BigInt.asIntN(64, a), BigInt.asIntN(64, b), BigInt.asIntN(64, c), rounding);
    const exact = operate(name, bits === 64, [a, b, c], rounding);
    // The rows sign-extend words themselves.
    const seen = (value: bigint) => BigInt.asUintN(name === "toW" || name === "toWu" ? 32 : 64, value).toString(16);
    expect(`${name}${bits} ${[a, b, c].map((x) => x.toString(16)).join(" ")} mode ${rounding}: ${seen(got)} flags ${flags[0]}`)
      .toBe(`${name}${bits} ${[a, b, c].map((x) => x.toString(16)).join(" ")} mode ${rounding}: ${seen(exact.bits)} flags ${exact.flags | before}`);
  }
  expect(softCalls).toBeLessThan(tries / 2);
});
