// A file in memory for tests: what mmap and the ELF loader read.
import { ENOMEM, type Errno } from "../../../abi/errno.js";
import type { Cgroup } from "../../cgroups/cgroup.js";
import { File } from "../../vfs/file.js";
import { FileSystem, type FileSystemFacts, Inode, type PageCache, type PageCacheMapping } from "../../vfs/inode.js";
import type { Frame, Frames } from "../frames.js";

class NoFileSystem extends FileSystem {
  readonly type = "none";
  get root(): Inode { throw new Error("no root"); }
  facts(): FileSystemFacts { throw new Error("no facts"); }
}

class PlainInode extends Inode {
  open(): Errno { return ENOMEM; }
}

export class BytePages implements PageCache {
  readonly mappings = new Set<PageCacheMapping>();
  readonly sparse = false;
  readonly dirtyPages = new Set<number>();
  private readonly frames: Frames;
  private readonly held = new Map<number, Frame>();
  bytes: Uint8Array;

  constructor(frames: Frames, bytes: Uint8Array) {
    this.frames = frames;
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  present(index: number): Frame {
    return this.held.get(index) ?? 0;
  }

  page(index: number, payer: Cgroup): Frame | Errno {
    const held = this.held.get(index);
    if (held !== undefined) return held;
    const frame = this.frames.allocate(payer);
    if (frame === 0) return ENOMEM;
    this.frames.writable(frame).set(this.bytes.subarray(index * 4096, (index + 1) * 4096));
    this.held.set(index, frame);
    return frame;
  }

  dirty(index: number): void {
    this.dirtyPages.add(index);
  }

  cut(size: number): void {
    this.bytes = this.bytes.slice(0, size);
    const first = Math.ceil(size / 4096);
    for (const mapping of [...this.mappings]) mapping.unmapPages(first, 1 << 20);
    for (const [index, frame] of this.held) {
      if (index < first) continue;
      this.held.delete(index);
      this.frames.release(frame);
    }
  }

  free(): void {
    for (const frame of this.held.values()) this.frames.release(frame);
    this.held.clear();
  }
}

export class MemoryFile extends File {
  private readonly cache: BytePages;
  released = false;

  constructor(frames: Frames, bytes: Uint8Array, flags = 2) {
    super(new PlainInode(new NoFileSystem(1), 1, 0o100644), flags);
    this.cache = new BytePages(frames, bytes);
  }

  override get pages(): BytePages {
    return this.cache;
  }

  override release(): void {
    this.released = true;
  }
}
