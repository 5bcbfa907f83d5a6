// Advisory locks: fcntl(2)'s of processes (POSIX) and of open files (OFD), and flock(2)'s (Linux: fs/locks.c).
import { EAGAIN, EDEADLK, ENOLCK, type Errno } from "../../abi/errno.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { type Wait, WaitQueue, waitFor } from "../wait.js";
import type { File } from "./file.js";
import { FileTable } from "./file-table.js";
import type { Inode } from "./inode.js";

/** A process holds POSIX locks by its descriptor table, an open file OFD and flock locks by itself. */
export type LockOwner = FileTable | File;

/** `end` is exclusive; Infinity: to the end of the file, however far that moves. */
export interface RangeLock {
  readonly owner: LockOwner;
  readonly exclusive: boolean;
  readonly start: number;
  readonly end: number;
  /** The holder's number, for F_GETLK; -1 for OFD locks. */
  readonly pid: number;
}

/** Each call looks at all locks of a file, so there must be an end to them. */
const RANGES_AT_MOST = 8192;

export class InodeLocks {
  ranges: RangeLock[] = [];
  /** flock(2): one per open file. */
  readonly whole = new Map<File, "shared" | "exclusive">();
  /** Woken when a lock goes or shrinks. */
  readonly changed = new WaitQueue();
}

export function locksOf(inode: Inode): InodeLocks {
  inode.locks ??= new InodeLocks();
  return inode.locks;
}

/** The first lock that stands in the way. */
export function conflict(locks: InodeLocks, wanted: RangeLock): RangeLock | undefined {
  return locks.ranges.find((held) =>
    held.owner !== wanted.owner && (held.exclusive || wanted.exclusive) && held.start < wanted.end && wanted.start < held.end);
}

/** Takes the range out of what the owner holds, splitting where it must. */
function without(ranges: readonly RangeLock[], owner: LockOwner, start: number, end: number): RangeLock[] {
  const rest: RangeLock[] = [];
  for (const held of ranges) {
    if (held.owner !== owner || held.end <= start || end <= held.start) rest.push(held);
    else {
      if (held.start < start) rest.push({ ...held, end: start });
      if (end < held.end) rest.push({ ...held, start: end });
    }
  }
  return rest;
}

/** Adds a lock next to what its owner holds already, joining neighbours of the same kind. */
function withLock(ranges: readonly RangeLock[], wanted: RangeLock): RangeLock[] {
  let { start, end } = wanted;
  const rest: RangeLock[] = [];
  for (const held of without(ranges, wanted.owner, start, end)) {
    if (held.owner === wanted.owner && held.exclusive === wanted.exclusive && held.start <= end && start <= held.end) {
      start = Math.min(start, held.start);
      end = Math.max(end, held.end);
    } else rest.push(held);
  }
  rest.push({ ...wanted, start, end });
  return rest;
}

/** F_UNLCK. */
export function unlockRange(locks: InodeLocks, owner: LockOwner, start: number, end: number): void {
  locks.ranges = without(locks.ranges, owner, start, end);
  locks.changed.wake();
}

/** F_SETLK: EAGAIN where another holds it; F_SETLKW (`wait`): until it can be had, EDEADLK where that would be never. */
export function lockRange(task: Task, locks: InodeLocks, wanted: RangeLock, wait: boolean): Errno | Wait | undefined {
  const held = conflict(locks, wanted);
  task.files.lockWaits.delete(task);
  if (held === undefined) {
    if (locks.ranges.length >= RANGES_AT_MOST) return ENOLCK;
    locks.ranges = withLock(locks.ranges, wanted);
    locks.changed.wake();
    return undefined;
  }
  if (!wait) return EAGAIN;
  // As on Linux only POSIX locks are judged: their owner is a table of descriptors.
  if (held.owner instanceof FileTable && wanted.owner instanceof FileTable) {
    if (waitsFor(held.owner, wanted.owner)) return EDEADLK;
    task.files.lockWaits.set(task, held.owner);
  }
  return waitFor(locks.changed);
}

/** Whether `owner`, over whomever it sleeps for, waits for `other`. What a task that no longer sleeps left behind is void. */
function waitsFor(owner: FileTable, other: FileTable): boolean {
  const seen = new Set<FileTable>();
  const pending = [owner];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (at === other) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    for (const [task, holder] of at.lockWaits) {
      if (task.state === "waiting") pending.push(holder);
      else at.lockWaits.delete(task);
    }
  }
  return false;
}

/** flock(2): a conversion gives up the old lock first, as on Linux. */
export function lockWhole(file: File, kind: "shared" | "exclusive" | "none", wait: boolean): Errno | Wait | undefined {
  const locks = locksOf(file.inode);
  const own = locks.whole.get(file);
  if (own === kind) return undefined;
  if (own !== undefined) {
    locks.whole.delete(file);
    locks.changed.wake();
  }
  if (kind === "none") return undefined;
  for (const [other, held] of locks.whole) {
    if (other !== file && other.references > 0 && (kind === "exclusive" || held === "exclusive")) return wait ? waitFor(locks.changed) : EAGAIN;
  }
  locks.whole.set(file, kind);
  return undefined;
}

savable(InodeLocks);
