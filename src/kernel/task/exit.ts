// How threads and processes end (Linux: kernel/exit.c): what they give back, who is told, who inherits.
import { CLD_DUMPED, CLD_EXITED, CLD_KILLED, NSIG, SA_NOCLDWAIT, SIGCHLD, SIGCONT, SIGHUP, SIGKILL, SIG_IGN, SI_KERNEL } from "../../abi/signal.js";
import { WCOREDUMP, WEXITSTATUS, WIFEXITED, WTERMSIG, signaledStatus } from "../../abi/wait.js";
import type { Siginfo } from "../../abi/siginfo.js";
import { unchargeTask } from "../cgroups/cgroup.js";
import type { PidNamespace } from "../namespaces/namespaces.js";
import { leave, releaseNumber } from "../namespaces/pid.js";
import { inheritUsage, keepUsage } from "./accounting.js";
import { releaseLocks } from "./futex-lock.js";
import { releaseRobustFutexes } from "./robust-list.js";
import type { ProcessGroup } from "./process-group.js";
import type { Process } from "./process.js";
import { childInfo, endProcess, sendToGroup, sendToProcess } from "./signals.js";
import type { Task } from "./task.js";
import { dropPosixTimers } from "./timers.js";

const fromKernel = (signo: number): Siginfo => ({ kind: "kill", signo, code: SI_KERNEL, pid: 0, uid: 0 });

/** The task runs no more. With the last thread the process ends, with `process.exitStatus`. */
export function endTask(task: Task): void {
  const { kernel, process } = task;
  const { scheduler } = kernel;
  scheduler.wake(task);
  kernel.futexes.forget(task);
  releaseLocks(task);
  releaseRobustFutexes(task);
  clearChildTid(task);
  releaseVfork(task);
  if (scheduler.current === task) scheduler.settle();
  keepUsage(task);
  process.threadUsage.maxRssPages = process.maxRss();
  process.threads.delete(task);
  task.calling = false;
  task.state = task === process.leader ? "zombie" : "dead";
  if (--task.files.users === 0) task.files.closeAll(task);
  if (scheduler.onHart === task) scheduler.onHart = undefined;
  task.memory.release();
  if (task !== process.leader) {
    leave(task, task.namespaces.pid);
    unchargeTask(task.cgroup);
  }
  if (process.threads.size === 0) endOfProcess(process);
}

/** The task is gone, whatever it still holds: where `endTask` itself failed. */
export function bury(task: Task): void {
  const { kernel, process } = task;
  if (kernel.scheduler.onHart === task) kernel.scheduler.onHart = undefined;
  task.state = task === process.leader ? "zombie" : "dead";
  if (!process.threads.delete(task) || process.threads.size > 0 || process.ended) return;
  process.zombie = true;
  if (process.parent === undefined) kernel.ended(process);
  process.parent?.childChanged.wake();
  process.ending.wake();
}

/** CLONE_CHILD_CLEARTID: who joins this thread is woken. Only where someone else sees the memory. */
function clearChildTid(task: Task): void {
  if (task.clearChildTid === 0 || task.memory.users < 2) return;
  try {
    task.memory.writeU32(task.clearChildTid, 0);
    task.kernel.futexes.wake(task, task.clearChildTid, false, 1, 0xffffffff);
  } catch {
    // A bad address is the thread's own fault, and it is gone.
  }
}

/** The memory of a vfork child is its own now, or gone: the parent goes on. */
export function releaseVfork(task: Task): void {
  const parent = task.vforkParent;
  if (parent === undefined) return;
  task.vforkParent = undefined;
  if (parent.vforkChild === task) parent.vforkChild = undefined;
  task.released.wake();
}

function endOfProcess(process: Process): void {
  const { kernel, leader } = process;
  const supported = watchedGroups(process).filter((group) => !group.orphaned());
  process.zombie = true;
  kernel.watch?.({ at: "task.exited", task: process.pid, status: process.exitStatus });
  if (process.alarm !== undefined) kernel.scheduler.timers.stop(process.alarm.timer);
  dropPosixTimers(process);
  if (process.group.session.leader === process) endOfSession(process);
  reparentChildren(process);
  for (const group of supported) hangUpIfOrphaned(group, process);
  const namespace = leader.namespaces.pid;
  if (namespace.init === process) endOfNamespace(namespace, process);
  tellParent(process);
  process.ending.wake();
}

/** The groups that may become orphaned by this end: its own and those of its children. */
function watchedGroups(process: Process): ProcessGroup[] {
  const groups = new Set<ProcessGroup>([process.group]);
  for (const child of process.children) groups.add(child.group);
  return [...groups];
}

