// The loop that runs tasks: round robin in slices, timers, and what to do each time the hart comes back.
import { ILL_ILLOPC, BUS_ADRALN, SIGBUS, SIGILL, SIGTRAP, TRAP_BRKPT } from "../../abi/signal.js";
import { dispatch } from "../dispatch.js";
import type { Kernel } from "../kernel.js";
import { Fault } from "../memory/fault.js";
import type { Exit } from "../processor.js";
import { savable } from "../save.js";
import { Wait } from "../wait.js";
import { charge } from "./accounting.js";
import { attend } from "./attention.js";
import { oops } from "./oops.js";
import { forceSignal } from "./signals.js";
import { outOfMemory } from "./out-of-memory.js";
import { RunQueue } from "./run-queue.js";
import type { Task } from "./task.js";
import { TimerHeap } from "./timer-heap.js";

/** Instructions that a task may run before another gets its turn. */
const SLICE = 400_000;
/** A timer that is due sooner waits for so many: a flood of timers must not leave everybody with turns of one instruction. */
const SHORTEST_SLICE = 2000;
/** Timers that end before somebody gets a turn again. */
const TIMERS_AT_ONCE = 64;
/** What a system call or fault counts for in a budget, in instructions: a task that does nothing else is preempted too. */
const ENTRY_COST = 200;
/** What it is charged as system time. */
const ENTRY_NS = 150;

/**
 * Who slept in a call looks once more at what it slept for before a signal ends the call, as Linux's wait loops do:
 * a child that ended is taken, though its SIGCHLD woke the parent too.
 */
function mayLookAgain(task: Task): boolean {
  const { process } = task;
  return task.calling && !process.exiting && !task.dying && process.stopSignal === 0 && !task.memory.exhausted;
}

export class Scheduler {
  private readonly kernel: Kernel;
  /** Runnable tasks that wait for their turn. */
  private readonly queue = new RunQueue();
  /** Whose registers and address space are on the hart. It need not be running. */
  onHart: Task | undefined;
  /** Who runs now, in user mode or in a system call. */
  current: Task | undefined;
  /** Timers on guest monotonic time. */
  readonly timers = new TimerHeap();
  /** Switches between tasks since boot, for /proc/stat. */
  switches = 0;
  /** Load averages over 1, 5 and 15 minutes: runnable tasks, exponentially damped. */
  readonly loads: [number, number, number] = [0, 0, 0];
  private loadAtNs = 0;
  /** Of the current turn: `retired` up to which was charged, and entries into the kernel not yet charged. */
  private chargedTo = 0;
  private entries = 0;
  /** The current turn ends after this call. */
  private yielded = false;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Puts a runnable task into the queue. */
  enqueue(task: Task, woken = false): void {
    if (task.queued || task.state !== "runnable" || task === this.current) return;
    task.queued = true;
    this.queue.add(task, woken);
  }

  private next(): Task | undefined {
    for (let task = this.queue.take(); task !== undefined; task = this.queue.take()) {
      task.queued = false;
      if (task.state === "runnable") return task;
    }
    return undefined;
  }

  /** Ends the current task's turn. */
  yield(): void {
    this.yielded = true;
  }

  /** How many tasks could run now. */
  get runnable(): number {
    return this.queue.length + (this.current?.state === "runnable" ? 1 : 0);
  }

  /** Lets a task sleep until one of its queues is woken or the time has come. With signals to look at it stays awake. */
  sleep(task: Task, wait: Wait): void {
    task.wait = wait;
    if (task.attention && (wait.interruption !== "uninterruptible" || task.process.exiting || task.dying)) return;
    task.state = "waiting";
    for (const queue of wait.queues) queue.add(task);
    if (wait.untilNs !== Infinity) this.timers.start(task.sleepTimer, wait.untilNs);
    task.voluntarySwitches++;
  }

  /** A sleeping task becomes runnable; what it waited in forgets it. */
  wake(task: Task): void {
    if (task.state !== "waiting") return;
    const { wait } = task;
    if (wait !== undefined) for (const queue of wait.queues) queue.remove(task);
    this.timers.stop(task.sleepTimer);
    task.state = "runnable";
    this.enqueue(task, true);
  }

  /** There is something to look at before the task goes on in user mode; it is woken where its wait allows that. */
  interrupt(task: Task): void {
    task.attention = true;
    if (task.state === "waiting" && (task.wait?.interruption !== "uninterruptible" || task.process.exiting || task.dying)) this.wake(task);
    else if (task.state === "stopped" && (task.process.exiting || task.dying || task.process.stopSignal === 0)) {
      task.state = "runnable";
      this.enqueue(task);
    }
  }

  /** Takes the task's registers off the hart if they are there: it ends, or is saved. */
  park(task: Task): void {
    if (this.onHart !== task) return;
    this.kernel.processor.saveRegisters(task.registers);
    this.onHart = undefined;
  }

