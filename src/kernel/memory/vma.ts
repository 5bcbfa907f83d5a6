// A mapping: a range of pages of an address space with one set of permissions and one thing behind it (Linux: vm_area_struct).
import { cost } from "../cgroups/costs.js";
import { savable } from "../save.js";
import { unreference } from "../vfs/file-table.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import type { File } from "../vfs/file.js";
import type { PageCache, PageCacheMapping } from "../vfs/inode.js";
import type { AddressSpace } from "./address-space.js";

// Linux's vm_flags; the lowest three are PROT_READ, PROT_WRITE and PROT_EXEC.
export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
export const VM_ACCESS = 0x7;
export const VM_SHARED = 0x8;
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
export const VM_GROWSDOWN = 0x100;
export const VM_LOCKED = 0x2000;
export const VM_SEQ_READ = 0x8000;
export const VM_RAND_READ = 0x10000;
export const VM_DONTCOPY = 0x20000;
export const VM_DONTEXPAND = 0x40000;
export const VM_LOCKONFAULT = 0x80000;
export const VM_NORESERVE = 0x200000;
export const VM_WIPEONFORK = 0x2000000;
export const VM_DONTDUMP = 0x4000000;
export const VM_HUGEPAGE = 0x20000000;
export const VM_NOHUGEPAGE = 0x40000000;
/** Pages may vanish under pressure (MAP_DROPPABLE); here they never do. */
export const VM_DROPPABLE = 0x10000000;

/** Flags of a private mapping with the given access. */
export const privateFlags = (access: number): number => (access & VM_ACCESS) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

/** `start` and `end` are page numbers; `offset` is the page of `pages` that stands at `start`. */
export class Vma implements PageCacheMapping {
  readonly space: AddressSpace;
  start: number;
  end: number;
  flags: number;
  readonly file: File | undefined;
  /** undefined: anonymous and private. */
  readonly pages: PageCache | undefined;
  offset: number;
  /** "[vdso]" and the like, for mappings of the kernel's own. */
  readonly name: string;
  private payer: Cgroup | undefined;

  constructor(space: AddressSpace, start: number, end: number, flags: number, behind: Backing) {
    this.space = space;
    this.start = start;
    this.end = end;
    this.flags = flags;
    this.file = behind.file;
    this.pages = behind.pages;
    this.offset = behind.offset;
    this.name = behind.name ?? "";
  }

  /** Charges it and takes its references; false where the cgroup has no room for it. */
  attach(): boolean {
    if (!this.space.payer.chargeObject(cost.mapping)) return false;
    this.payer = this.space.payer;
    this.pages?.mappings.add(this);
    if (this.file !== undefined) this.file.references++;
    return true;
  }

  detach(): void {
    this.payer?.unchargeObject(cost.mapping);
    this.payer = undefined;
    this.pages?.mappings.delete(this);
    if (this.file !== undefined) unreference(this.file);
  }

  get length(): number {
    return this.end - this.start;
  }

  get shared(): boolean {
    return (this.flags & VM_SHARED) !== 0;
  }

  /** What stands behind the page on. */
  backingAt(page: number): Backing {
    return { file: this.file, pages: this.pages, offset: this.pages === undefined ? 0 : this.offset + page - this.start, name: this.name };
  }

  /** Whether `next`, which begins where this one ends, may become one with it. */
  continuedBy(next: Vma): boolean {
    if (this.end !== next.start || this.flags !== next.flags || this.file !== next.file || this.pages !== next.pages || this.name !== next.name) return false;
    return this.pages === undefined || this.offset + this.length === next.offset;
  }

  /** The page cache tells that pages go away (the file shrank): private copies of them go as well. */
  unmapPages(firstIndex: number, lastIndex: number): void {
    const first = Math.max(this.start, this.start + firstIndex - this.offset);
    const end = Math.min(this.end, this.start + lastIndex + 1 - this.offset);
    if (first < end) this.space.dropPages(first, end);
  }

  /** The page cache was written back: the next store to a shared page must be told to `dirty` again. */
  protectPages(firstIndex: number, lastIndex: number): void {
    const first = Math.max(this.start, this.start + firstIndex - this.offset);
    const end = Math.min(this.end, this.start + lastIndex + 1 - this.offset);
    if (this.shared && first < end) this.space.writeProtect(first, end);
  }
}

/** What a mapping shows: pages of a file or of shared memory from page `offset` on, or nothing but zeros. */
export interface Backing {
  file: File | undefined;
  pages: PageCache | undefined;
  offset: number;
  name?: string;
}

export const ANONYMOUS: Backing = { file: undefined, pages: undefined, offset: 0 };

savable(Vma);
