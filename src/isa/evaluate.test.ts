// The oracle by the specification's own tables and words, where QEMU is no help or stands alone.
import { expect, test } from "vitest";
import { decode, encode, type Fields } from "./index.js";
import { evaluate, type Ending, type MachineState, type Surroundings } from "./evaluate.js";

const nothing: Surroundings = {
  load: () => { throw new RangeError("no memory"); },
  store: () => { throw new RangeError("no memory"); },
  readCsr: () => undefined,
  writeCsr: () => false,
};

const fresh = (): MachineState => ({ x: new Array<bigint>(32).fill(0n), f: new Array<bigint>(32).fill(0n), fcsr: 0, pc: 0x1000n, reserved: undefined });

function run(name: string, fields: Fields, state: MachineState, surroundings = nothing): Ending {
  const instruction = decode(encode(name, fields));
  if (instruction === undefined) throw new Error(`${name} does not decode`);
  return evaluate(instruction, state, surroundings);
}

function binary(name: string, a: bigint, b: bigint): bigint {
  const state = fresh();
  state.x[1] = BigInt.asUintN(64, a);
  state.x[2] = BigInt.asUintN(64, b);
  expect(run(name, { rd: 3, rs1: 1, rs2: 2 }, state)).toBe("done");
  return BigInt.asIntN(64, state.x[3]);
}

test("division by zero and its overflow, as in the table of chapter M", () => {
  const lowest = -(2n ** 63n), lowestWord = -(2n ** 31n);
  expect([binary("div", 7n, 0n), binary("divu", 7n, 0n), binary("rem", -7n, 0n), binary("remu", 7n, 0n)]).toEqual([-1n, -1n, -7n, 7n]);
  expect([binary("div", lowest, -1n), binary("rem", lowest, -1n)]).toEqual([lowest, 0n]);
  expect([binary("divw", lowestWord, -1n), binary("remw", lowestWord, -1n)]).toEqual([lowestWord, 0n]);
});

test("ctzw counts in the lower word only, and gives 32 where that is zero", () => {
  for (const [value, zeros] of [[0n, 32n], [0xfff0000000000000n, 32n], [0x100000000n, 32n], [0xffffffff00010000n, 16n]]) {
    const state = fresh();
    state.x[1] = value;
    run("ctzw", { rd: 3, rs1: 1 }, state);
    expect(state.x[3]).toBe(zeros);
  }
});

test("effects are simultaneous: jalr through its own link register", () => {
  const state = fresh();
  state.x[1] = 0x2001n;
  expect(run("jalr", { rd: 1, rs1: 1, imm: 0 }, state)).toBe("done");
  expect([state.pc, state.x[1]]).toEqual([0x2000n, 0x1004n]);
});

test("an instruction that traps leaves everything as it was", () => {
  const state = fresh();
  state.x[1] = 0x2001n;
  const before = structuredClone(state);
  expect(run("amoadd.w", { rd: 1, rs1: 1, rs2: 1 }, state)).toBe("misaligned");
  expect(run("ecall", {}, state)).toBe("ecall");
  expect(run("csrrw", { rd: 1, csr: 0xc00, rs1: 1 }, state)).toBe("illegal");
  state.fcsr = before.fcsr = 5 << 5;
  expect(run("fadd.d", { fd: 1, rm: 7 }, state)).toBe("illegal");
  expect(() => run("ld", { rd: 1, rs1: 1 }, state)).toThrow("no memory");
  expect(() => run("amoswap.w", { rd: 2, rs1: 0, rs2: 1 }, state)).toThrow("no memory");
  expect(state).toEqual(before);
});
