// Signals: actions, masks, sending, waiting (signal(7)).
import { CAP_KILL } from "../../abi/capability.js";
import { EAGAIN, EBADF, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH, type Errno, failed } from "../../abi/errno.js";
import { encodeSiginfo, SIGINFO_BYTES, type Siginfo } from "../../abi/siginfo.js";
import {
  NSIG, SA_EXPOSE_TAGBITS, SA_NOCLDSTOP, SA_NOCLDWAIT, SA_NODEFER, SA_ONSTACK, SA_RESETHAND, SA_RESTART, SA_SIGINFO, SIGACTION_BYTES, SIGCONT, SIGKILL, SIGSTOP,
  SIG_BLOCK, SIG_DFL, SIG_IGN, SIG_SETMASK, SIG_UNBLOCK, SI_TKILL, SI_USER, SS_AUTODISARM, STACK_T_BYTES, defaultAction,
} from "../../abi/signal.js";
import { u64 } from "../../abi/bytes.js";
import { globalOf } from "../namespaces/pid.js";
import { type Returned, syscall } from "../syscall.js";
import { AS_SET } from "../task/as-set.js";
import { takeSignal } from "../task/attention.js";
import { capable } from "../task/credentials.js";
import { PidFile } from "../task/pidfd.js";
import type { Process } from "../task/process.js";
import { SP, readRegister } from "../task/registers.js";
import { alternateStackState, popFrame, setAlternateStack } from "../task/signal-frame.js";
import { signalBit } from "../task/signal-queue.js";
import { UNBLOCKABLE, fromTask, sendToProcess, sendToTask, setBlocked, setTemporaryMask } from "../task/signals.js";
import type { Task } from "../task/task.js";
import { Wait, waitFor } from "../wait.js";
import { flags, oneOf, pid, pointer, signal, size, slot, timeout } from "./arguments.js";

const MASK_BYTES = 8;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const readMask = (task: Task, at: number): bigint => viewOf(task.memory.read(at, MASK_BYTES)).getBigUint64(0, true);

function writeMask(task: Task, at: number, mask: bigint): void {
  const bytes = new Uint8Array(MASK_BYTES);
  viewOf(bytes).setBigUint64(0, mask, true);
  task.memory.write(at, bytes);
}

/** What the kernel remembers of sa_flags; the others are cleared, so that programs can ask what is supported. */
const KNOWN_FLAGS = (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND) >>> 0;

function sigaction(task: Task, signo: number, actAt: number, oldAt: number, bytes: number): Returned {
  if (bytes !== MASK_BYTES) return EINVAL;
  if (signo < 1 || signo > NSIG || (actAt !== 0 && (signo === SIGKILL || signo === SIGSTOP))) return EINVAL;
  const { process } = task;
  const old = process.actions.get(signo);
  const given = actAt === 0 ? undefined : viewOf(task.memory.read(actAt, SIGACTION_BYTES));
  if (oldAt !== 0) {
    const out = new Uint8Array(SIGACTION_BYTES);
    u64(viewOf(out), 0, old.handler);
    u64(viewOf(out), 8, old.flags);
    viewOf(out).setBigUint64(16, old.mask, true);
    task.memory.write(oldAt, out);
  }
  if (given === undefined) return 0;
  const handler = Number(given.getBigUint64(0, true));
  process.actions.set(signo, { handler, flags: (given.getUint32(8, true) & KNOWN_FLAGS) >>> 0, mask: given.getBigUint64(16, true) & ~UNBLOCKABLE });
  // POSIX: a pending signal that is now ignored is forgotten, blocked or not.
  if (handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signo) === "ign")) {
    process.pending.discard(signalBit(signo));
    for (const thread of process.threads) thread.pending.discard(signalBit(signo));
  }
  return 0;
}

function sigprocmask(task: Task, how: number, setAt: number, oldAt: number, bytes: number): Returned {
  if (bytes !== MASK_BYTES) return EINVAL;
  const old = task.blocked;
  const set = setAt === 0 ? undefined : readMask(task, setAt);
  if (set !== undefined && how !== SIG_BLOCK && how !== SIG_UNBLOCK && how !== SIG_SETMASK) return EINVAL;
  if (oldAt !== 0) writeMask(task, oldAt, old);
  if (set === undefined) return 0;
  if (how === SIG_BLOCK) setBlocked(task, old | set);
  else setBlocked(task, how === SIG_UNBLOCK ? old & ~set : set);
  return 0;
}

