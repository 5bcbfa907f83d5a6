// A descriptor that stands for a process (pidfd_open(2)): readable once it has ended, and safe against reused numbers.
import { O_CLOEXEC, O_RDWR } from "../../abi/fcntl.js";
import { POLLHUP, POLLIN, POLLRDNORM } from "../../abi/poll.js";
import { anonInode } from "../ipc/anonymous.js";
import { savable } from "../save.js";
import { File } from "../vfs/file.js";
import type { Waiter } from "../wait.js";
import type { Process } from "./process.js";
import type { Task } from "./task.js";

export class PidFile extends File implements Waiter {
  readonly process: Process;

  constructor(task: Task, process: Process, flags: number) {
    super(anonInode(task), (flags & ~O_CLOEXEC) | O_RDWR);
    this.process = process;
    if (!process.ended) process.ending.add(this);
  }

  woken(): void {
    this.process.ending.remove(this);
    this.ready.wake();
  }

  override poll(): number {
    if (!this.process.ended) return 0;
    return this.process.reaped ? POLLIN | POLLRDNORM | POLLHUP : POLLIN | POLLRDNORM;
  }

  override release(): void {
    this.process.ending.remove(this);
  }

  override describe(): string {
    return "anon_inode:[pidfd]";
  }
}

savable(PidFile);
