// Scheduling: policies, priorities, affinity (sched(7)). There is one processor.
import { CAP_SYS_NICE } from "../../abi/capability.js";
import { E2BIG, EACCES, EINVAL, EPERM, ESRCH, type Errno, failed } from "../../abi/errno.js";
import { RLIMIT_NICE } from "../../abi/resource.js";
import * as s from "../../abi/sched.js";
import { globalOf } from "../namespaces/pid.js";
import { type Returned, syscall } from "../syscall.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { flags, int, oneOf, pid, pointer, size, uint } from "./arguments.js";

function taskOf(task: Task, number: number): Task | Errno {
  if (number < 0) return EINVAL;
  return number === 0 ? task : (task.namespaces.pid.tasks.get(number) ?? ESRCH);
}

/** Whether the task may set the scheduling of the other one (Linux: check_same_owner). */
function owns(task: Task, target: Task): boolean {
  const { euid } = task.credentials;
  return euid === target.credentials.euid || euid === target.credentials.uid || capable(task, CAP_SYS_NICE, target.namespaces.user);
}

const realtime = (policy: number): boolean => policy === s.SCHED_FIFO || policy === s.SCHED_RR;
const fair = (policy: number): boolean => policy === s.SCHED_NORMAL || policy === s.SCHED_BATCH || policy === s.SCHED_IDLE;

function setScheduler(task: Task, target: Task, policy: number, priority: number, reset: boolean): Returned {
  if (!realtime(policy) && !fair(policy)) return EINVAL;
  if (realtime(policy) ? priority < 1 || priority > 99 : priority !== 0) return EINVAL;
  if (!owns(task, target)) return EPERM;
  if (realtime(policy) && !capable(task, CAP_SYS_NICE)) return EPERM;
  target.policy = policy;
  target.realtimePriority = priority;
  target.resetOnFork = reset;
  return 0;
}

function setschedulerOf(task: Task, number: number, policy: number, paramAt: number): Returned {
  if (paramAt === 0 || policy < 0) return EINVAL;
  const target = taskOf(task, number);
  if (failed(target)) return target;
  const reset = (policy & s.SCHED_RESET_ON_FORK) !== 0;
  return setScheduler(task, target, policy & ~s.SCHED_RESET_ON_FORK, task.memory.readI32(paramAt), reset);
}

/** struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period. */
const ATTR_BYTES = 48;

function setattr(task: Task, number: number, at: number): Returned {
  const target = taskOf(task, number);
  if (failed(target)) return target;
  const bytes = task.memory.readU32(at) === 0 ? ATTR_BYTES : task.memory.readU32(at);
  if (bytes < ATTR_BYTES || bytes > 4096) return E2BIG;
  const policy = task.memory.readU32(at + 4);
  const nice = task.memory.readI32(at + 16);
  const how = task.memory.readU32(at + 8);
  const failure = setScheduler(task, target, policy, task.memory.readI32(at + 20), (how & s.SCHED_FLAG_RESET_ON_FORK) !== 0);
  if (failure !== 0) return failure;
  return fair(policy) ? setNice(task, target, nice) : 0;
}

function getattr(task: Task, number: number, at: number, bytes: number): Returned {
  const target = taskOf(task, number);
  if (failed(target)) return target;
  if (bytes < ATTR_BYTES || bytes > 4096) return EINVAL;
  const out = new Uint8Array(ATTR_BYTES);
  const view = new DataView(out.buffer);
  view.setUint32(0, ATTR_BYTES, true);
  view.setUint32(4, target.policy, true);
  view.setUint32(8, target.resetOnFork ? s.SCHED_FLAG_RESET_ON_FORK : 0, true);
  if (fair(target.policy)) view.setInt32(16, target.nice, true);
  view.setUint32(20, target.realtimePriority, true);
  task.memory.write(at, out);
  return 0;
}

function setNice(task: Task, target: Task, wanted: number): Returned {
  const nice = Math.min(Math.max(wanted, s.PRIO_MIN), s.PRIO_MAX - 1);
  if (!owns(task, target)) return EPERM;
  if (nice < target.nice && 20 - nice > target.process.limit(RLIMIT_NICE) && !capable(task, CAP_SYS_NICE)) return EACCES;
  target.nice = nice;
  return 0;
}

/** The tasks that PRIO_* and IOPRIO_WHO_* mean. */
function meant(task: Task, kind: number, who: number): Task[] | Errno {
  const { pid: namespace } = task.namespaces;
  if (kind === s.PRIO_PROCESS) {
    const target = who === 0 ? task : namespace.tasks.get(who);
    return target === undefined ? [] : [target];
  }
  if (kind === s.PRIO_PGRP) {
    const group = who === 0 ? task.process.group : task.kernel.groups.get(globalOf(namespace, who));
    return group === undefined ? [] : [...group.members].flatMap((process) => [...process.threads]);
  }
  if (kind !== s.PRIO_USER) return EINVAL;
  const uid = who === 0 ? task.credentials.uid : who;
  return [...namespace.tasks.values()].filter((each) => each.credentials.uid === uid);
}

function setpriority(task: Task, kind: number, who: number, nice: number): Returned {
  const targets = meant(task, kind, who);
  if (failed(targets)) return targets;
  let result: Returned = ESRCH;
  for (const target of targets) {
    const outcome = setNice(task, target, nice);
    result = result === ESRCH || outcome !== 0 ? outcome : result;
  }
  return result;
}

