// Page faults: demand paging, copy-on-write, growing stacks, and the signals where nothing can be done (Linux: mm/memory.c).
import { EFAULT, ENOMEM, failed } from "../../abi/errno.js";
import { RLIMIT_AS, RLIMIT_STACK } from "../../abi/resource.js";
import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGSEGV } from "../../abi/signal.js";
import type { PageCache } from "../vfs/inode.js";
import { Wait } from "../wait.js";
import type { AddressSpace } from "./address-space.js";
import { exhausted } from "./exhausted.js";
import { FRAME_SIZE, type Frame } from "./frames.js";
import { PAGE_SIZE, STACK_GUARD_PAGES, TASK_PAGES } from "./layout.js";
import { PTE_A, PTE_COW, PTE_D, PTE_FILE, PTE_R, PTE_U, PTE_V, PTE_W, PTE_X } from "./page-table.js";
import { VM_ACCESS, VM_EXEC, VM_GROWSDOWN, VM_READ, VM_WRITE, type Vma } from "./vma.js";

export type Access = "read" | "write" | "execute";

/** The signal that an access earns. */
export class Fault {
  readonly signal: number;
  readonly code: number;
  readonly address: number;

  constructor(signal: number, code: number, address: number) {
    this.signal = signal;
    this.code = code;
    this.address = address;
  }
}

/** What came of making a page present: it is, or there is no such page of the file, or no memory. */
type Outcome = "present" | "bus" | "exhausted";

/** Pages around a fault that are mapped with it where the page cache has them (Linux: fault_around_bytes). */
const FAULT_AROUND = 16;

/** Entry bits for what the mapping's flags permit. Without any access V stays clear. A and D are set: the hardware never has to. */
export function entryBits(flags: number): number {
  if ((flags & VM_ACCESS) === 0) return PTE_U | PTE_A;
  const write = (flags & VM_WRITE) !== 0 ? PTE_R | PTE_W | PTE_D : 0;
  const read = (flags & VM_READ) !== 0 ? PTE_R : 0;
  const execute = (flags & VM_EXEC) !== 0 ? PTE_X : 0;
  return PTE_V | PTE_U | PTE_A | write | read | execute;
}

/** As on Linux riscv (arch/riscv/mm/fault.c: access_error), the right to write implies that to read. */
function permits(flags: number, access: Access): boolean {
  if (access === "write") return (flags & VM_WRITE) !== 0;
  if (access === "execute") return (flags & VM_EXEC) !== 0;
  return (flags & (VM_READ | VM_WRITE)) !== 0;
}

export function fault(space: AddressSpace, address: number, access: Access): undefined | "exhausted" | Wait | Fault {
  const page = Math.floor(address / PAGE_SIZE);
  const vma = vmaFor(space, page);
  if (vma === undefined) return new Fault(SIGSEGV, SEGV_MAPERR, address);
  if (!permits(vma.flags, access)) return new Fault(SIGSEGV, SEGV_ACCERR, address);
  const majors = space.majorFaults;
  try {
    const outcome = resolve(space, vma, page, access === "write");
    if (outcome === "bus") return new Fault(SIGBUS, BUS_ADRERR, address);
    if (outcome === "exhausted") return outcome;
  } catch (thrown) {
    if (thrown instanceof Wait) return thrown;
    throw thrown;
  }
  if (space.task !== undefined) {
    space.kernel.watch?.({ at: "page.faulted", task: space.task.tid, address, access, major: space.majorFaults !== majors });
  }
  return undefined;
}

/** For an access by the kernel to user memory: the frame, or EFAULT or a Wait thrown. Where memory is exhausted somebody has to end before the call goes on. */
export function makePresent(space: AddressSpace, page: number, write: boolean): Frame {
  const vma = vmaFor(space, page);
  if (vma === undefined || !permits(vma.flags, write ? "write" : "read")) throw EFAULT;
  const outcome = resolve(space, vma, page, write);
  if (outcome === "exhausted") {
    throw space.task === undefined ? EFAULT : exhausted(space.task);
  }
  if (outcome !== "present") throw EFAULT;
  return space.table.frameOf(space.table.entry(page));
}

/** The mapping for an access to a page; a stack that is within reach grows down to it. */
function vmaFor(space: AddressSpace, page: number): Vma | undefined {
  if (!(page >= 0 && page < TASK_PAGES)) return undefined;
  const index = space.indexOf(page);
  const vma = space.vmas.at(index);
  if (vma === undefined) return undefined;
  if (vma.start <= page) return vma;
  return (vma.flags & VM_GROWSDOWN) !== 0 && grow(space, vma, index, page) ? vma : undefined;
}

/** As Linux mm/mmap.c: expand_downwards and acct_stack_growth. */
function grow(space: AddressSpace, vma: Vma, index: number, page: number): boolean {
  if ((vma.end - page) * PAGE_SIZE > space.limit(RLIMIT_STACK)) return false;
  const pages = vma.start - page;
  if ((space.totalPages + pages) * PAGE_SIZE > space.limit(RLIMIT_AS)) return false;
  const below = index > 0 ? space.vmas[index - 1] : undefined;
  const guarded = below !== undefined && (below.flags & VM_GROWSDOWN) === 0 && (below.flags & VM_ACCESS) !== 0;
  if (guarded && page - below.end < STACK_GUARD_PAGES) return false;
  vma.start = page;
  space.account(vma, pages);
  return true;
}

