// A task's descriptors (Linux: files_struct), shared by threads.
import { EBADF, EMFILE, type Errno } from "../../abi/errno.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import type { File } from "./file.js";

interface Descriptor {
  file: File;
  closeOnExec: boolean;
}

export class FileTable {
  private readonly slots: (Descriptor | undefined)[] = [];
  /** Tasks that share the table. */
  users = 1;

  get(fd: number): File | Errno {
    return this.slots[fd]?.file ?? EBADF;
  }

  descriptor(fd: number): Descriptor | undefined {
    return this.slots[fd];
  }

  /** Installs the file at the lowest free number from `from` on, below `limit`, and takes a reference. */
  install(file: File, closeOnExec: boolean, limit: number, from = 0): number | Errno {
    let fd = from;
    while (this.slots[fd] !== undefined) fd++;
    if (fd >= limit) return EMFILE;
    file.references++;
    this.slots[fd] = { file, closeOnExec };
    return fd;
  }

  /** Puts the file at exactly `fd`, closing what was there. */
  replace(task: Task, fd: number, file: File, closeOnExec: boolean): number {
    file.references++;
    const before = this.slots[fd];
    this.slots[fd] = { file, closeOnExec };
    if (before !== undefined) drop(task, before.file);
    return fd;
  }

  close(task: Task, fd: number): Errno | undefined {
    const slot = this.slots[fd];
    if (slot === undefined) return EBADF;
    this.slots[fd] = undefined;
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

  copy(): FileTable {
    const table = new FileTable();
    for (const [fd, slot] of this.entries()) {
      slot.file.references++;
      table.slots[fd] = { ...slot };
    }
    return table;
  }

  closeAll(task: Task): void {
    for (const [fd] of this.entries()) this.close(task, fd);
  }

  closeOnExec(task: Task): void {
    for (const [fd, slot] of this.entries()) if (slot.closeOnExec) this.close(task, fd);
  }
}

/** Gives back one reference to a file. */
export function drop(task: Task, file: File): void {
  file.closed(task);
  if (--file.references > 0) return;
  file.release();
  file.ready.wake(); // epoll items learn that the file is gone
}

savable(FileTable);
