// The interpreter: a WebAssembly module made from the instruction rows, whose one loop runs a hart until its budget ends or a trap comes.
import { Module } from "../../wasm/module.js";
import type { Code, Label } from "../../wasm/code.js";
import { CAUSE, exits, FETCH_ENTRIES, LEFT, PC, TLB, TLB_FETCH, VA } from "../layout.js";
import { FloatFunctions } from "./floating.js";
import { Lowering } from "./lowering.js";
import type { Calls, Labels, Locals } from "./operands.js";
import { defineMultiply } from "./multiply.js";
import { FIRST, type Operation, operations } from "./operations.js";

const ILLEGAL_INSTRUCTION = 2;

/** The calls out of the engine and what they get; hart.ts provides them. */
export interface EngineImports {
  /** pc is at VA: the address of the page's decoded records, or 0 for a trap. */
  fetchMiss(): number;
  /** Fills the record at `dp` from the instruction that stands there. */
  decode(dp: number): void;
  /** pc is at VA: fills the record for an instruction over two pages; its address, or 0 for a trap. */
  straddle(dp: number): number;
  loadMiss(bytes: number): number;
  storeMiss(bytes: number): number;
  atomicMiss(bytes: number, writes: number): number;
  csr(number: number, how: number, writes: number): number;
  soft(operation: number, rounding: number): void;
}

const i32s = (count: number) => Array.from({ length: count }, () => "i32" as const);

/** Pages of 64 KiB of the memory that the module imports: at least and at most. */
export interface MemoryLimits {
  minimum: number;
  maximum: number;
}

/** The module's bytes. Its export "run" takes nothing and returns a number of `exits`. Tests plant faults in the operations' meanings. */
export function interpreterModule(limits: MemoryLimits = { minimum: 1024, maximum: 65536 }, meanings: readonly Operation[] = operations): Uint8Array {
  const module = new Module();
  module.importMemory("engine", "memory", limits.minimum, limits.maximum);
  const imported = (name: keyof EngineImports, parameters: number, results: 0 | 1) =>
    module.importFunction("engine", name, { parameters: i32s(parameters), results: i32s(results) });
  const fetchMiss = imported("fetchMiss", 0, 1);
  const decode = imported("decode", 1, 0);
  const straddle = imported("straddle", 1, 1);
  const loadMiss = imported("loadMiss", 1, 1);
  const storeMiss = imported("storeMiss", 1, 1);
  const atomicMiss = imported("atomicMiss", 2, 1);
  const csr = imported("csr", 3, 1);
  const soft = imported("soft", 2, 0);
  const floats = new FloatFunctions(module, soft);
  const calls: Calls = { loadMiss, storeMiss, atomicMiss, csr, float: (name, bits) => floats.index(name, bits), ...defineMultiply(module) };
  const { code } = module.define({ parameters: [], results: ["i32"] }, "run");
  new Run(code, calls, { fetchMiss, decode, straddle }, meanings).emit();
  return module.bytes();
}

interface FetchCalls {
  fetchMiss: number;
  decode: number;
  straddle: number;
}

class Run {
  private readonly code: Code;
  private readonly calls: Calls;
  private readonly fetch: FetchCalls;
  private readonly operations: readonly Operation[];
  private readonly locals: Locals;

  constructor(code: Code, calls: Calls, fetch: FetchCalls, operations: readonly Operation[]) {
    this.code = code;
    this.operations = operations;
    this.calls = calls;
    this.fetch = fetch;
    const i32 = () => code.local("i32"), i64 = () => code.local("i64");
    this.locals = {
      dp: i32(), base: i32(), left: i32(), delta: i64(), pc: i64(), tlb: i32(), entry: i32(), host: i32(), rm: i32(), va: i64(), t: [i64(), i64(), i64(), i64()],
    };
  }