/** POSIX: stopped members of a group that has just become orphaned get SIGHUP and SIGCONT. */
function hangUpIfOrphaned(group: ProcessGroup, without: Process): void {
  if (!group.orphaned(without)) return;
  if (![...group.members].some((member) => member.stopSignal !== 0)) return;
  sendToGroup(group, fromKernel(SIGHUP));
  sendToGroup(group, fromKernel(SIGCONT));
}

/** The session's leader ends: the foreground group is hung up, and the terminal is nobody's (Linux: disassociate_ctty). */
function endOfSession(process: Process): void {
  const { session } = process.group;
  session.leader = undefined;
  const { terminal } = session;
  if (terminal === undefined) return;
  const { foreground } = terminal;
  if (foreground !== undefined) {
    sendToGroup(foreground, fromKernel(SIGHUP));
    sendToGroup(foreground, fromKernel(SIGCONT));
  }
  session.terminal = undefined;
  terminal.disconnect();
}

/** The nearest living subreaper among the ancestors, else the namespace's init; without one the kernel itself reaps. */
function newParent(process: Process): Process | undefined {
  for (let at = process.parent; at !== undefined; at = at.parent) if (at.childSubreaper && !at.ended && !at.exiting) return at;
  const { init } = process.leader.namespaces.pid;
  return init === undefined || init === process || init.ended ? undefined : init;
}

function reparentChildren(process: Process): void {
  if (process.children.size === 0) return;
  const heir = newParent(process);
  for (const child of [...process.children]) {
    process.children.delete(child);
    child.parent = heir;
    for (const thread of child.threads) if (thread.parentDeathSignal !== 0) sendToProcess(child, { kind: "kill", signo: thread.parentDeathSignal, code: 0, pid: 0, uid: 0 });
    child.exitSignal = SIGCHLD;
    heir?.children.add(child);
    if (child.zombie) tellParent(child);
  }
}

/** PID 1 of a namespace ended: so do all in it (pid_namespaces(7)). */
function endOfNamespace(namespace: PidNamespace, init: Process): void {
  namespace.init = undefined;
  for (const task of [...namespace.tasks.values()]) if (task.process !== init) endProcess(task.process, signaledStatus(SIGKILL));
}

/** CLD_* and the status of an ended process, for siginfo. */
export function endCode(process: Process): { code: number; status: number } {
  const { exitStatus: status } = process;
  if (WIFEXITED(status)) return { code: CLD_EXITED, status: WEXITSTATUS(status) };
  return { code: WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED, status: WTERMSIG(status) };
}

function tellParent(process: Process): void {
  const { parent, exitSignal } = process;
  if (parent === undefined) {
    process.kernel.ended(process);
    return reap(process);
  }
  const action = parent.actions.get(SIGCHLD);
  const unwanted = exitSignal === SIGCHLD && (action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0);
  // As Linux do_notify_parent: clone(2) takes any byte, and what is no signal is not sent.
  if (exitSignal !== 0 && exitSignal <= NSIG && !(exitSignal === SIGCHLD && action.handler === SIG_IGN)) {
    const { code, status } = endCode(process);
    sendToProcess(parent, childInfo(process, parent, exitSignal, code, status));
  }
  if (unwanted) reap(process);
  parent.childChanged.wake();
}

/** It was waited for, or nobody will: its number is free again. */
export function reap(process: Process): void {
  const { kernel, parent, leader } = process;
  if (process.reaped) return;
  process.zombie = false;
  process.reaped = true;
  if (parent !== undefined) {
    inheritUsage(parent, process);
    parent.children.delete(process);
  }
  leader.state = "dead";
  unchargeTask(leader.cgroup);
  leave(leader, leader.namespaces.pid);
  leaveGroup(process);
  releaseNumber(kernel, leader.namespaces.pid, process.pid);
}

/** Takes the process out of its group; an empty group goes, and with its last group the session. */
export function leaveGroup(process: Process): void {
  const { group, kernel } = process;
  group.members.delete(process);
  if (group.members.size > 0) return;
  const { session } = group;
  const namespace = process.leader.namespaces.pid;
  kernel.groups.delete(group.id);
  session.groups.delete(group);
  if (session.terminal?.foreground === group) session.terminal.foreground = undefined;
  if (session.groups.size === 0) {
    kernel.sessions.delete(session.id);
    releaseNumber(kernel, namespace, session.id);
  }
  releaseNumber(kernel, namespace, group.id);
}
