// The exact floating-point software as the engine calls it: an operation number on operands in memory.
import { type FloatOp, floatOps } from "../isa/meaning.js";
import * as soft from "../isa/softfloat/index.js";
import { FFLAGS, SCRATCH } from "./layout.js";
import type { MachineMemory } from "./memory.js";

/** Carries out operation `number` (interpreter/floating.ts, softNumber) on SCRATCH; leaves the bits there and raises the flags. */
export function softOperation(memory: MachineMemory, number: number, rounding: number): void {
  const wide = number >= 32;
  const name = floatOps[number & 31];
  const at = SCRATCH / 8;
  const { u64 } = memory;
  const { bits, flags } = operate(name, wide, [u64[at], u64[at + 1], u64[at + 2]], rounding);
  u64[at] = BigInt.asUintN(64, bits);
  memory.i32[FFLAGS / 4] |= flags;
}

const integerTypes = { W: soft.W, Wu: soft.WU, L: soft.L, Lu: soft.LU } as const;

/** The operation on bit patterns; exported for the slow oracle. */
export function operate(name: FloatOp, wide: boolean, operands: readonly bigint[], rounding: number): soft.Outcome {
  const format = wide ? soft.F64 : soft.F32;
  const [a, b, c] = wide ? operands : operands.map((value) => value & 0xffffffffn);
  const rm = rounding as soft.RoundingMode;
  switch (name) {
    case "add": case "sub": case "mul": case "div": return soft[name](format, a, b, rm);
    case "sqrt": return soft.sqrt(format, a, rm);
    case "fma": return soft.fma(format, a, b, c, rm);
    case "min": case "max": case "eq": case "lt": case "le": return soft[name](format, a, b);
    case "class": return soft.classify(format, a);
    case "toW": case "toWu": case "toL": case "toLu": return soft.toInteger(format, integerTypes[name.slice(2) as "W"], a, rm);
    case "fromW": case "fromWu": case "fromL": case "fromLu": return soft.fromInteger(format, integerTypes[name.slice(4) as "W"], operands[0], rm);
    case "fromOther": return wide ? soft.convert(soft.F32, soft.F64, a & 0xffffffffn, rm) : soft.convert(soft.F64, soft.F32, operands[0], rm);
    default: return name satisfies never;
  }
}
