// The slow oracle: carries out a meaning over a plain machine state, in BigInt and as literally as can be. For tests; the third engine beside interpreter and translator.
import type { Instruction } from "./decoder.js";
import type { AtomicOp, BinaryOp, Expr, Leaf, SystemEffect, UnaryOp } from "./meaning.js";
import { operate } from "./softfloat/operate.js";

/** Registers as unsigned 64-bit patterns. */
export interface MachineState {
  x: bigint[];
  f: bigint[];
  /** frm in bits 7:5, fflags in 4:0. */
  fcsr: number;
  pc: bigint;
  /** Address of the load reservation. */
  reserved: bigint | undefined;
}

/** What lies beyond the registers. Memory values are unsigned; what throws here goes through, with the state unchanged. */
export interface Surroundings {
  load(address: bigint, bytes: number): bigint;
  store(address: bigint, bytes: number, value: bigint): void;
  /** CSRs other than fcsr and its parts; undefined: does not exist. */
  readCsr(number: number): bigint | undefined;
  /** False: can't be written. */
  writeCsr(number: number, value: bigint): boolean;
}

/** How an instruction ended: carried out, or left to whoever runs the hart. Only after "done" has anything changed. */
export type Ending = "done" | "illegal" | "misaligned" | SystemEffect;

class Trap {
  readonly ending: Ending;

  constructor(ending: Ending) {
    this.ending = ending;
  }
}

const u64 = (value: bigint) => BigInt.asUintN(64, value);
const s64 = (value: bigint) => BigInt.asIntN(64, value);
const low = (value: bigint, bits: number) => BigInt.asUintN(bits, value);
const extended = (value: bigint, bits: number) => u64(BigInt.asIntN(bits, value));
const truth = (holds: boolean) => (holds ? 1n : 0n);

/** Carries out one instruction. Effects are simultaneous: all are gathered first, and take place if none traps. */
export function evaluate(instruction: Instruction, state: MachineState, surroundings: Surroundings): Ending {
  try {
    const evaluation = new Evaluation(instruction, state, surroundings);
    evaluation.run();
    evaluation.commit();
    return "done";
  } catch (error) {
    if (error instanceof Trap) return error.ending;
    throw error;
  }
}

class Evaluation {
  private readonly instruction: Instruction;
  private readonly state: MachineState;
  private readonly surroundings: Surroundings;
  private readonly writes: (() => void)[] = [];
  private flags = 0;
  private next: bigint;

  constructor(instruction: Instruction, state: MachineState, surroundings: Surroundings) {
    this.instruction = instruction;
    this.state = state;
    this.surroundings = surroundings;
    this.next = state.pc + BigInt(instruction.length);
  }

  run(): void {
    const { state, surroundings, writes } = this;
    if (this.instruction.fields["rm"] !== undefined) this.rounding();
    for (const effect of this.instruction.row.meaning) {
      switch (effect.effect) {
        case "rd": {
          const value = this.value(effect.value), rd = this.field("rd");
          if (rd !== 0) writes.push(() => { state.x[rd] = value; });
          break;
        }
        case "fd": {
          const value = this.value(effect.value), fd = this.field("fd");
          writes.push(() => { state.f[fd] = value; });
          break;
        }
        case "jump": this.next = this.value(effect.target); break;
        case "branch": if (this.value(effect.condition) !== 0n) this.next = this.value(effect.target); break;
        case "store": {
          const { bytes } = effect, address = this.value(effect.address), value = low(this.value(effect.value), bytes * 8);
          writes.push(() => surroundings.store(address, bytes, value));
          break;
        }
        case "system": if (effect.what !== "fence.i") throw new Trap(effect.what); break;
        case "nothing": break;
        default: effect satisfies never;
      }
    }
  }

  commit(): void {
    const { state } = this;
    // What may throw stands first: a store or a CSR write that is part of the value of rd was gathered before rd.
    for (const write of this.writes) write();
    state.fcsr |= this.flags;
    state.pc = u64(this.next);
  }