/** As Linux kill_ok_by_cred; SIGCONT goes anywhere in the session. */
function maySignal(task: Task, target: Process, signo: number): boolean {
  if (target === task.process) return true;
  const { uid, euid } = task.credentials;
  const theirs = target.leader.credentials;
  if (euid === theirs.suid || euid === theirs.uid || uid === theirs.suid || uid === theirs.uid) return true;
  if (capable(task, CAP_KILL, target.leader.namespaces.user)) return true;
  return signo === SIGCONT && target.group.session === task.process.group.session;
}

function signalProcess(task: Task, target: Process, signo: number): Errno | undefined {
  if (!maySignal(task, target, signo)) return EPERM;
  return signo === 0 ? undefined : sendToProcess(target, fromTask(task, target, signo));
}

/** Sends to several: success if any could be sent, else the last error. */
function signalAll(task: Task, targets: Process[], signo: number): Returned {
  let sent = false;
  let error: Errno = ESRCH;
  for (const target of targets) {
    const failure = signalProcess(task, target, signo);
    if (failure === undefined) sent = true;
    else error = failure;
  }
  return sent ? 0 : error;
}

function kill(task: Task, number: number, signo: number): Returned {
  if (signo < 0 || signo > NSIG) return EINVAL;
  const { pid: namespace } = task.namespaces;
  if (number > 0) {
    const target = namespace.tasks.get(number);
    return target === undefined ? ESRCH : (signalProcess(task, target.process, signo) ?? 0);
  }
  if (number === -1) {
    const all = new Set([...namespace.tasks.values()].map((each) => each.process));
    const init = namespace.init ?? namespace.tasks.get(1)?.process;
    return signalAll(task, [...all].filter((process) => process !== init && process !== task.process), signo);
  }
  const id = number === 0 ? task.process.group.id : globalOf(namespace, -number);
  const group = task.kernel.groups.get(id);
  return group === undefined ? ESRCH : signalAll(task, [...group.members], signo);
}

function threadOf(task: Task, group: number, number: number): Task | Errno {
  const target = task.namespaces.pid.tasks.get(number);
  if (target === undefined) return ESRCH;
  if (group >= 0 && globalOf(task.namespaces.pid, group) !== target.process.pid) return ESRCH;
  return target;
}

function tkill(task: Task, group: number, number: number, signo: number): Returned {
  if (number <= 0 || group === 0 || group < -1 || signo < 0 || signo > NSIG) return EINVAL;
  const target = threadOf(task, group, number);
  if (failed(target)) return target;
  if (!maySignal(task, target.process, signo)) return EPERM;
  if (signo === 0) return 0;
  return sendToTask(target, fromTask(task, target.process, signo, SI_TKILL)) ?? 0;
}

/** siginfo_t as a program hands it in for rt_sigqueueinfo and pidfd_send_signal. */
function readSiginfo(task: Task, at: number, signo: number): Siginfo {
  const view = viewOf(task.memory.read(at, SIGINFO_BYTES));
  return {
    kind: "queued", signo, errno: view.getInt32(4, true), code: view.getInt32(8, true), pid: view.getInt32(16, true), uid: view.getUint32(20, true),
    value: view.getBigUint64(24, true),
  };
}

/** Only oneself may be told that a signal came from the kernel or by kill(2). */
const pretends = (info: Siginfo): boolean => info.code >= SI_USER || info.code === SI_TKILL;

function queueInfo(task: Task, group: number, number: number, signo: number, at: number): Returned {
  const info = readSiginfo(task, at, signo);
  if (signo < 0 || signo > NSIG || (group !== -1 && (group <= 0 || number <= 0))) return EINVAL;
  const target = threadOf(task, group, number);
  if (pretends(info) && (failed(target) || target.process !== task.process)) return EPERM;
  if (failed(target)) return target;
  if (!maySignal(task, target.process, signo)) return EPERM;
  if (signo === 0) return 0;
  return (group === -1 ? sendToProcess(target.process, info) : sendToTask(target, info)) ?? 0;
}

function pidfdSendSignal(task: Task, fd: number, signo: number, infoAt: number): Returned {
  const file = task.files.get(fd);
  if (failed(file)) return file;
  if (!(file instanceof PidFile)) return EBADF;
  if (signo < 0 || signo > NSIG) return EINVAL;
  const { process } = file;
  if (process.reaped) return ESRCH;
  const info = infoAt === 0 ? undefined : readSiginfo(task, infoAt, signo);
  if (info !== undefined && viewOf(task.memory.read(infoAt, 4)).getInt32(0, true) !== signo) return EINVAL;
  if (info !== undefined && pretends(info) && process !== task.process) return EPERM;
  if (!maySignal(task, process, signo)) return EPERM;
  return signo === 0 ? 0 : (sendToProcess(process, info ?? fromTask(task, process, signo)) ?? 0);
}

