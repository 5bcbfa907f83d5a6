// The disk as procfs and sysfs tell of it (Linux: Documentation/admin-guide/iostats.rst).
import { makedev } from "../../../abi/stat.js";
import type { Disk } from "../../devices.js";

/** 512-byte units. */
const SECTORS_PER_BLOCK = 8;

export interface DiskNumbers {
  readonly name: "vda";
  readonly rdev: number;
  readonly sectors: number;
  /** The 17 fields of /sys/block/vda/stat: reads, merged, sectors read, ms; the same for writes; in flight, ms, ms; discards; flushes. */
  readonly statistics: readonly number[];
}

export function diskNumbers(disk: Disk): DiskNumbers {
  const { blocks, reads, blocksRead } = disk;
  const nothing = Array.from({ length: 13 }, () => 0);
  return { name: "vda", rdev: makedev(254, 0), sectors: blocks * SECTORS_PER_BLOCK, statistics: [reads, 0, blocksRead * SECTORS_PER_BLOCK, 0, ...nothing] };
}
