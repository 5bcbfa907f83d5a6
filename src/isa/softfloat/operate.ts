// The floating-point operations by the names that meanings have for them.
import type { FloatOp } from "../meaning.js";
import * as soft from "./index.js";

const integerTypes = { W: soft.W, Wu: soft.WU, L: soft.L, Lu: soft.LU } as const;

/** Carries out an operation that a meaning names: bit patterns in, the pattern that goes to the register out. `wide` is binary64; for from*, of the result. */
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
