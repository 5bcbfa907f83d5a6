// ppoll(2) and pselect6(2): waiting for any of several files (Linux fs/select.c).
import { EBADF, EINVAL, type Errno, failed } from "../../abi/errno.js";
import { POLLERR, POLLFD_BYTES, POLLFD_EVENTS, POLLFD_REVENTS, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../../abi/poll.js";
import { RLIMIT_NOFILE } from "../../abi/resource.js";
import { encodeTimespec } from "../../abi/time.js";
import { type Returned, syscall, type SystemCall } from "../syscall.js";
import type { Task } from "../task/task.js";
import { Wait, type WaitQueue } from "../wait.js";
import { fd, int, pointer, size, timeout, uint } from "./arguments.js";
import { holdMask } from "./signal-mask.js";

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Writes back how much of the timeout is left, as Linux does; a timespec in read-only memory is no error. */
function tellRest(task: Task, at: number, until: number): void {
  if (at === 0) return;
  const left = Math.max(0, until - task.kernel.clock.monotonicNs());
  const bytes = new Uint8Array(16);
  encodeTimespec(view(bytes), 0, { seconds: Math.floor(left / 1e9), nanoseconds: left % 1e9 });
  try {
    task.memory.write(at, bytes);
  } catch {
    // poll_select_finish: "Strange - the user can't write; ignore".
  }
}

/**
 * One look with `scan`, then its result, or the end of time, or a Wait for all queues. `scan` returns how many are ready
 * and fills in the queues to wait in.
 */
function lookAndWait(task: Task, timespecAt: number, scan: (queues: WaitQueue[]) => number | Errno): Returned {
  const relative = timeout.decode(task, timespecAt);
  if (failed(relative)) return relative;
  const until = task.deadline(relative);
  const queues: WaitQueue[] = [];
  const ready = scan(queues);
  if (failed(ready)) return ready;
  if (ready > 0 || task.kernel.clock.monotonicNs() >= until) {
    tellRest(task, timespecAt, until);
    return ready;
  }
  return new Wait(queues, until, "nohand");
}

function pollAll(task: Task, fds: Uint8Array, queues: WaitQueue[]): number {
  const records = view(fds);
  let ready = 0;
  for (let at = 0; at < fds.length; at += POLLFD_BYTES) {
    const number = records.getInt32(at, true);
    let events = 0;
    if (number >= 0) {
      const file = fd.decode(task, number);
      if (failed(file)) {
        events = POLLNVAL;
      } else {
        events = file.poll(task) & (records.getUint16(at + POLLFD_EVENTS, true) | POLLERR | POLLHUP);
        queues.push(file.ready);
      }
    }
    records.setUint16(at + POLLFD_REVENTS, events, true);
    if (events !== 0) ready++;
  }
  return ready;
}

function ppoll(task: Task, at: number, count: number, timespecAt: number): Returned {
  if (count > task.process.limit(RLIMIT_NOFILE)) return EINVAL;
  const fds = task.memory.read(at, count * POLLFD_BYTES);
  const result = lookAndWait(task, timespecAt, (queues) => pollAll(task, fds, queues));
  if (typeof result === "number" && count > 0) task.memory.write(at, fds);
  return result;
}

// What counts as readable, writable and exceptional for select(2).
const selected = [
  POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
  POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
  POLLPRI,
];

function selectAll(task: Task, count: number, sets: readonly (Uint8Array | undefined)[], results: readonly (Uint8Array | undefined)[], queues: WaitQueue[]): number | Errno {
  let ready = 0;
  for (let number = 0; number < count; number++) {
    const byte = number >> 3;
    const bit = 1 << (number & 7);
    if (!sets.some((set) => set !== undefined && (set[byte] & bit) !== 0)) continue;
    const file = fd.decode(task, number);
    if (failed(file)) return EBADF;
    const events = file.poll(task);
    queues.push(file.ready);
    for (let kind = 0; kind < 3; kind++) {
      const set = sets[kind];
      const result = results[kind];
      if (set === undefined || result === undefined || (set[byte] & bit) === 0 || (events & selected[kind]) === 0) continue;
      result[byte] |= bit;
      ready++;
    }
  }
  return ready;
}

/** Descriptors beyond this have never been; Linux reads no further than its table is long. */
const MAX_FDS = 1 << 20;

function pselect(task: Task, wanted: number, at: readonly number[], timespecAt: number): Returned {
  if (wanted < 0) return EINVAL;
  const count = Math.min(wanted, MAX_FDS);
  const bytes = Math.ceil(count / 64) * 8;
  const sets = at.map((address) => (address === 0 ? undefined : task.memory.read(address, bytes)));
  const results = sets.map((set) => set && new Uint8Array(bytes));
  const result = lookAndWait(task, timespecAt, (queues) => selectAll(task, count, sets, results, queues));
  if (typeof result !== "number") return result;
  results.forEach((set, kind) => {
    if (set !== undefined && bytes > 0) task.memory.write(at[kind], set);
  });
  return result;
}

export const calls: SystemCall[] = [
  syscall(72, "pselect6", [int, pointer, pointer, pointer, pointer, pointer], (task, count, readAt, writeAt, exceptAt, timespecAt, maskAt) => {
    const [mask, length] = maskAt === 0 ? [0, 0] : [task.memory.readU64(maskAt), task.memory.readU64(maskAt + 8)];
    return holdMask(task, mask, length) ?? pselect(task, count, [readAt, writeAt, exceptAt], timespecAt);
  }),
  syscall(73, "ppoll", [pointer, uint, pointer, pointer, size],
    (task, at, count, timespecAt, mask, length) => holdMask(task, mask, length) ?? ppoll(task, at, count, timespecAt)),
];
