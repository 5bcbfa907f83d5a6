// Making tasks (Linux: kernel/fork.c): what a child shares, what it copies, and the limits on how many there are.
import { EAGAIN, type Errno, failed } from "../../abi/errno.js";
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { RLIMIT_NPROC } from "../../abi/resource.js";
import { CLONE_CHILD_CLEARTID, CLONE_CLEAR_SIGHAND, CLONE_FILES, CLONE_FS, CLONE_PARENT, CLONE_SETTLS, CLONE_SIGHAND, CLONE_THREAD, CLONE_VFORK, CLONE_VM } from "../../abi/sched.js";
import { SS_DISABLE } from "../../abi/signal.js";
import type { Kernel } from "../kernel.js";
import { chargeTask, unchargeTask } from "../cgroups/cgroup.js";
import { allocateNumber, enter } from "../namespaces/pid.js";
import type { Credentials } from "./credentials.js";
import { Process } from "./process.js";
import { A0, SP, TP, readPc, saveRegisters, writePc, writeRegister } from "./registers.js";
import { Task } from "./task.js";

/** What clone(2) and clone3(2) ask for; flags may have bits above 32. */
export interface CloneRequest {
  readonly flags: number;
  readonly exitSignal: number;
  /** 0: the parent's stack pointer. */
  readonly stack: number;
  readonly tls: number;
  readonly childTid: number;
}

/** Bits of a number above 2^31 too. */
export const hasFlag = (flags: number, flag: number): boolean => Math.floor(flags / flag) % 2 === 1;

/** How many tasks a user has on the machine. */
function tasksOf(kernel: Kernel, uid: number): number {
  let count = 0;
  for (const task of kernel.initialNamespaces.pid.tasks.values()) if (task.credentials.uid === uid) count++;
  return count;
}

function mayFork(kernel: Kernel, limit: number, credentials: Credentials): boolean {
  const { tasks } = kernel.initialNamespaces.pid;
  if (tasks.size >= kernel.maxTasks) return false;
  if (credentials.uid === 0 || tasks.size < limit || credentials.has(CAP_SYS_RESOURCE) || credentials.has(CAP_SYS_ADMIN)) return true;
  return tasksOf(kernel, credentials.uid) < limit;
}

/** The child, not yet runnable. EAGAIN where a limit refuses, ENOMEM. The flags were checked before. */
export function cloneTask(parent: Task, request: CloneRequest): Task | Errno {
  const { kernel } = parent;
  const { flags } = request;
  if (!mayFork(kernel, parent.process.limit(RLIMIT_NPROC), parent.credentials)) return EAGAIN;
  if (!chargeTask(parent.cgroup)) return EAGAIN;
  const shareMemory = hasFlag(flags, CLONE_VM);
  const memory = shareMemory ? parent.memory : parent.memory.fork(parent.cgroup, undefined);
  if (failed(memory)) {
    unchargeTask(parent.cgroup);
    return memory;
  }
  const files = hasFlag(flags, CLONE_FILES) ? parent.files : parent.files.copy(parent.cgroup);
  if (failed(files)) {
    unchargeTask(parent.cgroup);
    if (!shareMemory) memory.release();
    return files;
  }
  if (shareMemory) memory.users++;
  if (files === parent.files) files.users++;
  const namespaces = { ...parent.namespaces, pid: parent.namespaces.pidForChildren };
  const tid = allocateNumber(kernel, namespaces.pid);
  const child = new Task(kernel, tid, {
    process: hasFlag(flags, CLONE_THREAD) ? parent.process : (leader) => newProcess(parent, leader, request), memory, files, fs: hasFlag(flags, CLONE_FS) ? parent.fs : parent.fs.copy(), credentials: parent.credentials,
    namespaces: parent.namespaces.pid === namespaces.pid ? parent.namespaces : namespaces, cgroup: parent.cgroup,
  });
  if (!shareMemory) memory.task = child;
  inherit(parent, child, request);
  child.process.threads.add(child);
  enter(child, namespaces.pid);
  kernel.forks++;
  kernel.watch?.({ at: "task.forked", parent: parent.tid, child: tid, thread: hasFlag(flags, CLONE_THREAD) });
  return child;
}

function newProcess(parent: Task, child: Task, request: CloneRequest): Process {
  const { process: before, kernel } = parent;
  const { flags } = request;
  const sharedActions = hasFlag(flags, CLONE_SIGHAND);
  const asSibling = hasFlag(flags, CLONE_PARENT);
  const process = new Process(kernel, child.tid, {
    leader: child, parent: asSibling ? before.parent : before, group: before.group, actions: sharedActions ? before.actions : before.actions.copy(),
    rlimits: before.rlimits.map((limit) => ({ ...limit })), exitSignal: asSibling ? before.exitSignal : request.exitSignal,
  });
  if (sharedActions) before.actions.users++;
  if (hasFlag(flags, CLONE_CLEAR_SIGHAND)) process.actions.reset();
  process.parent?.children.add(process);
  before.group.members.add(process);
  process.executable = before.executable;
  process.executedName = before.executedName;
  process.dumpable = before.dumpable;
  process.oomScoreAdjust = before.oomScoreAdjust;
  process.personality = before.personality;
  if (child.namespaces.pid !== parent.namespaces.pid && child.namespaces.pid.init === undefined) {
    child.namespaces.pid.init = process;
    child.namespaces.pid.protectsInit = true;
  }
  return process;
}

/** What stands in the task itself. */
function inherit(parent: Task, child: Task, request: CloneRequest): void {
  const { flags } = request;
  saveRegisters(parent);
  child.registers.set(parent.registers);
  writeRegister(child, A0, 0);
  writePc(child, readPc(parent) + 4);
  if (request.stack !== 0) writeRegister(child, SP, request.stack);
  if (hasFlag(flags, CLONE_SETTLS)) writeRegister(child, TP, request.tls);
  child.comm = parent.comm;
  child.blocked = parent.restoredMask ?? parent.blocked;
  const ownStack = hasFlag(flags, CLONE_VM) && !hasFlag(flags, CLONE_VFORK);
  child.alternateStack = ownStack ? { sp: 0, size: 0, flags: SS_DISABLE } : { ...parent.alternateStack };
  if (hasFlag(flags, CLONE_CHILD_CLEARTID)) child.clearChildTid = request.childTid;
  if (!hasFlag(flags, CLONE_VM)) child.rseq = { ...parent.rseq };
  child.timerSlackNs = parent.timerSlackNs;
  child.ioPriority = parent.ioPriority;
  child.startNs = child.kernel.clock.monotonicNs();
  if (parent.resetOnFork) return;
  child.nice = parent.nice;
  child.policy = parent.policy;
  child.realtimePriority = parent.realtimePriority;
}
