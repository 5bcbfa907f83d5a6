// The loop that drives a machine in whatever thread it is in: slices of guest time, and the host's events in between.
import type { HostClock, HostTimer } from "../host/interface.js";

/** What the loop drives. */
export interface Driven {
  /** Runs tasks for a few milliseconds of real time at most. False when there was nothing to run. */
  slice(): boolean;
  /** Moves bytes between programs and the outside. Whether anything moved that may let a task go on. */
  exchange(): boolean;
  /** Real nanoseconds from now until something is due by itself; Infinity: never. */
  dueInNs(): number;
}

/** The host's events are not kept waiting for longer than about so long. */
const TURN_NS = 8e6;

export class MachineLoop {
  private readonly driven: Driven;
  private readonly timer: HostTimer;
  private readonly clock: HostClock;
  /** Of one processor; 1 is no limit. */
  private readonly share: number;
  private readonly failed: (error: unknown) => void;
  private scheduled = false;
  private stopped = false;
  private cancelSleep: (() => void) | undefined;
  /** Until when the share of processor time is used up. */
  private restUntilNs = 0;

  constructor(parts: { driven: Driven; timer: HostTimer; clock: HostClock; share: number; failed: (error: unknown) => void }) {
    this.driven = parts.driven;
    this.timer = parts.timer;
    this.clock = parts.clock;
    this.share = parts.share;
    this.failed = parts.failed;
  }

  /** Something happened outside: the machine looks soon. */
  poke(): void {
    if (this.scheduled || this.stopped) return;
    if (this.clock.monotonicNs() < this.restUntilNs) return;
    this.scheduled = true;
    this.cancelSleep?.();
    this.cancelSleep = undefined;
    this.timer.soon(() => this.turn());
  }

  stop(): void {
    this.stopped = true;
    this.cancelSleep?.();
    this.cancelSleep = undefined;
  }

  private turn(): void {
    this.scheduled = false;
    if (this.stopped) return;
    try {
      this.work();
    } catch (error) {
      this.stop();
      this.failed(error);
    }
  }

  private work(): void {
    const begun = this.clock.monotonicNs();
    let now = begun;
    let more = true;
    while (more && now - begun < TURN_NS) {
      const ran = this.driven.slice();
      const moved = this.driven.exchange();
      if (this.stopped) return;
      more = ran || moved;
      now = this.clock.monotonicNs();
    }
    if (this.share < 1 && more) this.rest(now, (now - begun) * (1 / this.share - 1));
    else if (more) this.poke();
    else this.sleep(this.driven.dueInNs());
  }

  /** Processor time that was used is followed by so much time without. */
  private rest(now: number, ns: number): void {
    this.restUntilNs = now + ns;
    this.wakeAfter(ns);
  }

  private sleep(ns: number): void {
    if (ns === Infinity) return;
    this.wakeAfter(Math.max(0, ns));
  }

  private wakeAfter(ns: number): void {
    this.cancelSleep?.();
    this.cancelSleep = this.timer.after(Math.ceil(ns / 1e6), () => {
      this.cancelSleep = undefined;
      this.restUntilNs = 0;
      this.poke();
    });
  }
}
