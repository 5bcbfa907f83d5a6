// What a task has read and written, for /proc/PID/io (Linux: struct task_io_accounting).
import type { Returned } from "../syscall.js";
import { Wait } from "../wait.js";
import type { Process } from "./process.js";
import type { Task } from "./task.js";

export interface IoCounters {
  /** Bytes that read-like and write-like calls returned. */
  readBytes: number;
  writtenBytes: number;
  /** Such calls that ended. */
  reads: number;
  writes: number;
}

export const noIo = (): IoCounters => ({ readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 });

export function addIo(sum: IoCounters, more: IoCounters): void {
  sum.readBytes += more.readBytes;
  sum.writtenBytes += more.writtenBytes;
  sum.reads += more.reads;
  sum.writes += more.writes;
}

/** A read ended, or waits and will be run again. */
export function countRead({ io }: Task, result: Returned): void {
  if (result instanceof Wait) return;
  io.reads++;
  if (typeof result === "number") io.readBytes += result;
}

/** A write ended or waits; `before` is what was done when this run of it began. */
export function countWrite({ io, resume }: Task, result: Returned, before = resume.done): void {
  io.writtenBytes += typeof result === "number" ? result : resume.done - before;
  if (!(result instanceof Wait)) io.writes++;
}

/** Of all threads that are and were, and of children that were waited for (Linux: signal->ioac). */
export function processIo(process: Process): IoCounters {
  const sum = { ...process.endedIo };
  for (const { io } of process.threads) addIo(sum, io);
  return sum;
}
