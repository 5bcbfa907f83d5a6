// What every handler is made of: the record's fields, the registers they name, and the locals and exits of the run function.
import type { Leaf } from "../../isa/meaning.js";
import type { Code, Label, Local } from "../../wasm/code.js";
import { F, X } from "../layout.js";
import { hasDestination, type Operation } from "./operations.js";

/** Functions outside or shared that handlers call, by index in the module. */
export interface Calls {
  /** (bytes) -> 0 trap, else done: the value at VA is in SCRATCH. */
  loadMiss: number;
  /** (bytes) -> 0 trap, 1 stored, 2 stored and decoded code may have changed, 3 (exits.resync) the run must end. The value is in SCRATCH. */
  storeMiss: number;
  /** (bytes, 1 if it writes) -> the address in memory, or 0 for a trap. */
  atomicMiss: number;
  /** (number, how, writes) -> 0 illegal, 1 done, 2 done and the run must end. Value in and old value out in SCRATCH. */
  csr: number;
  /** By operation and width: (a, b, c, rounding mode) -> bits. */
  float: (name: string, bits: 32 | 64) => number;
  /** 128-bit high halves: (a, b) -> i64. */
  mulhu: number;
  mulh: number;
  mulhsu: number;
}

/** Locals of the run function. */
export interface Locals {
  dp: Local;
  base: Local;
  left: Local;
  delta: Local;
  pc: Local;
  tlb: Local;
  entry: Local;
  host: Local;
  rm: Local;
  va: Local;
  t: readonly Local[];
}

export interface Labels {
  /** Goes on with the record at `dp`. */
  next: Label;
  /** Goes on at the address in `pc`. */
  jump: Label;
  /** CAUSE and TVAL tell of a trap at this instruction. */
  trap: Label;
  illegal: Label;
  /** Leaves with the exit number in local `host`; `pc` is where to go on. */
  leave: Label;
}

/** Bytes of a record after which rd (or rs2), rs1 and the immediate stand. */
export const FIRST = 2, SECOND = 3, IMMEDIATE = 4, THIRD = 5, ROUNDING = 6;

/** Reads operands for one operation. Whatever it emits leaves its value on WebAssembly's stack. */
export abstract class Operands {
  protected readonly code: Code;
  protected readonly calls: Calls;
  protected readonly locals: Locals;
  protected readonly labels: Labels;
  protected readonly operation: Operation;
  private freeTemporary = 0;

  constructor(code: Code, calls: Calls, locals: Locals, labels: Labels, operation: Operation) {
    this.code = code;
    this.calls = calls;
    this.locals = locals;
    this.labels = labels;
    this.operation = operation;
  }

  protected field(at: number): void {
    this.code.get(this.locals.dp).access("i32.load8_u", at);
  }

  /** Byte offset of the register whose number stands at `at` of the record. */
  protected register(at: number): void {
    this.field(at);
    this.code.i32(3).op("i32.shl");
  }

  protected second(): number {
    return hasDestination(this.operation.row) ? IMMEDIATE : FIRST;
  }

  /** Address of this instruction. */
  protected pc(): void {
    const { code, locals } = this;
    code.get(locals.dp).i32(2).op("i32.shr_u").op("i64.extend_i32_u").get(locals.delta).op("i64.add");
  }

  protected leaf(leaf: Leaf): void {
    const { code, locals } = this;
    switch (leaf) {
      case "rs1": this.register(SECOND); code.access("i64.load", X); return;
      case "rs2": this.register(this.second()); code.access("i64.load", X); return;
      case "fs1": this.register(SECOND); code.access("i64.load", F); return;
      case "fs2": this.register(this.second()); code.access("i64.load", F); return;
      case "fs3": this.register(THIRD); code.access("i64.load", F); return;
      case "imm": code.get(locals.dp).access("i64.load32_s", IMMEDIATE); return;
      case "uimm": this.field(SECOND); code.op("i64.extend_i32_u"); return;
      case "pc": this.pc(); return;
      case "length": code.i64(this.operation.length); return;
      default: leaf satisfies never;
    }
  }

  protected temporary(): Local {
    const local = this.locals.t[this.freeTemporary++];
    if (local === undefined) throw new Error(`${this.operation.row.name} needs more temporaries`);
    return local;
  }
}
