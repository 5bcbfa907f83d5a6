// Device numbers and what stands behind them: character and block drivers by major and minor.
import type { Errno } from "../abi/errno.js";
import type { Task } from "./task/task.js";
import type { File } from "./vfs/file.js";
import type { Inode } from "./vfs/inode.js";
import type { Path } from "./vfs/path.js";

/** Opens the device node; the File is made anew for each open. Stateless or savable. */
export interface DeviceDriver {
  open(task: Task, inode: Inode, path: Path | undefined, flags: number): File | Errno;
}

/** Drivers by kind and number; a driver may serve a range of minors. */
export interface DeviceTable {
  register(kind: "character" | "block", major: number, minor: number, minors: number, name: string, driver: DeviceDriver): void;
  find(kind: "character" | "block", rdev: number): DeviceDriver | undefined;
  /** For devtmpfs, /proc/devices and /sys/dev. */
  list(): { kind: "character" | "block"; major: number; minor: number; minors: number; name: string }[];
}

/** The entropy device of the board. */
export interface Entropy {
  fill(into: Uint8Array): void;
}

/** The disk of the board, as its driver sees it: whole 4 KiB blocks into frames. */
export interface Disk {
  readonly blocks: number;
  /** Reads `frames.length` blocks from `block` on into the frames. True when done; false when it will finish later (`finished` is then woken). EIO is thrown. */
  read(block: number, frames: readonly number[]): boolean;
  /** Requests and blocks read since power-on. */
  readonly reads: number;
  readonly blocksRead: number;
}