/** 1 to 40 for nice 19 to -20. */
function getpriority(task: Task, kind: number, who: number): Returned {
  const targets = meant(task, kind, who);
  if (failed(targets)) return targets;
  return targets.length === 0 ? ESRCH : Math.max(...targets.map((target) => 20 - target.nice));
}

function ioprioSet(task: Task, kind: number, who: number, priority: number): Returned {
  const class_ = priority >> s.IOPRIO_CLASS_SHIFT;
  if (class_ < s.IOPRIO_CLASS_NONE || class_ > s.IOPRIO_CLASS_IDLE) return EINVAL;
  if (class_ === s.IOPRIO_CLASS_RT && !capable(task, CAP_SYS_NICE)) return EPERM;
  if (class_ === s.IOPRIO_CLASS_NONE && (priority & 7) !== 0) return EINVAL;
  const targets = meant(task, kind - 1, who);
  if (failed(targets)) return targets;
  if (targets.length === 0) return ESRCH;
  if (!targets.every((target) => owns(task, target))) return EPERM;
  for (const target of targets) target.ioPriority = priority;
  return 0;
}

function ioprioGet(task: Task, kind: number, who: number): Returned {
  const targets = meant(task, kind - 1, who);
  if (failed(targets)) return targets;
  if (targets.length === 0) return ESRCH;
  // Without one of its own a task has that of its nice value (Linux: __get_task_ioprio).
  const of = (target: Task): number => (target.ioPriority >> s.IOPRIO_CLASS_SHIFT !== 0 ? target.ioPriority : (s.IOPRIO_CLASS_BE << s.IOPRIO_CLASS_SHIFT) | Math.floor((target.nice + 20) / 5));
  return Math.min(...targets.map(of));
}

const policies = oneOf("SCHED_NORMAL", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_IDLE", "SCHED_DEADLINE");
const ROUND_ROBIN = "all tasks share the processor in turn, whatever their policy or priority";

export const calls = [
  syscall(30, "ioprio_set", [int, int, int], ioprioSet),
  syscall(31, "ioprio_get", [int, int], ioprioGet),
  syscall(118, "sched_setparam", [pid, pointer], (task, number, at) => {
    const target = taskOf(task, number);
    if (failed(target)) return target;
    return at === 0 ? EINVAL : setScheduler(task, target, target.policy, task.memory.readI32(at), target.resetOnFork);
  }, ROUND_ROBIN),
  syscall(119, "sched_setscheduler", [pid, policies, pointer], setschedulerOf, ROUND_ROBIN),
  syscall(120, "sched_getscheduler", [pid], (task, number) => {
    const target = taskOf(task, number);
    return failed(target) ? target : target.policy | (target.resetOnFork ? s.SCHED_RESET_ON_FORK : 0);
  }),
  syscall(121, "sched_getparam", [pid, pointer], (task, number, at) => {
    const target = taskOf(task, number);
    if (failed(target)) return target;
    if (at === 0) return EINVAL;
    task.memory.writeI32(at, target.realtimePriority);
    return 0;
  }),
  syscall(122, "sched_setaffinity", [pid, size, pointer], (task, number, bytes, at) => {
    const target = taskOf(task, number);
    if (failed(target)) return target;
    if (bytes === 0) return EINVAL;
    const first = task.memory.read(at, 1)[0];
    if (!owns(task, target)) return EPERM;
    return (first & 1) === 0 ? EINVAL : 0;
  }),
  syscall(123, "sched_getaffinity", [pid, size, pointer], (task, number, bytes, at) => {
    if (bytes < 8 || bytes % 8 !== 0) return EINVAL;
    const target = taskOf(task, number);
    if (failed(target)) return target;
    task.memory.writeU64(at, 1);
    return 8;
  }),
  syscall(124, "sched_yield", [], (task) => {
    task.kernel.scheduler.yield();
    return 0;
  }),
  syscall(125, "sched_get_priority_max", [policies], (_task, policy) => (realtime(policy) ? 99 : fair(policy) || policy === s.SCHED_DEADLINE ? 0 : EINVAL)),
  syscall(126, "sched_get_priority_min", [policies], (_task, policy) => (realtime(policy) ? 1 : fair(policy) || policy === s.SCHED_DEADLINE ? 0 : EINVAL)),
  syscall(127, "sched_rr_get_interval", [pid, pointer], (task, number, at) => {
    const target = taskOf(task, number);
    if (failed(target)) return target;
    task.memory.writeU64(at, 0);
    task.memory.writeU64(at + 8, target.policy === s.SCHED_FIFO ? 0 : target.policy === s.SCHED_RR ? 100_000_000 : 4_000_000);
    return 0;
  }),
  syscall(140, "setpriority", [oneOf("PRIO_PROCESS", "PRIO_PGRP", "PRIO_USER"), int, int], setpriority, ROUND_ROBIN),
  syscall(141, "getpriority", [oneOf("PRIO_PROCESS", "PRIO_PGRP", "PRIO_USER"), int], getpriority),
  syscall(168, "getcpu", [pointer, pointer, pointer], (task, cpuAt, nodeAt) => {
    if (cpuAt !== 0) task.memory.writeU32(cpuAt, 0);
    if (nodeAt !== 0) task.memory.writeU32(nodeAt, 0);
    return 0;
  }),
  syscall(274, "sched_setattr", [pid, pointer, flags()], (task, number, at) => setattr(task, number, at), `no SCHED_DEADLINE; ${ROUND_ROBIN}`),
  syscall(275, "sched_getattr", [pid, pointer, uint, flags()], (task, number, at, bytes) => getattr(task, number, at, bytes)),
];
