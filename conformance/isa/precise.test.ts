// Precise traps and exact budgets of the hart, by small programs made of encoded instructions.
import { expect, test } from "vitest";
import { encode, type Fields } from "../../src/isa/index.js";
import { causes, Hart } from "../../src/hardware/hart.js";
import { interpreterModule } from "../../src/hardware/interpreter/build.js";
import { exits, F, FFLAGS, FRM } from "../../src/hardware/layout.js";
import { MachineMemory } from "../../src/hardware/memory.js";
import { HartEngine } from "./engines.js";
import { generate } from "./fuzz.js";
import { assemble } from "./program.js";
import { Random } from "./random.js";

const engine = new WebAssembly.Module(interpreterModule());
const PAGE = 4096;
const V = 1, R = 2, W = 4, X = 8, U = 16, AD = 0xc0;

/** A hart in user mode with one table of pages at the bottom of its address space. */
class Bench {
  readonly memory = new MachineMemory();
  readonly hart = new Hart(this.memory, { load: () => undefined, store: () => false }, engine);

  constructor() {
    const root = this.memory.firstFrame;
    const link = (frame: number) => (BigInt(this.memory.pageOf(frame)) << 10n) | BigInt(V);
    this.memory.u64[root * 512] = link(root + 1);
    this.memory.u64[(root + 1) * 512] = link(root + 2);
    this.hart.root = this.memory.pageOf(root);
  }

  /** Maps `page`; its frame comes from the far end, so that neighbours are none. */
  map(page: number, rights: number): void {
    const { memory } = this;
    memory.u64[(memory.firstFrame + 2) * 512 + page] = (BigInt(memory.pageOf(this.frame(page))) << 10n) | BigInt(rights | V | U | AD);
    this.hart.caches.forgetSpaces(0, Infinity);
  }

  private frame(page: number): number {
    return this.memory.firstFrame + 100 - page;
  }

  at(address: number): number {
    return this.frame(Math.floor(address / PAGE)) * PAGE + (address % PAGE);
  }

  write(address: number, ...lines: [string, Fields][]): void {
    for (const [name, fields] of lines) {
      const word = encode(name, fields), bytes = name.startsWith("c.") ? 2 : 4;
      for (let i = 0; i < bytes; i++) this.memory.u8[this.at(address + i)] = word >>> (8 * i);
      address += bytes;
    }
  }

  /** Everything that an instruction may change, and where it stopped. */
  state(): unknown {
    const { hart, memory } = this;
    return {
      pc: hart.pc, x: Array.from({ length: 32 }, (_, i) => hart.x(i)), f: [...memory.u64.subarray(F / 8, F / 8 + 32)],
      flags: memory.i32[FFLAGS / 4], data: memory.u8.slice(this.at(0x2000), this.at(0x2fff) + 1),
    };
  }

  /** Runs the instruction at `address`, which must trap and change nothing. */
  trap(address: number): { cause: number; value: bigint } {
    this.hart.pc = BigInt(address);
    const before = this.state(), retired = this.hart.retired;
    expect(this.hart.run(10)).toBe(exits.trap);
    expect(this.state()).toEqual(before);
    expect(this.hart.retired).toBe(retired);
    return { cause: this.hart.cause, value: this.hart.trapValue };
  }
}

/** Code at 0x1000, data at 0x2000, nothing at 0x3000, data that can't be written at 0x4000. */
function bench(): Bench {
  const made = new Bench();
  made.map(1, R | X);
  made.map(2, R | W);
  made.map(4, R);
  for (let i = 0; i < PAGE; i++) made.memory.u8[made.at(0x2000 + i)] = made.memory.u8[made.at(0x4000 + i)] = i * 7;
  return made;
}

test("a store over two pages of which one is missing writes no byte", () => {
  const made = bench();
  made.write(0x1000, ["sd", { rs2: 2, rs1: 1 }], ["fsd", { fs2: 2, rs1: 1 }], ["ld", { rd: 1, rs1: 1 }]);
  made.hart.setX(1, 0x2ffdn);
  made.hart.setX(2, 0x1122334455667788n);
  expect(made.trap(0x1000)).toEqual({ cause: causes.storePage, value: 0x3000n });
  expect(made.trap(0x1004)).toEqual({ cause: causes.storePage, value: 0x3000n });
  expect(made.trap(0x1008)).toEqual({ cause: causes.loadPage, value: 0x3000n });
});

test("a store to a page that can only be read is a store page fault; loads go on", () => {
  const made = bench();
  made.write(0x1000, ["lw", { rd: 5, rs1: 1 }], ["sb", { rs2: 2, rs1: 1 }], ["amoadd.w", { rd: 1, rs1: 1, rs2: 2 }]);
  made.hart.setX(1, 0x4000n);
  made.hart.pc = 0x1000n;
  expect(made.hart.run(1)).toBe(exits.budget);
  expect(made.trap(0x1004)).toEqual({ cause: causes.storePage, value: 0x4000n });
  expect(made.trap(0x1008)).toEqual({ cause: causes.storePage, value: 0x4000n });
});

