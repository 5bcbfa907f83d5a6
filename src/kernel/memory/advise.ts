// madvise(2), mincore(2), msync(2) and the locks of mlock(2): what a process says and asks about its pages.
import { EAGAIN, EBUSY, EFAULT, EINVAL, ENOMEM, EPERM, type Errno, failed } from "../../abi/errno.js";
import * as mman from "../../abi/mman.js";
import { MS_INVALIDATE, MS_SYNC } from "../../abi/mman.js";
import { RLIMIT_MEMLOCK } from "../../abi/resource.js";
import type { Task } from "../task/task.js";
import { Wait } from "../wait.js";
import type { AddressSpace } from "./address-space.js";
import { resolve } from "./fault.js";
import { PAGE_SIZE, TASK_PAGES } from "./layout.js";
import { AnonymousPages } from "./shared-pages.js";
import * as vm from "./vma.js";
import type { Vma } from "./vma.js";

/** What an advice does to the flags of a mapping. */
const flagAdvice: Readonly<Record<number, { set: number; clear: number }>> = {
  [mman.MADV_NORMAL]: { set: 0, clear: vm.VM_RAND_READ | vm.VM_SEQ_READ },
  [mman.MADV_RANDOM]: { set: vm.VM_RAND_READ, clear: vm.VM_SEQ_READ },
  [mman.MADV_SEQUENTIAL]: { set: vm.VM_SEQ_READ, clear: vm.VM_RAND_READ },
  [mman.MADV_DONTFORK]: { set: vm.VM_DONTCOPY, clear: 0 },
  [mman.MADV_DOFORK]: { set: 0, clear: vm.VM_DONTCOPY },
  [mman.MADV_DONTDUMP]: { set: vm.VM_DONTDUMP, clear: 0 },
  [mman.MADV_DODUMP]: { set: 0, clear: vm.VM_DONTDUMP },
  [mman.MADV_WIPEONFORK]: { set: vm.VM_WIPEONFORK, clear: 0 },
  [mman.MADV_KEEPONFORK]: { set: 0, clear: vm.VM_WIPEONFORK },
  // Debian's riscv64 kernel has transparent huge pages: the advice is taken, and changes nothing.
  [mman.MADV_HUGEPAGE]: { set: vm.VM_HUGEPAGE, clear: vm.VM_NOHUGEPAGE },
  [mman.MADV_NOHUGEPAGE]: { set: vm.VM_NOHUGEPAGE, clear: vm.VM_HUGEPAGE },
};

/** Advices that need nothing done: there is no swap, and nothing is merged. */
const heeded = new Set([mman.MADV_COLD, mman.MADV_PAGEOUT, mman.MADV_MERGEABLE, mman.MADV_UNMERGEABLE, mman.MADV_COLLAPSE]);

export const isAdvice = (advice: number): boolean =>
  advice in flagAdvice || heeded.has(advice) || [mman.MADV_WILLNEED, mman.MADV_DONTNEED, mman.MADV_DONTNEED_LOCKED, mman.MADV_FREE, mman.MADV_REMOVE,
    mman.MADV_POPULATE_READ, mman.MADV_POPULATE_WRITE].includes(advice);

/** Follows the advice for what is mapped; ENOMEM in the end where some pages are not. */
export function advise(space: AddressSpace, start: number, end: number, advice: number): Errno | undefined {
  if (advice === mman.MADV_POPULATE_READ || advice === mman.MADV_POPULATE_WRITE) return populate(space, start, end, advice === mman.MADV_POPULATE_WRITE);
  let unmapped = false;
  for (let page = start; page < end;) {
    const vma = space.vmas.at(space.indexOf(page));
    if (vma === undefined || vma.start >= end) return ENOMEM;
    if (vma.start > page) unmapped = true;
    const from = Math.max(page, vma.start);
    const to = Math.min(end, vma.end);
    const error = adviseOne(space, vma, from, to, advice);
    if (error !== undefined) return error;
    page = to;
  }
  return unmapped ? ENOMEM : undefined;
}

