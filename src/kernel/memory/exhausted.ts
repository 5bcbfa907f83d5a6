// A call that found no memory for what it can't do without: somebody ends, and the call goes on or its process is the one.
import type { Task } from "../task/task.js";
import { Wait } from "../wait.js";

/** A call tries again after this, at the latest. */
const RETRY_NS = 1e6;

/** To be returned or thrown. Before the call runs again, task/out-of-memory.ts chooses who ends. */
export function exhausted(task: Task): Wait {
  // execve fills a space that is not yet the task's own: this is about the one that it runs in.
  task.memory.exhausted = true;
  task.attention = true;
  return new Wait([], task.kernel.clock.monotonicNs() + RETRY_NS);
}