test("misaligned atomics trap, a conditional store without a reservation too", () => {
  const made = bench();
  made.write(0x1000, ["amoswap.d", { rd: 1, rs1: 1, rs2: 1 }], ["lr.w", { rd: 1, rs1: 3 }], ["sc.w", { rd: 1, rs1: 3, rs2: 1 }], ["sc.d", { rd: 3, rs1: 1, rs2: 1 }]);
  made.hart.setX(1, 0x2004n);
  made.hart.setX(3, 0x2002n);
  expect(made.trap(0x1000)).toEqual({ cause: causes.storeMisaligned, value: 0x2004n });
  expect(made.trap(0x1004)).toEqual({ cause: causes.loadMisaligned, value: 0x2002n });
  expect(made.trap(0x1008)).toEqual({ cause: causes.storeMisaligned, value: 0x2002n });
  expect(made.trap(0x100c)).toEqual({ cause: causes.storeMisaligned, value: 0x2004n });
});

test("an instruction over two pages faults for the second one, and runs when that is there", () => {
  const made = bench();
  made.map(3, R | X);
  made.write(0x3ffe, ["addi", { rd: 5, imm: 42 }]);
  made.map(4, R);
  expect(made.trap(0x3ffe)).toEqual({ cause: causes.fetchPage, value: 0x4000n });
  made.map(4, R | X);
  made.write(0x4002, ["addi", { rd: 5, rs1: 5, imm: 1 }]);
  expect(made.hart.run(2)).toBe(exits.budget);
  expect([made.hart.x(5), made.hart.pc]).toEqual([43n, 0x4006n]);
});

test("illegal instructions, CSRs that do not exist and rounding modes that do not exist change nothing", () => {
  const made = bench();
  made.write(0x1000, ["csrrw", { rd: 1, csr: 0x7ff, rs1: 2 }], ["csrrs", { rd: 1, csr: 0xc00, rs1: 2 }], ["fdiv.d", { fd: 1, fs1: 2, fs2: 3, rm: 7 }]);
  made.memory.i32[FRM / 4] = 5;
  for (const at of [0x1000, 0x1004, 0x1008, 0x100c]) expect(made.trap(at).cause).toBe(causes.illegal);
});

test("jumps to where nothing can be fetched fault at the target", () => {
  const made = bench();
  made.write(0x1000, ["jalr", { rd: 1, rs1: 2 }]);
  made.hart.setX(2, 0x3001n);
  made.hart.pc = 0x1000n;
  expect(made.hart.run(10)).toBe(exits.trap);
  expect([made.hart.cause, made.hart.pc, made.hart.x(1), made.hart.retired]).toEqual([causes.fetchPage, 0x3000n, 0x1004n, 1]);
});

test("a store to the code that follows is seen by it", () => {
  const made = bench();
  made.map(1, R | W | X);
  made.write(0x1000, ["addi", { rd: 5, imm: 1 }], ["sw", { rs2: 2, rs1: 1 }], ["addi", { rd: 6, imm: 1 }]);
  made.hart.setX(1, 0x1008n);
  made.hart.setX(2, BigInt(encode("addi", { rd: 6, imm: 77 })));
  for (let round = 0; round < 2; round++) {
    made.hart.pc = 0x1000n;
    expect(made.hart.run(3)).toBe(exits.budget);
    expect([made.hart.x(6), made.hart.pc]).toEqual([77n, 0x100cn]);
  }
});

test("a budget ends on its very instruction, whatever that is", () => {
  const made = bench();
  made.write(0x1000, ["c.addi", { rd: 5, imm: 1 }], ["bne", { rs1: 5, rs2: 0, imm: -2 }]);
  made.hart.pc = 0x1000n;
  for (const budget of [1, 1, 2, 3, 10, 1001]) {
    const before = made.hart.retired;
    expect(made.hart.run(budget)).toBe(exits.budget);
    expect(made.hart.retired).toBe(before + budget);
    expect(made.hart.x(5)).toBe(BigInt(Math.ceil(made.hart.retired / 2)));
  }
});

test("a program that is run in slices of any length ends as it does in one", () => {
  const program = assemble(generate(new Random(9), new Map(), 1, 40));
  const ends = [1e9, 1, 7, 1000].map((slice) => {
    const run = new HartEngine(() => slice);
    const { data, stopped } = run.run(program);
    expect(stopped).toBeUndefined();
    return { data, retired: run.hart.retired };
  });
  for (const end of ends) expect(end).toEqual(ends[0]);
});
