// Standard streams of a program that has no terminal: pipes whose other end is outside of the machine.
import { EAGAIN, ENOTTY, EPIPE, type Errno } from "../../abi/errno.js";
import { O_RDONLY, O_WRONLY } from "../../abi/fcntl.js";
import { FIONREAD } from "../../abi/ioctl.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SIGPIPE } from "../../abi/signal.js";
import type { Sink, Source } from "../io.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import { waitFor } from "../wait.js";
import { pipeInode } from "./anonymous.js";
import { ByteBuffer, HIGH_WATER } from "./byte-buffer.js";
import { signalSelf } from "./signals.js";

/** Standard input. Between slices the outside pushes bytes and, once, the end. */
export class HostInput extends File {
  private readonly buffer = new ByteBuffer();
  private ended = false;

  constructor(inode: Inode) {
    super(inode, O_RDONLY);
  }

  /** All of it is kept; while `wants` is false the outside should hold further bytes back. */
  push(bytes: Uint8Array): void {
    this.buffer.push(bytes);
    this.ready.wake();
  }

  /** No more will come. */
  finish(): void {
    this.ended = true;
    this.ready.wake();
  }

  /** Less than 64 KiB wait to be read, and somebody has it open. */
  get wants(): boolean {
    return !this.ended && this.buffer.length < HIGH_WATER;
  }

  get pending(): number {
    return this.buffer.length;
  }

  override read(_task: Task, into: Sink): Transfer {
    const { buffer } = this;
    if (into.room === 0) return 0;
    if (buffer.length === 0) {
      if (this.ended) return 0;
      return this.nonblocking ? EAGAIN : waitFor(this.ready);
    }
    const n = into.prepare(Math.min(into.room, buffer.length));
    for (let left = n; left > 0;) {
      const piece = buffer.shift(left);
      into.put(piece);
      left -= piece.length;
    }
    return n;
  }

  override poll(): number {
    return (this.buffer.length > 0 ? POLLIN | POLLRDNORM : 0) | (this.ended ? POLLHUP : 0);
  }

  override ioctl(task: Task, command: number, at: number): number | Errno {
    if (command !== FIONREAD) return ENOTTY;
    task.memory.writeI32(at, this.buffer.length);
    return 0;
  }

  /** Nobody can read it any more. */
  override release(): void {
    this.ended = true;
    this.buffer.clear();
  }

  override describe(): string {
    return `pipe:[${this.inode.ino}]`;
  }
}

/** Standard output or error. Between slices the outside takes what was written. */
export class HostOutput extends File {
  private readonly buffer = new ByteBuffer();
  private isBroken = false;
  private released = false;

  constructor(inode: Inode) {
    super(inode, O_WRONLY);
  }

  get pending(): number {
    return this.buffer.length;
  }

  /** All that was written since the last time. */
  take(): Uint8Array {
    const wasFull = this.buffer.room === 0;
    const bytes = this.buffer.takeAll();
    if (wasFull) this.ready.wake();
    return bytes;
  }

  /** The outside takes no more: writers get SIGPIPE and EPIPE. */
  broken(): void {
    this.isBroken = true;
    this.buffer.clear();
    this.ready.wake();
  }

  /** No program has it open any more: once `pending` is 0 this is the end of the stream. */
  get abandoned(): boolean {
    return this.released;
  }

  override write(task: Task, from: Source): Transfer {
    const { buffer } = this;
    if (from.left === 0) return 0;
    if (this.isBroken) {
      signalSelf(task, SIGPIPE);
      return EPIPE;
    }
    const prepared = from.prepare(Math.min(from.left, buffer.room));
    for (let left = prepared; left > 0;) {
      const piece = from.take(left);
      buffer.push(piece);
      left -= piece.length;
    }
    if (from.left === 0) return prepared;
    if (this.nonblocking) return prepared > 0 ? prepared : EAGAIN;
    task.resume.done += prepared;
    return waitFor(this.ready);
  }

  override poll(): number {
    return (this.buffer.room > 0 ? POLLOUT | POLLWRNORM : 0) | (this.isBroken ? POLLERR : 0);
  }

  override release(): void {
    this.released = true;
  }

  override describe(): string {
    return `pipe:[${this.inode.ino}]`;
  }
}

export const openHostInput = (task: Task): HostInput => new HostInput(pipeInode(task));
export const openHostOutput = (task: Task): HostOutput => new HostOutput(pipeInode(task));

savable(HostInput, HostOutput);
