// Waiting for children (Linux: kernel/exit.c, do_wait): which of them have something to tell, and taking it.
import { ECHILD, type Errno } from "../../abi/errno.js";
import { CLD_CONTINUED, CLD_STOPPED, SIGCHLD, SIGCONT } from "../../abi/signal.js";
import { WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WSTOPPED, __WALL, __WCLONE, continuedStatus, stoppedStatus } from "../../abi/wait.js";
import { type Wait, waitFor } from "../wait.js";
import { addUsage, processUsage } from "./accounting.js";
import { endCode, reap } from "./exit.js";
import type { Process, Usage } from "./process.js";
import { endProcess } from "./signals.js";
import type { Task } from "./task.js";

/** Whom to wait for: all, a process or a group, by global numbers. */
export type Whom = { kind: "all" } | { kind: "process"; pid: number } | { kind: "group"; id: number };

/** What became of a child. */
export interface ChildEvent {
  readonly child: Process;
  /** Status word of wait4(2). */
  readonly status: number;
  /** CLD_* and si_status of waitid(2). */
  readonly code: number;
  readonly detail: number;
  readonly usage: Usage;
}

function meant(child: Process, whom: Whom, options: number): boolean {
  if (whom.kind === "process" && child.pid !== whom.pid) return false;
  if (whom.kind === "group" && child.group.id !== whom.id) return false;
  // "Clone" children send another signal than SIGCHLD at their end.
  if ((options & __WALL) !== 0) return true;
  return (child.exitSignal !== SIGCHLD) === ((options & __WCLONE) !== 0);
}

/** The event that the child has to tell, taken unless WNOWAIT. */
function eventOf(child: Process, options: number): ChildEvent | undefined {
  const keep = (options & WNOWAIT) !== 0;
  if (child.zombie && (options & WEXITED) !== 0) {
    const { code, status: detail } = endCode(child);
    const usage = processUsage(child);
    addUsage(usage, child.childUsage);
    if (!keep) reap(child);
    return { child, status: child.exitStatus, code, detail, usage };
  }
  if (child.stopReported === "stopped" && (options & WSTOPPED) !== 0 && child.stopSignal !== 0) {
    if (!keep) child.stopReported = "nothing";
    return { child, status: stoppedStatus(child.stopSignal), code: CLD_STOPPED, detail: child.stopSignal, usage: processUsage(child) };
  }
  if (child.stopReported === "continued" && (options & WCONTINUED) !== 0) {
    if (!keep) child.stopReported = "nothing";
    return { child, status: continuedStatus, code: CLD_CONTINUED, detail: SIGCONT, usage: processUsage(child) };
  }
  return undefined;
}

/** An event of a child; undefined with WNOHANG and none yet; ECHILD without such a child; or what to wait for. */
export function waitForChild(task: Task, whom: Whom, options: number): ChildEvent | undefined | Errno | Wait {
  const { process } = task;
  let any = false;
  for (const child of process.children) {
    if (!meant(child, whom, options)) continue;
    any = true;
    const event = eventOf(child, options);
    if (event !== undefined) return event;
  }
  if (!any) return ECHILD;
  return (options & WNOHANG) !== 0 ? undefined : waitFor(process.childChanged);
}

/** exit(2): the thread's end. The process's status is that of its leader. */
export function exitThread(task: Task, status: number): void {
  const { process } = task;
  if (process.threads.size === 1 && !process.exiting) {
    endProcess(process, task === process.leader ? status : process.exitStatus);
    return;
  }
  if (task === process.leader && !process.exiting) process.exitStatus = status;
  task.dying = true;
  task.attention = true;
}
