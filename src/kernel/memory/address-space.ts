// The memory of a process (Linux: mm_struct): its mappings, its page table, and what is done to them.
import { EINVAL, ENOMEM, type Errno, failed } from "../../abi/errno.js";
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK } from "../../abi/resource.js";
import type { ByteString } from "../bytestring.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import type { Sink, Source } from "../io.js";
import type { Kernel } from "../kernel.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import type { Inode } from "../vfs/inode.js";
import type { Wait } from "../wait.js";
import { type Access, type Fault, fault, makePresent } from "./fault.js";
import { setBrk } from "./brk.js";
import { forkInto } from "./fork.js";
import type { Frame } from "./frames.js";
import { MAX_MAP_COUNT, PAGE_SIZE, TASK_PAGES, mmapBasePage, pagesOf } from "./layout.js";
import { type Where, findGap, place } from "./place.js";
import { PageTable, PTE_FILE, PTE_V, PTE_W } from "./page-table.js";
import { AnonymousPages } from "./shared-pages.js";
import { type Iovec, UserSink, UserSource } from "./user.js";
import * as user from "./user.js";
import { CODE_OFFSET } from "./vdso-code.js";
import { type Backing, VM_GROWSDOWN, VM_LOCKED, VM_NORESERVE, VM_SHARED, VM_WRITE, Vma } from "./vma.js";

/** Places that /proc/PID/stat, cmdline and environ tell of, in bytes; set by the loader. */
export interface Marks {
  codeStart: number;
  codeEnd: number;
  dataStart: number;
  dataEnd: number;
  stackStart: number;
  argumentsStart: number;
  argumentsEnd: number;
  environmentStart: number;
  environmentEnd: number;
}

export class AddressSpace {
  readonly kernel: Kernel;
  /** Number of its translations in the hart. */
  readonly asid: number;
  readonly table: PageTable;
  /** Sorted, never overlapping. */
  readonly vmas: Vma[] = [];
  /** Who pays for new frames. */
  payer: Cgroup;
  /** The task that runs in it now or ran in it last: its limits hold, its faults are counted. */
  task: Task | undefined;
  /** Tasks that share it (CLONE_VM); `release` gives one back. */
  users = 1;
  /** Where mmap searches downwards from, in pages. */
  mmapBase: number;
  /** The heap, in bytes: brk(2). */
  brkStart = 0;
  brk = 0;
  readonly marks: Marks = {
    codeStart: 0, codeEnd: 0, dataStart: 0, dataEnd: 0, stackStart: 0, argumentsStart: 0, argumentsEnd: 0, environmentStart: 0, environmentEnd: 0,
  };
  /** As it was put on the stack, for /proc/PID/auxv. */
  auxv = new Uint8Array(0);
  /** The program that was executed: nobody opens it for writing meanwhile (Linux: mm->exe_file). */
  private program: Inode | undefined = undefined;
  /** Address of the vDSO's ELF header. 0: none is mapped. */
  vdso = 0;
  /** Pages: mapped in all, writable and private, of stacks, locked, of code. */
  totalPages = 0;
  dataPages = 0;
  stackPages = 0;
  lockedPages = 0;
  peakPages = 0;
  /** VM_LOCKED and VM_LOCKONFAULT for mappings to come: mlockall(MCL_FUTURE). */
  futureFlags = 0;
  /** membarrier(2) registrations. */
  barriers = 0;
  /** Pages present: private ones, and those of files and shared memory. */
  anonymousPages = 0;
  filePages = 0;
  peakPresent = 0;
  /** The kernel found no memory for a copy to or from it: somebody is to be killed before the call goes on. */
  exhausted = false;
  minorFaults = 0;
  majorFaults = 0;

  constructor(kernel: Kernel, payer: Cgroup, task: Task | undefined, asid: number, root: Frame) {
    this.kernel = kernel;
    this.payer = payer;
    this.task = task;
    this.asid = asid;
    this.table = new PageTable(kernel.frames, root);
    this.mmapBase = mmapBasePage(this.limit(RLIMIT_STACK));
  }

  /** An empty one. `task` is who will run in it: its limits hold from the beginning. */
  static create(kernel: Kernel, payer: Cgroup, task: Task | undefined): AddressSpace | Errno {
    const asid = kernel.frames.allocateAsid();
    if (asid === 0) return ENOMEM;
    const root = kernel.frames.allocate(payer);
    if (root !== 0) return new AddressSpace(kernel, payer, task, asid, root);
    kernel.frames.releaseAsid(asid);
    return ENOMEM;
  }

