// Processor time: charged to the task and its cgroup, summed up for the process, and watched by timers and limits on it.
import { RLIMIT_CPU, RUSAGE_BYTES, encodeRusage } from "../../abi/resource.js";
import { SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU, SI_KERNEL } from "../../abi/signal.js";
import { CLOCK_THREAD_CPUTIME_ID } from "../../abi/time.js";
import { addIo, processIo } from "./io-counters.js";
import type { Process, Usage } from "./process.js";
import { sendToProcess } from "./signals.js";
import type { Task } from "./task.js";
import { type CpuTimer, type PosixTimer, nextEnd } from "./timers.js";

export function charge(task: Task, userNs: number, systemNs: number): void {
  task.userNs += userNs;
  task.systemNs += systemNs;
  for (let group: typeof task.cgroup | undefined = task.cgroup; group !== undefined; group = group.parent) {
    group.cpuUserNs += userNs;
    group.cpuSystemNs += systemNs;
  }
  if (task.process.watchesCpu) watchCpu(task.process);
}

function addTask(sum: Usage, task: Task): void {
  sum.userNs += task.userNs;
  sum.systemNs += task.systemNs;
  sum.minorFaults += task.minorFaults;
  sum.majorFaults += task.majorFaults;
  sum.voluntarySwitches += task.voluntarySwitches;
  sum.involuntarySwitches += task.involuntarySwitches;
}

export function addUsage(sum: Usage, more: Usage): void {
  sum.userNs += more.userNs;
  sum.systemNs += more.systemNs;
  sum.minorFaults += more.minorFaults;
  sum.majorFaults += more.majorFaults;
  sum.voluntarySwitches += more.voluntarySwitches;
  sum.involuntarySwitches += more.involuntarySwitches;
  sum.maxRssPages = Math.max(sum.maxRssPages, more.maxRssPages);
}

export function taskUsage(task: Task): Usage {
  const sum: Usage = { userNs: 0, systemNs: 0, minorFaults: 0, majorFaults: 0, voluntarySwitches: 0, involuntarySwitches: 0, maxRssPages: task.process.maxRss() };
  addTask(sum, task);
  return sum;
}

/** Of all threads that are and were. */
export function processUsage(process: Process): Usage {
  const sum: Usage = { ...process.threadUsage, maxRssPages: process.maxRss() };
  for (const task of process.threads) addTask(sum, task);
  return sum;
}

/** A thread ends: what it used stays with the process. */
export function keepUsage(task: Task): void {
  addTask(task.process.threadUsage, task);
  addIo(task.process.endedIo, task.io);
}

/** A child was waited for: its usage and that of its children goes to the parent. */
export function inheritUsage(parent: Process, child: Process): void {
  addUsage(parent.childUsage, processUsage(child));
  addUsage(parent.childUsage, child.childUsage);
  addIo(parent.endedIo, processIo(child));
}

const timespec = (ns: number): { seconds: number; nanoseconds: number } => ({ seconds: Math.floor(ns / 1e9), nanoseconds: Math.floor(ns % 1e9) });

/** struct rusage. */
export function encodeUsage(usage: Usage): Uint8Array {
  const bytes = new Uint8Array(RUSAGE_BYTES);
  encodeRusage(new DataView(bytes.buffer), 0, {
    utime: timespec(usage.userNs), stime: timespec(usage.systemNs), maxrssKiB: usage.maxRssPages * 4, minflt: usage.minorFaults, majflt: usage.majorFaults,
    inblock: 0, oublock: 0, nvcsw: usage.voluntarySwitches, nivcsw: usage.involuntarySwitches,
  });
  return bytes;
}

function endOf(timer: CpuTimer, nowNs: number): boolean {
  if (nowNs < timer.deadlineNs) return false;
  timer.deadlineNs = timer.intervalNs > 0 ? nextEnd(timer.deadlineNs, timer.intervalNs, nowNs).deadlineNs : Infinity;
  return true;
}

function posixEnd(process: Process, timer: PosixTimer, processNs: number): void {
  const thread = [...process.threads].find((task) => task.tid === timer.parts.thread);
  const nowNs = timer.parts.clock === CLOCK_THREAD_CPUTIME_ID && thread !== undefined ? thread.userNs + thread.systemNs : processNs;
  if (nowNs < timer.cpuDeadlineNs) return;
  const next = timer.intervalNs > 0 ? nextEnd(timer.cpuDeadlineNs, timer.intervalNs, nowNs) : { deadlineNs: Infinity, missed: 0 };
  timer.cpuDeadlineNs = next.deadlineNs;
  timer.notify(next.missed);
}

/** Looks at timers and limits on processor time (Linux: posix_cpu_timers_work). */
function watchCpu(process: Process): void {
  const usage = processUsage(process);
  const total = usage.userNs + usage.systemNs;
  const kernelSignal = (signo: number): void => void sendToProcess(process, { kind: "kill", signo, code: SI_KERNEL, pid: 0, uid: 0 });
  if (process.virtualTimer !== undefined && endOf(process.virtualTimer, usage.userNs)) kernelSignal(SIGVTALRM);
  if (process.profTimer !== undefined && endOf(process.profTimer, total)) kernelSignal(SIGPROF);
  for (const timer of process.posixTimers.values()) if (timer.onCpuTime) posixEnd(process, timer, total);
  const limit = process.rlimits[RLIMIT_CPU];
  if (total >= limit.hard * 1e9) kernelSignal(SIGKILL);
  else if (total >= Math.max(limit.soft, process.cpuWarnedSeconds) * 1e9) {
    process.cpuWarnedSeconds = Math.floor(total / 1e9) + 1;
    kernelSignal(SIGXCPU);
  }
}
