// futex(2), robust lists, restartable sequences.
import { CAP_SYS_PTRACE } from "../../abi/capability.js";
import { EAGAIN, EBUSY, EFAULT, EINVAL, ENOSYS, EPERM, ESRCH, ETIMEDOUT, type Errno, failed } from "../../abi/errno.js";
import * as f from "../../abi/futex.js";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../../abi/time.js";
import { type Returned, syscall } from "../syscall.js";
import type { FutexKey } from "../task/futex.js";
import { lock, tryLock, unlock } from "../task/futex-lock.js";
import { writeProcessor } from "../task/rseq.js";
import type { Task } from "../task/task.js";
import { Wait, waitFor } from "../wait.js";
import { pid, pointer, size, timespec, uint, int } from "./arguments.js";

const ALL = f.FUTEX_BITSET_MATCH_ANY;

/** When the wait ends on guest monotonic time. FUTEX_WAIT is relative; the others are absolute on the clock that is asked for. */
function deadline(task: Task, op: number, at: number): number | Errno {
  if (at === 0) return Infinity;
  const time = timespec.decode(task, at);
  if (failed(time)) return time;
  if ((op & 127) === f.FUTEX_WAIT) return task.deadline(time.sec * 1e9 + time.nsec);
  if ((op & f.FUTEX_CLOCK_REALTIME) === 0) return time.sec * 1e9 + time.nsec;
  const now = task.kernel.clock.realtime();
  task.resume.deadlineNs ??= task.kernel.clock.monotonicNs() + (time.sec - now.sec) * 1e9 + (time.nsec - now.nsec);
  return task.resume.deadlineNs;
}

function wait(task: Task, at: number, op: number, value: number, timeAt: number, bitset: number): Returned {
  if (bitset === 0) return EINVAL;
  const { futexes, clock } = task.kernel;
  const until = deadline(task, op, timeAt);
  if (failed(until)) return until;
  // With a time limit Linux goes on after a stop but not after a handler (ERESTART_RESTARTBLOCK).
  const asleep = (waiter: { queue: Wait["queues"][number] }): Wait => waitFor(waiter.queue, until, until === Infinity ? "restart" : "nohand");
  const { futex } = task;
  if (futex === undefined) {
    if (task.memory.readU32(at) !== value) return EAGAIN;
    const waiter = futexes.wait(task, futexes.key(task, at, (op & f.FUTEX_PRIVATE_FLAG) === 0), bitset);
    if (clock.monotonicNs() < until) return asleep(waiter);
  } else if (!futex.woken && clock.monotonicNs() < until) return asleep(futex);
  const woken = task.futex?.woken === true;
  futexes.forget(task);
  return woken ? 0 : ETIMEDOUT;
}

/** FUTEX_WAKE_OP's operand: operation, comparison, their arguments in 4, 4, 12 and 12 bits. */
function operate(old: number, encoded: number): { value: number; holds: boolean } | Errno {
  const signed12 = (value: number): number => (value << 20) >> 20;
  const op = (encoded >>> 28) & 7;
  const compare = (encoded >>> 24) & 15;
  const raw = signed12(encoded >>> 12);
  const operand = ((encoded >>> 28) & f.FUTEX_OP_OPARG_SHIFT) !== 0 ? 1 << (raw & 31) : raw;
  const against = signed12(encoded);
  const values: Readonly<Record<number, number>> = { [f.FUTEX_OP_SET]: operand, [f.FUTEX_OP_ADD]: old + operand, [f.FUTEX_OP_OR]: old | operand, [f.FUTEX_OP_ANDN]: old & ~operand, [f.FUTEX_OP_XOR]: old ^ operand };
  const holds: Readonly<Record<number, boolean>> = {
    [f.FUTEX_OP_CMP_EQ]: old === against, [f.FUTEX_OP_CMP_NE]: old !== against, [f.FUTEX_OP_CMP_LT]: old < against,
    [f.FUTEX_OP_CMP_LE]: old <= against, [f.FUTEX_OP_CMP_GT]: old > against, [f.FUTEX_OP_CMP_GE]: old >= against,
  };
  if (!(op in values) || !(compare in holds)) return ENOSYS;
  return { value: values[op] >>> 0, holds: holds[compare] };
}

