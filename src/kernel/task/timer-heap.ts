// Timers on guest monotonic time: a binary heap, so that the next one is known at once and any can be stopped.
import { savable } from "../save.js";

/** Whoever is told when a timer ends: a sleeping task, an interval timer, a timerfd. */
export interface TimerTarget {
  /** `timer` is stopped by now and may be started again. */
  expired(timer: Timer): void;
}

export class Timer {
  readonly target: TimerTarget;
  /** Guest monotonic time; meaningful while it runs. */
  deadlineNs = Infinity;
  /** Order of starting, which decides among equal deadlines. */
  order = 0;
  /** Its place in the heap; -1 while it is stopped. */
  at = -1;

  constructor(target: TimerTarget) {
    this.target = target;
  }

  get running(): boolean {
    return this.at >= 0;
  }
}

const before = (a: Timer, b: Timer): boolean => a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.order < b.order);

export class TimerHeap {
  private readonly heap: Timer[] = [];
  private started = 0;

  /** The next deadline; Infinity if no timer runs. */
  get nextNs(): number {
    return this.heap.length === 0 ? Infinity : this.heap[0].deadlineNs;
  }

  /** Starts or restarts; a deadline of Infinity stops it. */
  start(timer: Timer, deadlineNs: number): void {
    this.stop(timer);
    if (deadlineNs === Infinity) return;
    timer.deadlineNs = deadlineNs;
    timer.order = this.started++;
    this.place(timer, this.heap.length);
    this.up(timer);
  }

  stop(timer: Timer): void {
    if (timer.at < 0) return;
    const { at } = timer;
    timer.at = -1;
    const last = this.heap.pop();
    if (last === undefined || last === timer) return;
    this.place(last, at);
    this.up(last);
    this.down(last);
  }

  /** Ends the timers whose time has come, in order, at most so many. Those started meanwhile are looked at too. */
  expire(nowNs: number, most = Infinity): void {
    for (let ended = 0; ended < most && this.heap.length > 0 && this.heap[0].deadlineNs <= nowNs; ended++) {
      const timer = this.heap[0];
      this.stop(timer);
      timer.target.expired(timer);
    }
  }

  private place(timer: Timer, at: number): void {
    this.heap[at] = timer;
    timer.at = at;
  }

  private up(timer: Timer): void {
    while (timer.at > 0) {
      const { at } = timer;
      const parent = this.heap[(at - 1) >> 1];
      if (!before(timer, parent)) return;
      this.place(timer, parent.at);
      this.place(parent, at);
    }
  }

  private down(timer: Timer): void {
    for (;;) {
      const { at } = timer;
      let child = 2 * at + 1;
      if (child >= this.heap.length) return;
      if (child + 1 < this.heap.length && before(this.heap[child + 1], this.heap[child])) child++;
      const lower = this.heap[child];
      if (!before(lower, timer)) return;
      this.place(timer, child);
      this.place(lower, at);
    }
  }
}

savable(Timer, TimerHeap);
