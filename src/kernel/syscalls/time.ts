// Clocks, sleeping, interval timers and POSIX timers (time(7)).
import { CAP_SYS_TIME, CAP_WAKE_ALARM } from "../../abi/capability.js";
import { i64 } from "../../abi/bytes.js";
import { EAGAIN, EINVAL, EOPNOTSUPP, EPERM, type Errno, failed } from "../../abi/errno.js";
import { NSIG, SIGALRM, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD_ID } from "../../abi/signal.js";
import * as t from "../../abi/time.js";
import { cost } from "../cgroups/costs.js";
import { taskByNumber } from "../namespaces/pid.js";
import { type Returned, missing, syscall } from "../syscall.js";
import { processUsage } from "../task/accounting.js";
import { capable } from "../task/credentials.js";
import type { Process } from "../task/process.js";
import { SleepWait } from "../task/sleep.js";
import type { Task } from "../task/task.js";
import { AlarmTimer, PosixTimer } from "../task/timers.js";
import type { Timestamp } from "../vfs/inode.js";
import { int, looseFlags, oneOf, pointer, timespec } from "./arguments.js";

const fromNs = (ns: number): Timestamp => ({ sec: Math.floor(ns / 1e9), nsec: Math.floor(ns % 1e9) });

function writeTime(task: Task, at: number, { sec, nsec }: Timestamp, unit = 1): void {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  i64(view, 0, sec);
  i64(view, 8, Math.floor(nsec / unit));
  task.memory.write(at, bytes);
}

/** Seconds and a fraction in units of `unit` nanoseconds, as nanoseconds; EINVAL. */
function readTime(task: Task, at: number, unit: number): number | Errno {
  const bytes = task.memory.read(at, 16);
  const { seconds, nanoseconds } = t.decodeTimespec(new DataView(bytes.buffer, bytes.byteOffset, 16), 0);
  return seconds < 0 || nanoseconds < 0 || nanoseconds * unit >= 1e9 ? EINVAL : seconds * 1e9 + nanoseconds * unit;
}

const threadNs = (task: Task): number => {
  task.kernel.scheduler.settle();
  return task.userNs + task.systemNs;
};

const processNs = (process: Process): number => {
  process.kernel.scheduler.settle();
  const usage = processUsage(process);
  return usage.userNs + usage.systemNs;
};

/** Processor time clocks of others (clock_getcpuclockid(3)): the complement of a pid in the upper bits, then kind and "thread". */
function cpuClock(task: Task, clock: number): number | Errno {
  const number = ~(clock >> 3);
  const target = number === 0 ? task : taskByNumber(task.namespaces.pid, number);
  if (target === undefined || (clock & 3) === 3) return EINVAL;
  if ((clock & 4) !== 0) return target.process === task.process ? threadNs(target) : EINVAL;
  return target === target.process.leader ? processNs(target.process) : EINVAL;
}

/** What a clock shows. */
function read(task: Task, clock: number): Timestamp | Errno {
  const { clock: guest } = task.kernel;
  const { time } = task.namespaces;
  switch (clock) {
    case t.CLOCK_REALTIME:
    case t.CLOCK_REALTIME_COARSE:
    case t.CLOCK_REALTIME_ALARM:
    case t.CLOCK_TAI:
      return guest.realtime();
    case t.CLOCK_MONOTONIC:
    case t.CLOCK_MONOTONIC_RAW:
    case t.CLOCK_MONOTONIC_COARSE:
      return fromNs(guest.monotonicNs() + time.monotonicOffsetNs);
    case t.CLOCK_BOOTTIME:
    case t.CLOCK_BOOTTIME_ALARM:
      return fromNs(guest.monotonicNs() + time.boottimeOffsetNs);
    case t.CLOCK_PROCESS_CPUTIME_ID:
      return fromNs(processNs(task.process));
    case t.CLOCK_THREAD_CPUTIME_ID:
      return fromNs(threadNs(task));
    default: {
      const ns = clock < 0 ? cpuClock(task, clock) : EINVAL;
      return failed(ns) ? ns : fromNs(ns);
    }
  }
}

