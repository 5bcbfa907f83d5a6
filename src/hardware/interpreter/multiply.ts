// High halves of 64-bit products, which WebAssembly lacks: from four 32-bit products.
import type { Module } from "../../wasm/module.js";

const signature = { parameters: ["i64", "i64"], results: ["i64"] } as const;

/** Defines mulhu, mulh and mulhsu; returns their indices. */
export function defineMultiply(module: Module): { mulhu: number; mulh: number; mulhsu: number } {
  const mulhu = defineUnsigned(module);
  return { mulhu, mulh: defineSigned(module, mulhu, true), mulhsu: defineSigned(module, mulhu, false) };
}

function defineUnsigned(module: Module): number {
  const { index, code } = module.define(signature);
  const a = 0, b = 1;
  const middle = code.local("i64"), low = 0xffffffffn;
  const lowOf = (x: number) => code.get(x).i64(low).op("i64.and");
  const highOf = (x: number) => code.get(x).i64(32).op("i64.shr_u");
  // middle = (al*bl >> 32) + ah*bl; it can't overflow. The result is ah*bh + (middle >> 32) + (low(middle) + al*bh >> 32).
  lowOf(a); lowOf(b);
  code.op("i64.mul").i64(32).op("i64.shr_u");
  highOf(a); lowOf(b);
  code.op("i64.mul").op("i64.add").set(middle);
  highOf(a); highOf(b);
  code.op("i64.mul");
  highOf(middle);
  code.op("i64.add");
  lowOf(middle); lowOf(a); highOf(b);
  code.op("i64.mul").op("i64.add").i64(32).op("i64.shr_u").op("i64.add");
  return index;
}

/** As unsigned, minus the other factor for each negative one. */
function defineSigned(module: Module, mulhu: number, both: boolean): number {
  const { index, code } = module.define(signature);
  const a = 0, b = 1;
  code.get(a).get(b).call(mulhu);
  code.get(a).i64(63).op("i64.shr_s").get(b).op("i64.and").op("i64.sub");
  if (both) code.get(b).i64(63).op("i64.shr_s").get(a).op("i64.and").op("i64.sub");
  return index;
}
