// A task: one thread of execution (Linux: task_struct), with references to what it shares with others.
import type { ByteString } from "../bytestring.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import type { Kernel } from "../kernel.js";
import type { AddressSpace } from "../memory/address-space.js";
import type { Namespaces } from "../namespaces/namespaces.js";
import { savable } from "../save.js";
import type { FileTable } from "../vfs/file-table.js";
import type { FsContext } from "../vfs/fs-context.js";
import { type Resume, type Wait, WaitQueue, type Waiter } from "../wait.js";
import type { Credentials } from "./credentials.js";
import type { Process } from "./process.js";
import type { FutexWaiter } from "./futex.js";
import { noIo } from "./io-counters.js";
import { SignalQueue } from "./signal-queue.js";
import { Timer, type TimerTarget } from "./timer-heap.js";

/** Bytes of a saved register file: x0..x31 and pc at 0 (33 x 8), f0..f31 and fcsr at 264 (33 x 8). */
export const REGISTER_BYTES = 528;

/**
 * runnable: in the scheduler's queue or on the hart; waiting: in wait queues; stopped: by job control;
 * zombie: ended, not waited for; dead: gone.
 */
export type TaskState = "runnable" | "waiting" | "stopped" | "zombie" | "dead";

export class Task implements Waiter, TimerTarget {
  readonly kernel: Kernel;
  /** Thread id in the initial pid namespace; namespaces/pid.ts knows its number in the others. It changes when a thread that is no leader execs. */
  tid: number;
  process: Process;
  memory: AddressSpace;
  files: FileTable;
  fs: FsContext;
  credentials: Credentials;
  namespaces: Namespaces;
  /** Who pays for what this task allocates. */
  cgroup: Cgroup;
  comm: ByteString = "";
  state: TaskState = "runnable";

  /** Registers while it is not on the hart. */
  readonly registers = new Uint8Array(REGISTER_BYTES);
  /** What the current call has done before it had to wait. */
  readonly resume: Resume = { done: 0, deadlineNs: undefined, note: undefined };
  /** A call has returned a Wait and has not ended: its ecall runs again. */
  calling = false;
  /** What it waits for, or what the call in progress waited for last. */
  wait: Wait | undefined;
  readonly sleepTimer: Timer = new Timer(this);
  /** It stands in the scheduler's queue. */
  queued = false;
  /** Signals for this thread alone; those for the process are in `process.pending`. */
  readonly pending = new SignalQueue();
  /** Blocked signals: bit n-1 is signal n. */
  blocked = 0n;
  /** The mask to restore after rt_sigsuspend, ppoll and the like. */
  restoredMask: bigint | undefined;
  /** Alternate signal stack (sigaltstack(2)). */
  alternateStack = { sp: 0, size: 0, flags: 2 };
  /** Look at signals, stops and exits before going back to user mode. */
  attention = false;

  /** set_tid_address(2), CLONE_CHILD_CLEARTID: cleared and woken as a futex at exit. 0: none. */
  clearChildTid = 0;
  robustList = 0;
  rseq = { address: 0, length: 0, signature: 0 };
  /** It was preempted: a restartable sequence that it may be in begins anew. */
  preempted = false;
  /** It ends as soon as it runs, with that status word (exit by itself, exec of another thread). */
  dying = false;
  /** What it waits for in futex(2). */
  futex: FutexWaiter | undefined;
  /** Who waits in vfork until this task execs or ends, woken by `released`; and the child this one waits for. */
  vforkParent: Task | undefined;
  vforkChild: Task | undefined;
  readonly released = new WaitQueue();
  /** Sent to it when the thread that made its process ends (PR_SET_PDEATHSIG). */
  parentDeathSignal = 0;
  nice = 0;
  /** SCHED_* and the real-time priority. */
  policy = 0;
  realtimePriority = 0;
  resetOnFork = false;
  ioPriority = 0;
  timerSlackNs = 50_000;

  userNs = 0;
  systemNs = 0;
  voluntarySwitches = 0;
  involuntarySwitches = 0;
  minorFaults = 0;
  majorFaults = 0;
  startNs = 0;
  readonly io = noIo();

  constructor(kernel: Kernel, tid: number, parts: TaskParts) {
    this.kernel = kernel;
    this.tid = tid;
    this.memory = parts.memory;
    this.files = parts.files;
    this.fs = parts.fs;
    this.credentials = parts.credentials;
    this.namespaces = parts.namespaces;
    this.cgroup = parts.cgroup;
    this.process = typeof parts.process === "function" ? parts.process(this) : parts.process;
  }

  /** A queue that it waits in was woken: it runs again and looks anew. */
  woken(_by: WaitQueue): void {
    this.kernel.scheduler.wake(this);
  }

  /** The time to which it sleeps has come. */
  expired(_timer: Timer): void {
    this.kernel.scheduler.wake(this);
  }

  /**
   * The absolute guest monotonic time (ns) at which the current call times out, fixed when the call first asks and
   * kept over its restarts. undefined timeouts never end.
   */
  deadline(timeoutNs: number | undefined): number {
    if (timeoutNs === undefined) return Infinity;
    this.resume.deadlineNs ??= this.kernel.clock.monotonicNs() + timeoutNs;
    return this.resume.deadlineNs;
  }
}

export interface TaskParts {
  /** The process, or for a leader what makes it: each of the two needs the other. */
  process: Process | ((leader: Task) => Process);
  memory: AddressSpace;
  files: FileTable;
  fs: FsContext;
  credentials: Credentials;
  namespaces: Namespaces;
  cgroup: Cgroup;
}

savable(Task);