/** Guest monotonic time at which `clock` shows `sec` and `nsec`. */
function absolute(task: Task, clock: number, sec: number, nsec: number): number | Errno {
  const now = read(task, clock);
  return failed(now) ? now : task.kernel.clock.monotonicNs() + (sec - now.sec) * 1e9 + (nsec - now.nsec);
}

const sleepable = (clock: number): boolean => clock === t.CLOCK_REALTIME || clock === t.CLOCK_MONOTONIC || clock === t.CLOCK_BOOTTIME || clock === t.CLOCK_TAI;

/** Sleeps; where a handler ends a relative sleep, what was left goes to `restAt`. */
function sleep(task: Task, clock: number, how: number, sec: number, nsec: number, restAt: number): Returned {
  const relative = (how & t.TIMER_ABSTIME) === 0;
  const until = relative ? task.deadline(sec * 1e9 + nsec) : absolute(task, clock, sec, nsec);
  if (failed(until)) return until;
  const now = task.kernel.clock.monotonicNs();
  if (now >= until) return 0;
  return new SleepWait(until, relative ? restAt : 0);
}

function clockNanosleep(task: Task, clock: number, how: number, { sec, nsec }: { sec: number; nsec: number }, restAt: number): Returned {
  if (clock === t.CLOCK_THREAD_CPUTIME_ID) return EINVAL;
  if (clock === t.CLOCK_PROCESS_CPUTIME_ID) return EOPNOTSUPP;
  return sleepable(clock) ? sleep(task, clock, how, sec, nsec, restAt) : EINVAL;
}

function setRealtime(task: Task, now: Timestamp): Returned {
  if (!capable(task, CAP_SYS_TIME, task.kernel.initialNamespaces.user)) return EPERM;
  task.kernel.clock.setRealtime(now);
  task.kernel.vdso.refresh(task.kernel.clock);
  return 0;
}

// Interval timers

interface TimerValue {
  /** Time left; 0 when it does not run. */
  valueNs: number;
  intervalNs: number;
}

function itimerValue(task: Task, which: number): TimerValue {
  const { process, kernel } = task;
  if (which === t.ITIMER_REAL) {
    const { alarm } = process;
    if (alarm === undefined || !alarm.timer.running) return { valueNs: 0, intervalNs: alarm?.intervalNs ?? 0 };
    return { valueNs: Math.max(alarm.timer.deadlineNs - kernel.clock.monotonicNs(), 1000), intervalNs: alarm.intervalNs };
  }
  const timer = which === t.ITIMER_VIRTUAL ? process.virtualTimer : process.profTimer;
  if (timer === undefined || timer.deadlineNs === Infinity) return { valueNs: 0, intervalNs: timer?.intervalNs ?? 0 };
  return { valueNs: Math.max(timer.deadlineNs - cpuNs(process, which), 1000), intervalNs: timer.intervalNs };
}

function cpuNs(process: Process, which: number): number {
  const total = processNs(process);
  return which === t.ITIMER_VIRTUAL ? processUsage(process).userNs : total;
}

function writeItimer(task: Task, at: number, { valueNs, intervalNs }: TimerValue): void {
  writeTime(task, at, fromNs(intervalNs), 1000);
  writeTime(task, at + 16, fromNs(valueNs), 1000);
}

function setItimer(task: Task, which: number, at: number, oldAt: number): Returned {
  if (which < t.ITIMER_REAL || which > t.ITIMER_PROF) return EINVAL;
  const intervalNs = at === 0 ? 0 : readTime(task, at, 1000);
  const valueNs = at === 0 ? 0 : readTime(task, at + 16, 1000);
  if (failed(intervalNs) || failed(valueNs)) return EINVAL;
  if (oldAt !== 0) writeItimer(task, oldAt, itimerValue(task, which));
  const { process, kernel } = task;
  if (which === t.ITIMER_REAL) {
    process.alarm ??= new AlarmTimer(process);
    process.alarm.intervalNs = valueNs === 0 ? 0 : intervalNs;
    kernel.scheduler.timers.start(process.alarm.timer, valueNs === 0 ? Infinity : kernel.clock.monotonicNs() + valueNs);
    return 0;
  }
  const timer = valueNs === 0 ? undefined : { deadlineNs: cpuNs(process, which) + valueNs, intervalNs };
  if (which === t.ITIMER_VIRTUAL) process.virtualTimer = timer;
  else process.profTimer = timer;
  process.watchesCpu = true;
  return 0;
}