  /** The task is about to run in it: on every switch to it, and after exec. */
  enter(task: Task): void {
    this.task = task;
    this.kernel.vdso.refresh(this.kernel.clock);
    this.kernel.processor.useAddressSpace(this.kernel.frames.memory.pageOf(this.table.root), this.asid);
  }

  runs(program: Inode | undefined): void {
    const { program: before } = this;
    this.program = program;
    if (program !== undefined) {
      program.runners++;
      program.opened();
    }
    if (before !== undefined) {
      before.runners--;
      before.released();
    }
  }

  /** One user less; the last one gives everything back. */
  release(): void {
    if (--this.users > 0) return;
    this.runs(undefined);
    this.removeRange(0, TASK_PAGES);
    this.table.free();
    this.kernel.processor.forget(this.asid);
    this.kernel.frames.releaseAsid(this.asid);
    this.task = undefined;
  }

  /** A copy for fork(2): private pages are shared until one of the two writes to them. */
  fork(payer: Cgroup, task: Task | undefined): AddressSpace | Errno {
    const copy = AddressSpace.create(this.kernel, payer, task ?? this.task);
    if (failed(copy)) return copy;
    copy.runs(this.program);
    return forkInto(this, copy);
  }

  /** Soft limit (RLIMIT_*) of the process that runs in it. */
  limit(resource: number): number {
    return this.task?.process.limit(resource) ?? Infinity;
  }

  /** Where a signal handler returns to: __vdso_rt_sigreturn. */
  get sigreturn(): number {
    return this.vdso + CODE_OFFSET;
  }

  // Faults

  /** What a user-mode access that faulted leads to: nothing (it is there now), a wait, or a signal. */
  fault(address: number, access: Access): undefined | "exhausted" | Wait | Fault {
    return fault(this, address, access);
  }

  // User memory for the kernel's copies; all throw EFAULT, and a Wait where a page must first be read from a device.

  sink(at: number, n: number): Sink { return new UserSink(this, at, n); }
  source(at: number, n: number): Source { return new UserSource(this, at, n); }
  sinkVector(vectors: readonly Iovec[]): Sink { return new UserSink(this, 0, 0, vectors); }
  sourceVector(vectors: readonly Iovec[]): Source { return new UserSource(this, 0, 0, vectors); }
  read(at: number, n: number): Uint8Array { return user.read(this, at, n); }
  write(at: number, bytes: Uint8Array): void { user.write(this, at, bytes); }
  /** Up to `max` bytes before a NUL; without one within them, all `max`. */
  readString(at: number, max: number): ByteString { return user.readString(this, at, max); }
  readU32(at: number): number { return user.readU32(this, at); }
  readI32(at: number): number { return user.readU32(this, at) | 0; }
  readU64(at: number): number { return user.readU32(this, at) + user.readU32(this, at + 4) * 2 ** 32; }
  writeU32(at: number, value: number): void { user.writeU32(this, at, value); }
  writeI32(at: number, value: number): void { user.writeU32(this, at, value); }
  writeU64(at: number, value: number): void { user.writeU64(this, at, value); }

  // Mappings

  /** Index of the first mapping that ends after the page. */
  indexOf(page: number): number {
    let low = 0;
    let high = this.vmas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.vmas[middle].end > page) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The mapping that holds the page. */
  find(page: number): Vma | undefined {
    const vma = this.vmas.at(this.indexOf(page));
    return vma !== undefined && vma.start <= page && page < vma.end ? vma : undefined;
  }

  /** The first page of a free range of `pages` pages, as high as can be below the mmap base. ENOMEM. */
  findGap(pages: number, align = 1): number | Errno {
    return findGap(this, pages, align);
  }

  /** Whether no mapping touches the pages. */
  isFree(start: number, end: number): boolean {
    const next = this.vmas.at(this.indexOf(start));
    return next === undefined || next.start >= end;
  }

