// An address space is plain state: saved and restored over the same frames, it goes on as it was.
import { expect, test } from "vitest";
import { restore, save } from "../save.js";
import { AddressSpace } from "./address-space.js";
import { Board } from "./testing/board.js";
import { AnonymousPages } from "./shared-pages.js";
import { ANONYMOUS, VM_READ, VM_SHARED, VM_WRITE, privateFlags } from "./vma.js";

const RW = privateFlags(VM_READ | VM_WRITE);

test("a saved space and its forked child share, copy and free as before", () => {
  const board = new Board();
  const { frames } = board.kernel;
  const parent = board.space();
  parent.map({ at: 16, how: "replace" }, 2, RW, ANONYMOUS);
  parent.map({ at: 32, how: "replace" }, 2, RW | VM_SHARED, { file: undefined, pages: new AnonymousPages(frames, 8192), offset: 0 });
  board.kernel.vdso.mapInto(parent, false);
  board.store(parent, 0x10000, 1);
  board.store(parent, 0x20000, 2);
  const forked = parent.fork(board.payer, undefined);
  const wires = { kernel: board.kernel, memory: board.memory };
  // What the test's board keeps outside of the saved graph must stay one: the allocator, who pays and the vDSO.
  const named: [string, object][] = [...Object.entries(wires), ["frames", frames], ["payer", board.payer], ["vdso", board.kernel.vdso]];
  const saved = save([parent, forked], new Map(named.map(([name, object]) => [object, name])));
  const spaces = restore(structuredClone(saved), new Map(named));
  if (!Array.isArray(spaces)) throw new Error("no array");
  const [first, second]: unknown[] = spaces;
  if (!(first instanceof AddressSpace) || !(second instanceof AddressSpace)) throw new Error("no address spaces");
  board.store(second, 0x10000, 9);
  board.store(second, 0x20000, 8);
  expect([board.load(first, 0x10000), board.load(first, 0x20000)]).toEqual([1, 8]);
  first.release();
  expect([board.load(second, 0x10000), board.load(second, 0x20000)]).toEqual([9, 8]);
  second.release();
  expect(frames.used).toBe(4);
});
