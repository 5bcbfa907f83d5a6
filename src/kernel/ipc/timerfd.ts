// timerfd(2): a timer that is read like a file (Linux fs/timerfd.c).
import { EAGAIN, ECANCELED, EINVAL } from "../../abi/errno.js";
import { O_RDWR } from "../../abi/fcntl.js";
import { POLLIN, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET } from "../../abi/poll.js";
import { CLOCK_REALTIME, CLOCK_REALTIME_ALARM } from "../../abi/time.js";
import type { Sink } from "../io.js";
import type { Kernel } from "../kernel.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { Timer, type TimerTarget } from "../task/timer-heap.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import { waitFor } from "../wait.js";
import { anonInode } from "./anonymous.js";

export class TimerFile extends File implements TimerTarget {
  private readonly kernel: Kernel;
  readonly clock: number;
  private readonly timer: Timer = new Timer(this);
  /** Guest monotonic time of the next end; 0: it is disarmed. */
  private nextNs = 0;
  private intervalNs = 0;
  /** Ends not yet read. */
  private ticks = 0;
  /** Clock settings when it was armed with TFD_TIMER_CANCEL_ON_SET; -1: that is not wanted. */
  private settings = -1;

  constructor(task: Task, inode: Inode, flags: number, clock: number) {
    super(inode, flags);
    this.kernel = task.kernel;
    this.clock = clock;
  }

  private get realtime(): boolean {
    return this.clock === CLOCK_REALTIME || this.clock === CLOCK_REALTIME_ALARM;
  }

  /** The time of its clock, in nanoseconds (for real time as exact as a double). */
  private now(): number {
    if (!this.realtime) return this.kernel.clock.monotonicNs();
    const { sec, nsec } = this.kernel.clock.realtime();
    return sec * 1e9 + nsec;
  }

  /** timerfd_settime(2). `valueNs` 0 disarms; with TFD_TIMER_ABSTIME it is a time of the clock. */
  set(flags: number, valueNs: number, intervalNs: number): void {
    const { scheduler, clock } = this.kernel;
    scheduler.timers.stop(this.timer);
    this.ticks = 0;
    this.intervalNs = intervalNs;
    this.settings = (flags & TFD_TIMER_ABSTIME) !== 0 && (flags & TFD_TIMER_CANCEL_ON_SET) !== 0 && this.realtime ? clock.settings : -1;
    this.nextNs = 0;
    if (valueNs === 0) return;
    const delay = (flags & TFD_TIMER_ABSTIME) !== 0 ? valueNs - this.now() : valueNs;
    this.nextNs = Math.max(1, clock.monotonicNs() + delay);
    scheduler.timers.start(this.timer, this.nextNs);
  }

  /** What timerfd_gettime(2) tells: time left and interval, in nanoseconds. */
  rest(): { valueNs: number; intervalNs: number } {
    this.catchUp();
    return { valueNs: this.nextNs === 0 ? 0 : Math.max(1, this.nextNs - this.kernel.clock.monotonicNs()), intervalNs: this.intervalNs };
  }

  expired(_timer: Timer): void {
    this.catchUp();
    this.ready.wake();
  }

  /** Counts the ends up to now and arms the next. */
  private catchUp(): void {
    const now = this.kernel.clock.monotonicNs();
    if (this.nextNs === 0 || now < this.nextNs) return;
    if (this.intervalNs === 0) {
      this.ticks++;
      this.nextNs = 0;
      return;
    }
    const ends = Math.floor((now - this.nextNs) / this.intervalNs) + 1;
    this.ticks += ends;
    this.nextNs += ends * this.intervalNs;
    // Nobody looks while ticks are unread, so that a short interval costs nothing until it is read.
    this.kernel.scheduler.timers.stop(this.timer);
  }

  override read(_task: Task, into: Sink): Transfer {
    if (into.room < 8) return EINVAL;
    this.catchUp();
    if (this.settings >= 0 && this.settings !== this.kernel.clock.settings) {
      this.settings = this.kernel.clock.settings;
      this.ticks = 0;
      return ECANCELED;
    }
    if (this.ticks === 0) return this.nonblocking ? EAGAIN : waitFor(this.ready);
    if (into.prepare(8) < 8) return EINVAL;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.ticks), true);
    into.put(bytes);
    this.ticks = 0;
    if (this.nextNs !== 0) this.kernel.scheduler.timers.start(this.timer, this.nextNs);
    return 8;
  }

  override poll(): number {
    this.catchUp();
    return this.ticks > 0 ? POLLIN : 0;
  }

  override release(): void {
    this.kernel.scheduler.timers.stop(this.timer);
  }

  override describe(): string {
    return "anon_inode:[timerfd]";
  }
}

/** `flags` may hold O_NONBLOCK. */
export const openTimer = (task: Task, clock: number, flags: number): TimerFile => new TimerFile(task, anonInode(task), O_RDWR | flags, clock);

savable(TimerFile);