function adviseOne(space: AddressSpace, vma: Vma, start: number, end: number, advice: number): Errno | undefined {
  const change = flagAdvice[advice];
  if (change !== undefined) return changeFlags(space, vma, start, end, change);
  switch (advice) {
    case mman.MADV_DONTNEED:
      if ((vma.flags & vm.VM_LOCKED) !== 0) return EINVAL;
      space.dropPages(start, end);
      return undefined;
    case mman.MADV_DONTNEED_LOCKED:
      space.dropPages(start, end);
      return undefined;
    case mman.MADV_FREE:
      // The kernel may take such pages whenever it likes: here at once.
      if (vma.pages !== undefined || (vma.flags & vm.VM_LOCKED) !== 0) return EINVAL;
      space.dropPages(start, end);
      return undefined;
    case mman.MADV_REMOVE:
      return remove(space, vma, start, end);
    default:
      return undefined;
  }
}

function changeFlags(space: AddressSpace, vma: Vma, start: number, end: number, change: { set: number; clear: number }): Errno | undefined {
  if ((change.set & vm.VM_WIPEONFORK) !== 0 && (vma.pages !== undefined || vma.shared)) return EINVAL;
  const flags = (vma.flags | change.set) & ~change.clear;
  if (flags === vma.flags) return undefined;
  const within = space.isolate(start, end);
  if (failed(within)) return within;
  for (const one of within) one.flags = flags;
  space.mergeAround(start, end);
  return undefined;
}

function remove(space: AddressSpace, vma: Vma, start: number, end: number): Errno | undefined {
  if ((vma.flags & vm.VM_LOCKED) !== 0 || vma.pages === undefined) return EINVAL;
  if (!vma.shared || (vma.flags & vm.VM_MAYWRITE) === 0) return EINVAL;
  const offset = vma.offset + start - vma.start;
  if (vma.pages instanceof AnonymousPages) {
    vma.pages.remove(offset, offset + end - start);
    return undefined;
  }
  if (vma.file === undefined || space.task === undefined) return EINVAL;
  const PUNCH_HOLE_KEEP_SIZE = 3;
  const done = vma.file.fallocate(space.task, PUNCH_HOLE_KEEP_SIZE, offset * PAGE_SIZE, (end - start) * PAGE_SIZE);
  if (done instanceof Wait) throw done;
  return done;
}

/** Faults pages in as an access would. ENOMEM where nothing is mapped; throws a Wait, and may be called again then. */
export function populate(space: AddressSpace, start: number, end: number, write: boolean): Errno | undefined {
  for (let page = start; page < end; page++) {
    const vma = space.find(page);
    if (vma === undefined) return ENOMEM;
    if ((vma.flags & (write ? vm.VM_WRITE : vm.VM_READ | vm.VM_WRITE | vm.VM_EXEC)) === 0) return EINVAL;
    const entry = space.table.entry(page);
    if (entry !== 0 && !write) continue;
    const outcome = resolve(space, vma, page, write);
    if (outcome !== "present") return outcome === "bus" ? EFAULT : ENOMEM;
  }
  return undefined;
}

/** For MAP_POPULATE and mlockall: as far as it goes, without errors and without waiting. */
export function populateQuietly(space: AddressSpace, start: number, end: number): void {
  for (let page = start; page < end; page++) {
    const vma = space.find(page);
    if (vma === undefined || (vma.flags & vm.VM_ACCESS) === 0) continue;
    try {
      const private_ = !vma.shared && (vma.flags & vm.VM_WRITE) !== 0;
      if (space.table.entry(page) === 0 && resolve(space, vma, page, private_ && vma.pages !== undefined) !== "present") return;
    } catch (thrown) {
      if (thrown instanceof Wait) return;
      throw thrown;
    }
  }
}