// POSIX timers

function timerCreate(task: Task, clock: number, eventAt: number, idAt: number): Returned {
  const now = read(task, clock);
  if (failed(now)) return now;
  if ((clock === t.CLOCK_REALTIME_ALARM || clock === t.CLOCK_BOOTTIME_ALARM) && !capable(task, CAP_WAKE_ALARM)) return EPERM;
  const { process } = task;
  if (process.posixTimers.size >= 4096) return EAGAIN;
  const id = process.nextTimerId++;
  let parts = { id, clock, notify: SIGEV_SIGNAL, signal: SIGALRM, value: BigInt(id), thread: task.tid };
  if (eventAt !== 0) {
    const event = task.memory.read(eventAt, 64);
    const view = new DataView(event.buffer, event.byteOffset, 64);
    const notify = view.getInt32(12, true);
    const signal = view.getInt32(8, true);
    const thread = notify === SIGEV_THREAD_ID ? taskByNumber(task.namespaces.pid, view.getInt32(16, true)) : task;
    if (notify !== SIGEV_SIGNAL && notify !== SIGEV_NONE && notify !== SIGEV_THREAD_ID) return EINVAL;
    if (thread?.process !== process || (notify !== SIGEV_NONE && (signal < 1 || signal > NSIG))) return EINVAL;
    parts = { ...parts, notify, signal, value: view.getBigUint64(0, true), thread: thread.tid };
  }
  task.memory.writeI32(idAt, id);
  if (!process.leader.cgroup.chargeObject(cost.timer)) return EAGAIN;
  process.posixTimers.set(id, new PosixTimer(process, parts));
  return 0;
}

function posixValue(task: Task, timer: PosixTimer): TimerValue {
  const left = timer.onCpuTime ? timer.cpuDeadlineNs - cpuTimerNow(task, timer) : timer.timer.deadlineNs - task.kernel.clock.monotonicNs();
  const armed = timer.onCpuTime ? timer.cpuDeadlineNs !== Infinity : timer.timer.running;
  return { valueNs: armed ? Math.max(left, 1) : 0, intervalNs: timer.intervalNs };
}

const cpuTimerNow = (task: Task, timer: PosixTimer): number => (timer.parts.clock === t.CLOCK_THREAD_CPUTIME_ID ? threadNs(task) : processNs(task.process));

function writePosix(task: Task, at: number, { valueNs, intervalNs }: TimerValue): void {
  writeTime(task, at, fromNs(intervalNs));
  writeTime(task, at + 16, fromNs(valueNs));
}

/** The first end of an absolute timer whose time has passed already counts too: it ends at once. */
function timerSettime(task: Task, id: number, how: number, at: number, oldAt: number): Returned {
  const timer = task.process.posixTimers.get(id);
  if (timer === undefined) return EINVAL;
  const interval = timespec.decode(task, at);
  const value = timespec.decode(task, at + 16);
  if (failed(interval) || failed(value)) return EINVAL;
  if (oldAt !== 0) writePosix(task, oldAt, posixValue(task, timer));
  const { timers } = task.kernel.scheduler;
  const valueNs = value.sec * 1e9 + value.nsec;
  const abs = (how & t.TIMER_ABSTIME) !== 0;
  timer.overrun = 0;
  timer.intervalNs = valueNs === 0 ? 0 : interval.sec * 1e9 + interval.nsec;
  if (timer.onCpuTime) {
    timer.cpuDeadlineNs = valueNs === 0 ? Infinity : valueNs + (abs ? 0 : cpuTimerNow(task, timer));
    task.process.watchesCpu = true;
    return 0;
  }
  const until = abs ? absolute(task, timer.parts.clock, value.sec, value.nsec) : task.kernel.clock.monotonicNs() + valueNs;
  if (failed(until)) return until;
  timers.start(timer.timer, valueNs === 0 ? Infinity : until);
  return 0;
}

