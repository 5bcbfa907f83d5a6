// mprotect(2): changes what may be done with mapped pages (Linux mm/mprotect.c).
import { EACCES, EINVAL, ENOMEM, type Errno, failed } from "../../abi/errno.js";
import type { AddressSpace } from "./address-space.js";
import { entryBits } from "./fault.js";
import { PAGE_SIZE } from "./layout.js";
import { PTE_COW, PTE_D, PTE_FILE, PTE_W } from "./page-table.js";
import { VM_ACCESS, VM_GROWSDOWN, VM_MAYREAD, type Vma } from "./vma.js";

/** Each VM_MAY* flag stands four bits above its access. */
const MAY_SHIFT = Math.log2(VM_MAYREAD);

/**
 * Gives the pages the access `access` (PROT_*). ENOMEM at the first page that is not mapped, EACCES at the first mapping
 * that may not have it; what lies before is changed then, as on Linux. `fromStart`: PROT_GROWSDOWN, from where the stack begins.
 */
export function protect(space: AddressSpace, start: number, end: number, access: number, fromStart: boolean): Errno | undefined {
  const first = space.find(start);
  if (first === undefined) return ENOMEM;
  if (fromStart) {
    if ((first.flags & VM_GROWSDOWN) === 0) return EINVAL;
    start = first.start;
  }
  for (let page = start; page < end;) {
    const vma = space.find(page);
    if (vma === undefined) return ENOMEM;
    if ((access & ~(vma.flags >> MAY_SHIFT) & VM_ACCESS) !== 0) return EACCES;
    const to = Math.min(end, vma.end);
    const error = protectOne(space, vma, page, to, access);
    if (error !== undefined) return error;
    page = to;
  }
  return undefined;
}

function protectOne(space: AddressSpace, vma: Vma, start: number, end: number, access: number): Errno | undefined {
  const flags = (vma.flags & ~VM_ACCESS) | access;
  if (flags === vma.flags) return undefined;
  const growth = (flags & 2) !== 0 && (vma.flags & 2) === 0 ? space.refuseData(end - start, flags) : undefined;
  if (growth !== undefined) return growth;
  const within = space.isolate(start, end);
  if (failed(within)) return within;
  for (const one of within) {
    space.account(one, -one.length);
    one.flags = flags;
    space.account(one, one.length);
    changeEntries(space, one);
  }
  space.mergeAround(start, end);
  return undefined;
}

/** Only pages that this process alone may write to become writable here; the others when they are written to. */
function changeEntries(space: AddressSpace, vma: Vma): void {
  const { table } = space;
  const bits = entryBits(vma.flags);
  let changed = false;
  for (let page = table.next(vma.start, vma.end); page < vma.end; page = table.next(page + 1, vma.end)) {
    const entry = table.entry(page);
    const own = entry & (PTE_COW | PTE_FILE);
    const permitted = own === 0 ? bits : bits & ~(PTE_W | PTE_D);
    table.replace(page, table.make(table.frameOf(entry), permitted | own));
    changed = true;
  }
  if (changed) space.kernel.processor.forget(space.asid, vma.start * PAGE_SIZE, vma.end - vma.start);
}
