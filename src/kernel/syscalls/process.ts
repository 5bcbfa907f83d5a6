// Making, ending and waiting for processes; their numbers, groups and sessions.
import { E2BIG, EACCES, EAGAIN, EBADF, EINVAL, EPERM, ESRCH, Errno, failed } from "../../abi/errno.js";
import * as sched from "../../abi/sched.js";
import {
  P_ALL, P_PGID, P_PID, P_PIDFD, WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WSTOPPED, WUNTRACED, __WALL, __WCLONE, __WNOTHREAD, exitedStatus,
} from "../../abi/wait.js";
import { RLIMIT_NOFILE } from "../../abi/resource.js";
import { SIGINFO_BYTES, encodeSiginfo } from "../../abi/siginfo.js";
import { SIGCHLD } from "../../abi/signal.js";
import { globalOf, numberIn } from "../namespaces/pid.js";
import { type Returned, missing, syscall } from "../syscall.js";
import { encodeUsage } from "../task/accounting.js";
import { AS_SET } from "../task/as-set.js";
import { type CloneRequest, cloneTask, hasFlag } from "../task/clone.js";
import { leaveGroup } from "../task/exit.js";
import { PidFile } from "../task/pidfd.js";
import { ProcessGroup, Session } from "../task/process-group.js";
import type { Process } from "../task/process.js";
import { endProcess } from "../task/signals.js";
import type { Task } from "../task/task.js";
import { type Whom, exitThread, waitForChild } from "../task/wait.js";
import { Wait, waitFor } from "../wait.js";
import { flags, int, looseFlags, oneOf, pid, pointer, size, slot } from "./arguments.js";

const NAMESPACES = [
  sched.CLONE_NEWNS, sched.CLONE_NEWCGROUP, sched.CLONE_NEWUTS, sched.CLONE_NEWIPC, sched.CLONE_NEWUSER, sched.CLONE_NEWPID, sched.CLONE_NEWNET,
];

interface CloneArguments extends CloneRequest {
  readonly parentTid: number;
  readonly pidfd: number;
}

/** As Linux copy_process refuses combinations. */
function refused(task: Task, f: number): Errno | undefined {
  const has = (flag: number): boolean => hasFlag(f, flag);
  if (NAMESPACES.some(has)) return EINVAL;
  if (has(sched.CLONE_THREAD) && !has(sched.CLONE_SIGHAND)) return EINVAL;
  if (has(sched.CLONE_SIGHAND) && !has(sched.CLONE_VM)) return EINVAL;
  if (has(sched.CLONE_SIGHAND) && has(sched.CLONE_CLEAR_SIGHAND)) return EINVAL;
  if (has(sched.CLONE_PIDFD) && has(sched.CLONE_DETACHED)) return EINVAL;
  if (has(sched.CLONE_THREAD) && task.namespaces.pidForChildren !== task.namespaces.pid) return EINVAL;
  if (has(sched.CLONE_PARENT) && task.namespaces.pid.init === task.process) return EINVAL;
  if (has(sched.CLONE_INTO_CGROUP)) return EINVAL;
  return undefined;
}

/** A descriptor for the child to come, held by a file that stands for the caller; EMFILE before anything is made. */
function reservePidfd(task: Task): number | Errno {
  return task.files.install(new PidFile(task, task.process, 0), true, task.process.limit(RLIMIT_NOFILE));
}

function givePidfd(task: Task, child: Task, fd: number, at: number): void {
  if (child.files !== task.files) child.files.close(child, fd);
  // The place is paid for; where the file can't be, the descriptor goes on standing for the caller.
  task.files.replace(task, fd, new PidFile(task, child.process, 0), true);
  tryWrite(task, at, fd);
}

/** Writes to memory that may turn out not to be there: the child is made all the same, as on Linux. */
function tryWrite(task: Task, at: number, value: number): void {
  try {
    task.memory.writeI32(at, value);
  } catch {
    // The caller finds its own word unchanged.
  }
}

