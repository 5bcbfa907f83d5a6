// Locks whose word names their owner (FUTEX_LOCK_PI and its kin; Linux: kernel/futex/pi.c), handed to who waits longest.
import { EAGAIN, EDEADLK, EINVAL, EPERM, ESRCH, ETIMEDOUT, Errno } from "../../abi/errno.js";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../../abi/futex.js";
import { numberIn, taskByNumber } from "../namespaces/pid.js";
import type { Returned } from "../syscall.js";
import { waitFor } from "../wait.js";
import type { FutexKey, FutexWaiter } from "./futex.js";
import type { Task } from "./task.js";

const numberOf = (task: Task): number => numberIn(task.namespaces.pid, task.tid);

/** Takes the lock at once, or tells why it can't be had; undefined: it is to be waited for, and its word says so. */
function take(task: Task, at: number, key: FutexKey, wait: boolean): Errno | 0 | undefined {
  const value = task.memory.readU32(at);
  const owner = value & FUTEX_TID_MASK;
  const own = numberOf(task);
  if (owner === own) return EDEADLK;
  if (task.kernel.futexes.waitsUnlocked(key)) return EINVAL;
  if (owner === 0) {
    const waited = task.kernel.futexes.nextForLock(key) === undefined ? 0 : FUTEX_WAITERS;
    task.memory.writeU32(at, ((value & FUTEX_OWNER_DIED) | waited | own) >>> 0);
    return 0;
  }
  if (taskByNumber(task.namespaces.pid, owner) === undefined) return ESRCH;
  if (!wait) return EAGAIN;
  task.memory.writeU32(at, (value | FUTEX_WAITERS) >>> 0);
  return undefined;
}

export function tryLock(task: Task, at: number, shared: boolean): Returned {
  return take(task, at, task.kernel.futexes.key(task, at, shared), false) ?? EAGAIN;
}

/** Who hands the lock over has already written the new owner's number. */
export function lock(task: Task, at: number, shared: boolean, untilNs: number): Returned {
  const { futexes, clock } = task.kernel;
  if (task.futex === undefined) {
    const key = futexes.key(task, at, shared);
    const taken = take(task, at, key, true);
    if (taken !== undefined) return taken;
    futexes.waitForLock(task, key, at);
  }
  const { futex } = task;
  if (futex !== undefined && !futex.woken && clock.monotonicNs() < untilNs) return waitFor(futex.queue, untilNs, "always");
  futexes.forget(task);
  return futex?.woken === true ? 0 : ETIMEDOUT;
}

export function unlock(task: Task, at: number, shared: boolean): Returned {
  const { futexes } = task.kernel;
  const value = task.memory.readU32(at);
  if ((value & FUTEX_TID_MASK) !== numberOf(task)) return EPERM;
  const key = futexes.key(task, at, shared);
  const next = futexes.nextForLock(key);
  if (next !== undefined) handOver(next, 0);
  else if (futexes.waitsUnlocked(key)) return EINVAL;
  else task.memory.writeU32(at, 0);
  return 0;
}

function handOver(next: FutexWaiter, bits: number): void {
  const { task, word } = next;
  task.memory.writeU32(word, (FUTEX_WAITERS | bits | numberOf(task)) >>> 0);
  task.kernel.futexes.handOver(next);
}

/** A task ended: locks that others wait for go to them, marked (Linux: exit_pi_state_list). Before its robust list, which marks the rest. */
export function releaseLocks(task: Task): void {
  for (const waiter of [...task.kernel.futexes.waitForLocks]) {
    if (waiter.woken || waiter.task === task) continue;
    try {
      const owner = taskByNumber(waiter.task.namespaces.pid, waiter.task.memory.readU32(waiter.word) & FUTEX_TID_MASK);
      if (owner === task) handOver(waiter, FUTEX_OWNER_DIED);
    } catch (thrown) {
      // What it waits at is unmapped: nobody can hand that over.
      if (!(thrown instanceof Errno)) throw thrown;
    }
  }
}
