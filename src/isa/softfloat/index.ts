// Exact binary32 and binary64 arithmetic as RISC-V defines it (chapters F and D): bit patterns in, bit patterns and flags out.

export { add, div, fma, mul, sqrt, sub } from "./arithmetic.js";
export { classify, eq, le, lt, max, min } from "./compare.js";
export { convert, fromInteger, L, LU, toInteger, W, WU } from "./convert.js";
export type { Integer } from "./convert.js";
export { canonicalNaN, DZ, F32, F64, negate, NV, NX, OF, RDN, RMM, RNE, RTZ, RUP, UF } from "./format.js";
export type { Format, Outcome, RoundingMode } from "./format.js";