function count(space: AddressSpace, major: boolean): void {
  if (major) space.majorFaults++;
  else space.minorFaults++;
  if (space.task === undefined) return;
  if (major) space.task.majorFaults++;
  else space.task.minorFaults++;
}

/** Makes a permitted access possible. Throws a Wait where the page comes from a device that is still at it. */
export function resolve(space: AddressSpace, vma: Vma, page: number, write: boolean): Outcome {
  const entry = space.table.entry(page);
  if (entry !== 0) {
    count(space, false);
    return write && (entry & PTE_W) === 0 ? makeWritable(space, vma, page, entry) : forgetStale(space, page);
  }
  if (vma.pages !== undefined) return filePage(space, vma, vma.pages, page, write);
  count(space, false);
  const frame = space.kernel.frames.allocate(space.payer);
  if (frame === 0) return "exhausted";
  return keep(space, page, frame, entryBits(vma.flags));
}

/** The page was there: only the hart's translation was old. */
function forgetStale(space: AddressSpace, page: number): Outcome {
  space.kernel.processor.forget(space.asid, page * PAGE_SIZE, 1);
  return "present";
}

/** Maps a frame whose reference we hold, or gives it back. */
function keep(space: AddressSpace, page: number, frame: Frame, bits: number): Outcome {
  if (space.mapFrame(page, frame, bits)) return "present";
  space.kernel.frames.release(frame);
  return "exhausted";
}

/** A store to a page that is there and read-only: shared pages are told of it, private ones are copied where others hold them too. */
function makeWritable(space: AddressSpace, vma: Vma, page: number, entry: number): Outcome {
  const { frames, processor } = space.kernel;
  const before = space.table.frameOf(entry);
  if (vma.shared) vma.pages?.dirty(vma.offset + page - vma.start);
  else if ((entry & PTE_FILE) !== 0 || frames.referencesOf(before) > 1) {
    const copy = frames.allocate(space.payer);
    if (copy === 0) return "exhausted";
    copyFrame(space, before, copy);
    space.table.replace(page, space.table.make(copy, entryBits(vma.flags)));
    frames.release(before);
    if ((entry & PTE_FILE) !== 0) {
      space.filePages--;
      space.anonymousPages++;
    }
    processor.forget(space.asid, page * PAGE_SIZE, 1);
    return "present";
  }
  space.table.replace(page, (entry & ~PTE_COW) | PTE_W | PTE_D | PTE_R);
  processor.forget(space.asid, page * PAGE_SIZE, 1);
  return "present";
}

function copyFrame(space: AddressSpace, from: Frame, to: Frame): void {
  const { memory } = space.kernel.frames;
  memory.u8.copyWithin(to * FRAME_SIZE, from * FRAME_SIZE, (from + 1) * FRAME_SIZE);
  memory.dirtied(to);
}

function filePage(space: AddressSpace, vma: Vma, pages: PageCache, page: number, write: boolean): Outcome {
  const { frames } = space.kernel;
  const index = vma.offset + page - vma.start;
  if (index * PAGE_SIZE >= pages.size) return "bus";
  count(space, !pages.sparse && pages.present(index) === 0);
  const frame = pages.page(index, space.payer);
  if (failed(frame)) return frame === ENOMEM ? "exhausted" : "bus";
  // The reference comes first: what follows may allocate, and allocating may reclaim pages that nobody holds.
  frames.share(frame);
  if (vma.shared) {
    if (write) pages.dirty(index);
    const bits = entryBits(vma.flags) | PTE_FILE;
    const outcome = keep(space, page, frame, write ? bits : bits & ~(PTE_W | PTE_D));
    if (!write && outcome === "present") faultAround(space, vma, pages, page);
    return outcome;
  }
  if (!write) {
    const outcome = keep(space, page, frame, (entryBits(vma.flags) & ~(PTE_W | PTE_D)) | PTE_FILE);
    if (outcome === "present") faultAround(space, vma, pages, page);
    return outcome;
  }
  const copy = frames.allocate(space.payer);
  if (copy !== 0) copyFrame(space, frame, copy);
  frames.release(frame);
  return copy === 0 ? "exhausted" : keep(space, page, copy, entryBits(vma.flags));
}

/** Maps the neighbours that the page cache has, to save their faults. */
function faultAround(space: AddressSpace, vma: Vma, pages: PageCache, page: number): void {
  const { frames } = space.kernel;
  const bits = (entryBits(vma.flags) & ~(PTE_W | PTE_D)) | PTE_FILE;
  const first = Math.floor(page / FAULT_AROUND) * FAULT_AROUND;
  const end = Math.min(first + FAULT_AROUND, vma.end, vma.start + Math.ceil(pages.size / PAGE_SIZE) - vma.offset);
  for (let at = Math.max(first, vma.start); at < end; at++) {
    if (space.table.entry(at) !== 0) continue;
    const frame = pages.present(vma.offset + at - vma.start);
    if (frame === 0) continue;
    frames.share(frame);
    // Its table is there: the page that faulted lies in the same one.
    space.mapFrame(at, frame, bits);
  }
}
