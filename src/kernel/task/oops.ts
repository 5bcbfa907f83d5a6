// A fault of the kernel's own while it served a task: the log names it, the task's process is killed, and the machine goes on (Linux: make_task_dead).
import { SIGKILL } from "../../abi/signal.js";
import { signaledStatus } from "../../abi/wait.js";
import type { ByteString } from "../bytestring.js";
import { bury } from "./exit.js";
import { A7, readRegister } from "./registers.js";
import { endProcess } from "./signals.js";
import type { Task } from "./task.js";

/** How much of where it happened the log tells. */
const LINES = 6;
const ALERT = 1;

const plain = (text: string): ByteString => text.replaceAll(/[^ -~]/g, "?");

function told(thrown: unknown): string[] {
  if (!(thrown instanceof Error)) return [String(thrown)];
  return (thrown.stack ?? String(thrown)).split("\n").slice(0, LINES).map((line) => line.trim());
}

/** What was thrown is neither an Errno nor a Wait: nobody meant it. `in` is where, for the log. */
export function oops(task: Task, thrown: unknown): void {
  const { log, clock } = task.kernel;
  const [first, ...rest] = told(thrown);
  log.add(plain(`BUG: ${first} in call ${readRegister(task, A7)} of ${task.comm}[${task.tid}]`), clock.monotonicNs(), ALERT);
  for (const line of rest) log.add(plain(` ${line}`), clock.monotonicNs(), ALERT);
  task.calling = false;
  task.wait = undefined;
  // The end of a task may fail by the same fault; then it goes without giving anything back.
  if (task.process.exiting || task.dying) bury(task);
  else endProcess(task.process, signaledStatus(SIGKILL));
}
