// Timers of processes: interval timers (setitimer(2)) and POSIX timers (timer_create(2)).
import { SIGALRM, SIGEV_NONE, SIGEV_THREAD_ID, SI_KERNEL, SI_TIMER } from "../../abi/signal.js";
import { CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID } from "../../abi/time.js";
import { cost } from "../cgroups/costs.js";
import { savable } from "../save.js";
import type { Process } from "./process.js";
import { sendToProcess, sendToTask } from "./signals.js";
import { Timer, type TimerTarget } from "./timer-heap.js";

/** A timer that repeats is looked at again after this at the soonest; ends in between are counted at once. */
const SOONEST_NS = 50_000;

/** When a timer that repeats ends next after `now`, and how many ends were left out. */
export function nextEnd(deadlineNs: number, intervalNs: number, nowNs: number): { deadlineNs: number; missed: number } {
  const overdue = nowNs < deadlineNs + intervalNs ? 0 : Math.floor((nowNs - deadlineNs) / intervalNs);
  const missed = overdue + Math.ceil(SOONEST_NS / intervalNs) - 1;
  return { deadlineNs: deadlineNs + (missed + 1) * intervalNs, missed };
}

/** ITIMER_REAL. */
export class AlarmTimer implements TimerTarget {
  private readonly process: Process;
  readonly timer: Timer = new Timer(this);
  intervalNs = 0;

  constructor(process: Process) {
    this.process = process;
  }

  expired(timer: Timer): void {
    const { kernel } = this.process;
    if (this.process.ended) return;
    if (this.intervalNs > 0) kernel.scheduler.timers.start(timer, nextEnd(timer.deadlineNs, this.intervalNs, kernel.clock.monotonicNs()).deadlineNs);
    sendToProcess(this.process, { kind: "kill", signo: SIGALRM, code: SI_KERNEL, pid: 0, uid: 0 });
  }
}

/** ITIMER_VIRTUAL and ITIMER_PROF: on processor time of the process, looked at when a slice ends. */
export interface CpuTimer {
  deadlineNs: number;
  intervalNs: number;
}

export interface PosixTimerParts {
  id: number;
  clock: number;
  /** SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD_ID. */
  notify: number;
  signal: number;
  value: bigint;
  /** Global tid for SIGEV_THREAD_ID. */
  thread: number;
}

export class PosixTimer implements TimerTarget {
  private readonly process: Process;
  readonly parts: PosixTimerParts;
  readonly timer: Timer = new Timer(this);
  intervalNs = 0;
  /** For the processor time clocks: when it ends on that clock. Infinity while disarmed. */
  cpuDeadlineNs = Infinity;
  /** Its signal is queued and not yet taken: further ends only count. */
  queued = false;
  overrun = 0;
  /** Overruns of the signal delivered last (timer_getoverrun(2)). */
  lastOverrun = 0;

  constructor(process: Process, parts: PosixTimerParts) {
    this.process = process;
    this.parts = parts;
  }

  get onCpuTime(): boolean {
    return this.parts.clock === CLOCK_PROCESS_CPUTIME_ID || this.parts.clock === CLOCK_THREAD_CPUTIME_ID;
  }

  expired(timer: Timer): void {
    const { kernel } = this.process;
    let missed = 0;
    if (this.intervalNs > 0) {
      const next = nextEnd(timer.deadlineNs, this.intervalNs, kernel.clock.monotonicNs());
      ({ missed } = next);
      kernel.scheduler.timers.start(timer, next.deadlineNs);
    }
    this.notify(missed);
  }

  /** It ended on its clock, and `missed` times more. */
  notify(missed: number): void {
    const { notify, signal, thread } = this.parts;
    if (this.process.ended || notify === SIGEV_NONE) return;
    this.overrun += this.queued ? missed + 1 : missed;
    if (this.queued) return;
    this.queued = true;
    const info = { kind: "timer", signo: signal, code: SI_TIMER, timerId: this.parts.id, overrun: 0, value: this.parts.value } as const;
    const target = notify === SIGEV_THREAD_ID ? [...this.process.threads].find((task) => task.tid === thread) : undefined;
    if (target === undefined) sendToProcess(this.process, info);
    else sendToTask(target, info);
  }

  /** Its signal is being delivered: how many overruns it tells of. */
  taken(): number {
    this.queued = false;
    this.lastOverrun = Math.min(this.overrun, 0x7fffffff);
    this.overrun = 0;
    return this.lastOverrun;
  }
}

/** At the end of a process and in execve(2). */
export function dropPosixTimers(process: Process): void {
  const { posixTimers, kernel, leader } = process;
  for (const timer of posixTimers.values()) kernel.scheduler.timers.stop(timer.timer);
  leader.cgroup.unchargeObject(posixTimers.size * cost.timer);
  posixTimers.clear();
}

savable(AlarmTimer, PosixTimer);
