// fork(2) of an address space: private pages become read-only in both and are copied when one writes (Linux: dup_mmap, copy_page_range).
import { ENOMEM, type Errno } from "../../abi/errno.js";
import type { AddressSpace } from "./address-space.js";
import { PTE_COW, PTE_FILE, PTE_W } from "./page-table.js";
import { VM_DONTCOPY, VM_LOCKED, VM_LOCKONFAULT, VM_WIPEONFORK, Vma } from "./vma.js";

/** Fills an empty address space with what the parent has. On ENOMEM the copy is given back whole. */
export function forkInto(parent: AddressSpace, child: AddressSpace): AddressSpace | Errno {
  child.mmapBase = parent.mmapBase;
  child.brkStart = parent.brkStart;
  child.brk = parent.brk;
  Object.assign(child.marks, parent.marks);
  child.auxv = parent.auxv;
  child.vdso = parent.vdso;
  let copied = true;
  for (const vma of parent.vmas) {
    if ((vma.flags & VM_DONTCOPY) !== 0) continue;
    // Locks are not inherited (mlock(2)).
    const twin = new Vma(child, vma.start, vma.end, vma.flags & ~(VM_LOCKED | VM_LOCKONFAULT), vma.backingAt(vma.start));
    copied = twin.attach();
    if (!copied) break;
    child.vmas.push(twin);
    child.account(twin, twin.length);
    if ((vma.flags & VM_WIPEONFORK) === 0) copied = copyPages(parent, child, vma);
    if (!copied) break;
  }
  parent.kernel.processor.forget(parent.asid);
  if (copied) return child;
  child.release();
  return ENOMEM;
}

function copyPages(parent: AddressSpace, child: AddressSpace, vma: Vma): boolean {
  const { frames } = parent.kernel;
  const { table } = parent;
  for (let page = table.next(vma.start, vma.end); page < vma.end; page = table.next(page + 1, vma.end)) {
    let entry = table.entry(page);
    if (!vma.shared && (entry & PTE_FILE) === 0) {
      entry = (entry & ~PTE_W) | PTE_COW;
      table.replace(page, entry);
    }
    const frame = table.frameOf(entry);
    frames.share(frame);
    if (child.mapFrame(page, frame, entry & 0x3ff)) continue;
    frames.release(frame);
    return false;
  }
  return true;
}
