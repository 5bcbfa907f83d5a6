// The signal mask that ppoll, pselect6 and epoll_pwait hold while they wait.
import { EINVAL, type Errno } from "../../abi/errno.js";
import { setTemporaryMask } from "../task/signals.js";
import type { Task } from "../task/task.js";

/** Puts the mask at `at` in force for the time of the call (0: none given). */
export function holdMask(task: Task, at: number, size: number): Errno | undefined {
  if (at === 0) return undefined;
  if (size !== 8) return EINVAL;
  const bytes = task.memory.read(at, 8);
  setTemporaryMask(task, new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  return undefined;
}
