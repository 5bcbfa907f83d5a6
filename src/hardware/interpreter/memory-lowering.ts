// Loads, stores and atomic operations: the tag compare of the translation cache, and the calls out where it fails.
import type { AtomicOp, Expr } from "../../isa/meaning.js";
import type { Local } from "../../wasm/code.js";
import type { AccessOp } from "../../wasm/opcodes.js";
import { exits, RESERVED, SCRATCH, TLB_ENTRIES, VA } from "../layout.js";
import { Operands } from "./operands.js";

const loadCode: Record<string, AccessOp> = {
  "1s": "i64.load8_s", "1u": "i64.load8_u", "2s": "i64.load16_s", "2u": "i64.load16_u", "4s": "i64.load32_s", "4u": "i64.load32_u", "8s": "i64.load", "8u": "i64.load",
};
const storeCode: Record<number, AccessOp> = { 1: "i64.store8", 2: "i64.store16", 4: "i64.store32", 8: "i64.store" };

export abstract class MemoryLowering extends Operands {
  /** Pushes the expression's value, an i64. */
  protected abstract value(expr: Expr): void;

  /** Takes the address on the stack into `va`, finds its entry, pushes whether the tag at `tag` grants the access. */
  private probe(tag: number, bytes: number, aligned: boolean): void {
    const { code, locals } = this;
    code.tee(locals.va).i64(12).op("i64.shr_u").op("i32.wrap_i64").i32(TLB_ENTRIES - 1).op("i32.and").i32(5).op("i32.shl").get(locals.tlb).op("i32.add");
    code.tee(locals.entry).access("i64.load", tag).get(locals.va);
    // An access that leaves the page fails for its last byte has another tag; an atomic one that is misaligned for its low bits.
    if (aligned) code.i64(-4096n | BigInt(bytes - 1)).op("i64.and");
    else if (bytes > 1) code.i64(bytes - 1).op("i64.add").i64(-4096).op("i64.and");
    else code.i64(-4096).op("i64.and");
    code.op("i64.eq");
  }

  private hostAddress(): void {
    const { code, locals } = this;
    code.get(locals.va).op("i32.wrap_i64").get(locals.entry).access("i32.load", 16).op("i32.add");
  }

  private tellAddress(): void {
    this.code.i32(0).get(this.locals.va).access("i64.store", VA);
  }

  protected load(bytes: number, signed: boolean, address: Expr): void {
    const { code, labels } = this;
    const access = loadCode[`${bytes}${signed ? "s" : "u"}`];
    this.value(address);
    this.probe(0, bytes, false);
    code.if("i64");
    this.hostAddress();
    code.access(access).else();
    this.tellAddress();
    code.i32(bytes).call(this.calls.loadMiss).op("i32.eqz").brIf(labels.trap);
    code.i32(0).access(access, SCRATCH).end();
  }

  protected store(bytes: number, address: Expr, value: Expr): void {
    const { code, locals, labels } = this;
    this.value(address);
    this.probe(8, bytes, false);
    code.if();
    this.hostAddress();
    this.value(value);
    code.access(storeCode[bytes]).else();
    this.tellAddress();
    code.i32(0);
    this.value(value);
    code.access("i64.store", SCRATCH);
    code.i32(bytes).call(this.calls.storeMiss).tee(locals.host).op("i32.eqz").brIf(labels.trap);
    code.get(locals.host).i32(2).op("i32.ge_u").if();
    this.pc();
    code.i64(this.operation.length).op("i64.add").set(locals.pc).get(locals.host).i32(exits.resync).op("i32.eq").brIf(labels.leave).br(labels.jump);
    code.end().end();
  }

  /** Leaves the address in memory in `host`. */
  private atomicAddress(bytes: number, writes: boolean): void {
    const { code, locals, labels } = this;
    this.probe(writes ? 8 : 0, bytes, true);
    code.if("i32");
    this.hostAddress();
    code.else();
    this.tellAddress();
    code.i32(bytes).i32(writes ? 1 : 0).call(this.calls.atomicMiss).end();
    code.tee(locals.host).op("i32.eqz").brIf(labels.trap);
  }

  protected atomic(name: AtomicOp, bytes: 4 | 8, address: Expr, value: Expr): void {
    const { code, locals } = this;
    const old = this.temporary(), operand = this.temporary();
    this.value(address);
    this.atomicAddress(bytes, true);
    this.value(value);
    if (bytes === 4) code.op("i64.extend32_s");
    code.set(operand).get(locals.host).access(bytes === 4 ? "i64.load32_s" : "i64.load").set(old);
    code.get(locals.host);
    this.combined(name, old, operand);
    code.access(storeCode[bytes]).get(old);
  }

  private combined(name: AtomicOp, old: Local, operand: Local): void {
    const { code } = this;
    const simple = { add: "i64.add", xor: "i64.xor", and: "i64.and", or: "i64.or" } as const;
    const keepsOld = { min: "i64.lt_s", max: "i64.gt_s", minu: "i64.lt_u", maxu: "i64.gt_u" } as const;
    if (name === "swap") code.get(operand);
    else if (name in simple) code.get(old).get(operand).op(simple[name as keyof typeof simple]);
    // Sign-extended words keep their unsigned order.
    else code.get(old).get(operand).get(old).get(operand).op(keepsOld[name as keyof typeof keepsOld]).op("select");
  }

  protected loadReserved(bytes: 4 | 8, address: Expr): void {
    const { code, locals } = this;
    this.value(address);
    this.atomicAddress(bytes, false);
    code.i32(0).get(locals.va).access("i64.store", RESERVED);
    code.get(locals.host).access(bytes === 4 ? "i64.load32_s" : "i64.load");
  }

  protected storeConditional(bytes: 4 | 8, address: Expr, value: Expr): void {
    const { code, locals } = this;
    this.value(address);
    code.tee(locals.va).i32(0).access("i64.load", RESERVED).op("i64.ne");
    // A misaligned one traps, reservation or not.
    code.get(locals.va).i64(bytes - 1).op("i64.and").op("i64.eqz").op("i32.and");
    code.if("i64").i64(1).else();
    code.get(locals.va);
    this.atomicAddress(bytes, true);
    code.get(locals.host);
    this.value(value);
    code.access(storeCode[bytes]).i64(0).end();
    code.i32(0).i64(-1).access("i64.store", RESERVED);
  }
}