function wakeOp(task: Task, at: number, shared: boolean, count: number, count2: number, at2: number, encoded: number): Returned {
  const { futexes } = task.kernel;
  const first = futexes.key(task, at, shared);
  const second = futexes.key(task, at2, shared);
  const done = operate(task.memory.readI32(at2), encoded);
  if (failed(done)) return done;
  task.memory.writeU32(at2, done.value);
  return futexes.wakeKey(first, Math.max(count, 1), ALL) + (done.holds ? futexes.wakeKey(second, Math.max(count2, 1), ALL) : 0);
}

function futex(task: Task, at: number, op: number, value: number, fourth: number, at2: number, sixth: number): Returned {
  if (at % 4 !== 0) return EINVAL;
  const shared = (op & f.FUTEX_PRIVATE_FLAG) === 0;
  const { futexes } = task.kernel;
  const command = op & 127;
  if ((op & f.FUTEX_CLOCK_REALTIME) !== 0 && command !== f.FUTEX_WAIT && command !== f.FUTEX_WAIT_BITSET && command !== f.FUTEX_LOCK_PI2) return ENOSYS;
  switch (command) {
    case f.FUTEX_WAIT:
      return wait(task, at, op, value >>> 0, fourth, ALL);
    case f.FUTEX_WAIT_BITSET:
      return wait(task, at, op, value >>> 0, fourth, sixth | 0);
    case f.FUTEX_WAKE:
      if (shared) futexes.key(task, at, shared); // EFAULT where nothing is mapped
      return at >= 2 ** 38 ? EFAULT : futexes.wake(task, at, shared, Math.max(value | 0, 1), ALL);
    case f.FUTEX_WAKE_BITSET:
      return sixth === 0 ? EINVAL : futexes.wake(task, at, shared, Math.max(value | 0, 1), sixth);
    case f.FUTEX_CMP_REQUEUE:
    case f.FUTEX_REQUEUE: {
      if ((value | 0) < 0 || (fourth | 0) < 0) return EINVAL;
      const from = futexes.key(task, at, shared);
      const to = futexes.key(task, at2, shared);
      if (command === f.FUTEX_CMP_REQUEUE && task.memory.readU32(at) !== sixth >>> 0) return EAGAIN;
      const woken = futexes.wakeKey(from, value | 0, ALL);
      const moved = futexes.requeue(from, to, fourth | 0);
      return command === f.FUTEX_REQUEUE ? woken : woken + moved;
    }
    case f.FUTEX_WAKE_OP:
      return wakeOp(task, at, shared, value | 0, fourth | 0, at2, sixth >>> 0);
    case f.FUTEX_LOCK_PI:
    case f.FUTEX_LOCK_PI2: {
      const until = deadline(task, command === f.FUTEX_LOCK_PI ? op | f.FUTEX_CLOCK_REALTIME : op, fourth);
      return failed(until) ? until : lock(task, at, shared, until);
    }
    case f.FUTEX_TRYLOCK_PI:
      return tryLock(task, at, shared);
    case f.FUTEX_UNLOCK_PI:
      return unlock(task, at, shared);
    default:
      return ENOSYS;
  }
}

/** Bytes of a struct futex_waitv: value, address, flags, reserved. */
const WAITV_BYTES = 24;
const WAITV_AT_MOST = 128;
const FUTEX2_SIZE_U32 = 2;

