// What a task looks at before it goes on in user mode: its end, stops, and signals to deliver (Linux: exit_to_user_mode_loop).
import { EINTR } from "../../abi/errno.js";
import { SA_RESETHAND, SA_RESTART, SIGSEGV, SIGSTOP, SIGKILL, SIG_DFL, SIG_IGN, SI_KERNEL, defaultAction } from "../../abi/signal.js";
import type { Siginfo } from "../../abi/siginfo.js";
import { signaledStatus } from "../../abi/wait.js";
import { endTask } from "./exit.js";
import { outOfMemory } from "./out-of-memory.js";
import { A0, A7, readPc, readRegister, writePc, writeRegister } from "./registers.js";
import { leaveSequence } from "./rseq.js";
import type { SignalAction } from "./signal-actions.js";
import { pushFrame } from "./signal-frame.js";
import { endProcess, forceSignal, stopProcess } from "./signals.js";
import { SleepWait } from "./sleep.js";
import type { Task } from "./task.js";

/** True when the task may go on in user mode; false when it stopped or ended. */
export function attend(task: Task): boolean {
  const { process } = task;
  task.attention = false;
  if (task.preempted) {
    task.preempted = false;
    leaveSequence(task);
  }
  if (task.memory.exhausted) {
    task.memory.exhausted = false;
    outOfMemory(task);
  }
  for (;;) {
    if (process.exiting || task.dying) {
      endTask(task);
      return false;
    }
    if (process.stopSignal !== 0) {
      task.state = "stopped";
      return false;
    }
    if (task.calling && task.wait?.interruption === "uninterruptible") {
      task.attention = true;
      return true;
    }
    const info = take(task);
    if (info === undefined) return true;
    deliver(task, info);
  }
}

/** The next signal that is not blocked, the thread's own first. */
function take(task: Task): Siginfo | undefined {
  return takeSignal(task, task.blocked);
}

/** Takes a pending signal that is not in `blocked`; a timer's tells how often it ended meanwhile. */
export function takeSignal(task: Task, blocked: bigint): Siginfo | undefined {
  const info = task.pending.take(blocked) ?? task.process.pending.take(blocked);
  if (info?.kind === "timer") return { ...info, overrun: task.process.posixTimers.get(info.timerId)?.taken() ?? 0 };
  return info;
}

function deliver(task: Task, info: Siginfo): void {
  const { process } = task;
  const { signo } = info;
  const action = process.actions.get(signo);
  if (action.handler === SIG_IGN && signo !== SIGKILL && signo !== SIGSTOP) return;
  if (action.handler === SIG_DFL || signo === SIGKILL || signo === SIGSTOP) return act(task, signo);
  interruptCall(task, action);
  task.kernel.watch?.({ at: "signal.delivered", task: task.tid, signal: signo });
  if ((action.flags & SA_RESETHAND) !== 0) process.actions.set(signo, { ...action, handler: SIG_DFL });
  leaveSequence(task);
  if (pushFrame(task, info, action)) return;
  // As Linux force_sigsegv: where not even SIGSEGV's handler gets a frame, the process ends.
  if (signo === SIGSEGV) process.actions.set(SIGSEGV, { handler: SIG_DFL, flags: 0, mask: 0n });
  forceSignal(task, { kind: "kill", signo: SIGSEGV, code: SI_KERNEL, pid: 0, uid: 0 });
}

/** The default action. */
function act(task: Task, signal: number): void {
  const { process } = task;
  const what = defaultAction(signal);
  if (what === "ign" || what === "cont") return;
  task.kernel.watch?.({ at: "signal.delivered", task: task.tid, signal });
  if (what !== "stop") return endProcess(process, signaledStatus(signal));
  if (signal !== SIGSTOP && process.group.orphaned()) return;
  stopProcess(process, signal);
}

/** A handler is about to run: the call in progress returns what it did, EINTR, or runs again after the handler. */
function interruptCall(task: Task, action: SignalAction): void {
  if (!task.calling) return;
  const { wait, futex, resume } = task;
  task.calling = false;
  task.wait = undefined;
  if (futex !== undefined) task.kernel.futexes.forget(task);
  if (futex?.woken === true) return finish(task, 0);
  if (resume.done > 0) return finish(task, resume.done);
  if (wait?.interruption === "always" || (wait?.interruption === "restart" && (action.flags & SA_RESTART) !== 0)) return;
  finish(task, -(wait instanceof SleepWait ? wait.interrupted(task) : EINTR).number);
}

function finish(task: Task, result: number): void {
  task.kernel.watch?.({ at: "call.left", task: task.tid, call: readRegister(task, A7), result });
  writeRegister(task, A0, result);
  writePc(task, readPc(task) + 4);
}
