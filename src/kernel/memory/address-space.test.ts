// Address spaces against a plain model, through a hart that walks the tables and forgets translations only when told.
import { expect, test } from "vitest";
import { EEXIST, ENOMEM, failed } from "../../abi/errno.js";
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../abi/mman.js";
import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGKILL, SIGSEGV } from "../../abi/signal.js";
import type { AddressSpace } from "./address-space.js";
import { Fault } from "./fault.js";
import { protect } from "./protect.js";
import { remap } from "./remap.js";
import { AnonymousPages } from "./shared-pages.js";
import { Board } from "./testing/board.js";
import { MemoryFile } from "./testing/memory-file.js";
import { ANONYMOUS, VM_GROWSDOWN, VM_READ, VM_SHARED, VM_WRITE, privateFlags } from "./vma.js";

const RW = privateFlags(VM_READ | VM_WRITE);
const R = privateFlags(VM_READ);

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PAGES = 48;
const BASE = 0x1000;
const FILE_BYTE = 0x40;

interface Cell {
  value: number;
}

interface ModelPage {
  access: number;
  shared: boolean;
  cell: Cell;
}

type Model = (ModelPage | undefined)[];

const addressOf = (page: number): number => (BASE + page) * 4096 + ((page * 37) % 4096);

class Twins {
  readonly board = new Board();
  readonly file = new MemoryFile(this.board.kernel.frames, new Uint8Array(PAGES * 4096).fill(FILE_BYTE));
  readonly pairs: { space: AddressSpace; model: Model }[] = [{ space: this.board.space(), model: new Array<ModelPage | undefined>(PAGES).fill(undefined) }];

  step(pick: (below: number) => number): void {
    const pair = this.pairs[pick(this.pairs.length)];
    const start = pick(PAGES);
    const end = Math.min(PAGES, start + 1 + pick(10));
    const { space, model } = pair;
    switch (pick(10)) {
      case 0: return this.map(space, model, start, end, pick(4), pick(3));
      case 1: {
        expect(space.unmap(BASE + start, BASE + end)).toBeUndefined();
        return void model.fill(undefined, start, end);
      }
      case 2: return this.protect(space, model, start, end, pick(4));
      case 3: return this.move(space, model, start, end - start, pick(PAGES), pick(2) === 0);
      case 4: return this.fork(space, model);
      case 5: {
        if (this.pairs.length === 1) return;
        space.release();
        this.pairs.splice(this.pairs.indexOf(pair), 1);
        return;
      }
      default: return this.store(space, model, start, 1 + pick(255));
    }
  }

  private map(space: AddressSpace, model: Model, start: number, end: number, access: number, kind: number): void {
    const shared = kind === 1;
    const pages = end - start;
    const backing = kind === 0 ? ANONYMOUS : shared
      ? { file: undefined, pages: new AnonymousPages(this.board.kernel.frames, pages * 4096), offset: 0 }
      : { file: this.file, pages: this.file.pages, offset: start };
    const flags = privateFlags(access) | (shared ? VM_SHARED : 0);
    expect(space.map({ at: BASE + start, how: "replace" }, pages, flags, backing)).toBe(BASE + start);
    for (let page = start; page < end; page++) model[page] = { access, shared, cell: { value: kind === 2 ? FILE_BYTE : 0 } };
  }

  private protect(space: AddressSpace, model: Model, start: number, end: number, access: number): void {
    const result = protect(space, BASE + start, BASE + end, access, false);
    for (let page = start; page < end; page++) {
      const at = model[page];
      if (at === undefined) return expect(result).toBe(ENOMEM);
      at.access = access;
    }
    expect(result).toBeUndefined();
  }

  private move(space: AddressSpace, model: Model, start: number, pages: number, to: number, kept: boolean): void {
    if (to + pages > PAGES || (to < start + pages && start < to + pages)) return;
    const vma = space.find(BASE + start);
    if (vma === undefined || vma.end < BASE + start + pages) return;
    const flags = MREMAP_MAYMOVE | MREMAP_FIXED | (kept ? MREMAP_DONTUNMAP : 0);
    expect(remap(space, (BASE + start) * 4096, pages * 4096, pages * 4096, flags, (BASE + to) * 4096)).toBe((BASE + to) * 4096);
    for (let i = 0; i < pages; i++) {
      const page = model[start + i];
      model[to + i] = page;
      const fresh = page?.shared === true ? page.cell : { value: vma.pages === undefined ? 0 : FILE_BYTE };
      model[start + i] = kept && page !== undefined ? { ...page, cell: fresh } : undefined;
    }
  }

  private fork(space: AddressSpace, model: Model): void {
    if (this.pairs.length === 3) return;
    const child = space.fork(this.board.payer, undefined);
    if (failed(child)) throw new Error(child.name);
    this.pairs.push({ space: child, model: model.map((page) => page && { ...page, cell: page.shared ? page.cell : { ...page.cell } }) });
  }

