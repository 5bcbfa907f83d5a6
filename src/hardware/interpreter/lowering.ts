// From meanings to WebAssembly: each effect and expression as interpreter code that finds its operands through a decoded record.
import type { BinaryOp, Effect, Expr } from "../../isa/meaning.js";
import type { PlainOp } from "../../wasm/opcodes.js";
import { CAUSE, exits, F, FRM, FS, LEFT, SCRATCH, X } from "../layout.js";
import { MemoryLowering } from "./memory-lowering.js";
import { FIRST, IMMEDIATE, ROUNDING, SECOND } from "./operands.js";

const binaryCode: Partial<Record<BinaryOp, PlainOp>> = {
  add: "i64.add", sub: "i64.sub", mul: "i64.mul", and: "i64.and", or: "i64.or", xor: "i64.xor", shl: "i64.shl", shr: "i64.shr_u", sar: "i64.shr_s",
  rotl: "i64.rotl", rotr: "i64.rotr",
};
const compareCode: Partial<Record<BinaryOp, PlainOp>> = { eq: "i64.eq", ne: "i64.ne", lt: "i64.lt_s", ltu: "i64.lt_u", ge: "i64.ge_s", geu: "i64.ge_u" };


export class Lowering extends MemoryLowering {
  /** The whole handler; ends in a branch. */
  handler(): void {
    const { row } = this.operation;
    if (row.extension === "F" || row.extension === "D") this.floatingPointOn();
    if (row.encoding.fields.some((field) => field.name === "rm")) this.resolveRounding();
    const jump = row.meaning.find((effect) => effect.effect === "jump");
    if (jump?.effect === "jump" && !relative(jump.target)) {
      this.value(jump.target);
      this.code.set(this.locals.pc);
    }
    for (const effect of row.meaning) this.effect(effect);
    this.advance();
  }

  private effect(effect: Effect): void {
    const { code, labels } = this;
    switch (effect.effect) {
      case "rd": return this.writeX(effect.value);
      case "fd":
        this.register(FIRST);
        this.value(effect.value);
        code.access("i64.store", F);
        return;
      case "jump":
        if (relative(effect.target)) this.jumpRelative();
        // The target was taken into `pc` before rd was written.
        else code.br(labels.jump);
        return;
      case "branch":
        this.condition(effect.condition);
        code.if();
        this.jumpRelative();
        code.end();
        return;
      case "store": return this.store(effect.bytes, effect.address, effect.value);
      case "system": return this.system(effect.what);
      case "nothing": return;
      default: return effect satisfies never;
    }
  }

  private advance(): void {
    const { code, locals, labels } = this;
    code.get(locals.dp).i32(this.operation.length * 4).op("i32.add").set(locals.dp).br(labels.next);
  }

  private writeX(value: Expr): void {
    if (value.op === "csr") return this.csr(value);
    this.register(FIRST);
    this.value(value);
    this.code.access("i64.store", X);
  }

  /** Pushes an i64. */
  protected override value(expr: Expr): void {
    const { code } = this;
    switch (expr.op) {
      case "leaf": return this.leaf(expr.leaf);
      case "const": code.i64(expr.value); return;
      case "binary": return this.binary(expr.name, expr.a, expr.b);
      case "unary": return this.unary(expr);
      case "select":
        this.value(expr.a);
        this.value(expr.b);
        this.condition(expr.condition);
        code.op("select");
        return;
      case "float": return this.float(expr);
      case "load": return this.load(expr.bytes, expr.signed, expr.address);
      case "atomic": return this.atomic(expr.name, expr.bytes, expr.address, expr.value);
      case "loadReserved": return this.loadReserved(expr.bytes, expr.address);
      case "storeConditional": return this.storeConditional(expr.bytes, expr.address, expr.value);
      case "csr": throw new Error("a CSR is read only as the whole value of rd");
      default: expr satisfies never;
    }
  }

  /** Pushes an i32 that is not zero if the condition holds. */
  private condition(expr: Expr): void {
    const compare = expr.op === "binary" ? compareCode[expr.name] : undefined;
    if (expr.op === "binary" && compare !== undefined) {
      this.value(expr.a);
      this.value(expr.b);
      this.code.op(compare);
    } else {
      this.value(expr);
      this.code.i64(0).op("i64.ne");
    }
  }

  private binary(name: BinaryOp, a: Expr, b: Expr): void {
    const { code } = this;
    if (name === "div" || name === "divu" || name === "rem" || name === "remu") return this.divide(name, a, b);
    this.value(a);
    this.value(b);
    const plain = binaryCode[name];
    const compare = compareCode[name];
    if (plain !== undefined) code.op(plain);
    else if (compare !== undefined) code.op(compare).op("i64.extend_i32_u");
    else if (name === "mulh" || name === "mulhu" || name === "mulhsu") code.call(this.calls[name]);
    else throw new Error(`no code for ${name}`);
  }

  /** As the specification's table: division by zero gives -1 or the dividend; the one overflow gives the dividend or 0. */
  private divide(name: "div" | "divu" | "rem" | "remu", a: Expr, b: Expr): void {
    const { code } = this;
    const x = this.temporary(), y = this.temporary();
    const isRemainder = name === "rem" || name === "remu";
    this.value(a);
    code.set(x);
    this.value(b);
    code.tee(y).op("i64.eqz").if("i64");
    if (isRemainder) code.get(x);
    else code.i64(-1);
    code.else();
    if (name === "div") {
      code.get(y).i64(-1).op("i64.eq").if("i64").i64(0).get(x).op("i64.sub").else().get(x).get(y).op("i64.div_s").end();
    } else {
      // i64.rem_s does not trap on overflow.
      code.get(x).get(y).op(name === "divu" ? "i64.div_u" : name === "rem" ? "i64.rem_s" : "i64.rem_u");
    }
    code.end();
  }

