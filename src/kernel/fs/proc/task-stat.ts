// /proc/PID/stat and statm (Linux: fs/proc/array.c, proc_pid_stat(5)): one line of numbers for ps and top.
import { RLIMIT_RSS } from "../../../abi/resource.js";
import { SIG_DFL, SIG_IGN } from "../../../abi/signal.js";
import type { ByteString } from "../../bytestring.js";
import { PAGE_SIZE } from "../../memory/layout.js";
import { numberIn } from "../../namespaces/pid.js";
import { processUsage, taskUsage } from "../../task/accounting.js";
import type { SignalActions } from "../../task/signal-actions.js";
import { signalBit } from "../../task/signal-queue.js";
import type { Task } from "../../task/task.js";
import type { About } from "../pseudo/row.js";
import { hasMemory, mayLookInto } from "./access.js";
import { ticks } from "./format.js";

// Flags of Linux include/linux/sched.h.
const PF_EXITING = 0x4;
const PF_FORKNOEXEC = 0x40;
const PF_SUPERPRIV = 0x100;

/** The letter, and how /proc/PID/status spells it. */
export function stateOf(task: Task): readonly [letter: ByteString, word: ByteString] {
  switch (task.state) {
    case "runnable": return ["R", "running"];
    case "waiting": return task.wait?.interruption === "uninterruptible" ? ["D", "disk sleep"] : ["S", "sleeping"];
    case "stopped": return ["T", "stopped"];
    case "zombie": return ["Z", "zombie"];
    case "dead": return ["X", "dead"];
    default: return task.state satisfies never;
  }
}

/** The signals that are ignored, and those that have handlers. */
export function handledSignals(actions: SignalActions): { ignored: bigint; caught: bigint } {
  let ignored = 0n;
  let caught = 0n;
  for (let signal = 1; signal <= 64; signal++) {
    const { handler } = actions.get(signal);
    if (handler === SIG_IGN) ignored |= signalBit(signal);
    else if (handler !== SIG_DFL) caught |= signalBit(signal);
  }
  return { ignored, caught };
}

function flagsOf(task: Task): number {
  let flags = task.process.executed ? 0 : PF_FORKNOEXEC;
  if (!hasMemory(task)) flags |= PF_EXITING;
  if (task.credentials.euid === 0) flags |= PF_SUPERPRIV;
  return flags;
}

/** Only the first 31 signals, as an integer: the format is older than the others. */
const oldMask = (set: bigint): number => Number(set & 0x7fffffffn);

/** Fields 9 to 22: of the process as a whole, or of one thread. */
function counted(task: Task, whole: boolean): (number | ByteString)[] {
  task.kernel.scheduler.settle();
  const { process } = task;
  const usage = whole ? processUsage(process) : taskUsage(task);
  const children = process.childUsage;
  const priority = task.realtimePriority > 0 ? -1 - task.realtimePriority : 20 + task.nice;
  const start = task === process.leader ? process.startNs : task.startNs;
  return [
    flagsOf(task), usage.minorFaults, whole ? children.minorFaults : 0, usage.majorFaults, whole ? children.majorFaults : 0,
    ticks(usage.userNs), ticks(usage.systemNs), whole ? ticks(children.userNs) : 0, whole ? ticks(children.systemNs) : 0,
    priority, task.nice, Math.max(process.threads.size, process.zombie ? 1 : 0), 0, ticks(start),
  ];
}

/** Fields 23 to 30, and 45 to 51 where the reader may know addresses. */
function placed(task: Task, allowed: boolean): { size: (number | ByteString)[]; marks: number[] } {
  const { memory, process } = task;
  const limit = process.limit(RLIMIT_RSS);
  const rssLimit = limit === Infinity ? "18446744073709551615" : limit;
  if (!hasMemory(task)) return { size: [0, 0, rssLimit, 0, 0, 0, 0, 0], marks: [0, 0, 0, 0, 0, 0, 0] };
  const { marks } = memory;
  const known = allowed ? [marks.codeStart, marks.codeEnd, marks.stackStart] : [1, 1, 0];
  return {
    size: [memory.totalPages * PAGE_SIZE, memory.anonymousPages + memory.filePages, rssLimit, ...known, 0, 0],
    marks: allowed
      ? [marks.dataStart, marks.dataEnd, memory.brkStart, marks.argumentsStart, marks.argumentsEnd, marks.environmentStart, marks.environmentEnd]
      : [0, 0, 0, 0, 0, 0, 0],
  };
}

function line(about: About<Task>, whole: boolean): ByteString {
  const { target: task, fs } = about;
  const { process } = task;
  const { group, parent } = process;
  const { terminal } = group.session;
  const allowed = mayLookInto(about.reader, task);
  const { ignored, caught } = handledSignals(process.actions);
  const { size, marks } = placed(task, allowed);
  const number = (global: number): number => numberIn(fs.pid, global);
  const foreground = terminal === undefined ? -1 : terminal.foreground === undefined ? 0 : number(terminal.foreground.id);
  const waits = allowed && (!whole || process.threads.size < 2) && task.state !== "runnable" ? 1 : 0;
  return `${[
    number(task.tid), `(${task.comm})`, stateOf(task)[0], parent === undefined ? 0 : number(parent.pid), number(group.id), number(group.session.id),
    terminal?.rdev ?? 0, foreground, ...counted(task, whole), ...size,
    oldMask(task.pending.set), oldMask(task.blocked), oldMask(ignored), oldMask(caught), waits, 0, 0,
    whole ? process.exitSignal : -1, 0, task.realtimePriority, task.policy, 0, 0, 0, ...marks, allowed ? process.exitStatus : 0,
  ].join(" ")}\n`;
}

export const processStat = (about: About<Task>): ByteString => line(about, true);
export const threadStat = (about: About<Task>): ByteString => line(about, false);

/** In pages: size, resident, of files, text, 0, data and stack, 0. */
export function statm({ target: task }: About<Task>): ByteString {
  if (!hasMemory(task)) return "0 0 0 0 0 0 0\n";
  const { memory } = task;
  const { marks } = memory;
  const text = Math.ceil(marks.codeEnd / PAGE_SIZE) - Math.floor(marks.codeStart / PAGE_SIZE);
  return `${memory.totalPages} ${memory.anonymousPages + memory.filePages} ${memory.filePages} ${text} 0 ${memory.dataPages + memory.stackPages} 0\n`;
}