  /**
   * Maps `pages` pages; `where` is the place (replacing what is there), a hint, or undefined. Flags are VM_*. The first page.
   * Limits: ENOMEM for RLIMIT_AS, RLIMIT_DATA, too many mappings, or more private memory than the machine has.
   */
  map(where: Where | undefined, pages: number, flags: number, behind: Backing): number | Errno {
    const start = place(this, where, pages);
    if (failed(start)) return start;
    const replaced = where?.how === "replace" ? this.pagesWithin(start, start + pages) : 0;
    const refused = this.refuse(pages - replaced, flags, behind) ?? this.countRefused();
    if (refused !== undefined) return refused;
    if (where?.how === "replace") {
      const cut = this.unmap(start, start + pages);
      if (cut !== undefined) return cut;
    }
    const vma = new Vma(this, start, start + pages, flags | this.futureFlags, behind);
    if (!vma.attach()) return ENOMEM;
    this.insert(vma);
    if (vma.file !== undefined && this.task !== undefined) {
      const file = vma.file.path?.dentry.name ?? vma.file.describe();
      this.kernel.watch?.({ at: "file.mapped", task: this.task.tid, file, address: start * PAGE_SIZE, pages });
    }
    return start;
  }

  private pagesWithin(start: number, end: number): number {
    let pages = 0;
    for (let i = this.indexOf(start); i < this.vmas.length && this.vmas[i].start < end; i++) {
      pages += Math.min(end, this.vmas[i].end) - Math.max(start, this.vmas[i].start);
    }
    return pages;
  }

  /** Whether the limits forbid `pages` more pages of this kind (Linux: may_expand_vm, and heuristic overcommit). */
  refuse(pages: number, flags: number, behind: Backing): Errno | undefined {
    if ((this.totalPages + pages) * PAGE_SIZE > this.limit(RLIMIT_AS)) return ENOMEM;
    const data = this.refuseData(pages, flags);
    if (data !== undefined || !isData(flags)) return data;
    const counted = (flags & VM_NORESERVE) === 0 && (behind.name ?? "") === "";
    return counted && pages > this.kernel.frames.total ? ENOMEM : undefined;
  }

  /** Whether RLIMIT_DATA forbids that many more pages, if they are of the kind that it counts. */
  refuseData(pages: number, flags: number): Errno | undefined {
    return isData(flags) && (this.dataPages + pages) * PAGE_SIZE > this.limit(RLIMIT_DATA) ? ENOMEM : undefined;
  }

  countRefused(): Errno | undefined {
    return this.vmas.length >= MAX_MAP_COUNT ? ENOMEM : undefined;
  }

  /** Puts an attached mapping into its place and makes it one with its neighbours where they are alike. */
  insert(vma: Vma): void {
    this.account(vma, vma.length);
    this.vmas.splice(this.indexOf(vma.start), 0, vma);
    this.mergeAround(vma.start, vma.end);
  }

  /** Makes mappings one that touch each other within [start, end] and are alike. */
  mergeAround(start: number, end: number): void {
    let i = Math.max(1, this.indexOf(start - 1));
    while (i < this.vmas.length && this.vmas[i].start <= end) {
      const before = this.vmas[i - 1];
      const vma = this.vmas[i];
      if (!before.continuedBy(vma)) {
        i++;
        continue;
      }
      before.end = vma.end;
      this.vmas.splice(i, 1);
      vma.detach();
    }
  }

  /** Adds (or with a negative count takes) pages of the mapping's kind to the counters. */
  account(vma: Vma, pages: number): void {
    this.totalPages += pages;
    this.peakPages = Math.max(this.peakPages, this.totalPages);
    if (isData(vma.flags)) this.dataPages += pages;
    if ((vma.flags & VM_GROWSDOWN) !== 0) this.stackPages += pages;
    if ((vma.flags & VM_LOCKED) !== 0) this.lockedPages += pages;
  }

  /** Cuts a mapping in two at the page; false where the cgroup has no room for one more. */
  split(vma: Vma, page: number): boolean {
    const upper = new Vma(this, page, vma.end, vma.flags, vma.backingAt(page));
    if (!upper.attach()) return false;
    vma.end = page;
    this.vmas.splice(this.vmas.indexOf(vma) + 1, 0, upper);
    return true;
  }

