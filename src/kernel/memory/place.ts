// Where a new mapping goes: at a fixed place, at a hint, or into the highest gap (Linux: vm_unmapped_area, top down).
import { EEXIST, ENOMEM, type Errno } from "../../abi/errno.js";
import type { AddressSpace } from "./address-space.js";
import { MIN_PAGE, STACK_GUARD_PAGES, TASK_PAGES } from "./layout.js";
import { VM_GROWSDOWN } from "./vma.js";

/** A page that the caller names. "replace" takes it from whatever is mapped there, "keep" is EEXIST then, "hint" goes elsewhere. */
export interface Where {
  at: number;
  how: "replace" | "keep" | "hint";
}

export function place(space: AddressSpace, where: Where | undefined, pages: number): number | Errno {
  if (pages > TASK_PAGES) return ENOMEM;
  if (where === undefined) return findGap(space, pages, 1);
  const { at, how } = where;
  if (how === "hint") {
    const fits = at >= MIN_PAGE && at + pages <= TASK_PAGES && space.isFree(at, at + pages) && !nearStack(space, at + pages);
    return fits ? at : findGap(space, pages, 1);
  }
  if (at + pages > TASK_PAGES) return ENOMEM;
  return how === "keep" && !space.isFree(at, at + pages) ? EEXIST : at;
}

/** The highest free range below the mmap base that starts at a multiple of `align` pages, or failing that anywhere; its first page. */
export function findGap(space: AddressSpace, pages: number, align: number): number | Errno {
  return gapBelow(space, space.mmapBase, pages, align) ?? gapBelow(space, TASK_PAGES - 1, pages, align) ?? ENOMEM;
}

function gapBelow(space: AddressSpace, top: number, pages: number, align: number): number | undefined {
  let above = space.indexOf(top);
  let end = Math.min(top, roomUnder(space, above));
  for (;;) {
    const floor = above > 0 ? Math.max(space.vmas[above - 1].end, MIN_PAGE) : MIN_PAGE;
    const start = Math.floor((end - pages) / align) * align;
    if (start >= floor) return start;
    if (above === 0) return undefined;
    above--;
    end = Math.min(end, roomUnder(space, above));
  }
}

/** Where the free pages under the mapping at an index end. */
function roomUnder(space: AddressSpace, index: number): number {
  const vma = space.vmas.at(index);
  if (vma === undefined) return TASK_PAGES;
  return vma.start - ((vma.flags & VM_GROWSDOWN) !== 0 ? STACK_GUARD_PAGES : 0);
}

/** Whether a mapping that ends there would come too near to a stack. */
export function nearStack(space: AddressSpace, end: number): boolean {
  const next = space.vmas.at(space.indexOf(end));
  return next !== undefined && (next.flags & VM_GROWSDOWN) !== 0 && next.start - end < STACK_GUARD_PAGES;
}