  /** Runs tasks until the budget (instructions) is used up ("busy") or nobody can run ("idle"). */
  step(budget: number): "busy" | "idle" {
    const { kernel } = this;
    let left = budget;
    while (left > 0 && kernel.power === "on") {
      const now = kernel.clock.monotonicNs();
      this.timers.expire(now, TIMERS_AT_ONCE);
      this.updateLoads(now);
      const task = this.next();
      if (task === undefined) return "idle";
      const slice = Math.min(SLICE, left, Math.max(SHORTEST_SLICE, kernel.clock.instructionsUntil(this.timers.nextNs)));
      left -= this.turn(task, slice);
    }
    if (kernel.power !== "on") return "idle";
    return this.runnable > 0 ? "busy" : "idle";
  }

  /** Brings the load averages up to date, at most every five seconds (Linux: LOAD_FREQ). */
  private updateLoads(nowNs: number): void {
    if (nowNs - this.loadAtNs < 5e9) return;
    const active = this.runnable;
    const seconds = (nowNs - this.loadAtNs) / 1e9;
    this.loadAtNs = nowNs;
    [60, 300, 900].forEach((span, i) => {
      const keep = Math.exp(-seconds / span);
      this.loads[i] = this.loads[i] * keep + active * (1 - keep);
    });
  }

  /** The task's turn; returns what it used of the slice. */
  private turn(task: Task, slice: number): number {
    const { processor } = this.kernel;
    this.switchTo(task);
    this.current = task;
    const start = processor.retired;
    this.chargedTo = start;
    let used = 0;
    let entries = 0;
    this.yielded = false;
    while (used < slice && task.state === "runnable" && !this.yielded && this.kernel.power === "on") {
      try {
        if (task.attention && mayLookAgain(task)) dispatch(task);
        if (task.attention && !attend(task)) break;
        const exit = processor.run(slice - used);
        if (exit !== "budget") {
          this.entries++;
          entries++;
          this.handle(task, exit);
        }
      } catch (thrown) {
        oops(task, thrown);
      }
      used = processor.retired - start + entries * ENTRY_COST;
    }
    this.settle();
    this.current = undefined;
    if (task.state === "runnable") {
      if (this.queue.length > 0) {
        task.involuntarySwitches++;
        if (task.rseq.address !== 0) task.preempted = task.attention = true;
      }
      this.enqueue(task);
    }
    return Math.max(used, 1);
  }

  private switchTo(task: Task): void {
    const before = this.onHart;
    if (before === task) return;
    const { processor, watch } = this.kernel;
    if (before !== undefined) processor.saveRegisters(before.registers);
    if (before === undefined || before.memory !== task.memory) task.memory.enter(task);
    else task.memory.task = task;
    processor.loadRegisters(task.registers);
    processor.clearReservation();
    this.onHart = task;
    this.switches++;
    watch?.({ at: "task.switched", from: before?.tid ?? 0, to: task.tid });
  }

  /** Charges what the current task used up to now, so that its times can be told exactly. */
  settle(): void {
    const { current, kernel } = this;
    if (current === undefined) return;
    const { retired } = kernel.processor;
    const userNs = (retired - this.chargedTo) * kernel.clock.nsPerInstruction;
    const systemNs = this.entries * ENTRY_NS;
    this.chargedTo = retired;
    this.entries = 0;
    kernel.clock.spend(systemNs);
    charge(current, userNs, systemNs);
  }

  private handle(task: Task, exit: Exit): void {
    const { processor } = this.kernel;
    switch (exit) {
      case "budget":
        return;
      case "ecall":
        return dispatch(task);
      case "fault":
        return this.fault(task);
      case "illegal":
        return forceSignal(task, { kind: "fault", signo: SIGILL, code: ILL_ILLOPC, addr: processor.pc });
      case "breakpoint":
        return forceSignal(task, { kind: "fault", signo: SIGTRAP, code: TRAP_BRKPT, addr: processor.pc });
      case "misaligned":
        return forceSignal(task, { kind: "fault", signo: SIGBUS, code: BUS_ADRALN, addr: processor.faultAddress });
      default:
        return exit satisfies never;
    }
  }

  private fault(task: Task): void {
    const { processor } = this.kernel;
    const outcome = task.memory.fault(processor.faultAddress, processor.faultAccess);
    if (outcome === undefined) return;
    if (outcome === "exhausted") return outOfMemory(task);
    if (outcome instanceof Fault) {
      forceSignal(task, { kind: "fault", signo: outcome.signal, code: outcome.code, addr: outcome.address });
      return;
    }
    this.sleep(task, new Wait(outcome.queues, outcome.untilNs, "uninterruptible"));
  }
}

savable(Scheduler);
