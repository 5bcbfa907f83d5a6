// Device numbers and what stands behind them: character and block drivers by major and minor.
import type { Errno } from "../abi/errno.js";
import { major as majorOf, minor as minorOf } from "../abi/stat.js";
import { savable } from "./save.js";
import type { Task } from "./task/task.js";
import type { File } from "./vfs/file.js";
import type { Inode } from "./vfs/inode.js";
import type { Path } from "./vfs/path.js";
import type { Wait } from "./wait.js";

/** Opens the device node; the File is made anew for each open. A module constant named by `wired`, or savable. */
export interface DeviceDriver {
  open(task: Task, inode: Inode, path: Path | undefined, flags: number): File | Errno | Wait;
}

export type DeviceKind = "character" | "block";

/** Who serves a range of minors of a major; `name` is the one in /proc/devices. */
export interface DeviceRange {
  readonly kind: DeviceKind;
  readonly major: number;
  readonly minor: number;
  readonly minors: number;
  readonly name: string;
  readonly driver: DeviceDriver;
}

/** Drivers by kind and number; a driver may serve a range of minors. */
export class DeviceTable {
  private readonly ranges: DeviceRange[] = [];

  register(kind: DeviceKind, major: number, minor: number, minors: number, name: string, driver: DeviceDriver): void {
    this.ranges.push({ kind, major, minor, minors, name, driver });
  }

  find(kind: DeviceKind, rdev: number): DeviceDriver | undefined {
    const major = majorOf(rdev);
    const minor = minorOf(rdev);
    return this.ranges.find((range) => range.kind === kind && range.major === major && minor >= range.minor && minor < range.minor + range.minors)?.driver;
  }

  /** For devtmpfs, /proc/devices and /sys/dev. */
  list(): readonly DeviceRange[] {
    return this.ranges;
  }
}

/** The entropy device of the board. */
export interface Entropy {
  fill(into: Uint8Array): void;
}

/** A device of the board that is reached by loads and stores of its registers; sizes and offsets in bytes. */
export interface PlatformDevice {
  /** Guest-physical. */
  readonly address: number;
  readonly size: number;
  readonly device: {
    /** As the device tree names it: "serial", "rtc". */
    readonly name: string;
    load(at: number, bytes: number): number;
    store(at: number, bytes: number, value: number): void;
  };
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

savable(DeviceTable);