  private store(space: AddressSpace, model: Model, page: number, value: number): void {
    const at = model[page];
    const outcome = this.board.store(space, addressOf(page), value);
    if (at === undefined || (at.access & VM_WRITE) === 0) {
      expect(outcome).toMatchObject({ signal: SIGSEGV, code: at === undefined ? SEGV_MAPERR : SEGV_ACCERR });
      return;
    }
    expect(outcome).toBeUndefined();
    at.cell.value = value;
  }

  /** Every page of every space holds what the model says. A moved file page is read at its own byte. */
  compare(): void {
    for (const { space, model } of this.pairs) {
      for (let page = 0; page < PAGES; page++) {
        const got = this.board.load(space, addressOf(page));
        const at = model[page];
        if (at === undefined || at.access === 0) expect(got).toBeInstanceOf(Fault);
        else if (at.cell.value === 0 || at.cell.value === FILE_BYTE) expect([at.cell.value]).toContain(got);
        else this.compareWritten(space, page, at.cell.value, got);
      }
    }
  }

  /** What was stored before a move stands at the byte of the page it was stored through. */
  private compareWritten(space: AddressSpace, page: number, value: number, got: number | Fault): void {
    if (got === value) return;
    const seen = new Set<number | Fault>();
    for (let from = 0; from < PAGES; from++) seen.add(this.board.load(space, (BASE + page) * 4096 + ((from * 37) % 4096)));
    expect(seen.has(value)).toBe(true);
  }

  wellFormed(): void {
    for (const { space } of this.pairs) {
      let total = 0;
      space.vmas.forEach((vma, i) => {
        expect(vma.start).toBeLessThan(vma.end);
        const before = space.vmas.at(i - 1);
        if (i > 0 && before !== undefined) {
          expect(before.end).toBeLessThanOrEqual(vma.start);
          expect(before.continuedBy(vma)).toBe(false);
        }
        total += vma.length;
      });
      expect(space.totalPages).toBe(total);
    }
  }
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`maps, protects, moves, forks and stores as a plain model does (seed ${seed})`, () => {
    const twins = new Twins();
    const { frames } = twins.board.kernel;
    const pick = random(seed);
    for (let i = 0; i < 400; i++) {
      twins.step(pick);
      twins.wellFormed();
      if (i % 8 === 0) twins.compare();
    }
    twins.compare();
    for (const { space } of twins.pairs) space.release();
    twins.file.pages.free();
    expect(frames.used).toBe(4);
    expect(twins.board.payer.memory.current).toBe(4 * 4096);
  });
}

test("a page written by one after fork is not seen by the other, and the last holder writes in place", () => {
  const board = new Board();
  const parent = board.space();
  parent.map({ at: 16, how: "replace" }, 1, RW, ANONYMOUS);
  board.store(parent, 0x10000, 1);
  const child = parent.fork(board.payer, undefined);
  if (failed(child)) throw new Error(child.name);
  const before = board.kernel.frames.used;
  board.store(child, 0x10000, 2);
  expect(board.kernel.frames.used).toBe(before + 1);
  expect([board.load(parent, 0x10000), board.load(child, 0x10000)]).toEqual([1, 2]);
  board.store(parent, 0x10000, 3);
  expect(board.kernel.frames.used).toBe(before + 1);
  expect([board.load(parent, 0x10000), board.load(child, 0x10000)]).toEqual([3, 2]);
});

test("a mapping beyond the end of its file is SIGBUS, and so are pages that a truncation took", () => {
  const board = new Board();
  const space = board.space();
  const file = new MemoryFile(board.kernel.frames, new Uint8Array(5000).fill(7));
  space.map({ at: 16, how: "replace" }, 4, RW | VM_SHARED, { file, pages: file.pages, offset: 0 });
  expect(board.load(space, 0x11000)).toBe(7);
  expect(board.load(space, 0x12000)).toMatchObject({ signal: SIGBUS, code: BUS_ADRERR, address: 0x12000 });
  file.pages.cut(100);
  expect(board.load(space, 0x11000)).toMatchObject({ signal: SIGBUS });
  expect(board.load(space, 0x10000)).toBe(7);
});

test("the first store to a shared page is told to the file, and again after it was written back", () => {
  const board = new Board();
  const space = board.space();
  const file = new MemoryFile(board.kernel.frames, new Uint8Array(8192));
  space.map({ at: 16, how: "replace" }, 2, RW | VM_SHARED, { file, pages: file.pages, offset: 0 });
  board.load(space, 0x10000);
  expect([...file.pages.dirtyPages]).toEqual([]);
  board.store(space, 0x10000, 1);
  expect([...file.pages.dirtyPages]).toEqual([0]);
  file.pages.dirtyPages.clear();
  space.writeProtect(16, 18);
  board.store(space, 0x10001, 1);
  expect([...file.pages.dirtyPages]).toEqual([0]);
});