function clone(task: Task, request: CloneArguments): Returned {
  if (task.resume.note !== undefined) return task.vforkChild === undefined ? task.resume.note : waitFor(task.vforkChild.released, Infinity, "uninterruptible");
  const wrong = refused(task, request.flags);
  if (wrong !== undefined) return wrong;
  const reserved = hasFlag(request.flags, sched.CLONE_PIDFD) ? reservePidfd(task) : undefined;
  if (failed(reserved)) return reserved;
  const child = cloneTask(task, request);
  if (failed(child)) {
    if (reserved !== undefined) task.files.close(task, reserved);
    return child;
  }
  const number = numberIn(task.namespaces.pid, child.tid);
  if (reserved !== undefined) givePidfd(task, child, reserved, request.pidfd);
  if (hasFlag(request.flags, sched.CLONE_PARENT_SETTID)) tryWrite(task, request.parentTid, number);
  if (hasFlag(request.flags, sched.CLONE_CHILD_SETTID)) tryWrite(child, request.childTid, numberIn(child.namespaces.pid, child.tid));
  task.kernel.scheduler.enqueue(child);
  if (!hasFlag(request.flags, sched.CLONE_VFORK)) return number;
  child.vforkParent = task;
  task.vforkChild = child;
  task.resume.note = number;
  return waitFor(child.released, Infinity, "uninterruptible");
}

function clone3(task: Task, at: number, bytes: number): Returned {
  if (task.resume.note === undefined && bytes > 4096) return E2BIG;
  if (task.resume.note === undefined && bytes < sched.CLONE_ARGS_SIZE_VER0) return EINVAL;
  const known = task.memory.read(at, Math.min(bytes, 4096));
  if (known.subarray(sched.CLONE_ARGS_SIZE_VER2).some((byte) => byte !== 0)) return EINVAL;
  const view = new DataView(known.buffer, known.byteOffset, known.length);
  const field = (offset: number): number => (offset + 8 <= known.length ? Number(view.getBigUint64(offset, true)) : 0);
  const [f, pidfd, childTid, parentTid, exitSignal, stack, stackSize, tls, setTid, setTidSize] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 72].map(field);
  if (f >= 2 ** 34 || (f & 0xff & ~sched.CLONE_NEWTIME) !== 0 || hasFlag(f, sched.CLONE_DETACHED) || exitSignal > 64) return EINVAL;
  if (hasFlag(f, sched.CLONE_NEWTIME) || setTid !== 0 || setTidSize !== 0) return EINVAL;
  if ((hasFlag(f, sched.CLONE_THREAD) || hasFlag(f, sched.CLONE_PARENT)) && exitSignal !== 0) return EINVAL;
  if ((stack === 0) !== (stackSize === 0)) return EINVAL;
  return clone(task, { flags: f, exitSignal, stack: stack + stackSize, tls, childTid, parentTid, pidfd });
}

const waitOptions = looseFlags("WNOHANG", "WUNTRACED", "WCONTINUED", "__WALL", "__WCLONE", "__WNOTHREAD");

function whom(task: Task, number: number): Whom | Errno {
  const { pid: namespace } = task.namespaces;
  if (number === -1) return { kind: "all" };
  if (number === 0) return { kind: "group", id: task.process.group.id };
  if (number === -0x80000000) return ESRCH;
  const global = globalOf(namespace, Math.abs(number));
  return number < 0 ? { kind: "group", id: global } : { kind: "process", pid: global };
}

/** Runs what writes to the program's memory. As Linux, a child is gone though the program could not be told: the errno is for later. */
function refusedTell(tell: () => void): Errno | undefined {
  try {
    tell();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Errno) return thrown;
    throw thrown;
  }
}

function wait4(task: Task, number: number, status: number, options: number, usage: number): Returned {
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) !== 0) return EINVAL;
  const who = whom(task, number);
  if (failed(who)) return who;
  const event = waitForChild(task, who, options | WEXITED | WNOWAIT);
  if (event === undefined) return 0;
  if (failed(event) || event instanceof Wait) return event;
  const child = numberIn(task.namespaces.pid, event.child.pid);
  const refused = refusedTell(() => {
    if (status !== 0) task.memory.writeI32(status, event.status);
    if (usage !== 0) task.memory.write(usage, encodeUsage(event.usage));
  });
  waitForChild(task, { kind: "process", pid: event.child.pid }, options | WEXITED | __WALL);
  return refused ?? child;
}

function waitidWhom(task: Task, kind: number, number: number): Whom | Errno {
  const { pid: namespace } = task.namespaces;
  if (kind === P_ALL) return { kind: "all" };
  if (kind === P_PID) return number <= 0 ? EINVAL : { kind: "process", pid: globalOf(namespace, number) };
  if (kind === P_PGID) {
    if (number < 0) return EINVAL;
    return { kind: "group", id: number === 0 ? task.process.group.id : globalOf(namespace, number) };
  }
  if (kind !== P_PIDFD) return EINVAL;
  const file = task.files.get(number);
  if (failed(file)) return file;
  return file instanceof PidFile ? { kind: "process", pid: file.process.reaped ? -1 : file.process.pid } : EBADF;
}

