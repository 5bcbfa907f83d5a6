// The mappings of an address space as /proc/PID/maps, smaps and numa_maps tell of them (Linux: fs/proc/task_mmu.c).
import type { File } from "../vfs/file.js";
import type { AddressSpace } from "./address-space.js";
import { PAGE_SIZE } from "./layout.js";
import { PTE_FILE, PTE_W } from "./page-table.js";
import { AnonymousPages } from "./shared-pages.js";
import { VM_EXEC, VM_READ, VM_WRITE, type Vma } from "./vma.js";

/** One line of maps. Addresses and offset are bytes. The path of `file` is for the reader to name, as seen from its root. */
export interface MapLine {
  readonly vma: Vma;
  readonly start: number;
  readonly end: number;
  /** "rw-p" */
  readonly permissions: string;
  readonly offset: number;
  /** Device and inode number of the file; 0 without one. */
  readonly device: number;
  readonly inode: number;
  readonly file: File | undefined;
  /** What stands where there is no file: "[heap]", "[stack]", "[vdso]", "[vvar]", "/dev/zero (deleted)", or nothing. */
  readonly name: string;
}

export function mapLines(space: AddressSpace): MapLine[] {
  return space.vmas.map((vma) => lineOf(space, vma));
}

function lineOf(space: AddressSpace, vma: Vma): MapLine {
  const { flags, file } = vma;
  const letter = (flag: number, name: string): string => ((flags & flag) !== 0 ? name : "-");
  return {
    vma,
    start: vma.start * PAGE_SIZE,
    end: vma.end * PAGE_SIZE,
    permissions: letter(VM_READ, "r") + letter(VM_WRITE, "w") + letter(VM_EXEC, "x") + (vma.shared ? "s" : "p"),
    offset: vma.pages === undefined || vma.name !== "" ? 0 : vma.offset * PAGE_SIZE,
    device: file?.inode.fs.device ?? 0,
    inode: file?.inode.ino ?? 0,
    file,
    name: file === undefined ? nameOf(space, vma) : "",
  };
}

function nameOf(space: AddressSpace, vma: Vma): string {
  if (vma.name !== "") return vma.name;
  if (vma.pages instanceof AnonymousPages) return "/dev/zero (deleted)";
  const start = vma.start * PAGE_SIZE;
  const end = vma.end * PAGE_SIZE;
  if (space.brk > space.brkStart && start <= space.brk && end >= space.brkStart) return "[heap]";
  if (start <= space.marks.stackStart && end >= space.marks.stackStart) return "[stack]";
  return "";
}

/** What smaps counts of one mapping, in bytes. */
export interface MapUsage {
  rss: number;
  /** Resident, each page divided by the number of those who map it. */
  pss: number;
  sharedClean: number;
  sharedDirty: number;
  privateClean: number;
  privateDirty: number;
  anonymous: number;
}

export function usageOf(space: AddressSpace, vma: Vma): MapUsage {
  const usage: MapUsage = { rss: 0, pss: 0, sharedClean: 0, sharedDirty: 0, privateClean: 0, privateDirty: 0, anonymous: 0 };
  const { table, kernel } = space;
  for (let page = table.next(vma.start, vma.end); page < vma.end; page = table.next(page + 1, vma.end)) {
    const entry = table.entry(page);
    const cached = (entry & PTE_FILE) !== 0;
    // One reference of a file's page is the page cache's own.
    const mapped = Math.max(1, kernel.frames.referencesOf(table.frameOf(entry)) - (cached ? 1 : 0));
    const dirty = !cached || (entry & PTE_W) !== 0;
    usage.rss += PAGE_SIZE;
    usage.pss += PAGE_SIZE / mapped;
    if (!cached) usage.anonymous += PAGE_SIZE;
    if (mapped > 1) usage[dirty ? "sharedDirty" : "sharedClean"] += PAGE_SIZE;
    else usage[dirty ? "privateDirty" : "privateClean"] += PAGE_SIZE;
  }
  return usage;
}