test("one fault maps the neighbours that the page cache has", () => {
  const board = new Board();
  const space = board.space();
  const file = new MemoryFile(board.kernel.frames, new Uint8Array(20 * 4096));
  for (let index = 0; index < 20; index++) file.pages.page(index, board.payer);
  space.map({ at: 16, how: "replace" }, 20, R, { file, pages: file.pages, offset: 0 });
  board.load(space, 17 * 4096);
  expect(space.filePages).toBe(16);
  expect(space.minorFaults).toBe(1);
});

test("a stack grows down to its limit and not into the mapping below", () => {
  const board = new Board();
  const space = board.space();
  space.map({ at: 0x10000, how: "replace" }, 4, RW | VM_GROWSDOWN, ANONYMOUS);
  space.map({ at: 0x10000 - 1000, how: "replace" }, 1, RW, ANONYMOUS);
  expect(board.store(space, (0x10000 - 500) * 4096, 1)).toBeUndefined();
  expect(space.vmas[1].start).toBe(0x10000 - 500);
  expect(board.store(space, (0x10000 - 800) * 4096, 1)).toMatchObject({ signal: SIGSEGV, code: SEGV_MAPERR });
});

test("memory that runs out kills whoever faults, and a cgroup's limit does so before the machine's", () => {
  const board = new Board();
  const space = board.space();
  board.payer.memory.max = board.payer.memory.current + 64 * 4096;
  space.map({ at: 16, how: "replace" }, 1000, RW, ANONYMOUS);
  let killed: Fault | undefined;
  for (let page = 16; page < 1016 && killed === undefined; page++) killed = board.store(space, page * 4096, 1);
  expect(killed).toMatchObject({ signal: SIGKILL });
  space.release();
  expect(board.payer.memory.current).toBe(4 * 4096);
});

test("mmap places from the top down, keeps off a stack, and refuses what the machine could never hold", () => {
  const board = new Board();
  const space = board.space();
  const first = space.map(undefined, 10, RW, ANONYMOUS);
  const second = space.map(undefined, 10, R, ANONYMOUS);
  expect(second).toBe(Number(first) - 10);
  expect(space.map({ at: Number(first) + 5, how: "keep" }, 1, RW, ANONYMOUS)).toBe(EEXIST);
  expect(space.map({ at: 16, how: "hint" }, 5000, RW, ANONYMOUS)).toBe(ENOMEM);
  expect(space.map({ at: 17, how: "hint" }, 2, RW, ANONYMOUS)).toBe(17);
});

test("alike neighbours become one mapping, and a hole in the middle makes two", () => {
  const space = new Board().space();
  space.map({ at: 100, how: "replace" }, 10, RW, ANONYMOUS);
  space.map({ at: 120, how: "replace" }, 10, RW, ANONYMOUS);
  space.map({ at: 110, how: "replace" }, 10, RW, ANONYMOUS);
  expect(space.vmas.map(({ start, end }) => [start, end])).toEqual([[100, 130]]);
  space.unmap(105, 106);
  expect(space.vmas.map(({ start, end }) => [start, end])).toEqual([[100, 105], [106, 130]]);
  protect(space, 110, 112, VM_READ, false);
  protect(space, 110, 112, VM_READ | VM_WRITE, false);
  expect(space.vmas.length).toBe(2);
});

test("brk grows and shrinks the heap, and stops before another mapping", () => {
  const board = new Board();
  const space = board.space();
  space.brkStart = space.brk = 0x100000;
  expect(space.setBrk(0)).toBe(0x100000);
  expect(space.setBrk(0x105123)).toBe(0x105123);
  expect(board.store(space, 0x105fff, 1)).toBeUndefined();
  expect(space.setBrk(0x101000)).toBe(0x101000);
  expect(board.load(space, 0x101000)).toBeInstanceOf(Fault);
  space.map({ at: 0x110, how: "replace" }, 1, RW, ANONYMOUS);
  expect(space.setBrk(0x200000)).toBe(0x101000);
});

test("the memory of a process that ended is empty, whoever looks", () => {
  const board = new Board();
  const space = board.space();
  space.map({ at: 16, how: "replace" }, 1, RW, ANONYMOUS);
  space.writeU32(0x10000, 1);
  space.release();
  // Its frames are in use again.
  const other = board.space();
  other.map({ at: 16, how: "replace" }, 4, RW, ANONYMOUS);
  other.write(0x10000, new Uint8Array(16384).fill(255));
  expect(() => space.readU32(0x10000)).toThrow();
  expect(space.vmas).toEqual([]);
});
