// Sending signals (Linux: kernel/signal.c): who gets them, what is dropped, stop and continue. Delivery is attention.ts.
import { EAGAIN, type Errno } from "../../abi/errno.js";
import { RLIMIT_SIGPENDING } from "../../abi/resource.js";
import {
  CLD_CONTINUED, CLD_STOPPED, SA_NOCLDSTOP, SIGCHLD, SIGCONT, SIGKILL, SIGRTMIN, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIG_DFL, SIG_IGN, SI_USER, defaultAction,
} from "../../abi/signal.js";
import type { Siginfo } from "../../abi/siginfo.js";
import { signaledStatus } from "../../abi/wait.js";
import { numberIn } from "../namespaces/pid.js";
import type { ProcessGroup } from "./process-group.js";
import type { Process } from "./process.js";
import { type SignalQueue, signalBit } from "./signal-queue.js";
import type { Task } from "./task.js";

const STOPS = signalBit(SIGSTOP) | signalBit(SIGTSTP) | signalBit(SIGTTIN) | signalBit(SIGTTOU);
/** What no mask can block and no action can catch. */
export const UNBLOCKABLE = signalBit(SIGKILL) | signalBit(SIGSTOP);

/** Makes the task look at signals before it goes on, if there is anything to look at. */
export function updateAttention(task: Task): void {
  const { process } = task;
  if (((task.pending.set | process.pending.set) & ~task.blocked) !== 0n || process.exiting || process.stopSignal !== 0 || task.dying) task.attention = true;
}

/** Sets the blocked signals of the task. */
export function setBlocked(task: Task, mask: bigint): void {
  task.blocked = mask & ~UNBLOCKABLE;
  const { process } = task;
  updateAttention(task);
  // What the process has pending may now be for this thread alone to take, or for another one.
  if (process.threads.size > 1 && process.pending.set !== 0n) for (const thread of process.threads) if (thread !== task) nudge(thread);
}

function nudge(task: Task): void {
  if ((task.process.pending.set & ~task.blocked) !== 0n) task.kernel.scheduler.interrupt(task);
}

/** The mask of ppoll, pselect6, epoll_pwait and rt_sigsuspend: for the time of the call, which may run several times. */
export function setTemporaryMask(task: Task, mask: bigint): void {
  if (task.restoredMask !== undefined) return;
  task.restoredMask = task.blocked;
  setBlocked(task, mask);
}

/** si_code SI_USER or another: from a process, numbered as the receiver sees it. */
export function fromTask(sender: Task, receiver: Process, signo: number, code = SI_USER): Siginfo {
  return { kind: "kill", signo, code, pid: numberIn(receiver.leader.namespaces.pid, sender.process.pid), uid: sender.credentials.uid };
}

/** From the kernel itself or from outside an init's namespace: it reaches a protected init too. */
const forced = (info: Siginfo): boolean => info.code > 0 || (info.kind === "kill" && info.pid === 0);

function protectedInit(process: Process): boolean {
  const namespace = process.leader.namespaces.pid;
  return namespace.protectsInit && namespace.init === process;
}

function ignored(process: Process, target: Task, info: Siginfo): boolean {
  const { signo } = info;
  const { handler } = process.actions.get(signo);
  if (handler === SIG_DFL && protectedInit(process) && !(forced(info) && (signo === SIGKILL || signo === SIGSTOP))) return true;
  if ((target.blocked & signalBit(signo)) !== 0n) return false;
  return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signo) === "ign");
}

function discardEverywhere(process: Process, mask: bigint): void {
  process.pending.discard(mask);
  for (const thread of process.threads) thread.pending.discard(mask);
}

/** A stop takes back a continue that is pending, and the other way round; a continue acts at once (Linux: prepare_signal). */
function prepare(process: Process, signal: number): void {
  if ((signalBit(signal) & STOPS) !== 0n) discardEverywhere(process, signalBit(SIGCONT));
  if (signal !== SIGCONT) return;
  discardEverywhere(process, STOPS);
  if (process.stopSignal === 0) return;
  process.stopSignal = 0;
  process.stopReported = "continued";
  for (const thread of process.threads) process.kernel.scheduler.interrupt(thread);
  tellStop(process, CLD_CONTINUED, SIGCONT);
}

/** The thread that takes a signal for the process: the leader if it can, else any that does not block it. */
function receiver(process: Process, signal: number): Task | undefined {
  const bit = signalBit(signal);
  if (process.threads.has(process.leader) && (process.leader.blocked & bit) === 0n) return process.leader;
  for (const thread of process.threads) if ((thread.blocked & bit) === 0n) return thread;
  return undefined;
}