  private field(name: string): number {
    const value = this.instruction.fields[name];
    if (value === undefined) throw new Error(`${this.instruction.row.name} has no field ${name}`);
    return value;
  }

  private rounding(): number {
    const own = this.instruction.fields["rm"] ?? 0;
    const mode = own === 7 ? this.state.fcsr >> 5 : own;
    if (mode > 4) throw new Trap("illegal");
    return mode;
  }

  private leaf(leaf: Leaf): bigint {
    const { state, instruction: { fields } } = this;
    switch (leaf) {
      case "rs1": case "rs2": return state.x[this.field(leaf)];
      case "fs1": case "fs2": case "fs3": return state.f[this.field(leaf)];
      case "imm": return u64(BigInt(fields["imm"] ?? this.field("shamt")));
      case "uimm": return BigInt(this.field("uimm"));
      case "pc": return state.pc;
      case "length": return BigInt(this.instruction.length);
      default: return leaf satisfies never;
    }
  }

  private value(expr: Expr): bigint {
    switch (expr.op) {
      case "leaf": return this.leaf(expr.leaf);
      case "const": return u64(expr.value);
      case "binary": return u64(binary(expr.name, this.value(expr.a), this.value(expr.b)));
      case "unary": return unary(expr.name, this.value(expr.a));
      case "select": return this.value(expr.condition) !== 0n ? this.value(expr.a) : this.value(expr.b);
      case "float": {
        const { bits, flags } = operate(expr.name, expr.bits === 64, expr.args.map((argument) => this.value(argument)), this.rounding());
        this.flags |= flags;
        return u64(bits);
      }
      case "load": {
        const raw = this.surroundings.load(this.value(expr.address), expr.bytes);
        return expr.signed ? extended(raw, expr.bytes * 8) : raw;
      }
      case "atomic": return this.atomic(expr);
      case "loadReserved": return this.loadReserved(expr.bytes, this.value(expr.address));
      case "storeConditional": return this.storeConditional(expr.bytes, this.value(expr.address), this.value(expr.value));
      case "csr": return this.csr(expr.how, this.value(expr.value));
      default: return expr satisfies never;
    }
  }

  private aligned(address: bigint, bytes: number): void {
    if (address % BigInt(bytes) !== 0n) throw new Trap("misaligned");
  }

  private atomic({ name, bytes, address, value }: Expr & { op: "atomic" }): bigint {
    const at = this.value(address), bits = bytes * 8;
    this.aligned(at, bytes);
    const old = extended(this.surroundings.load(at, bytes), bits);
    const stored = low(combined(name, old, extended(this.value(value), bits)), bits);
    this.writes.push(() => this.surroundings.store(at, bytes, stored));
    return old;
  }

  private loadReserved(bytes: number, at: bigint): bigint {
    this.aligned(at, bytes);
    const value = extended(this.surroundings.load(at, bytes), bytes * 8);
    this.writes.push(() => { this.state.reserved = at; });
    return value;
  }

  private storeConditional(bytes: number, at: bigint, value: bigint): bigint {
    this.aligned(at, bytes);
    const holds = this.state.reserved === at;
    this.writes.push(() => {
      if (holds) this.surroundings.store(at, bytes, low(value, bytes * 8));
      this.state.reserved = undefined;
    });
    return truth(!holds);
  }

  private csr(how: "write" | "set" | "clear", operand: bigint): bigint {
    const number = this.field("csr");
    const old = this.readCsr(number);
    if (old === undefined) throw new Trap("illegal");
    // Setting or clearing with x0 or 0 does not write (unprivileged specification 6.1).
    if (how !== "write" && (this.instruction.fields["rs1"] ?? this.instruction.fields["uimm"]) === 0) return old;
    const value = how === "write" ? operand : how === "set" ? old | operand : old & ~operand;
    if (number >>> 10 === 3) throw new Trap("illegal");
    this.writes.push(() => this.writeCsr(number, value));
    return old;
  }

