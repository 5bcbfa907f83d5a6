// Resource limits and usage (getrlimit(2), getrusage(2)).
import { CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { EINVAL, EPERM, ESRCH, type Errno, failed } from "../../abi/errno.js";
import { RLIMIT_BYTES, RLIMIT_CPU, RLIMIT_NOFILE, RLIM_INFINITY, RLIM_NLIMITS, RUSAGE_CHILDREN, RUSAGE_SELF, RUSAGE_THREAD } from "../../abi/resource.js";
import { type Returned, syscall } from "../syscall.js";
import { encodeUsage, processUsage, taskUsage } from "../task/accounting.js";
import { capable } from "../task/credentials.js";
import type { Process } from "../task/process.js";
import type { Rlimit } from "../task/rlimits.js";
import type { Task } from "../task/task.js";
import { int, pid, pointer } from "./arguments.js";

/** sysctl fs.nr_open: no limit on descriptors goes beyond. */
const NR_OPEN = 1048576;

const decode = (value: bigint): number => (value === RLIM_INFINITY ? Infinity : Number(value));
const encode = (value: number): bigint => (value === Infinity ? RLIM_INFINITY : BigInt(value));

function readLimit(task: Task, at: number): Rlimit {
  const bytes = task.memory.read(at, RLIMIT_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, RLIMIT_BYTES);
  return { soft: decode(view.getBigUint64(0, true)), hard: decode(view.getBigUint64(8, true)) };
}

function writeLimit(task: Task, at: number, { soft, hard }: Rlimit): void {
  const bytes = new Uint8Array(RLIMIT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, encode(soft), true);
  view.setBigUint64(8, encode(hard), true);
  task.memory.write(at, bytes);
}

function set(task: Task, target: Process, resource: number, to: Rlimit): Errno | undefined {
  if (to.soft > to.hard) return EINVAL;
  if (resource === RLIMIT_NOFILE && to.hard > NR_OPEN) return EPERM;
  if (to.hard > target.rlimits[resource].hard && !capable(task, CAP_SYS_RESOURCE, target.leader.namespaces.user)) return EPERM;
  target.rlimits[resource] = to;
  if (resource === RLIMIT_CPU && to.soft !== Infinity) target.watchesCpu = true;
  return undefined;
}

/** Whether the limits of another process may be seen and set (Linux: check_prlimit_permission). */
function may(task: Task, target: Task): boolean {
  if (target.process === task.process) return true;
  const { uid, gid } = task.credentials;
  const { credentials: theirs } = target;
  const same = theirs.uid === uid && theirs.euid === uid && theirs.suid === uid && theirs.gid === gid && theirs.egid === gid && theirs.sgid === gid;
  return same || capable(task, CAP_SYS_RESOURCE, target.namespaces.user);
}

function prlimit(task: Task, number: number, resource: number, newAt: number, oldAt: number): Returned {
  if (resource < 0 || resource >= RLIM_NLIMITS) return EINVAL;
  const to = newAt === 0 ? undefined : readLimit(task, newAt);
  const target = number === 0 ? task : task.namespaces.pid.tasks.get(number);
  if (target === undefined) return ESRCH;
  if (!may(task, target)) return EPERM;
  const old = { ...target.process.rlimits[resource] };
  if (oldAt !== 0) writeLimit(task, oldAt, old);
  const failure = to === undefined ? undefined : set(task, target.process, resource, to);
  return failure ?? 0;
}

function getrusage(task: Task, who: number, at: number): Returned {
  task.kernel.scheduler.settle();
  if (who !== RUSAGE_SELF && who !== RUSAGE_CHILDREN && who !== RUSAGE_THREAD) return EINVAL;
  const usage = who === RUSAGE_CHILDREN ? task.process.childUsage : who === RUSAGE_THREAD ? taskUsage(task) : processUsage(task.process);
  task.memory.write(at, encodeUsage(usage));
  return 0;
}

export const calls = [
  syscall(163, "getrlimit", [int, pointer], (task, resource, at) => {
    if (resource < 0 || resource >= RLIM_NLIMITS) return EINVAL;
    writeLimit(task, at, task.process.rlimits[resource]);
    return 0;
  }),
  syscall(164, "setrlimit", [int, pointer], (task, resource, at) => {
    const to = readLimit(task, at);
    if (resource < 0 || resource >= RLIM_NLIMITS) return EINVAL;
    const failure = set(task, task.process, resource, to);
    return failed(failure) ? failure : 0;
  }),
  syscall(165, "getrusage", [int, pointer], getrusage, "no block I/O counts"),
  syscall(261, "prlimit64", [pid, int, pointer, pointer], prlimit),
];