  private unary(expr: Expr & { op: "unary" }): void {
    const { code } = this;
    this.value(expr.a);
    switch (expr.name) {
      case "sext8": code.op("i64.extend8_s"); return;
      case "sext16": code.op("i64.extend16_s"); return;
      case "sext32": code.op("i64.extend32_s"); return;
      case "zext16": code.i64(0xffff).op("i64.and"); return;
      case "zext32": code.i64(0xffffffffn).op("i64.and"); return;
      case "clz": code.op("i64.clz"); return;
      case "ctz": code.op("i64.ctz"); return;
      case "popcnt": code.op("i64.popcnt"); return;
      case "orcb": return this.orCombine();
      case "rev8": return this.reverseBytes();
      default: expr.name satisfies never;
    }
  }

  /** A byte is not zero if its low seven bits plus 0x7f carry into bit 7, or bit 7 is set; the bit then becomes 0xff. */
  private orCombine(): void {
    const { code } = this;
    const x = this.temporary();
    const low = 0x7f7f7f7f7f7f7f7fn;
    code.tee(x).i64(low).op("i64.and").i64(low).op("i64.add").get(x).op("i64.or").i64(~low).op("i64.and").i64(7).op("i64.shr_u").i64(0xff).op("i64.mul");
  }

  private reverseBytes(): void {
    const { code } = this;
    const x = this.temporary();
    for (const [shift, mask] of [[8, 0x00ff00ff00ff00ffn], [16, 0x0000ffff0000ffffn]] as const) {
      code.tee(x).i64(mask).op("i64.and").i64(shift).op("i64.shl").get(x).i64(shift).op("i64.shr_u").i64(mask).op("i64.and").op("i64.or");
    }
    code.i64(32).op("i64.rotl");
  }

  private float(expr: Expr & { op: "float" }): void {
    for (let i = 0; i < 3; i++) {
      const argument = expr.args[i];
      if (argument === undefined) this.code.i64(0);
      else this.value(argument);
    }
    this.code.get(this.locals.rm).call(this.calls.float(expr.name, expr.bits));
  }

  private floatingPointOn(): void {
    const { code, labels } = this;
    code.i32(0).access("i32.load", FS).op("i32.eqz").brIf(labels.illegal);
    code.i32(0).i32(3).access("i32.store", FS);
  }

  private resolveRounding(): void {
    const { code, locals, labels } = this;
    this.field(ROUNDING);
    code.tee(locals.rm).i32(7).op("i32.eq").if();
    code.i32(0).access("i32.load", FRM).tee(locals.rm).i32(4).op("i32.gt_u").brIf(labels.illegal);
    code.end();
  }

  private csr(expr: Expr & { op: "csr" }): void {
    const { code, locals, labels } = this;
    code.i32(0);
    this.value(expr.value);
    code.access("i64.store", SCRATCH);
    code.i32(0).get(locals.left).access("i32.store", LEFT);
    code.get(locals.dp).access("i32.load", IMMEDIATE).i32({ write: 0, set: 1, clear: 2 }[expr.how]);
    // Setting or clearing with x0 or 0 does not write (specification chapter 7).
    if (expr.how === "write") code.i32(1);
    else this.field(SECOND);
    code.call(this.calls.csr).tee(locals.host).op("i32.eqz").brIf(labels.illegal);
    this.register(FIRST);
    code.i32(0).access("i64.load", SCRATCH).access("i64.store", X);
    code.get(locals.host).i32(2).op("i32.eq").if();
    this.pc();
    code.i64(this.operation.length).op("i64.add").set(locals.pc).i32(exits.resync).set(locals.host).br(labels.leave);
    code.end();
  }

  private jumpRelative(): void {
    const { code, locals, labels } = this;
    code.get(locals.dp).get(locals.dp).access("i32.load", IMMEDIATE).i32(2).op("i32.shl").op("i32.add").tee(locals.host);
    code.get(locals.base).op("i32.sub").i32(16384).op("i32.lt_u").if();
    code.get(locals.host).set(locals.dp).br(labels.next);
    code.end();
    this.pc();
    code.get(locals.dp).access("i64.load32_s", IMMEDIATE).op("i64.add").set(locals.pc).br(labels.jump);
  }

  /** Leaves with pc still at the instruction; CAUSE names it for the hart. */
  private system(what: string): void {
    const { code, locals, labels } = this;
    if (what === "fence.i") {
      // Decoded code follows every store by itself; only the records in use may be those of before.
      this.pc();
      code.i64(this.operation.length).op("i64.add").set(locals.pc).br(labels.jump);
      return;
    }
    this.pc();
    code.set(locals.pc).i32(0).i32(systemNumbers.indexOf(what)).access("i32.store", CAUSE);
    // For sfence.vma, the numbers of rs1 and rs2.
    code.i32(0);
    this.field(SECOND);
    code.access("i32.store", SCRATCH + 4).i32(0);
    this.field(this.second());
    code.access("i32.store", SCRATCH);
    // It has not retired yet: whoever carries it out counts it.
    code.get(locals.left).i32(1).op("i32.add").set(locals.left).i32(exits.system).set(locals.host).br(labels.leave);
  }
}

/** What CAUSE holds after an exit "system". */
export const systemNumbers: readonly string[] = ["ecall", "ebreak", "sret", "mret", "wfi", "sfence.vma"];

/** A target that is pc plus the immediate is reached within the page without leaving the records. */
function relative(target: Expr): boolean {
  return target.op === "binary" && target.name === "add" && target.a.op === "leaf" && target.a.leaf === "pc" && target.b.op === "leaf" && target.b.leaf === "imm";
}
