// mremap(2): shrinks, grows and moves mappings with their pages (Linux mm/mremap.c).
import { EAGAIN, EFAULT, EINVAL, ENOMEM, type Errno, failed } from "../../abi/errno.js";
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../abi/mman.js";
import { RLIMIT_MEMLOCK } from "../../abi/resource.js";
import type { AddressSpace } from "./address-space.js";
import { PAGE_SIZE, TASK_PAGES, TASK_SIZE, pagesOf } from "./layout.js";
import { resolve } from "./fault.js";
import { VM_DONTEXPAND, VM_LOCKED, Vma } from "./vma.js";

export function remap(space: AddressSpace, at: number, oldSize: number, newSize: number, flags: number, newAt: number): number | Errno {
  const moves = (flags & MREMAP_MAYMOVE) !== 0;
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0) return EINVAL;
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0 && !moves) return EINVAL;
  if ((flags & MREMAP_DONTUNMAP) !== 0 && pagesOf(oldSize) !== pagesOf(newSize)) return EINVAL;
  if (at % PAGE_SIZE !== 0 || newSize === 0) return EINVAL;
  const start = at / PAGE_SIZE;
  const oldPages = pagesOf(oldSize);
  const newPages = pagesOf(newSize);
  const vma = space.find(start);
  if (vma === undefined) return EFAULT;
  if (newPages > TASK_PAGES) return ENOMEM;
  if ((flags & MREMAP_FIXED) !== 0) {
    if (newAt % PAGE_SIZE !== 0 || newPages > TASK_PAGES || newAt > TASK_SIZE - newPages * PAGE_SIZE) return EINVAL;
    const to = newAt / PAGE_SIZE;
    if (start + oldPages > to && to + newPages > start) return EINVAL;
    const cleared = space.unmap(to, to + newPages);
    if (cleared !== undefined) return cleared;
  }
  return remapOne(space, start, oldPages, newPages, flags, (flags & MREMAP_FIXED) !== 0 ? newAt / PAGE_SIZE : undefined);
}

function remapOne(space: AddressSpace, start: number, oldPages: number, newPages: number, flags: number, fixed: number | undefined): number | Errno {
  const kept = (flags & MREMAP_DONTUNMAP) !== 0;
  if (fixed === undefined && !kept && newPages <= oldPages) {
    // In place; only the first page need be mapped, the rest is a plain munmap.
    const cut = newPages < oldPages ? cutTail(space, start + newPages, start + oldPages) : undefined;
    return cut ?? start * PAGE_SIZE;
  }
  if (fixed !== undefined && newPages < oldPages) {
    const cut = cutTail(space, start + newPages, start + oldPages);
    if (cut !== undefined) return cut;
    oldPages = newPages;
  }
  const vma = space.find(start);
  if (vma === undefined) return EFAULT;
  const refused = refuse(space, vma, start, oldPages, newPages, flags);
  if (refused !== undefined) return refused;
  if (fixed === undefined && !kept && growInPlace(space, vma, start, oldPages, newPages)) return start * PAGE_SIZE;
  if ((flags & MREMAP_MAYMOVE) === 0) return ENOMEM;
  const to = fixed ?? space.findGap(newPages);
  return failed(to) ? to : move(space, vma, start, oldPages, to, newPages, kept);
}

/** The old size is the caller's word: it may reach beyond all addresses, as munmap(2) refuses it. */
function cutTail(space: AddressSpace, start: number, end: number): Errno | undefined {
  return end > TASK_PAGES ? EINVAL : space.unmap(start, end);
}

/** As vma_to_resize. */
function refuse(space: AddressSpace, vma: Vma, start: number, oldPages: number, newPages: number, flags: number): Errno | undefined {
  if (oldPages === 0 && !vma.shared) return EINVAL;
  if ((flags & MREMAP_DONTUNMAP) !== 0 && (vma.flags & VM_DONTEXPAND) !== 0) return EINVAL;
  if (start + oldPages > vma.end) return EFAULT;
  if (newPages === oldPages) return undefined;
  if ((vma.flags & VM_DONTEXPAND) !== 0) return EFAULT;
  if ((vma.flags & VM_LOCKED) !== 0 && (space.lockedPages + newPages - oldPages) * PAGE_SIZE > space.limit(RLIMIT_MEMLOCK)) return EAGAIN;
  return space.refuse(newPages - oldPages, vma.flags, vma);
}

function growInPlace(space: AddressSpace, vma: Vma, start: number, oldPages: number, newPages: number): boolean {
  const end = start + newPages;
  if (start + oldPages !== vma.end || end > TASK_PAGES - 1 || !space.isFree(vma.end, end)) return false;
  const grown = end - vma.end;
  vma.end = end;
  space.account(vma, grown);
  populateLocked(space, vma, end - grown, end);
  space.mergeAround(start, end);
  return true;
}

/** Moves page table entries, not bytes. With `kept` the old range stays mapped and becomes empty. */
function move(space: AddressSpace, vma: Vma, start: number, oldPages: number, to: number, newPages: number, kept: boolean): number | Errno {
  const refused = space.countRefused();
  if (refused !== undefined) return refused;
  const locked = vma.flags & VM_LOCKED;
  const moved = new Vma(space, to, to + newPages, kept ? vma.flags & ~VM_LOCKED : vma.flags, vma.backingAt(start));
  if (!moved.attach()) return ENOMEM;
  const { table } = space;
  const { processor } = space.kernel;
  for (let page = table.next(start, start + oldPages); page < start + oldPages; page = table.next(page + 1, start + oldPages)) {
    const entry = table.entry(page);
    const target = to + page - start;
    if (table.set(target, entry, space.payer)) {
      table.replace(page, 0);
      continue;
    }
    // No memory for a table: what was moved goes back, whose tables are still there.
    for (let back = table.next(to, target); back < target; back = table.next(back + 1, target)) {
      table.replace(start + back - to, table.entry(back));
      table.replace(back, 0);
    }
    moved.detach();
    return ENOMEM;
  }
  processor.forget(space.asid, start * PAGE_SIZE, Math.max(oldPages, 1));
  space.insert(moved);
  if (!kept && oldPages > 0) {
    const cut = space.unmap(start, start + oldPages);
    if (cut !== undefined) return cut;
  }
  if (locked !== 0 && newPages > oldPages) populateLocked(space, moved, to + oldPages, to + newPages);
  return to * PAGE_SIZE;
}

/** New pages of a locked mapping are made present, as far as there is memory. */
function populateLocked(space: AddressSpace, vma: Vma, start: number, end: number): void {
  if ((vma.flags & VM_LOCKED) === 0) return;
  for (let page = start; page < end; page++) if (space.table.entry(page) === 0 && resolve(space, vma, page, false) !== "present") return;
}
