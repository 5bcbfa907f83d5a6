// epoll (epoll(7), Linux fs/eventpoll.c): a set of files and those among them that may be ready.
import { EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, EPERM, type Errno } from "../../abi/errno.js";
import { O_RDWR } from "../../abi/fcntl.js";
import {
  EPOLLERR, EPOLLET, EPOLLEXCLUSIVE, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLWAKEUP, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, POLLIN, POLLRDNORM,
} from "../../abi/poll.js";
import { S_IFDIR, S_IFMT, S_IFREG } from "../../abi/stat.js";
import { cost } from "../cgroups/costs.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import type { WaitQueue, Waiter } from "../wait.js";
import { anonInode } from "./anonymous.js";

/** Flags of an item that are no events. */
const PRIVATE = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
const EXCLUSIVE_OK = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
/** As Linux EP_MAX_NESTS. */
const MAX_NESTING = 4;

/** A file in the set under the number that it was added by. It stands in the file's queue for as long as both live. */
export class EpollItem implements Waiter {
  readonly owner: EpollFile;
  readonly file: File;
  readonly fd: number;
  /** EPOLL* asked for, with flags; only flags after a EPOLLONESHOT. */
  events: number;
  data: bigint;

  constructor(owner: EpollFile, file: File, fd: number, events: number, data: bigint) {
    this.owner = owner;
    this.file = file;
    this.fd = fd;
    this.events = events;
    this.data = data;
  }

  woken(_by: WaitQueue): void {
    if (this.file.references === 0) this.owner.forget(this);
    else this.owner.mayBeReady(this);
  }
}

export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

export class EpollFile extends File {
  private readonly items = new Map<number, EpollItem[]>();
  /** Items that may be ready, in the order in which they became so. */
  private readonly maybe = new Set<EpollItem>();

  constructor(inode: Inode) {
    super(inode, O_RDWR);
  }

  private find(file: File, fd: number): EpollItem | undefined {
    return this.items.get(fd)?.find((item) => item.file === file);
  }

  control(task: Task, operation: number, fd: number, file: File, events: number, data: bigint): number | Errno {
    const type = file.inode.mode & S_IFMT;
    // Files without poll are refused: regular files and directories (Linux: file_can_poll).
    if (type === S_IFREG || type === S_IFDIR) return EPERM;
    if (file === this) return EINVAL;
    const item = this.find(file, fd);
    if (operation !== EPOLL_CTL_DEL && (events & EPOLLEXCLUSIVE) !== 0) {
      if (operation === EPOLL_CTL_MOD || file instanceof EpollFile || (events & ~EXCLUSIVE_OK) !== 0) return EINVAL;
    }
    switch (operation) {
      case EPOLL_CTL_ADD: return item === undefined ? this.add(task, fd, file, events, data) : EEXIST;
      case EPOLL_CTL_DEL:
        if (item === undefined) return ENOENT;
        this.forget(item);
        return 0;
      case EPOLL_CTL_MOD:
        if (item === undefined) return ENOENT;
        if ((item.events & EPOLLEXCLUSIVE) !== 0) return EINVAL;
        item.events = events | EPOLLERR | EPOLLHUP;
        item.data = data;
        this.look(task, item);
        return 0;
      default: return EINVAL;
    }
  }

  private add(task: Task, fd: number, file: File, events: number, data: bigint): number | Errno {
    if (file instanceof EpollFile && (file.reaches(this) || file.depth() >= MAX_NESTING)) return ELOOP;
    if (!this.keep(task.cgroup, cost.watch)) return ENOMEM;
    const item = new EpollItem(this, file, fd, events | EPOLLERR | EPOLLHUP, data);
    const others = this.items.get(fd);
    if (others === undefined) this.items.set(fd, [item]);
    else others.push(item);
    file.ready.add(item);
    this.look(task, item);
    return 0;
  }

  private look(task: Task, item: EpollItem): void {
    if ((item.file.poll(task) & item.events) !== 0) this.mayBeReady(item);
  }

  /** Whether `other` is in this set or in one that is in it. */
  private reaches(other: EpollFile): boolean {
    for (const list of this.items.values()) {
      for (const { file } of list) if (file === other || (file instanceof EpollFile && file.reaches(other))) return true;
    }
    return false;
  }

  private depth(): number {
    let deepest = 0;
    for (const list of this.items.values()) for (const { file } of list) if (file instanceof EpollFile) deepest = Math.max(deepest, file.depth());
    return deepest + 1;
  }

  mayBeReady(item: EpollItem): void {
    if ((item.events & ~PRIVATE) === 0) return;
    this.maybe.add(item);
    this.ready.wake();
  }

  forget(item: EpollItem): void {
    item.file.ready.remove(item);
    this.maybe.delete(item);
    this.giveBack(cost.watch);
    const rest = (this.items.get(item.fd) ?? []).filter((other) => other !== item);
    if (rest.length === 0) this.items.delete(item.fd);
    else this.items.set(item.fd, rest);
  }

  /** Up to `most` items that are ready. Level-triggered ones stay, behind the others, so that each gets its turn. */
  collect(task: Task, most: number): EpollEvent[] {
    const found: EpollEvent[] = [];
    for (const item of [...this.maybe]) {
      if (found.length === most) break;
      this.maybe.delete(item);
      const events = item.file.references === 0 ? 0 : item.file.poll(task) & item.events & ~PRIVATE;
      if (events === 0) continue;
      found.push({ events, data: item.data });
      if ((item.events & EPOLLONESHOT) !== 0) item.events &= PRIVATE;
      else if ((item.events & EPOLLET) === 0) this.maybe.add(item);
    }
    return found;
  }

  override poll(task: Task): number {
    for (const item of this.maybe) {
      if (item.file.references > 0 && (item.file.poll(task) & item.events & ~PRIVATE) !== 0) return POLLIN | POLLRDNORM;
      this.maybe.delete(item);
    }
    return 0;
  }

  override release(): void {
    for (const list of this.items.values()) for (const item of list) item.file.ready.remove(item);
    this.items.clear();
    this.maybe.clear();
  }

  override describe(): string {
    return "anon_inode:[eventpoll]";
  }

  /** For /proc/PID/fdinfo. */
  *watched(): Generator<EpollItem> {
    for (const list of this.items.values()) yield* list;
  }
}

export const openEpoll = (task: Task): EpollFile => new EpollFile(anonInode(task));

savable(EpollItem, EpollFile);