function waitid(task: Task, kind: number, number: number, info: number, options: number, usage: number): Returned {
  const known = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
  if ((options & ~known) !== 0 || (options & (WEXITED | WSTOPPED | WCONTINUED)) === 0) return EINVAL;
  const who = waitidWhom(task, kind, number);
  if (failed(who)) return who;
  const event = waitForChild(task, who, options | WNOWAIT);
  if (failed(event)) return event;
  if (event instanceof Wait) {
    const file = kind === P_PIDFD ? task.files.get(number) : undefined;
    return file !== undefined && !failed(file) && file.nonblocking ? EAGAIN : event;
  }
  const bytes = new Uint8Array(SIGINFO_BYTES);
  if (event !== undefined) {
    const uid = event.child.leader.credentials.uid;
    encodeSiginfo(new DataView(bytes.buffer), 0, {
      kind: "child", signo: SIGCHLD, code: event.code, pid: numberIn(task.namespaces.pid, event.child.pid), uid, status: event.detail, utimeTicks: 0, stimeTicks: 0,
    });
  }
  const refused = refusedTell(() => {
    if (info !== 0) task.memory.write(info, bytes);
    if (event !== undefined && usage !== 0) task.memory.write(usage, encodeUsage(event.usage));
  });
  if (event !== undefined && (options & WNOWAIT) === 0) waitForChild(task, { kind: "process", pid: event.child.pid }, options | __WALL);
  return refused ?? 0;
}

/** The process with a number of the caller's namespace; 0 is the caller. */
function processOf(task: Task, number: number): Process | undefined {
  return number === 0 ? task.process : task.namespaces.pid.tasks.get(number)?.process;
}

function setpgid(task: Task, who: number, to: number): Returned {
  if (to < 0) return EINVAL;
  const { pid: namespace } = task.namespaces;
  const target = who === 0 ? task.process.leader : namespace.tasks.get(who);
  if (target === undefined) return ESRCH;
  const { process, kernel } = target;
  if (target !== process.leader) return EINVAL;
  if (process.parent === task.process) {
    if (process.group.session !== task.process.group.session) return EPERM;
    if (process.executed) return EACCES;
  } else if (process !== task.process) return ESRCH;
  if (process.group.session.leader === process) return EPERM;
  const id = to === 0 ? process.pid : globalOf(namespace, to);
  let group = kernel.groups.get(id);
  if (id !== process.pid && group?.session !== task.process.group.session) return EPERM;
  const { session } = process.group;
  if (group === process.group) return 0;
  if (group === undefined) kernel.groups.set(id, (group = new ProcessGroup(id, session)));
  group.members.add(process);
  leaveGroup(process);
  process.group = group;
  return 0;
}

function setsid(task: Task): Returned {
  const { process, kernel } = task;
  if (kernel.groups.has(process.pid)) return EPERM;
  const session = new Session(process.pid);
  session.leader = process;
  kernel.sessions.set(session.id, session);
  const group = new ProcessGroup(process.pid, session);
  kernel.groups.set(group.id, group);
  group.members.add(process);
  leaveGroup(process);
  process.group = group;
  return numberIn(task.namespaces.pid, session.id);
}

function pidfdOpen(task: Task, number: number, how: number): Returned {
  if (number <= 0) return EINVAL;
  const target = task.namespaces.pid.tasks.get(number);
  if (target === undefined) return ESRCH;
  if (target !== target.process.leader) return EINVAL;
  return task.files.install(new PidFile(task, target.process, how), true, task.process.limit(RLIMIT_NOFILE));
}

function pidfdGetfd(task: Task, fd: number, target: number): Returned {
  const file = task.files.get(fd);
  if (failed(file)) return file;
  if (!(file instanceof PidFile)) return EBADF;
  if (file.process.ended) return ESRCH;
  if (!mayAttach(task, file.process)) return EPERM;
  const wanted = file.process.leader.files.get(target);
  return failed(wanted) ? wanted : task.files.install(wanted, true, task.process.limit(RLIMIT_NOFILE));
}

