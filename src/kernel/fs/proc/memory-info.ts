// /proc/meminfo, vmstat, zoneinfo and buddyinfo (Linux: fs/proc/meminfo.c, mm/vmstat.c), counted from frames and address spaces.
import type { ByteString } from "../../bytestring.js";
import type { Kernel } from "../../kernel.js";
import type { AddressSpace } from "../../memory/address-space.js";
import { FRAME_SIZE } from "../../memory/frames.js";
import type { About } from "../pseudo/row.js";
import { Overlay } from "../overlay.js";
import { Tmpfs } from "../tmpfs.js";
import { hasMemory } from "./access.js";
import { kilobytes } from "./format.js";

/** In frames. */
interface MemoryFacts {
  total: number;
  free: number;
  anonymous: number;
  mapped: number;
  tables: number;
  shmem: number;
  /** Whatever is neither private memory of processes nor page tables: caches of files, shared memory, pipes. */
  cached: number;
  locked: number;
  committed: number;
  /** What kernel objects are charged. */
  objects: number;
}

function factsOf({ frames, initialNamespaces, rootCgroup }: Kernel): MemoryFacts {
  const spaces = new Set<AddressSpace>();
  const shared = new Set<Tmpfs>();
  for (const task of initialNamespaces.pid.tasks.values()) {
    if (hasMemory(task)) spaces.add(task.memory);
    for (const { fs } of task.namespaces.mnt.mounts) {
      const stored = fs instanceof Overlay ? fs.writableLayer : fs;
      if (stored instanceof Tmpfs) shared.add(stored);
    }
  }
  const sum = (of: (space: AddressSpace) => number): number => [...spaces].reduce((total, space) => total + of(space), 0);
  const anonymous = Math.min(frames.used, sum((space) => space.anonymousPages));
  const tables = sum((space) => space.table.tables);
  return {
    total: frames.total, free: frames.total - frames.used, anonymous, mapped: sum((space) => space.filePages), tables,
    shmem: [...shared].reduce((total, { pages }) => total + pages, 0), cached: Math.max(0, frames.used - anonymous - tables),
    objects: Math.ceil(rootCgroup.kernel.current / FRAME_SIZE),
    locked: sum((space) => space.lockedPages), committed: sum((space) => space.dataPages + space.stackPages),
  };
}

const FRAME_KB = FRAME_SIZE / 1024;
/** Sv39: the kernel's half would be 256 GiB, of which Linux gives 64 GiB to vmalloc. */
const VMALLOC_KB = 64 << 20;

export function memoryInfo({ fs }: About<undefined>): ByteString {
  const facts = factsOf(fs.kernel);
  const file = Math.max(0, facts.cached - facts.shmem);
  const rows: [ByteString, number][] = [
    ["MemTotal", facts.total], ["MemFree", facts.free], ["MemAvailable", facts.free + file], ["Buffers", 0], ["Cached", facts.cached], ["SwapCached", 0],
    ["Active", facts.anonymous + facts.shmem], ["Inactive", file], ["Active(anon)", facts.anonymous + facts.shmem], ["Inactive(anon)", 0], ["Active(file)", 0],
    ["Inactive(file)", file], ["Unevictable", facts.locked], ["Mlocked", facts.locked], ["SwapTotal", 0], ["SwapFree", 0], ["Dirty", 0], ["Writeback", 0],
    ["AnonPages", facts.anonymous], ["Mapped", facts.mapped], ["Shmem", facts.shmem], ["KReclaimable", 0], ["Slab", facts.objects], ["SReclaimable", 0], ["SUnreclaim", facts.objects],
    ["KernelStack", 0], ["PageTables", facts.tables], ["SecPageTables", 0], ["NFS_Unstable", 0], ["Bounce", 0], ["WritebackTmp", 0],
    ["CommitLimit", Math.floor(facts.total / 2)], ["Committed_AS", facts.committed], ["VmallocTotal", VMALLOC_KB / FRAME_KB], ["VmallocUsed", 0], ["VmallocChunk", 0],
    ["Percpu", 0],
  ];
  const huge = "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\nHugepagesize:       2048 kB\nHugetlb:               0 kB\n";
  return rows.map(([name, frames]) => kilobytes(`${name}:`.padEnd(16), frames * FRAME_KB)).join("") + huge;
}

export function vmStat({ fs }: About<undefined>): ByteString {
  const { kernel } = fs;
  const facts = factsOf(kernel);
  const rows: [ByteString, number][] = [
    ["nr_free_pages", facts.free], ["nr_mlock", facts.locked], ["nr_anon_pages", facts.anonymous], ["nr_mapped", facts.mapped], ["nr_file_pages", facts.cached], ["nr_dirty", 0],
    ["nr_writeback", 0], ["nr_shmem", facts.shmem], ["nr_page_table_pages", facts.tables], ["pgpgin", (kernel.disk?.blocksRead ?? 0) * FRAME_KB], ["pgpgout", 0],
    ["pswpin", 0], ["pswpout", 0],
  ];
  return rows.map(([name, value]) => `${name} ${value}\n`).join("");
}

export function zoneInfo({ fs }: About<undefined>): ByteString {
  const { frames } = fs.kernel;
  return [
    `Node 0, zone   Normal\n  pages free     ${frames.total - frames.used}\n        boost    0\n        min      0\n        low      0\n        high     0\n`,
    `        spanned  ${frames.total}\n        present  ${frames.total}\n        managed  ${frames.total}\n`,
  ].join("");
}

/** Frames are given out one by one: all that are free are of order 0. */
export function buddyInfo({ fs }: About<undefined>): ByteString {
  const { frames } = fs.kernel;
  const orders = [frames.total - frames.used, ...Array.from({ length: 10 }, () => 0)];
  return `Node 0, zone   Normal ${orders.map((count) => `${String(count).padStart(6)} `).join("")}\n`;
}