function sigtimedwait(task: Task, setAt: number, infoAt: number, limitNs: number | undefined, bytes: number): Returned {
  if (bytes !== MASK_BYTES) return EINVAL;
  const wanted = readMask(task, setAt) & ~UNBLOCKABLE;
  const until = task.deadline(limitNs);
  if (((task.pending.set | task.process.pending.set) & wanted) !== 0n) {
    // The address is tried before the signal is taken.
    if (infoAt !== 0) task.memory.write(infoAt, new Uint8Array(SIGINFO_BYTES));
    const info = takeSignal(task, ~wanted);
    if (info === undefined) return EAGAIN;
    const out = new Uint8Array(SIGINFO_BYTES);
    encodeSiginfo(viewOf(out), 0, info);
    if (infoAt !== 0) task.memory.write(infoAt, out);
    return info.signo;
  }
  if (task.kernel.clock.monotonicNs() >= until) return EAGAIN;
  return waitFor(task.process.signalled, until, "never");
}

function sigaltstack(task: Task, at: number, oldAt: number): Returned {
  const given = at === 0 ? undefined : viewOf(task.memory.read(at, STACK_T_BYTES));
  const { alternateStack: stack } = task;
  const sp = readRegister(task, SP);
  if (oldAt !== 0) {
    const out = new Uint8Array(STACK_T_BYTES);
    u64(viewOf(out), 0, stack.sp);
    viewOf(out).setUint32(8, alternateStackState(task, sp) | (stack.flags & SS_AUTODISARM), true);
    u64(viewOf(out), 16, stack.size);
    task.memory.write(oldAt, out);
  }
  if (given === undefined) return 0;
  const to = { sp: Number(given.getBigUint64(0, true)), flags: given.getUint32(8, true), size: Number(given.getBigUint64(16, true)) };
  const outcome = setAlternateStack(task, to, sp);
  if (outcome === "in use") return EPERM;
  if (outcome === "small") return ENOMEM;
  return outcome === "invalid" ? EINVAL : 0;
}

const how = oneOf("SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK");

export const calls = [
  syscall(129, "kill", [pid, signal], kill),
  syscall(130, "tkill", [pid, signal], (task, number, signo) => tkill(task, -1, number, signo)),
  syscall(131, "tgkill", [pid, pid, signal], (task, group, number, signo) => (group <= 0 ? EINVAL : tkill(task, group, number, signo))),
  syscall(132, "sigaltstack", [pointer, pointer], sigaltstack),
  syscall(133, "rt_sigsuspend", [pointer, size], (task, at, bytes) => {
    if (bytes !== MASK_BYTES) return EINVAL;
    if (at === 0) return EFAULT;
    setTemporaryMask(task, readMask(task, at));
    return new Wait([], Infinity, "nohand");
  }),
  syscall(134, "rt_sigaction", [signal, pointer, pointer, size], sigaction),
  syscall(135, "rt_sigprocmask", [how, pointer, pointer, size], sigprocmask),
  syscall(136, "rt_sigpending", [pointer, size], (task, at, bytes) => {
    if (bytes > MASK_BYTES) return EINVAL;
    const out = new Uint8Array(MASK_BYTES);
    viewOf(out).setBigUint64(0, (task.pending.set | task.process.pending.set) & task.blocked, true);
    task.memory.write(at, out.subarray(0, bytes));
    return 0;
  }),
  syscall(137, "rt_sigtimedwait", [pointer, pointer, timeout, size], sigtimedwait),
  syscall(138, "rt_sigqueueinfo", [pid, signal, pointer], (task, number, signo, at) => queueInfo(task, -1, number, signo, at)),
  syscall(139, "rt_sigreturn", [], (task) => {
    popFrame(task);
    return AS_SET;
  }),
  syscall(240, "rt_tgsigqueueinfo", [pid, pid, signal, pointer], (task, group, number, signo, at) => (group <= 0 ? EINVAL : queueInfo(task, group, number, signo, at))),
  syscall(424, "pidfd_send_signal", [slot, signal, pointer, flags()], (task, fd, signo, at) => pidfdSendSignal(task, fd, signo, at), "no PIDFD_SIGNAL_* scopes"),
];
