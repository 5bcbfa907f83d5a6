// The signals that pipes, sockets and terminals send by themselves.
import { SI_KERNEL } from "../../abi/signal.js";
import { fromTask, sendToGroup, sendToTask } from "../task/signals.js";
import type { ProcessGroup } from "../task/process-group.js";
import type { Task } from "../task/task.js";

/** To the calling thread, as if it had sent it itself (Linux: send_sig). */
export function signalSelf(task: Task, signal: number): void {
  sendToTask(task, fromTask(task, task.process, signal));
}

/** To all of a process group, from the kernel (Linux: kill_pgrp(…, priv = 1)). */
export function signalGroup(group: ProcessGroup, signal: number): void {
  sendToGroup(group, { kind: "kill", signo: signal, code: SI_KERNEL, pid: 0, uid: 0 });
}
