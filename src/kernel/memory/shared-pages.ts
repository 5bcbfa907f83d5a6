// Page caches that are no file: shared anonymous memory, and the kernel's own pages ([vdso], [vvar]).
import { ENOMEM, type Errno } from "../../abi/errno.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import { savable } from "../save.js";
import type { PageCache, PageCacheMapping } from "../vfs/inode.js";
import type { Frame, Frames } from "./frames.js";

/** MAP_SHARED|MAP_ANONYMOUS: lives as long as a mapping of it does (Linux: shmem_zero_setup, "/dev/zero (deleted)"). */
export class AnonymousPages implements PageCache {
  readonly mappings = new Set<PageCacheMapping>();
  readonly size: number;
  private readonly frames: Frames;
  private readonly made = new Map<number, Frame>();
  readonly sparse = true;

  constructor(frames: Frames, size: number) {
    this.frames = frames;
    this.size = size;
  }

  page(index: number, payer: Cgroup): Frame | Errno {
    const present = this.made.get(index);
    if (present !== undefined) return present;
    const frame = this.frames.allocate(payer);
    if (frame === 0) return ENOMEM;
    this.made.set(index, frame);
    return frame;
  }

  present(index: number): Frame {
    return this.made.get(index) ?? 0;
  }

  dirty(_index: number): void {}

  /** Gives back everything once nobody maps it. */
  unused(): void {
    if (this.mappings.size > 0) return;
    for (const frame of this.made.values()) this.frames.release(frame);
    this.made.clear();
  }

  /** MADV_REMOVE: the pages become zeros again. */
  remove(first: number, end: number): void {
    for (const mapping of [...this.mappings]) mapping.unmapPages(first, end - 1);
    for (const [index, frame] of this.made) {
      if (index < first || index >= end) continue;
      this.made.delete(index);
      this.frames.release(frame);
    }
  }
}

/** Frames that are always there. */
export class FixedPages implements PageCache {
  readonly mappings = new Set<PageCacheMapping>();
  readonly sparse = false;
  private readonly fixed: readonly Frame[];

  constructor(fixed: readonly Frame[]) {
    this.fixed = fixed;
  }

  get size(): number {
    return this.fixed.length * 4096;
  }

  page(index: number, _payer: Cgroup): Frame {
    return this.fixed[index];
  }

  present(index: number): Frame {
    return this.fixed[index] ?? 0;
  }

  dirty(_index: number): void {}
}

savable(AnonymousPages, FixedPages);
