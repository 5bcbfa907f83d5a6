// inotify(7): a queue of what happens to the files and directories that it watches (Linux: fs/notify/inotify).
import { EAGAIN, EEXIST, EINVAL, ENOSPC, type Errno } from "../../abi/errno.js";
import { O_RDONLY } from "../../abi/fcntl.js";
import {
  IN_ALL_EVENTS, IN_DELETE_SELF, IN_EXCL_UNLINK, IN_IGNORED, IN_MASK_ADD, IN_MASK_CREATE, IN_ONESHOT, IN_Q_OVERFLOW, INOTIFY_EVENT_BYTES,
} from "../../abi/inotify.js";
import { FIONREAD } from "../../abi/ioctl.js";
import { POLLIN, POLLRDNORM } from "../../abi/poll.js";
import { type ByteString, toBytes } from "../bytestring.js";
import { cost } from "../cgroups/costs.js";
import type { Sink } from "../io.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import type { FileEvent, Watcher } from "../vfs/notify.js";
import { waitFor } from "../wait.js";
import { anonInode } from "./anonymous.js";

/** As fs.inotify.max_queued_events. */
const MAX_QUEUED = 16384;

interface Queued {
  wd: number;
  mask: number;
  cookie: number;
  name: ByteString;
}

/** One inode of one inotify descriptor. */
class InotifyWatch implements Watcher {
  readonly inotify: InotifyFile;
  readonly wd: number;
  readonly inode: Inode;
  mask: number;

  constructor(inotify: InotifyFile, wd: number, inode: Inode, mask: number) {
    this.inotify = inotify;
    this.wd = wd;
    this.inode = inode;
    this.mask = mask;
  }

  happened({ mask, name, cookie, unlinked }: FileEvent): void {
    const wanted = (this.mask & mask & IN_ALL_EVENTS) !== 0 && !(unlinked && name !== "" && (this.mask & IN_EXCL_UNLINK) !== 0);
    if (wanted) this.inotify.queue(this.wd, mask, cookie, name);
    if ((mask & IN_DELETE_SELF) !== 0 || (wanted && (this.mask & IN_ONESHOT) !== 0)) this.inotify.ignore(this);
  }
}

/** As Linux round_event_name_len: with a zero byte, in whole records. */
const nameBytes = (name: ByteString): number => (name === "" ? 0 : Math.ceil((name.length + 1) / INOTIFY_EVENT_BYTES) * INOTIFY_EVENT_BYTES);
const bytesOf = ({ name }: Queued): number => INOTIFY_EVENT_BYTES + nameBytes(name);

export class InotifyFile extends File {
  private readonly watches = new Map<number, InotifyWatch>();
  private readonly events: Queued[] = [];
  private nextWd = 1;

  /** inotify_add_watch(2): the watch descriptor. */
  watch(task: Task, inode: Inode, wanted: number): number | Errno {
    const mask = wanted & (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT);
    for (const held of this.watches.values()) {
      if (held.inode !== inode) continue;
      if ((wanted & IN_MASK_CREATE) !== 0) return EEXIST;
      held.mask = (wanted & IN_MASK_ADD) !== 0 ? held.mask | mask : mask;
      return held.wd;
    }
    if (!this.keep(task.cgroup, cost.watch)) return ENOSPC;
    const watch = new InotifyWatch(this, this.nextWd++, inode, mask);
    this.watches.set(watch.wd, watch);
    (inode.watchers ??= new Set()).add(watch);
    return watch.wd;
  }

  unwatch(wd: number): Errno | undefined {
    const watch = this.watches.get(wd);
    if (watch === undefined) return EINVAL;
    this.ignore(watch);
    return undefined;
  }

  /** The watch is over, and the reader is told. */
  ignore(watch: InotifyWatch): void {
    if (!this.forget(watch)) return;
    this.queue(watch.wd, IN_IGNORED, 0, "");
  }

  private forget({ wd, inode }: InotifyWatch): boolean {
    const watch = this.watches.get(wd);
    if (watch === undefined) return false;
    this.watches.delete(wd);
    inode.watchers?.delete(watch);
    if (inode.watchers?.size === 0) inode.watchers = undefined;
    this.giveBack(cost.watch);
    return true;
  }

  /** What equals the newest event is not told twice (inotify_merge). */
  queue(wd: number, mask: number, cookie: number, name: ByteString): void {
    const last = this.events.at(-1);
    if (last !== undefined && last.wd === wd && last.mask === mask && last.name === name) return;
    if (this.events.length < MAX_QUEUED) this.events.push({ wd, mask, cookie, name });
    else if (last?.mask !== IN_Q_OVERFLOW) this.events.push({ wd: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: "" });
    this.ready.wake();
  }

  override read(_task: Task, into: Sink): Transfer {
    if (this.events.length === 0) return this.nonblocking ? EAGAIN : waitFor(this.ready);
    let done = 0;
    while (this.events.length > 0) {
      const event = this.events[0];
      const bytes = bytesOf(event);
      if (into.room < bytes) return done > 0 ? done : EINVAL;
      if (into.prepare(bytes) < bytes) return done > 0 ? done : EINVAL;
      into.put(record(event));
      this.events.shift();
      done += bytes;
    }
    return done;
  }

  override poll(): number {
    return this.events.length > 0 ? POLLIN | POLLRDNORM : 0;
  }

  override ioctl(task: Task, command: number, argument: number): number | Errno {
    if (command !== FIONREAD) return EINVAL;
    task.memory.writeI32(argument, this.events.reduce((sum, event) => sum + bytesOf(event), 0));
    return 0;
  }

  override release(): void {
    for (const watch of [...this.watches.values()]) this.forget(watch);
  }

  override describe(): string {
    return "anon_inode:inotify";
  }
}

function record(event: Queued): Uint8Array {
  const bytes = new Uint8Array(bytesOf(event));
  const view = new DataView(bytes.buffer);
  view.setInt32(0, event.wd, true);
  view.setUint32(4, event.mask >>> 0, true);
  view.setUint32(8, event.cookie, true);
  view.setUint32(12, nameBytes(event.name), true);
  bytes.set(toBytes(event.name), INOTIFY_EVENT_BYTES);
  return bytes;
}

/** `flags` may hold O_NONBLOCK. */
export const openInotify = (task: Task, flags: number): InotifyFile => new InotifyFile(anonInode(task), O_RDONLY | flags);

savable(InotifyWatch, InotifyFile);
