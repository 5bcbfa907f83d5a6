// The language of meanings: what an instruction does, as symbolic data that every engine derives its code from.
//
// Values are 64-bit integers; floating-point values are their bit patterns. An instruction's effects are simultaneous:
// all reads come first, then possible traps, then writes. Floating-point operations also raise their flags in fflags.

/** Operations on two values. Shifts and rotations use the low six bits of the amount; division is RISC-V's (never traps). */
export const binaryOps = [
  "add", "sub", "mul", "mulh", "mulhu", "mulhsu", "div", "divu", "rem", "remu", "and", "or", "xor",
  "shl", "shr", "sar", "rotl", "rotr", "eq", "ne", "lt", "ltu", "ge", "geu",
] as const;
export const unaryOps = ["sext8", "sext16", "sext32", "zext16", "zext32", "clz", "ctz", "popcnt", "orcb", "rev8"] as const;
export type BinaryOp = (typeof binaryOps)[number];
export type UnaryOp = (typeof unaryOps)[number];

/** Floating-point operations of unprivileged specification chapters 20 and 21; "x" is a register-wide integer, "w" a word, u unsigned. */
export const floatOps = [
  "add", "sub", "mul", "div", "sqrt", "fma", "min", "max", "eq", "lt", "le", "class",
  "toW", "toWu", "toL", "toLu", "fromW", "fromWu", "fromL", "fromLu", "fromOther",
] as const;
export type FloatOp = (typeof floatOps)[number];

export const atomicOps = ["swap", "add", "xor", "and", "or", "min", "max", "minu", "maxu"] as const;
export type AtomicOp = (typeof atomicOps)[number];

/** Fields of the instruction and state that a meaning reads. `fs1` is the raw 64-bit register, `length` 2 or 4, `uimm` the register number field of csrrwi. */
export type Leaf = "rs1" | "rs2" | "fs1" | "fs2" | "fs3" | "imm" | "uimm" | "pc" | "length";

export type Expr =
  | { op: "leaf"; leaf: Leaf }
  | { op: "const"; value: bigint }
  | { op: "binary"; name: BinaryOp; a: Expr; b: Expr }
  | { op: "unary"; name: UnaryOp; a: Expr }
  | { op: "select"; condition: Expr; a: Expr; b: Expr }
  /** `bits` 32 or 64 is the format of the operands, except for from*, where it is that of the result. */
  | { op: "float"; name: FloatOp; bits: 32 | 64; args: Expr[] }
  | { op: "load"; bytes: 1 | 2 | 4 | 8; signed: boolean; address: Expr }
  /** The old value, sign-extended; the new one is stored. Needs natural alignment. */
  | { op: "atomic"; name: AtomicOp; bytes: 4 | 8; address: Expr; value: Expr }
  | { op: "loadReserved"; bytes: 4 | 8; address: Expr }
  /** 0 if stored, 1 if not. */
  | { op: "storeConditional"; bytes: 4 | 8; address: Expr; value: Expr }
  /** The old value of the CSR numbered by the `csr` field. */
  | { op: "csr"; how: "write" | "set" | "clear"; value: Expr };

/** What leaves the engine: decided by the hart's owner, not here. */
export type SystemEffect = "ecall" | "ebreak" | "sret" | "mret" | "wfi" | "sfence.vma" | "fence.i";

export type Effect =
  | { effect: "rd"; value: Expr }
  | { effect: "fd"; value: Expr }
  | { effect: "jump"; target: Expr }
  | { effect: "branch"; condition: Expr; target: Expr }
  | { effect: "store"; bytes: 1 | 2 | 4 | 8; address: Expr; value: Expr }
  | { effect: "system"; what: SystemEffect }
  | { effect: "nothing" };

const leaf = (name: Leaf): Expr => ({ op: "leaf", leaf: name });
export const rs1 = leaf("rs1"), rs2 = leaf("rs2"), fs1 = leaf("fs1"), fs2 = leaf("fs2"), fs3 = leaf("fs3");
export const imm = leaf("imm"), uimm = leaf("uimm"), pc = leaf("pc"), length = leaf("length");

export const constant = (value: number | bigint): Expr => ({ op: "const", value: BigInt(value) });
const binary = (name: BinaryOp) => (a: Expr, b: Expr): Expr => ({ op: "binary", name, a, b });
const unary = (name: UnaryOp) => (a: Expr): Expr => ({ op: "unary", name, a });

export const add = binary("add"), sub = binary("sub"), mul = binary("mul"), mulh = binary("mulh"), mulhu = binary("mulhu"), mulhsu = binary("mulhsu");
export const div = binary("div"), divu = binary("divu"), rem = binary("rem"), remu = binary("remu");
export const and = binary("and"), or = binary("or"), xor = binary("xor"), shl = binary("shl"), shr = binary("shr"), sar = binary("sar");
export const rotl = binary("rotl"), rotr = binary("rotr");
export const eq = binary("eq"), ne = binary("ne"), lt = binary("lt"), ltu = binary("ltu"), ge = binary("ge"), geu = binary("geu");
export const sext8 = unary("sext8"), sext16 = unary("sext16"), sext32 = unary("sext32"), zext16 = unary("zext16"), zext32 = unary("zext32");
export const clz = unary("clz"), ctz = unary("ctz"), popcnt = unary("popcnt"), orcb = unary("orcb"), rev8 = unary("rev8");
export const select = (condition: Expr, a: Expr, b: Expr): Expr => ({ op: "select", condition, a, b });
export const not = (a: Expr): Expr => xor(a, constant(-1));
export const float = (name: FloatOp, bits: 32 | 64, ...args: Expr[]): Expr => ({ op: "float", name, bits, args });
export const load = (bytes: 1 | 2 | 4 | 8, signed: boolean, address: Expr): Expr => ({ op: "load", bytes, signed, address });
export const atomic = (name: AtomicOp, bytes: 4 | 8): Expr => ({ op: "atomic", name, bytes, address: rs1, value: rs2 });
export const csr = (how: "write" | "set" | "clear", value: Expr): Expr => ({ op: "csr", how, value });

export const rd = (value: Expr): Effect => ({ effect: "rd", value });
export const fd = (value: Expr): Effect => ({ effect: "fd", value });
export const jump = (target: Expr): Effect => ({ effect: "jump", target });
export const branch = (condition: Expr, target: Expr): Effect => ({ effect: "branch", condition, target });
export const store = (bytes: 1 | 2 | 4 | 8, address: Expr, value: Expr): Effect => ({ effect: "store", bytes, address, value });
export const system = (what: SystemEffect): Effect => ({ effect: "system", what });
export const nothing: Effect = { effect: "nothing" };

/** A narrower float in a register is NaN-boxed: all upper bits one (unprivileged specification 21.2). */
export const box = (a: Expr): Expr => or(zext32(a), constant(0xffffffff00000000n));
export const unbox = (a: Expr): Expr => select(eq(shr(a, constant(32)), constant(0xffffffffn)), zext32(a), constant(0x7fc00000));
