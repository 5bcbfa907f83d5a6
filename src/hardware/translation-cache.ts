// Translation caches (TLBs): one for each address space and privilege that was used lately, in the machine's memory where the engine looks.
import { FETCH_ENTRIES, NO_TAG, TLB, TLB_BASE, TLB_BYTES, TLB_COUNT, TLB_ENTRIES, TLB_FETCH } from "./layout.js";
import type { MachineMemory } from "./memory.js";

/** Identifies what a cache is for: address space times 8 plus the privilege context. */
export type ContextKey = number;

const WORDS = TLB_BYTES / 4;

const regionOf = (low: number, high: number) => high * 2 ** 11 + (low >>> 21);
const gigabyte = (region: number) => Math.floor(region / 512) + 0.5;

export class TranslationCaches {
  private readonly memory: MachineMemory;
  /** Key of each cache; -1: free. */
  private readonly keys = new Float64Array(TLB_COUNT).fill(-1);
  private next = 0;
  private current = 0;
  /** What each cache holds pieces of superpages of: numbers of 2 MiB regions, and of 1 GiB regions plus a half. */
  private readonly superpages = Array.from({ length: TLB_COUNT }, () => new Set<number>());
  /** Frames that a write entry may stand for: set when one is filled, so that a search is rare. */
  private readonly writable: Uint8Array;

  constructor(memory: MachineMemory) {
    this.memory = memory;
    this.writable = new Uint8Array(memory.frameCount);
  }

  /** What the cache in force is for. */
  get key(): ContextKey {
    return this.keys[(this.current - TLB_BASE) / TLB_BYTES];
  }

  /** Makes the cache for `key` the one in force, an empty one if there was none. */
  use(key: ContextKey): void {
    let index = this.keys.indexOf(key);
    if (index < 0) {
      index = this.keys.indexOf(-1);
      if (index < 0) {
        index = this.next;
        this.next = (this.next + 1) % TLB_COUNT;
      }
      this.clear(index);
      this.keys[index] = key;
    }
    this.current = TLB_BASE + index * TLB_BYTES;
    this.memory.i32[TLB / 4] = this.current;
  }

  private clear(index: number): void {
    const start = (TLB_BASE + index * TLB_BYTES) / 4;
    this.memory.i32.fill(NO_TAG, start, start + WORDS);
    this.superpages[index].clear();
  }

  /** Forgets all of a cache; one that is not in force is emptied when it is wanted again. */
  private drop(index: number): void {
    if (TLB_BASE + index * TLB_BYTES === this.current) this.clear(index);
    else this.keys[index] = -1;
  }

  /** The page entered is a piece of a superpage of 2 MiB (level 1) or 1 GiB (2): forgetting any piece forgets all. */
  superpage(low: number, high: number, level: number): void {
    const region = regionOf(low, high);
    this.superpages[(this.current - TLB_BASE) / TLB_BYTES].add(level === 1 ? region : gigabyte(region));
  }

  /** Enters a page into the cache in force: `low` and `high` are the halves of its virtual address (its lowest 12 bits are ignored). */
  enter(low: number, high: number, frame: number, readable: boolean, writable: boolean): void {
    const { i32 } = this.memory;
    const entry = (this.current + ((low >>> 12) & (TLB_ENTRIES - 1)) * 32) >> 2;
    const page = low & ~0xfff;
    i32[entry] = readable ? page : NO_TAG;
    i32[entry + 1] = readable ? high : NO_TAG;
    i32[entry + 2] = writable ? page : NO_TAG;
    i32[entry + 3] = writable ? high : NO_TAG;
    i32[entry + 4] = (frame << 12) - page;
    if (writable) this.writable[frame - this.memory.firstFrame] = 1;
  }

  enterFetch(low: number, high: number, records: number): void {
    const { i32 } = this.memory;
    const entry = (this.current + TLB_FETCH + ((low >>> 12) & (FETCH_ENTRIES - 1)) * 16) >> 2;
    i32[entry] = low & ~0xfff;
    i32[entry + 1] = high;
    i32[entry + 2] = records;
  }

  /** Forgets `pages` pages from `va` of an address space, in every privilege; without `va`, all of it. */
  forget(addressSpace: number, va?: number, pages = 1): void {
    for (let index = 0; index < TLB_COUNT; index++) {
      if (Math.floor(this.keys[index] / 8) !== addressSpace) continue;
      if (va === undefined || pages > 64) this.drop(index);
      else for (let i = 0; i < pages; i++) this.forgetPage(index, Math.floor(va / 4096) + i);
    }
  }

  private forgetPage(index: number, page: number): void {
    const { i32 } = this.memory;
    if (this.superpages[index].size > 0) {
      const region = Math.floor(page / 512);
      if (this.superpages[index].has(region) || this.superpages[index].has(gigabyte(region))) return this.drop(index);
    }
    const base = (TLB_BASE + index * TLB_BYTES) >> 2;
    const entry = base + (page & (TLB_ENTRIES - 1)) * 8;
    const fetch = base + TLB_FETCH / 4 + (page & (FETCH_ENTRIES - 1)) * 4;
    i32[entry] = i32[entry + 2] = i32[fetch] = NO_TAG;
  }

  /** Forgets `pages` pages from `va`, or without `va` everything, of the address spaces from `first` to before `end`. */
  forgetSpaces(first: number, end: number, va?: number, pages = 1): void {
    for (let index = 0; index < TLB_COUNT; index++) {
      const space = Math.floor(this.keys[index] / 8);
      if (space < first || space >= end) continue;
      if (va === undefined || pages > 64) this.drop(index);
      else for (let i = 0; i < pages; i++) this.forgetPage(index, Math.floor(va / 4096) + i);
    }
  }

  /** Forgets all entries for fetching: decoded code has moved. */
  forgetFetches(): void {
    for (let index = 0; index < TLB_COUNT; index++) {
      if (this.keys[index] < 0) continue;
      const start = (TLB_BASE + index * TLB_BYTES + TLB_FETCH) / 4;
      this.memory.i32.fill(NO_TAG, start, start + FETCH_ENTRIES * 4);
    }
  }

  /** Forgets entries by which `frame` can be written, so that the next store to it is noticed. */
  forgetWrites(frame: number): void {
    if (this.writable[frame - this.memory.firstFrame] === 0) return;
    this.writable[frame - this.memory.firstFrame] = 0;
    const { i32 } = this.memory;
    for (let index = 0; index < TLB_COUNT; index++) {
      if (this.keys[index] < 0) continue;
      const base = (TLB_BASE + index * TLB_BYTES) >> 2;
      for (let entry = base; entry < base + TLB_ENTRIES * 8; entry += 8) {
        if ((i32[entry + 2] & 0xfff) === 0 && ((i32[entry + 4] + i32[entry + 2]) | 0) === frame << 12) i32[entry + 2] = NO_TAG;
      }
    }
  }
}
