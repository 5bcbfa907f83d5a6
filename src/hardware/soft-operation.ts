// The exact floating-point software as the engine calls it: an operation number on operands in memory.
import { floatOps } from "../isa/meaning.js";
import { operate } from "../isa/softfloat/operate.js";
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
