// Futexes (futex(2)): who waits at which word, by address space for private ones and by what is mapped for shared ones.
import { EFAULT } from "../../abi/errno.js";
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

  /** The task waits no more, for whatever reason. */
  forget(task: Task): void {
    const { futex } = task;
    if (futex === undefined) return;
    task.futex = undefined;
    if (!futex.woken) this.remove(futex);
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
