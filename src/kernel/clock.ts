// Guest time: monotonic nanoseconds that follow retired instructions and are brought to real time at the ends of slices.
import type { Processor } from "./processor.js";
import { savable } from "./save.js";
import type { Timestamp } from "./vfs/inode.js";

/** The first guess, 200 million instructions a second; `synchronise` measures. */
const FIRST_NS_PER_INSTRUCTION = 5;

export class Clock {
  private readonly processor: Processor;
  private baseNs = 0;
  private retiredAtBase: number;
  /** How much guest time one instruction takes. */
  nsPerInstruction = FIRST_NS_PER_INSTRUCTION;
  /** Real minus monotonic time: whole seconds and the rest, so that nanoseconds stay exact. */
  private realtimeSec = 0;
  private realtimeNsec = 0;
  /** Counts the settings of real time: what is derived from it (vvar, timers on CLOCK_REALTIME) looks whether it changed. */
  settings = 0;
  private synchronisedNs: number | undefined = undefined;
  private retiredAtSynchronisation = 0;

  constructor(processor: Processor) {
    this.processor = processor;
    this.retiredAtBase = processor.retired;
  }

  /** CLOCK_MONOTONIC, nanoseconds since boot; never goes back. */
  monotonicNs(): number {
    return Math.floor(this.baseNs + (this.processor.retired - this.retiredAtBase) * this.nsPerInstruction);
  }

  /** CLOCK_REALTIME. */
  realtime(): Timestamp {
    const monotonic = this.monotonicNs();
    const nsec = this.realtimeNsec + (monotonic % 1e9);
    return { sec: this.realtimeSec + Math.floor(monotonic / 1e9) + Math.floor(nsec / 1e9), nsec: nsec % 1e9 };
  }

  /** Sets CLOCK_REALTIME; monotonic time goes on as it was. */
  setRealtime(now: Timestamp): void {
    const monotonic = this.monotonicNs();
    const nsec = now.nsec - (monotonic % 1e9);
    this.realtimeSec = now.sec - Math.floor(monotonic / 1e9) + (nsec < 0 ? -1 : 0);
    this.realtimeNsec = nsec < 0 ? nsec + 1e9 : nsec;
    this.settings++;
  }

  /** Real time at monotonic 0 (boot), for the vDSO and btime. */
  get bootTime(): Timestamp {
    return { sec: this.realtimeSec, nsec: this.realtimeNsec };
  }

  /** Time that passes in the kernel on behalf of a task, where no instruction retires. */
  spend(ns: number): void {
    this.baseNs += ns;
  }

  /** The guest time at which monotonicNs() + ns will be reached, counted in instructions. */
  instructionsUntil(deadlineNs: number): number {
    return Math.max(0, Math.ceil((deadlineNs - this.monotonicNs()) / this.nsPerInstruction));
  }

  /** About to be saved: time so far no longer hangs on the hart's count. */
  detach(): void {
    this.baseNs += (this.processor.retired - this.retiredAtBase) * this.nsPerInstruction;
    this.retiredAtBase = this.processor.retired;
    this.retiredAtSynchronisation = this.retiredAtBase;
  }

  /** Restored on a hart that has counted otherwise. Guest time goes on from where it stood. */
  attach(): void {
    this.retiredAtBase = this.processor.retired;
    this.retiredAtSynchronisation = this.retiredAtBase;
    this.synchronisedNs = undefined;
  }

  /**
   * Real nanoseconds since boot, told by the outside at the ends of slices: the one door through which time comes in.
   * Guest time jumps forward to it; where it is ahead it goes on more slowly until real time has caught up.
   */
  synchronise(realNs: number): void {
    const { retired } = this.processor;
    const now = this.monotonicNs();
    if (this.synchronisedNs !== undefined && retired - this.retiredAtSynchronisation > 100_000) {
      const measured = (realNs - this.synchronisedNs) / (retired - this.retiredAtSynchronisation);
      const smooth = this.nsPerInstruction * 0.75 + Math.min(Math.max(measured, 0.5), 1000) * 0.25;
      this.nsPerInstruction = now > realNs ? smooth * 0.9 : smooth;
    }
    this.baseNs = Math.max(now, realNs);
    this.retiredAtBase = retired;
    this.synchronisedNs = realNs;
    this.retiredAtSynchronisation = retired;
  }
}

savable(Clock);
