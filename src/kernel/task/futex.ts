// Futexes (futex(2)): who waits at which word, by address space for private ones and by what is mapped for shared ones.
import { EFAULT } from "../../abi/errno.js";
import { FUTEX_BITSET_MATCH_ANY } from "../../abi/futex.js";
import type { AddressSpace } from "../memory/address-space.js";
import { savable } from "../save.js";
import type { PageCache } from "../vfs/inode.js";
import { WaitQueue } from "../wait.js";
import type { Task } from "./task.js";

/** The identity of a word: an offset in what is mapped shared, or an address of one address space. */
export interface FutexKey {
  readonly where: AddressSpace | PageCache;
  readonly at: number;
}

/** One waiting task. It stays in its bucket over restarts of the call, so that it keeps its place. */
export class FutexWaiter {
  readonly task: Task;
  key: FutexKey;
  readonly bitset: number;
  readonly queue = new WaitQueue();
  woken = false;
  /** Where the waiting task sees the word; for locks with an owner. */
  word = 0;
  /** The further words of futex_waitv(2). */
  others: readonly FutexWaiter[] = [];

  constructor(task: Task, key: FutexKey, bitset: number) {
    this.task = task;
    this.key = key;
    this.bitset = bitset;
  }
}

export class FutexTable {
  private readonly buckets = new Map<object, Map<number, FutexWaiter[]>>();

  /** `shared` (no FUTEX_PRIVATE_FLAG) looks at what is mapped there; EFAULT where nothing is. */
  key(task: Task, at: number, shared: boolean): FutexKey {
    const { memory } = task;
    if (shared) {
      const vma = memory.find(Math.floor(at / 4096));
      if (vma === undefined) throw EFAULT;
      if (vma.shared && vma.pages !== undefined) return { where: vma.pages, at: (vma.offset - vma.start) * 4096 + at };
    }
    return { where: memory, at };
  }

  /** Who waits for locks with an owner (futex-lock.ts), longest first. */
  waitForLocks: FutexWaiter[] = [];

  private bucket(key: FutexKey): FutexWaiter[] | undefined {
    return this.buckets.get(key.where)?.get(key.at);
  }

  private add(waiter: FutexWaiter): void {
    const { where, at } = waiter.key;
    let words = this.buckets.get(where);
    if (words === undefined) this.buckets.set(where, (words = new Map()));
    const bucket = words.get(at);
    if (bucket === undefined) words.set(at, [waiter]);
    else bucket.push(waiter);
  }

  private remove(waiter: FutexWaiter): void {
    const { where, at } = waiter.key;
    const words = this.buckets.get(where);
    const bucket = words?.get(at);
    if (words === undefined || bucket === undefined) return;
    const index = bucket.indexOf(waiter);
    if (index >= 0) bucket.splice(index, 1);
    if (bucket.length === 0) words.delete(at);
    if (words.size === 0) this.buckets.delete(where);
  }

  wait(task: Task, key: FutexKey, bitset: number): FutexWaiter {
    const waiter = new FutexWaiter(task, key, bitset);
    this.add(waiter);
    task.futex = waiter;
    return waiter;
  }

  /** As `wait`, for several words at once. */
  waitAll(task: Task, keys: readonly FutexKey[]): FutexWaiter {
    const [first, ...others] = keys.map((key) => new FutexWaiter(task, key, FUTEX_BITSET_MATCH_ANY));
    for (const waiter of [first, ...others]) this.add(waiter);
    first.others = others;
    task.futex = first;
    return first;
  }

  /** The task waits for a lock: no wake or requeue sees it, only `handOver`. */
  waitForLock(task: Task, key: FutexKey, word: number): void {
    const waiter = new FutexWaiter(task, key, 0);
    waiter.word = word;
    this.waitForLocks.push(waiter);
    task.futex = waiter;
  }

  nextForLock(key: FutexKey): FutexWaiter | undefined {
    return this.waitForLocks.find((waiter) => waiter.key.where === key.where && waiter.key.at === key.at);
  }

  /** Whether tasks wait at the word without a lock: then it is none. */
  waitsUnlocked(key: FutexKey): boolean {
    return this.bucket(key) !== undefined;
  }

  handOver(waiter: FutexWaiter): void {
    this.leaveLock(waiter);
    waiter.woken = true;
    waiter.queue.wake();
  }

  private leaveLock(waiter: FutexWaiter): void {
    this.waitForLocks = this.waitForLocks.filter((each) => each !== waiter);
  }

  /** The task waits no more, for whatever reason. */
  forget(task: Task): void {
    const { futex } = task;
    if (futex === undefined) return;
    task.futex = undefined;
    for (const waiter of [futex, ...futex.others]) if (!waiter.woken) this.remove(waiter);
    if (futex.word !== 0) this.leaveLock(futex);
  }

  /** Wakes at most `count` whose bitset meets this one, oldest first; how many. */
  wakeKey(key: FutexKey, count: number, bitset: number): number {
    const bucket = this.bucket(key);
    if (bucket === undefined) return 0;
    const chosen = bucket.filter((waiter) => (waiter.bitset & bitset) !== 0).slice(0, Math.max(count, 0));
    for (const waiter of chosen) {
      this.remove(waiter);
      waiter.woken = true;
      waiter.queue.wake();
    }
    return chosen.length;
  }

  wake(task: Task, at: number, shared: boolean, count: number, bitset: number): number {
    return this.buckets.size === 0 ? 0 : this.wakeKey(this.key(task, at, shared), count, bitset);
  }

  /** Moves at most `count` from one word to another without waking them; how many. */
  requeue(from: FutexKey, to: FutexKey, count: number): number {
    if (from.where === to.where && from.at === to.at) return 0;
    const moved = (this.bucket(from) ?? []).slice(0, Math.max(count, 0));
    for (const waiter of moved) {
      this.remove(waiter);
      waiter.key = to;
      this.add(waiter);
    }
    return moved.length;
  }
}

savable(FutexWaiter, FutexTable);
