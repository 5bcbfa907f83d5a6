// Sv39 page tables in frames of guest RAM (RISC-V Privileged Specification, "Sv39: Page-Based 39-bit Virtual-Memory System").
import type { Cgroup } from "../cgroups/cgroup.js";
import { savable } from "../save.js";
import type { Frame, Frames } from "./frames.js";

export const PTE_V = 0x1;
export const PTE_R = 0x2;
export const PTE_W = 0x4;
export const PTE_X = 0x8;
export const PTE_U = 0x10;
export const PTE_A = 0x40;
export const PTE_D = 0x80;
/** RSW bits, which the hardware ignores. COW: another address space may share this private page. */
export const PTE_COW = 0x100;
/** The frame belongs to a page cache: a private mapping must not write to it. */
export const PTE_FILE = 0x200;
const PPN_SHIFT = 10;

/** Index of an entry within its table, from a page number: 9 bits a level. */
const rootIndex = (page: number): number => page >>> 18;
const middleIndex = (page: number): number => (page >>> 9) & 511;
const leafIndex = (page: number): number => page & 511;

/** Words of a frame, and of an entry: the upper word of each stays 0, as physical page numbers are below 2^22. */
const FRAME_WORDS = 1024;
const ENTRY_WORDS = 2;

/**
 * One tree of tables. Pages are user virtual page numbers below 2^26. An entry with V clear and a frame in it is a page
 * that is there and may not be accessed (PROT_NONE). A mapped frame's reference is the caller's matter.
 */
export class PageTable {
  readonly root: Frame;
  private readonly frames: Frames;
  /** Tables, the root among them. */
  tables = 1;
  /** The leaf table found last, by page number divided by 512. */
  private leafKey = -1;
  private leaf: Frame = 0;

  constructor(frames: Frames, root: Frame) {
    this.frames = frames;
    this.root = root;
  }

  /** The entry's bits, 0 where nothing is mapped. */
  entry(page: number): number {
    const key = page >>> 9;
    if (key !== this.leafKey) {
      const leaf = this.findLeaf(page);
      if (leaf === 0) return 0;
      this.leaf = leaf;
      this.leafKey = key;
    }
    return this.frames.memory.u32[this.leaf * FRAME_WORDS + leafIndex(page) * ENTRY_WORDS];
  }

  frameOf(entry: number): Frame {
    return this.frames.memory.frameOf(entry >>> PPN_SHIFT);
  }

  make(frame: Frame, bits: number): number {
    return ((this.frames.memory.pageOf(frame) << PPN_SHIFT) | bits) >>> 0;
  }

  /** Writes an entry; its tables are made where they are missing, at the payer's cost. False where there is no memory for them. */
  set(page: number, entry: number, payer: Cgroup): boolean {
    const leaf = this.makeLeaf(page, payer);
    if (leaf === 0) return false;
    this.frames.memory.u32[leaf * FRAME_WORDS + leafIndex(page) * ENTRY_WORDS] = entry;
    return true;
  }

  /** Writes an entry whose table is there. */
  replace(page: number, entry: number): void {
    const leaf = this.leafKey === page >>> 9 ? this.leaf : this.findLeaf(page);
    if (leaf !== 0) this.frames.memory.u32[leaf * FRAME_WORDS + leafIndex(page) * ENTRY_WORDS] = entry;
  }

  /** The first page from `page` on, below `end`, that has an entry; `end` where there is none. */
  next(page: number, end: number): number {
    const { u32 } = this.frames.memory;
    while (page < end) {
      const middle = this.child(this.root, rootIndex(page));
      if (middle === 0) {
        page = ((page >>> 18) + 1) << 18;
        continue;
      }
      const leaf = this.child(middle, middleIndex(page));
      const leafEnd = ((page >>> 9) + 1) << 9;
      if (leaf === 0) {
        page = leafEnd;
        continue;
      }
      const stop = Math.min(leafEnd, end);
      const words = leaf * FRAME_WORDS;
      for (; page < stop; page++) if (u32[words + leafIndex(page) * ENTRY_WORDS] !== 0) return page;
    }
    return end;
  }

  /** Gives back the tables that serve only pages in [first, end), whose entries are all 0 (Linux: free_pgtables). */
  freeTables(first: number, end: number): void {
    for (let root = rootIndex(first); root << 18 < end; root++) {
      const middle = this.child(this.root, root);
      if (middle === 0) continue;
      const from = Math.max(first - (root << 18), 0);
      const to = Math.min(end - (root << 18), 1 << 18);
      for (let at = (from + 511) >>> 9; (at + 1) << 9 <= to; at++) this.freeTable(middle, at);
      if (root << 18 >= first && (root + 1) << 18 <= end) this.freeTable(this.root, root);
    }
    this.leafKey = -1;
  }

  /** Gives back everything; no frame may be mapped any more. */
  free(): void {
    this.freeTables(0, 1 << 26);
    this.frames.release(this.root);
    this.tables = 0;
  }

  private child(table: Frame, index: number): Frame {
    const entry = this.frames.memory.u32[table * FRAME_WORDS + index * ENTRY_WORDS];
    return entry === 0 ? 0 : this.frameOf(entry);
  }

  private freeTable(parent: Frame, index: number): void {
    const table = this.child(parent, index);
    if (table === 0) return;
    this.frames.memory.u32[parent * FRAME_WORDS + index * ENTRY_WORDS] = 0;
    this.frames.release(table);
    this.tables--;
  }

  private findLeaf(page: number): Frame {
    // A process that ended may still be asked about its memory.
    if (this.tables === 0) return 0;
    const middle = this.child(this.root, rootIndex(page));
    return middle === 0 ? 0 : this.child(middle, middleIndex(page));
  }

  private makeLeaf(page: number, payer: Cgroup): Frame {
    const key = page >>> 9;
    if (key === this.leafKey) return this.leaf;
    const middle = this.makeChild(this.root, rootIndex(page), payer);
    if (middle === 0) return 0;
    const leaf = this.makeChild(middle, middleIndex(page), payer);
    if (leaf === 0) return 0;
    this.leaf = leaf;
    this.leafKey = key;
    return leaf;
  }

  private makeChild(table: Frame, index: number, payer: Cgroup): Frame {
    const present = this.child(table, index);
    if (present !== 0) return present;
    const made = this.frames.allocate(payer);
    if (made === 0) return 0;
    this.frames.memory.u32[table * FRAME_WORDS + index * ENTRY_WORDS] = this.make(made, PTE_V);
    this.tables++;
    return made;
  }
}

savable(PageTable);