  private readCsr(number: number): bigint | undefined {
    const { fcsr } = this.state;
    switch (number) {
      case 1: return BigInt(fcsr & 31);
      case 2: return BigInt(fcsr >> 5);
      case 3: return BigInt(fcsr);
      default: return this.surroundings.readCsr(number);
    }
  }

  private writeCsr(number: number, value: bigint): void {
    const { state } = this;
    if (number === 1) state.fcsr = (state.fcsr & 0xe0) | Number(value & 31n);
    else if (number === 2) state.fcsr = (state.fcsr & 31) | (Number(value & 7n) << 5);
    else if (number === 3) state.fcsr = Number(value & 0xffn);
    else if (!this.surroundings.writeCsr(number, value)) throw new Trap("illegal");
  }
}

function binary(name: BinaryOp, a: bigint, b: bigint): bigint {
  const by = b & 63n;
  switch (name) {
    case "add": return a + b;
    case "sub": return a - b;
    case "mul": return a * b;
    case "mulh": return (s64(a) * s64(b)) >> 64n;
    case "mulhu": return (a * b) >> 64n;
    case "mulhsu": return (s64(a) * b) >> 64n;
    case "div": return b === 0n ? -1n : s64(a) / s64(b);
    case "divu": return b === 0n ? -1n : a / b;
    case "rem": return b === 0n ? a : s64(a) % s64(b);
    case "remu": return b === 0n ? a : a % b;
    case "and": return a & b;
    case "or": return a | b;
    case "xor": return a ^ b;
    case "shl": return a << by;
    case "shr": return a >> by;
    case "sar": return s64(a) >> by;
    case "rotl": return (a << by) | (a >> (64n - by));
    case "rotr": return (a >> by) | (a << (64n - by));
    case "eq": return truth(a === b);
    case "ne": return truth(a !== b);
    case "lt": return truth(s64(a) < s64(b));
    case "ltu": return truth(a < b);
    case "ge": return truth(s64(a) >= s64(b));
    case "geu": return truth(a >= b);
    default: return name satisfies never;
  }
}

function bytesOf(value: bigint): bigint[] {
  return Array.from({ length: 8 }, (_, i) => (value >> BigInt(8 * i)) & 255n);
}

const fromBytes = (bytes: bigint[]) => bytes.reduce((value, byte, i) => value | (byte << BigInt(8 * i)), 0n);

function unary(name: UnaryOp, a: bigint): bigint {
  switch (name) {
    case "sext8": return extended(a, 8);
    case "sext16": return extended(a, 16);
    case "sext32": return extended(a, 32);
    case "zext16": return low(a, 16);
    case "zext32": return low(a, 32);
    case "clz": return a === 0n ? 64n : BigInt(64 - a.toString(2).length);
    case "ctz": return a === 0n ? 64n : BigInt((a & -a).toString(2).length - 1);
    case "popcnt": return BigInt(a.toString(2).replaceAll("0", "").length);
    case "orcb": return fromBytes(bytesOf(a).map((byte) => (byte === 0n ? 0n : 255n)));
    case "rev8": return fromBytes(bytesOf(a).reverse());
    default: return name satisfies never;
  }
}

/** Operands are sign-extended, which keeps the unsigned order of words too. */
function combined(name: AtomicOp, old: bigint, operand: bigint): bigint {
  switch (name) {
    case "swap": return operand;
    case "add": return old + operand;
    case "xor": return old ^ operand;
    case "and": return old & operand;
    case "or": return old | operand;
    case "min": return s64(old) < s64(operand) ? old : operand;
    case "max": return s64(old) > s64(operand) ? old : operand;
    case "minu": return old < operand ? old : operand;
    case "maxu": return old > operand ? old : operand;
    default: return name satisfies never;
  }
}