/** One byte a page: 1 where it is in memory. ENOMEM where nothing is mapped. */
export function residency(space: AddressSpace, start: number, end: number): Uint8Array | Errno {
  const resident = new Uint8Array(end - start);
  for (let page = start; page < end;) {
    const vma = space.find(page);
    if (vma === undefined) return ENOMEM;
    const to = Math.min(end, vma.end);
    for (; page < to; page++) {
      const cached = vma.pages !== undefined && vma.pages.present(vma.offset + page - vma.start) !== 0;
      resident[page - start] = cached || space.table.entry(page) !== 0 ? 1 : 0;
    }
  }
  return resident;
}

/** msync(2). Shared pages become read-only again, so that later stores are noticed. */
export function synchronise(task: Task, space: AddressSpace, start: number, end: number, flags: number): Errno | Wait | undefined {
  let unmapped = false;
  for (let page = start; page < end;) {
    const vma = space.vmas.at(space.indexOf(page));
    if (vma === undefined || vma.start >= end) return ENOMEM;
    if (vma.start > page) unmapped = true;
    if ((flags & MS_INVALIDATE) !== 0 && (vma.flags & vm.VM_LOCKED) !== 0) return EBUSY;
    const to = Math.min(end, vma.end);
    if ((flags & MS_SYNC) !== 0 && vma.file !== undefined && vma.shared) {
      space.writeProtect(Math.max(page, vma.start), to);
      const done = vma.file.sync(task);
      if (done !== undefined) return done;
    }
    page = to;
  }
  return unmapped ? ENOMEM : undefined;
}

/** mlock(2) and munlock(2): `flags` is VM_LOCKED, VM_LOCKED|VM_LOCKONFAULT or 0. */
export function lock(space: AddressSpace, start: number, end: number, flags: number, privileged: boolean): Errno | undefined {
  const mask = vm.VM_LOCKED | vm.VM_LOCKONFAULT;
  if (flags !== 0 && !privileged) {
    const limit = space.limit(RLIMIT_MEMLOCK);
    if (limit === 0) return EPERM;
    if ((space.lockedPages + end - start - lockedWithin(space, start, end)) * PAGE_SIZE > limit) return ENOMEM;
  }
  for (let page = start; page < end;) {
    const vma = space.find(page);
    if (vma === undefined) return ENOMEM;
    const to = Math.min(end, vma.end);
    const error = setLock(space, page, to, flags, mask);
    if (error !== undefined) return error;
    page = to;
  }
  if ((flags & vm.VM_LOCKED) === 0 || (flags & vm.VM_LOCKONFAULT) !== 0) return undefined;
  const error = populate(space, start, end, false);
  // A page that can't be had is EAGAIN for mlock, nothing mapped stays ENOMEM.
  return error === EFAULT || error === EINVAL ? EAGAIN : error;
}

function setLock(space: AddressSpace, start: number, end: number, flags: number, mask: number): Errno | undefined {
  const within = space.isolate(start, end);
  if (failed(within)) return within;
  for (const vma of within) {
    if (vma.name !== "") continue;
    space.account(vma, -vma.length);
    vma.flags = (vma.flags & ~mask) | flags;
    space.account(vma, vma.length);
  }
  space.mergeAround(start, end);
  return undefined;
}

function lockedWithin(space: AddressSpace, start: number, end: number): number {
  let pages = 0;
  for (const vma of space.vmas) if ((vma.flags & vm.VM_LOCKED) !== 0) pages += Math.max(0, Math.min(end, vma.end) - Math.max(start, vma.start));
  return pages;
}

/** mlockall(2) of what there is; 0 unlocks everything. */
export function lockAll(space: AddressSpace, flags: number): Errno | undefined {
  const ranges = space.vmas.map(({ start, end }) => ({ start, end }));
  for (const { start, end } of ranges) setLock(space, start, end, flags, vm.VM_LOCKED | vm.VM_LOCKONFAULT);
  if ((flags & vm.VM_LOCKED) !== 0 && (flags & vm.VM_LOCKONFAULT) === 0) for (const { start, end } of ranges) populateQuietly(space, start, Math.min(end, TASK_PAGES));
  return undefined;
}