  emit(): void {
    const { code, locals } = this;
    code.i32(0).access("i32.load", LEFT).set(locals.left);
    code.i32(0).access("i64.load", PC).set(locals.pc);
    code.i32(0).access("i32.load", TLB).set(locals.tlb);
    const leave = code.block();
    const trap = code.block();
    const illegal = code.block();
    const jump = code.loop();
    this.findPage(leave);
    const next = code.loop();
    this.spendOne(leave);
    this.dispatch({ next, jump, trap, illegal, leave });
    code.end().end();
    code.op("unreachable").end();
    // illegal:
    code.i32(0).i32(ILLEGAL_INSTRUCTION).access("i32.store", CAUSE).end();
    // trap: nothing of the instruction happened, and it has not retired.
    this.takePc();
    code.get(locals.left).i32(1).op("i32.add").set(locals.left).i32(exits.trap).set(locals.host).end();
    // leave:
    code.i32(0).get(locals.pc).access("i64.store", PC);
    code.i32(0).get(locals.left).access("i32.store", LEFT);
    code.get(locals.host);
  }

  private takePc(): void {
    const { code, locals } = this;
    code.get(locals.dp).i32(2).op("i32.shr_u").op("i64.extend_i32_u").get(locals.delta).op("i64.add").set(locals.pc);
  }

  /** From `pc` to the page's records: dp, base and delta. */
  private findPage(leave: Label): void {
    const { code, locals } = this;
    code.get(locals.pc).i64(12).op("i64.shr_u").op("i32.wrap_i64").i32(FETCH_ENTRIES - 1).op("i32.and").i32(4).op("i32.shl").get(locals.tlb).op("i32.add").tee(locals.entry);
    code.access("i64.load", TLB_FETCH).get(locals.pc).i64(-4096).op("i64.and").op("i64.eq").if();
    code.get(locals.entry).access("i32.load", TLB_FETCH + 8).set(locals.base);
    code.else();
    code.i32(0).get(locals.pc).access("i64.store", VA).call(this.fetch.fetchMiss).tee(locals.base).op("i32.eqz").if();
    code.i32(exits.trap).set(locals.host).br(leave).end();
    code.end();
    code.get(locals.base).get(locals.pc).op("i32.wrap_i64").i32(0xffe).op("i32.and").i32(2).op("i32.shl").op("i32.add").set(locals.dp);
    this.followDp();
  }

  /** delta = pc - dp/4, so that pc is known from dp while it moves. */
  private followDp(): void {
    const { code, locals } = this;
    code.get(locals.pc).get(locals.dp).i32(2).op("i32.shr_u").op("i64.extend_i32_u").op("i64.sub").set(locals.delta);
  }

  private spendOne(leave: Label): void {
    const { code, locals } = this;
    code.get(locals.left).op("i32.eqz").if();
    this.takePc();
    code.i32(exits.budget).set(locals.host).br(leave).end();
    code.get(locals.left).i32(1).op("i32.sub").set(locals.left);
  }

  private dispatch(labels: Labels): void {
    const { code, locals } = this;
    const cases: Label[] = [];
    for (let i = 0; i < FIRST + this.operations.length; i++) cases.unshift(code.block());
    code.get(locals.dp).access("i32.load16_u", 0).brTable(cases, labels.illegal);
    this.engineCases(labels);
    for (const operation of this.operations) {
      code.end();
      new Lowering(code, this.calls, locals, labels, operation).handler();
    }
  }

  /** The operations that no row has, in the order of their numbers; none of them retires. */
  private engineCases(labels: Labels): void {
    const { code, locals, fetch } = this;
    const giveBack = () => code.get(locals.left).i32(1).op("i32.add").set(locals.left);
    code.end(); // DECODE
    giveBack();
    code.get(locals.dp).call(fetch.decode).br(labels.next);
    code.end(); // PAGE_END
    giveBack();
    this.takePc();
    code.br(labels.jump);
    code.end(); // STRADDLE: goes on with the record set apart for it; `base` is such that no jump stays within the page.
    this.takePc();
    code.i32(0).get(locals.pc).access("i64.store", VA).get(locals.dp).call(fetch.straddle).tee(locals.host).op("i32.eqz").brIf(labels.trap);
    giveBack();
    code.get(locals.host).set(locals.dp).i32(-65536).set(locals.base);
    this.followDp();
    code.br(labels.next);
    code.end(); // ILLEGAL
    code.br(labels.illegal);
  }
}
