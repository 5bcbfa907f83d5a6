// A task's descriptors (Linux: files_struct), shared by threads.
import { EBADF, EMFILE, ENFILE, ENOMEM, type Errno } from "../../abi/errno.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import { cost } from "../cgroups/costs.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import type { File } from "./file.js";
import { fileClosed } from "./notify.js";
import { forgetWriter } from "./writers.js";

interface Descriptor {
  file: File;
  closeOnExec: boolean;
}

export class FileTable {
  private readonly slots: (Descriptor | undefined)[] = [];
  /** Who pays for the table, and for files whose first descriptor is in it. */
  private readonly payer: Cgroup;
  /** Tasks of it that sleep in F_SETLKW, and whose lock they wait for. */
  readonly lockWaits = new Map<Task, FileTable>();
  /** Below it no number is free. */
  private full = 0;
  /** Tasks that share the table. */
  users = 1;

  constructor(payer: Cgroup) {
    this.payer = payer;
  }

  get(fd: number): File | Errno {
    return this.slots[fd]?.file ?? EBADF;
  }

  descriptor(fd: number): Descriptor | undefined {
    return this.slots[fd];
  }

  private pay(file: File): boolean {
    if (!this.payer.chargeObject(cost.descriptor)) return false;
    if (file.paid(this.payer)) return true;
    this.payer.unchargeObject(cost.descriptor);
    return false;
  }

  /** Installs the file at the lowest free number from `from` on, below `limit`, and takes a reference. ENFILE: no kernel memory. */
  install(file: File, closeOnExec: boolean, limit: number, from = 0): number | Errno {
    let fd = Math.max(from, this.full);
    while (this.slots[fd] !== undefined) fd++;
    if (from <= this.full) this.full = fd;
    if (fd >= limit) return EMFILE;
    if (!this.pay(file)) return ENFILE;
    file.references++;
    this.slots[fd] = { file, closeOnExec };
    return fd;
  }

  /** Whether `install` will find a number below `limit`. */
  hasRoom(limit: number): boolean {
    while (this.slots[this.full] !== undefined) this.full++;
    return this.full < limit;
  }

  /** Puts the file at exactly `fd`, closing what was there. */
  replace(task: Task, fd: number, file: File, closeOnExec: boolean): number | Errno {
    const before = this.slots[fd];
    if (before === undefined ? !this.pay(file) : !file.paid(this.payer)) return ENFILE;
    file.references++;
    this.slots[fd] = { file, closeOnExec };
    if (before !== undefined) drop(task, before.file);
    return fd;
  }

  close(task: Task, fd: number): Errno | undefined {
    const slot = this.slots[fd];
    if (slot === undefined) return EBADF;
    this.slots[fd] = undefined;
    this.payer.unchargeObject(cost.descriptor);
    if (fd < this.full) this.full = fd;
    drop(task, slot.file);
    return undefined;
  }

  /** Open descriptors in order. */
  *entries(): Generator<[number, Descriptor]> {
    for (let fd = 0; fd < this.slots.length; fd++) {
      const slot = this.slots[fd];
      if (slot !== undefined) yield [fd, slot];
    }
  }

  /** ENOMEM: no kernel memory for as many descriptors. */
  copy(payer: Cgroup): FileTable | Errno {
    const table = new FileTable(payer);
    let open = 0;
    for (const slot of this.slots) if (slot !== undefined) open++;
    if (!payer.chargeObject(open * cost.descriptor)) return ENOMEM;
    for (const [fd, slot] of this.entries()) {
      slot.file.references++;
      table.slots[fd] = { ...slot };
    }
    return table;
  }

  /** It never was: the files go on without their references from here. */
  abandon(): void {
    for (const [fd, slot] of this.entries()) {
      slot.file.references--;
      this.payer.unchargeObject(cost.descriptor);
      this.slots[fd] = undefined;
    }
  }

  closeAll(task: Task): void {
    for (const [fd] of this.entries()) this.close(task, fd);
  }

  closeOnExec(task: Task): void {
    for (const [fd, slot] of this.entries()) if (slot.closeOnExec) this.close(task, fd);
  }
}

/** A descriptor of the file went: the process's POSIX locks on it go too, all of them (fcntl(2)), and one reference. */
export function drop(task: Task, file: File): void {
  const { locks } = file.inode;
  if (locks !== undefined) {
    locks.ranges = locks.ranges.filter((held) => held.owner !== task.files);
    locks.changed.wake();
  }
  file.closed(task);
  unreference(file);
}

/** Gives back one reference to a file that no descriptor held (a mapping, a message). */
export function unreference(file: File): void {
  if (--file.references > 0) return;
  const { locks } = file.inode;
  if (locks !== undefined) {
    locks.whole.delete(file);
    locks.ranges = locks.ranges.filter((held) => held.owner !== file);
    locks.changed.wake();
  }
  forgetWriter(file);
  fileClosed(file);
  file.release();
  file.settle();
  file.ready.wake(); // epoll items learn that the file is gone
}

savable(FileTable);