function queuedSignals(process: Process): number {
  let sum = process.pending.length;
  for (const thread of process.threads) sum += thread.pending.length;
  return sum;
}

/** `thread`: for this thread alone. EAGAIN: the queue is full and the signal is one that may not be lost. */
function send(process: Process, thread: Task | undefined, info: Siginfo): Errno | undefined {
  const { signo } = info;
  if (process.ended || process.threads.size === 0 || signo === 0) return undefined;
  process.kernel.watch?.({ at: "signal.sent", to: thread?.tid ?? process.pid, signal: signo });
  prepare(process, signo);
  const [first] = process.threads;
  const target = thread ?? (process.threads.has(process.leader) ? process.leader : first);
  if (ignored(process, target, info)) return undefined;
  const queue: SignalQueue = thread?.pending ?? process.pending;
  if (queuedSignals(process) >= process.limit(RLIMIT_SIGPENDING)) {
    if (signo >= SIGRTMIN && info.code !== SI_USER) return EAGAIN;
    queue.mark(signo);
  } else queue.add(info);
  process.signalled.wake();
  const taker = thread ?? receiver(process, signo);
  if (taker === undefined || (taker.blocked & signalBit(signo)) !== 0n) return undefined;
  const deadly = signo === SIGKILL || (process.actions.get(signo).handler === SIG_DFL && defaultAction(signo) === "term");
  if (deadly) endProcess(process, signaledStatus(signo));
  else process.kernel.scheduler.interrupt(taker);
  return undefined;
}

export function sendToTask(task: Task, info: Siginfo): Errno | undefined {
  return send(task.process, task, info);
}

export function sendToProcess(process: Process, info: Siginfo): Errno | undefined {
  return send(process, undefined, info);
}

export function sendToGroup(group: ProcessGroup, info: Siginfo): void {
  for (const process of [...group.members]) send(process, undefined, info);
}

/** A signal that the task has earned by what it did; it can neither be blocked nor ignored (Linux: force_sig_info). */
export function forceSignal(task: Task, info: Siginfo): void {
  const { process } = task;
  const bit = signalBit(info.signo);
  const action = process.actions.get(info.signo);
  if (action.handler === SIG_IGN || (task.blocked & bit) !== 0n) {
    process.actions.set(info.signo, { ...action, handler: SIG_DFL });
    task.blocked &= ~bit;
  }
  process.kernel.watch?.({ at: "signal.sent", to: task.tid, signal: info.signo });
  task.pending.discard(bit);
  task.pending.add(info);
  process.signalled.wake();
  process.kernel.scheduler.interrupt(task);
}

/** All threads end with that status word, each when its turn comes (exit_group(2), deadly signals). */
export function endProcess(process: Process, status: number): void {
  if (process.exiting || process.ended) return;
  process.exiting = true;
  process.exitStatus = status;
  process.stopSignal = 0;
  for (const thread of process.threads) process.kernel.scheduler.interrupt(thread);
}

/** Job control stops the process: each thread when its turn comes. */
export function stopProcess(process: Process, signal: number): void {
  process.stopSignal = signal;
  process.stopReported = "stopped";
  for (const thread of process.threads) process.kernel.scheduler.interrupt(thread);
  tellStop(process, CLD_STOPPED, signal);
}

/** siginfo of SIGCHLD and of waitid(2). */
export function childInfo(child: Process, parent: Process, signo: number, code: number, status: number): Siginfo {
  let userNs = child.threadUsage.userNs;
  let systemNs = child.threadUsage.systemNs;
  for (const thread of child.threads) {
    userNs += thread.userNs;
    systemNs += thread.systemNs;
  }
  return {
    kind: "child", signo, code, status, pid: numberIn(parent.leader.namespaces.pid, child.pid), uid: child.leader.credentials.uid,
    utimeTicks: Math.floor(userNs / 1e7), stimeTicks: Math.floor(systemNs / 1e7),
  };
}

function tellStop(process: Process, code: number, status: number): void {
  const { parent } = process;
  if (parent === undefined) return;
  const { handler, flags } = parent.actions.get(SIGCHLD);
  if (handler !== SIG_IGN && (flags & SA_NOCLDSTOP) === 0) sendToProcess(parent, childInfo(process, parent, SIGCHLD, code, status));
  parent.childChanged.wake();
}
