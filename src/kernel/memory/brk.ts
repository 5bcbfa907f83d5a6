// brk(2): the heap right behind the program (Linux mm/mmap.c).
import { failed } from "../../abi/errno.js";
import { RLIMIT_DATA } from "../../abi/resource.js";
import type { AddressSpace } from "./address-space.js";
import { populateQuietly } from "./advise.js";
import { TASK_SIZE, pagesOf } from "./layout.js";
import { nearStack } from "./place.js";
import { ANONYMOUS, VM_LOCKED, VM_LOCKONFAULT, VM_READ, VM_WRITE, privateFlags } from "./vma.js";

/** The new end of the heap, or the old one where it can't be. */
export function setBrk(space: AddressSpace, to: number): number {
  if (to < space.brkStart || to >= TASK_SIZE || to - space.brkStart > space.limit(RLIMIT_DATA)) return space.brk;
  const before = pagesOf(space.brk);
  const after = pagesOf(to);
  if (after < before && space.unmap(after, before) !== undefined) return space.brk;
  if (after > before) {
    // The page behind the heap stays free too, and a stack keeps its guard gap.
    if (!space.isFree(before, after + 1) || nearStack(space, after)) return space.brk;
    if (failed(space.map({ at: before, how: "keep" }, after - before, privateFlags(VM_READ | VM_WRITE), ANONYMOUS))) return space.brk;
    if ((space.futureFlags & (VM_LOCKED | VM_LOCKONFAULT)) === VM_LOCKED) populateQuietly(space, before, after);
  }
  space.brk = to;
  return to;
}
