// An open file description (open(2), Linux: struct file): what descriptors refer to and dup and fork share.
import { type Errno, EINVAL, ENODEV, ENOTDIR, ENOTTY, ESPIPE } from "../../abi/errno.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import { cost } from "../cgroups/costs.js";
import { savable } from "../save.js";
import type { Sink, Source } from "../io.js";
import type { Task } from "../task/task.js";
import { type Wait, WaitQueue } from "../wait.js";
import type { DirectoryEntry, Inode, PageCache } from "./inode.js";
import type { Path } from "./path.js";

/** A count of bytes, or an error, or what to wait for. */
export type Transfer = number | Errno | Wait;

/** Base of every kind of open file. Subclasses override what they can do; the defaults are Linux's errors for what they can't. */
export abstract class File {
  /** O_* status flags and access mode, as F_GETFL gives them. */
  flags: number;
  /** Where it was opened; undefined for pipes, sockets and other anonymous files. */
  readonly path: Path | undefined;
  readonly inode: Inode;
  /** Position in bytes, for seekable files; in entries, for directories. */
  offset = 0;
  /** Descriptors and kernel references to it; `release` runs when it drops to zero. */
  references = 0;
  /** Whom F_SETOWN and F_SETSIG name for O_ASYNC; remembered only. */
  owner: { type: number; id: number } = { type: 0, id: 0 };
  ownerSignal = 0;
  /** Who pays for it, and how many bytes of kernel memory in all. */
  private payer: Cgroup | undefined = undefined;
  private kept = 0;
  /** Woken whenever `poll` may answer otherwise than before. */
  readonly ready = new WaitQueue();

  constructor(inode: Inode, flags: number, path?: Path) {
    this.inode = inode;
    this.flags = flags;
    this.path = path;
  }

  /** What one costs its payer in kernel memory, in bytes. */
  get cost(): number {
    return cost.file;
  }

  /** Charges kernel memory that it keeps until it is released; false where there is no room for it. `payer` counts the first time only. */
  keep(payer: Cgroup, bytes: number): boolean {
    const pays = this.payer ?? payer;
    if (!pays.chargeObject(bytes)) return false;
    this.payer = pays;
    this.kept += bytes;
    return true;
  }

  /** Gives back some of what it kept. */
  giveBack(bytes: number): void {
    if (this.payer === undefined) return;
    this.payer.unchargeObject(bytes);
    this.kept -= bytes;
  }

  /** Pays for itself when the first reference is taken. */
  paid(payer: Cgroup): boolean {
    return this.payer !== undefined || this.keep(payer, this.cost);
  }

  /** The last reference went: everything is given back. */
  settle(): void {
    this.payer?.unchargeObject(this.kept);
    this.payer = undefined;
    this.kept = 0;
  }

  /** Frames that go when it goes, for choosing who ends when memory is exhausted. */
  get heldFrames(): number {
    return 0;
  }

  get nonblocking(): boolean {
    return (this.flags & 0o4000) !== 0;
  }

  /** Whether lseek, pread and pwrite work. */
  get seekable(): boolean {
    return false;
  }

  /** Reads at `at` (bytes from the start; for a file that is not seekable it has no meaning). Does not move `offset`: the caller does. */
  read(_task: Task, _into: Sink, _at: number): Transfer { return EINVAL; }
  write(_task: Task, _from: Source, _at: number): Transfer { return EINVAL; }
  /** Where O_APPEND writes: the end of what is there. */
  get end(): number {
    return this.offset;
  }

  /** The new absolute position for lseek(2). */
  seek(_task: Task, _offset: number, _whence: number): number | Errno { return ESPIPE; }
  /** POLL* bits that hold now. */
  poll(_task: Task): number { return 0x145; } // IN | OUT | RDNORM | WRNORM: regular files are always ready
  ioctl(_task: Task, _command: number, _argument: number): number | Errno | Wait { return ENOTTY; }
  /** Entries from position `offset` on, "." and ".." included. */
  entries(_task: Task): DirectoryEntry[] | Errno { return ENOTDIR; }
  /** What mmap maps. */
  get pages(): PageCache | undefined | Errno { return ENODEV; }
  sync(_task: Task): Errno | Wait | undefined { return EINVAL; }
  /** fallocate(2) with FALLOC_FL_*. */
  fallocate(_task: Task, _mode: number, _offset: number, _length: number): Errno | Wait | undefined { return ESPIPE; }
  /** A descriptor was closed (close(2), exit): POSIX locks go, whether or not others still hold the file. */
  closed(_task: Task): void {}
  /** The last reference went. */
  release(): void {}
  /** Name for /proc/PID/fd where there is no path: "pipe:[12]", "anon_inode:[eventfd]". */
  describe(): string { return `anon_inode:[${this.constructor.name}]`; }
}

savable(WaitQueue);
