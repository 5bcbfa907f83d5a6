// Robust futexes (set_robust_list(2)): locks that a thread held when it ended are marked, and one waiter each is woken.
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../../abi/futex.js";
import { numberIn } from "../namespaces/pid.js";
import type { Task } from "./task.js";

/** As Linux ROBUST_LIST_LIMIT: a hostile list may be a circle. */
const ENTRIES_AT_MOST = 2048;

export function releaseRobustFutexes(task: Task): void {
  const { memory, robustList: head } = task;
  if (head === 0) return;
  task.robustList = 0;
  try {
    const offset = memory.readI32(head + 8); // a signed long that is small
    const pending = memory.readU64(head + 16);
    let entry = memory.readU64(head);
    for (let i = 0; i < ENTRIES_AT_MOST && entry !== head; i++) {
      const next = memory.readU64(entry - (entry % 2));
      if (entry !== pending) ownerDied(task, entry - (entry % 2) + offset);
      entry = next;
    }
    if (pending !== 0) ownerDied(task, pending - (pending % 2) + offset);
  } catch {
    // The rest of a list that can't be read is lost, as on Linux.
  }
}

function ownerDied(task: Task, at: number): void {
  const { memory } = task;
  const value = memory.readU32(at);
  if ((value & FUTEX_TID_MASK) !== numberIn(task.namespaces.pid, task.tid)) return;
  memory.writeU32(at, ((value & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  if ((value & FUTEX_WAITERS) !== 0) task.kernel.futexes.wake(task, at, true, 1, 0xffffffff);
}