function times(task: Task, at: number): Returned {
  const { process, kernel } = task;
  if (at !== 0) {
    kernel.scheduler.settle();
    const { userNs, systemNs } = processUsage(process);
    const { childUsage } = process;
    const bytes = new Uint8Array(32);
    [userNs, systemNs, childUsage.userNs, childUsage.systemNs].forEach((ns, i) => i64(new DataView(bytes.buffer), 8 * i, Math.floor(ns / 1e7)));
    task.memory.write(at, bytes);
  }
  return Math.floor(kernel.clock.monotonicNs() / 1e7);
}

const clock = oneOf("CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID", "CLOCK_MONOTONIC_RAW", "CLOCK_REALTIME_COARSE",
  "CLOCK_MONOTONIC_COARSE", "CLOCK_BOOTTIME", "CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM", "CLOCK_TAI");
const itimer = oneOf("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF");
const timerFlags = looseFlags("TIMER_ABSTIME");

export const calls = [
  syscall(101, "nanosleep", [timespec, pointer], (task, { sec, nsec }, rest) => sleep(task, t.CLOCK_MONOTONIC, 0, sec, nsec, rest)),
  syscall(102, "getitimer", [itimer, pointer], (task, which, at) => {
    if (which < t.ITIMER_REAL || which > t.ITIMER_PROF) return EINVAL;
    writeItimer(task, at, itimerValue(task, which));
    return 0;
  }),
  syscall(103, "setitimer", [itimer, pointer, pointer], setItimer),
  syscall(107, "timer_create", [clock, pointer, pointer], timerCreate),
  syscall(108, "timer_gettime", [int, pointer], (task, id, at) => {
    const timer = task.process.posixTimers.get(id);
    if (timer === undefined) return EINVAL;
    writePosix(task, at, posixValue(task, timer));
    return 0;
  }),
  syscall(109, "timer_getoverrun", [int], (task, id) => task.process.posixTimers.get(id)?.lastOverrun ?? EINVAL),
  syscall(110, "timer_settime", [int, timerFlags, pointer, pointer], timerSettime, "setting the clock does not move a timer on CLOCK_REALTIME"),
  syscall(111, "timer_delete", [int], (task, id) => {
    const timer = task.process.posixTimers.get(id);
    if (timer === undefined) return EINVAL;
    task.kernel.scheduler.timers.stop(timer.timer);
    task.process.posixTimers.delete(id);
    task.process.leader.cgroup.unchargeObject(cost.timer);
    return 0;
  }),
  syscall(112, "clock_settime", [clock, timespec], (task, which, now) => (which === t.CLOCK_REALTIME ? setRealtime(task, now) : EINVAL)),
  syscall(113, "clock_gettime", [clock, pointer], (task, which, at) => {
    const now = read(task, which);
    if (failed(now)) return now;
    writeTime(task, at, now);
    return 0;
  }),
  syscall(114, "clock_getres", [clock, pointer], (task, which, at) => {
    const now = read(task, which);
    if (failed(now)) return now;
    const coarse = which === t.CLOCK_REALTIME_COARSE || which === t.CLOCK_MONOTONIC_COARSE;
    if (at !== 0) writeTime(task, at, { sec: 0, nsec: coarse ? 4_000_000 : 1 });
    return 0;
  }),
  syscall(115, "clock_nanosleep", [clock, timerFlags, timespec, pointer], clockNanosleep, "setting the clock does not move a sleep on CLOCK_REALTIME"),
  syscall(153, "times", [pointer], times),
  syscall(169, "gettimeofday", [pointer, pointer], (task, at, zoneAt) => {
    if (at !== 0) writeTime(task, at, task.kernel.clock.realtime(), 1000);
    if (zoneAt !== 0) task.memory.writeU64(zoneAt, 0);
    return 0;
  }),
  syscall(170, "settimeofday", [pointer, pointer], (task, at) => {
    if (at === 0) return capable(task, CAP_SYS_TIME, task.kernel.initialNamespaces.user) ? 0 : EPERM;
    const bytes = task.memory.read(at, 16);
    const { seconds, nanoseconds } = t.decodeTimeval(new DataView(bytes.buffer, bytes.byteOffset, 16), 0);
    return seconds < 0 || nanoseconds < 0 || nanoseconds >= 1e9 ? EINVAL : setRealtime(task, { sec: seconds, nsec: nanoseconds });
  }, "the time zone is not kept"),
  missing(171, "adjtimex"),
  missing(266, "clock_adjtime"),
];