  /** Cuts mappings so that none reaches over the ends of [start, end), and gives those within. ENOMEM. */
  isolate(start: number, end: number): Vma[] | Errno {
    const first = this.find(start);
    const last = this.find(end - 1);
    let cuts = 0;
    if (first !== undefined && first.start < start) cuts++;
    if (last !== undefined && last.end > end) cuts++;
    if (this.vmas.length + cuts > MAX_MAP_COUNT) return ENOMEM;
    if (first !== undefined && first.start < start && !this.split(first, start)) return ENOMEM;
    const tail = this.find(end - 1);
    if (tail !== undefined && tail.end > end && !this.split(tail, end)) return ENOMEM;
    const found: Vma[] = [];
    for (let i = this.indexOf(start); i < this.vmas.length && this.vmas[i].start < end; i++) found.push(this.vmas[i]);
    return found;
  }

  /** Removes whatever is mapped in [start, end). */
  unmap(start: number, end: number): Errno | undefined {
    const within = this.isolate(start, end);
    if (failed(within)) return within;
    if (within.length > 0) this.removeRange(start, end);
    return undefined;
  }

  /** Removes whole mappings. */
  private removeRange(start: number, end: number): void {
    this.dropPages(start, end);
    const first = this.indexOf(start);
    let last = first;
    while (last < this.vmas.length && this.vmas[last].start < end) last++;
    const removed = this.vmas.splice(first, last - first);
    for (const vma of removed) {
      this.account(vma, -vma.length);
      vma.detach();
      if (vma.pages instanceof AnonymousPages) vma.pages.unused();
    }
    const floor = first > 0 ? this.vmas[first - 1].end : 0;
    const ceiling = first < this.vmas.length ? this.vmas[first].start : TASK_PAGES;
    this.table.freeTables(floor, ceiling);
  }

  // Pages

  /** Maps a frame, with one reference that the caller took. False where there is no memory for a table. */
  mapFrame(page: number, frame: Frame, bits: number): boolean {
    if (!this.table.set(page, this.table.make(frame, bits), this.payer)) return false;
    if ((bits & PTE_FILE) !== 0) this.filePages++;
    else this.anonymousPages++;
    const present = this.filePages + this.anonymousPages;
    if (present > this.peakPresent) this.peakPresent = present;
    return true;
  }

  /** Forgets what is present in [start, end): files' pages can be had again, private ones are lost. */
  dropPages(start: number, end: number): void {
    const { frames, processor } = this.kernel;
    let dropped = 0;
    let from = -1;
    let to = 0;
    for (let page = this.table.next(start, end); page < end; page = this.table.next(page + 1, end)) {
      const entry = this.table.entry(page);
      this.table.replace(page, 0);
      if ((entry & PTE_FILE) !== 0) this.filePages--;
      else this.anonymousPages--;
      frames.release(this.table.frameOf(entry));
      if (from < 0) from = page;
      to = page + 1;
      dropped++;
    }
    if (dropped > 0) processor.forget(this.asid, from * PAGE_SIZE, to - from);
  }

  /** Makes present pages in [start, end) read-only, so that the next store faults. */
  writeProtect(start: number, end: number): void {
    for (let page = this.table.next(start, end); page < end; page = this.table.next(page + 1, end)) {
      const entry = this.table.entry(page);
      if ((entry & PTE_W) !== 0) this.table.replace(page, entry & ~PTE_W);
    }
    this.kernel.processor.forget(this.asid, start * PAGE_SIZE, end - start);
  }

  /** The frame at a user page for an access by the kernel, faulted in where it must be; throws EFAULT or a Wait. */
  frameFor(page: number, write: boolean): Frame {
    const entry = this.table.entry(page);
    if ((entry & PTE_V) !== 0 && (!write || (entry & PTE_W) !== 0)) return this.table.frameOf(entry);
    return makePresent(this, page, write);
  }

  /** brk(2): the new end of the heap, or the old one where it can't be. */
  setBrk(to: number): number {
    return setBrk(this, to);
  }

  /** A range of bytes as pages; EINVAL where it is not aligned, ENOMEM where it reaches beyond user addresses. */
  static pageRange(at: number, bytes: number): { start: number; end: number } | Errno {
    if (at % PAGE_SIZE !== 0) return EINVAL;
    const start = at / PAGE_SIZE;
    const end = start + pagesOf(bytes);
    return end > TASK_PAGES ? ENOMEM : { start, end };
  }
}

/** Writable and private, and no stack: what RLIMIT_DATA counts. */
function isData(flags: number): boolean {
  return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
}

savable(AddressSpace);