/** As Linux ptrace_may_access(PTRACE_MODE_ATTACH_REALCREDS). */
export function mayAttach(task: Task, target: Process): boolean {
  if (target === task.process || task.credentials.has(19)) return true;
  const { credentials: own } = task;
  const { credentials: theirs } = target.leader;
  const same = [theirs.uid, theirs.euid, theirs.suid].every((id) => id === own.uid) && [theirs.gid, theirs.egid, theirs.sgid].every((id) => id === own.gid);
  return same && target.dumpable === 1 && (theirs.permitted & ~own.permitted) === 0n;
}

const cloneFlags = looseFlags("CLONE_VM", "CLONE_FS", "CLONE_FILES", "CLONE_SIGHAND", "CLONE_PIDFD", "CLONE_VFORK", "CLONE_PARENT", "CLONE_THREAD", "CLONE_NEWNS",
  "CLONE_SYSVSEM", "CLONE_SETTLS", "CLONE_PARENT_SETTID", "CLONE_CHILD_CLEARTID", "CLONE_DETACHED", "CLONE_CHILD_SETTID", "CLONE_NEWCGROUP", "CLONE_NEWUTS",
  "CLONE_NEWIPC", "CLONE_NEWUSER", "CLONE_NEWPID", "CLONE_NEWNET", "CLONE_IO");

const noNamespaces = "no new namespaces, no CLONE_INTO_CGROUP, no set_tid";

export const calls = [
  syscall(93, "exit", [int], (task, code) => {
    exitThread(task, exitedStatus(code));
    return AS_SET;
  }),
  syscall(94, "exit_group", [int], (task, code) => {
    endProcess(task.process, exitedStatus(code));
    return AS_SET;
  }),
  syscall(95, "waitid", [oneOf("P_ALL", "P_PID", "P_PGID", "P_PIDFD"), int, pointer, waitOptions, pointer], waitid, "__WNOTHREAD is ignored"),
  syscall(96, "set_tid_address", [pointer], (task, at) => {
    task.clearChildTid = at;
    return numberIn(task.namespaces.pid, task.tid);
  }),
  syscall(97, "unshare", [cloneFlags], (task, what) => {
    if (NAMESPACES.some((flag) => hasFlag(what, flag)) || hasFlag(what, sched.CLONE_NEWTIME)) return EINVAL;
    if (hasFlag(what, sched.CLONE_FILES) && task.files.users > 1) {
      const copy = task.files.copy(task.cgroup);
      if (failed(copy)) return copy;
      task.files.users--;
      task.files = copy;
    }
    if (hasFlag(what, sched.CLONE_FS)) task.fs = task.fs.copy();
    const alone = sched.CLONE_THREAD | sched.CLONE_SIGHAND | sched.CLONE_VM;
    return (what & alone) !== 0 && task.process.threads.size > 1 ? EINVAL : 0;
  }, "no new namespaces"),
  missing(268, "setns"),
  syscall(154, "setpgid", [pid, pid], setpgid),
  syscall(155, "getpgid", [pid], (task, who) => {
    const process = processOf(task, who);
    return process === undefined ? ESRCH : numberIn(task.namespaces.pid, process.group.id);
  }),
  syscall(156, "getsid", [pid], (task, who) => {
    const process = processOf(task, who);
    return process === undefined ? ESRCH : numberIn(task.namespaces.pid, process.group.session.id);
  }),
  syscall(157, "setsid", [], setsid),
  syscall(172, "getpid", [], (task) => numberIn(task.namespaces.pid, task.process.pid)),
  syscall(173, "getppid", [], (task) => {
    const { parent } = task.process;
    return parent === undefined ? 0 : numberIn(task.namespaces.pid, parent.pid);
  }),
  syscall(178, "gettid", [], (task) => numberIn(task.namespaces.pid, task.tid)),
  syscall(220, "clone", [cloneFlags, pointer, pointer, size, pointer], (task, f, stack, parentTid, tls, childTid) => {
    if (task.resume.note === undefined && hasFlag(f, sched.CLONE_PIDFD) && hasFlag(f, sched.CLONE_PARENT_SETTID)) return EINVAL;
    return clone(task, { flags: f - (f % 256), exitSignal: f % 256, stack, tls, childTid, parentTid, pidfd: parentTid });
  }, noNamespaces),
  syscall(435, "clone3", [pointer, size], clone3, noNamespaces),
  syscall(260, "wait4", [pid, pointer, waitOptions, pointer], wait4, "__WNOTHREAD is ignored"),
  syscall(434, "pidfd_open", [pid, flags("PIDFD_NONBLOCK")], pidfdOpen, "no PIDFD_THREAD"),
  syscall(438, "pidfd_getfd", [slot, slot, flags()], pidfdGetfd),
];
