// eventfd(2): a counter to wait for (Linux fs/eventfd.c).
import { EAGAIN, EINVAL } from "../../abi/errno.js";
import { O_RDWR } from "../../abi/fcntl.js";
import { POLLERR, POLLIN, POLLOUT } from "../../abi/poll.js";
import type { Sink, Source } from "../io.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import { waitFor } from "../wait.js";
import { anonInode } from "./anonymous.js";

const MAX = 0xffffffffffffffffn;

export class EventFile extends File {
  private count: bigint;
  private readonly semaphore: boolean;

  constructor(inode: Inode, flags: number, count: bigint, semaphore: boolean) {
    super(inode, flags);
    this.count = count;
    this.semaphore = semaphore;
  }

  override read(_task: Task, into: Sink): Transfer {
    if (into.room < 8) return EINVAL;
    if (this.count === 0n) return this.nonblocking ? EAGAIN : waitFor(this.ready);
    if (into.prepare(8) < 8) return EINVAL;
    const value = this.semaphore ? 1n : this.count;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    into.put(bytes);
    this.count -= value;
    this.ready.wake();
    return 8;
  }

  override write(_task: Task, from: Source): Transfer {
    if (from.left < 8) return EINVAL;
    from.prepare(8);
    const bytes = new Uint8Array(8);
    for (let at = 0; at < 8;) {
      const piece = from.take(8 - at);
      bytes.set(piece, at);
      at += piece.length;
    }
    const value = new DataView(bytes.buffer).getBigUint64(0, true);
    if (value === MAX) return EINVAL;
    if (MAX - this.count <= value) return this.nonblocking ? EAGAIN : waitFor(this.ready);
    this.count += value;
    this.ready.wake();
    return 8;
  }

  override poll(): number {
    return (this.count > 0n ? POLLIN : 0) | (this.count < MAX - 1n ? POLLOUT : 0) | (this.count === MAX ? POLLERR : 0);
  }

  override describe(): string {
    return "anon_inode:[eventfd]";
  }
}

/** `flags` may hold O_NONBLOCK. */
export const openEvent = (task: Task, initial: number, semaphore: boolean, flags: number): EventFile =>
  new EventFile(anonInode(task), O_RDWR | flags, BigInt(initial), semaphore);

savable(EventFile);
