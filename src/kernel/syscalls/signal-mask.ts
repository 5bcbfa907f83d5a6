// The signal mask that ppoll, pselect6 and epoll_pwait hold while they wait.
import { EINVAL, type Errno } from "../../abi/errno.js";
import { SIGKILL, SIGSTOP } from "../../abi/signal.js";
import { signalBit } from "../task/signal-queue.js";
import type { Task } from "../task/task.js";
import { type Returned } from "../syscall.js";
import { Wait } from "../wait.js";

const unblockable = signalBit(SIGKILL) | signalBit(SIGSTOP);

/** Puts the mask at `at` in force (0: none given). A call that runs again after waiting finds it in force already. */
export function holdMask(task: Task, at: number, size: number): Errno | undefined {
  if (at === 0) return undefined;
  if (size !== 8) return EINVAL;
  const bytes = task.memory.read(at, 8);
  const mask = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  task.restoredMask ??= task.blocked;
  task.blocked = mask & ~unblockable;
  task.attention = true;
  return undefined;
}

/** The old mask comes back with the result. While the call still waits it stays; if a signal ends it, delivery restores it. */
export function restoreMask(task: Task, result: Returned): Returned {
  if (result instanceof Wait || task.restoredMask === undefined) return result;
  task.blocked = task.restoredMask;
  task.restoredMask = undefined;
  task.attention = true;
  return result;
}
