// The pages of one file in frames (Linux: mm/filemap.c): what tmpfs, the disk and inline tails of erofs keep their bytes in.
import { ENOSPC, type Errno } from "../../abi/errno.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import { type Frame, FRAME_SIZE, type Frames } from "../memory/frames.js";
import { savable } from "../save.js";
import type { Inode, PageCache, PageCacheMapping } from "./inode.js";

/** Base: remembers frames by page index, each with one reference of its own. Subclasses fill those that are not there. */
export abstract class FilePages implements PageCache {
  readonly frames: Frames;
  readonly mappings = new Set<PageCacheMapping>();
  protected readonly held = new Map<number, Frame>();

  constructor(frames: Frames) {
    this.frames = frames;
  }

  abstract get size(): number;
  abstract get sparse(): boolean;
  /** Makes the page; its frame has one reference, which the cache takes over. */
  protected abstract fill(index: number, payer: Cgroup): Frame | Errno;

  /** How many frames it holds. */
  get count(): number {
    return this.held.size;
  }

  present(index: number): Frame {
    return this.held.get(index) ?? 0;
  }

  page(index: number, payer: Cgroup): Frame | Errno {
    const held = this.held.get(index);
    if (held !== undefined) return held;
    const frame = this.fill(index, payer);
    if (typeof frame === "number") this.held.set(index, frame);
    return frame;
  }

  dirty(_index: number): void {}

  /** Lets go of the pages `first` to `last`: out of every mapping, then out of the cache. */
  drop(first: number, last: number): void {
    if (this.held.size === 0 || last < first) return;
    for (const mapping of this.mappings) mapping.unmapPages(first, last);
    if (last - first < this.held.size) {
      for (let index = first; index <= last; index++) this.dropOne(index);
    } else {
      for (const index of [...this.held.keys()]) if (index >= first && index <= last) this.dropOne(index);
    }
  }

  dropAll(): void {
    this.drop(0, Number.MAX_SAFE_INTEGER);
  }

  private dropOne(index: number): void {
    const frame = this.held.get(index);
    if (frame === undefined) return;
    this.held.delete(index);
    this.frames.release(frame);
    this.dropped();
  }

  /** One page less is held. */
  protected dropped(): void {}

  /** Zeros the bytes `from` to `to` of one page, if it is there. */
  clear(index: number, from: number, to: number): void {
    const frame = this.held.get(index);
    if (frame !== undefined) this.frames.writable(frame).fill(0, from, to);
  }

  /** Indices of the pages that are there, in order. */
  indices(): number[] {
    return [...this.held.keys()].sort((a, b) => a - b);
  }
}

/** Pages that exist nowhere but in memory: a page that is not there is zeros. */
export class MemoryPages extends FilePages {
  private readonly inode: Inode;

  constructor(frames: Frames, inode: Inode) {
    super(frames);
    this.inode = inode;
  }

  get size(): number {
    return this.inode.size;
  }

  get sparse(): boolean {
    return true;
  }

  protected fill(_index: number, payer: Cgroup): Frame | Errno {
    const frame = this.frames.allocateBeyondReserve(payer);
    return frame === 0 ? ENOSPC : frame;
  }

  /** After the file's size became `size`: what lies beyond is gone and reads as zeros if the file grows again. */
  cut(size: number): void {
    const last = Math.floor(size / FRAME_SIZE);
    const within = size % FRAME_SIZE;
    this.drop(within === 0 ? last : last + 1, Number.MAX_SAFE_INTEGER);
    if (within !== 0) this.clear(last, within, FRAME_SIZE);
  }
}

savable(MemoryPages);
