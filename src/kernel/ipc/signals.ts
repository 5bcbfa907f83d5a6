// The signals that pipes, sockets and terminals send by themselves.
import { SI_KERNEL } from "../../abi/signal.js";
import { sendToProcess, sendToTask } from "../task/signals.js";
import type { ProcessGroup } from "../task/process-group.js";
import type { Task } from "../task/task.js";

/** To the calling thread (Linux: send_sig). */
export function signalSelf(task: Task, signal: number): void {
  sendToTask(task, { kind: "kill", signo: signal, code: SI_KERNEL, pid: 0, uid: 0 });
}

/** To all of a process group, from the kernel (Linux: kill_pgrp(…, priv = 1)). */
export function signalGroup(group: ProcessGroup, signal: number): void {
  for (const process of [...group.members]) sendToProcess(process, { kind: "kill", signo: signal, code: SI_KERNEL, pid: 0, uid: 0 });
}
