// The kernel's copies to and from user memory.
import { expect, test } from "vitest";
import { EFAULT } from "../../abi/errno.js";
import type { AddressSpace } from "./address-space.js";
import { Board } from "./testing/board.js";
import { ANONYMOUS, VM_READ, VM_WRITE, privateFlags } from "./vma.js";

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function mapped(board: Board, start: number, pages: number, access = VM_READ | VM_WRITE): AddressSpace {
  const space = board.space();
  space.map({ at: start, how: "replace" }, pages, privateFlags(access), ANONYMOUS);
  return space;
}

test("bytes, words and strings pass across page ends", () => {
  const space = mapped(new Board(), 16, 3);
  const bytes = Uint8Array.from({ length: 6000 }, (_, i) => (i % 255) + 1);
  space.write(0x10ffe, bytes);
  expect(space.read(0x10ffe, 6000)).toEqual(bytes);
  space.writeU32(0x10ffe, 0xdeadbeef);
  expect(space.readU32(0x10ffe)).toBe(0xdeadbeef);
  expect(space.readI32(0x10ffe)).toBe(0xdeadbeef | 0);
  space.writeU64(0x10ffc, -2);
  expect([...space.read(0x10ffc, 8)]).toEqual([0xfe, 255, 255, 255, 255, 255, 255, 255]);
  space.writeU64(0x11008, 2 ** 40 + 3);
  expect(space.readU64(0x11008)).toBe(2 ** 40 + 3);
  space.write(0x10ffd, new TextEncoder().encode("hello\0"));
  expect(space.readString(0x10ffd, 100)).toBe("hello");
  expect(space.readString(0x10ffd, 3)).toBe("hel");
});

test("what is not mapped, not permitted or no user address is EFAULT, and a failed write changes nothing", () => {
  const space = mapped(new Board(), 16, 1);
  expect(thrown(() => space.write(0x10ff0, new Uint8Array(32).fill(1)))).toBe(EFAULT);
  expect([...space.read(0x10ff0, 16)]).toEqual(new Array(16).fill(0));
  expect(thrown(() => space.read(0x4000000000 - 8, 16))).toBe(EFAULT);
  expect(thrown(() => space.read(-8, 4))).toBe(EFAULT);
  expect(thrown(() => space.read(2 ** 63, 4))).toBe(EFAULT);
  expect(thrown(() => space.readString(0x20000, 4))).toBe(EFAULT);
  expect(thrown(() => space.sink(0x10000, 2 ** 60))).toBe(EFAULT);
  space.map({ at: 32, how: "replace" }, 1, privateFlags(VM_READ), ANONYMOUS);
  expect(thrown(() => space.writeU32(0x20000, 1))).toBe(EFAULT);
});

test("a sink takes what fits up to the page that is missing", () => {
  const space = mapped(new Board(), 16, 2);
  const sink = space.sink(0x11000, 8192);
  expect(sink.prepare(8192)).toBe(4096);
  sink.put(new Uint8Array(4096).fill(9));
  expect(sink.room).toBe(4096);
  expect(thrown(() => sink.prepare(1))).toBe(EFAULT);
  expect(space.read(0x11fff, 1)[0]).toBe(9);
});

test("a scattered transfer goes through its pieces, empty ones too", () => {
  const space = mapped(new Board(), 16, 4);
  const pieces = [{ base: 0, length: 0 }, { base: 0x10ffe, length: 3 }, { base: 0x12000, length: 0 }, { base: 0x13000, length: 2 }];
  const sink = space.sinkVector(pieces);
  expect(sink.prepare(10)).toBe(5);
  sink.put(Uint8Array.of(1, 2, 3, 4));
  sink.put(Uint8Array.of(5));
  expect([sink.room, [...space.read(0x10ffe, 3)], [...space.read(0x13000, 2)]]).toEqual([0, [1, 2, 3], [4, 5]]);
  const source = space.sourceVector(pieces);
  const got: number[] = [];
  source.prepare(5);
  while (source.left > 0) got.push(...source.take(100));
  expect(got).toEqual([1, 2, 3, 4, 5]);
});

test("a copy into memory shared by fork breaks the sharing, and the changed frame is told", () => {
  const board = new Board();
  const parent = mapped(board, 16, 1);
  parent.writeU32(0x10000, 1);
  const child = parent.fork(board.payer, undefined);
  if (!("table" in child)) throw new Error("no memory");
  board.memory.changed.clear();
  child.writeU32(0x10000, 2);
  expect([parent.readU32(0x10000), child.readU32(0x10000)]).toEqual([1, 2]);
  expect(board.memory.changed.has(child.table.frameOf(child.table.entry(16)))).toBe(true);
});