/** Sleeps until any of the words is woken, and tells which; EAGAIN where one has not its value. */
function waitv(task: Task, at: number, count: number, how: number, timeAt: number, clockId: number): Returned {
  if (how !== 0 || count === 0 || count > WAITV_AT_MOST || at === 0) return EINVAL;
  if (timeAt !== 0 && clockId !== CLOCK_MONOTONIC && clockId !== CLOCK_REALTIME) return EINVAL;
  const until = deadline(task, f.FUTEX_WAIT_BITSET | (clockId === CLOCK_REALTIME ? f.FUTEX_CLOCK_REALTIME : 0), timeAt);
  if (failed(until)) return until;
  const { futexes, clock } = task.kernel;
  if (task.futex === undefined) {
    const keys = readWaiters(task, at, count);
    if (failed(keys)) return keys;
    futexes.waitAll(task, keys);
  }
  const { futex } = task;
  const waiters = futex === undefined ? [] : [futex, ...futex.others];
  const woken = waiters.findIndex((waiter) => waiter.woken);
  if (woken < 0 && clock.monotonicNs() < until) return new Wait(waiters.map(({ queue }) => queue), until);
  futexes.forget(task);
  return woken < 0 ? ETIMEDOUT : woken;
}

/** All are checked before the first value is compared, as Linux futex_parse_waitv does. */
function readWaiters(task: Task, at: number, count: number): FutexKey[] | Errno {
  const { memory, kernel: { futexes } } = task;
  const words: { value: number; address: number; shared: boolean }[] = [];
  for (let entry = at; entry < at + count * WAITV_BYTES; entry += WAITV_BYTES) {
    const flags = memory.readU32(entry + 16);
    if ((flags & ~f.FUTEX_PRIVATE_FLAG) !== FUTEX2_SIZE_U32 || memory.readU32(entry + 20) !== 0) return EINVAL;
    const value = memory.readU64(entry);
    const address = memory.readU64(entry + 8);
    if (value > 0xffffffff || address % 4 !== 0) return EINVAL;
    words.push({ value, address, shared: (flags & f.FUTEX_PRIVATE_FLAG) === 0 });
  }
  const keys = words.map(({ address, shared }) => futexes.key(task, address, shared));
  return words.every(({ value, address }) => memory.readU32(address) === value) ? keys : EAGAIN;
}

/** rseq(2): a thread registers its area once; the kernel keeps the processor number in it. */
function registerSequence(task: Task, address: number, length: number, how: number, signature: number): Returned {
  const { rseq } = task;
  if ((how & ~1) !== 0) return EINVAL;
  if ((how & 1) !== 0) {
    if (rseq.address !== address || address === 0 || rseq.length !== length) return EINVAL;
    if (rseq.signature !== signature) return EPERM;
    task.memory.writeU32(address + 4, 0xffffffff);
    task.rseq = { address: 0, length: 0, signature: 0 };
    return 0;
  }
  if (rseq.address !== 0) {
    if (rseq.address !== address || rseq.length !== length) return EINVAL;
    return rseq.signature !== signature ? EPERM : EBUSY;
  }
  if (address % 32 !== 0 || length < 32) return EINVAL;
  task.memory.write(address, new Uint8Array(8));
  task.memory.writeU64(address + 8, 0);
  task.rseq = { address, length, signature };
  writeProcessor(task);
  return 0;
}

export const calls = [
  syscall(98, "futex", [pointer, uint, uint, pointer, pointer, uint], futex,
    "FUTEX_LOCK_PI raises no priority: all tasks run in turn; FUTEX_WAIT_REQUEUE_PI and FUTEX_CMP_REQUEUE_PI are ENOSYS"),
  syscall(449, "futex_waitv", [pointer, uint, uint, pointer, int], waitv),
  syscall(99, "set_robust_list", [pointer, size], (task, head, bytes) => {
    if (bytes !== f.ROBUST_LIST_HEAD_BYTES) return EINVAL;
    task.robustList = head;
    return 0;
  }),
  syscall(100, "get_robust_list", [pid, pointer, pointer], (task, number, headAt, sizeAt) => {
    const target = number === 0 ? task : task.namespaces.pid.tasks.get(number);
    if (target === undefined) return ESRCH;
    if (target.process !== task.process && !task.credentials.has(CAP_SYS_PTRACE)) return EPERM;
    task.memory.writeU64(sizeAt, f.ROBUST_LIST_HEAD_BYTES);
    task.memory.writeU64(headAt, target.robustList);
    return 0;
  }),
  syscall(293, "rseq", [pointer, uint, int, uint], (task, address, length, how, signature) => registerSequence(task, address, length, how, signature)),
];
