// A process: a thread group and what its threads share (Linux: signal_struct and the leader's task_struct).
import { RLIMIT_CPU } from "../../abi/resource.js";
import type { ByteString } from "../bytestring.js";
import type { Kernel } from "../kernel.js";
import { savable } from "../save.js";
import type { Path } from "../vfs/path.js";
import { WaitQueue } from "../wait.js";
import { noIo } from "./io-counters.js";
import type { ProcessGroup } from "./process-group.js";
import type { Rlimit } from "./rlimits.js";
import type { SignalActions } from "./signal-actions.js";
import { SignalQueue } from "./signal-queue.js";
import type { Task } from "./task.js";
import type { AlarmTimer, CpuTimer, PosixTimer } from "./timers.js";

/** What getrusage(2) sums up. */
export interface Usage {
  userNs: number;
  systemNs: number;
  minorFaults: number;
  majorFaults: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
  maxRssPages: number;
}

export const noUsage = (): Usage =>
  ({ userNs: 0, systemNs: 0, minorFaults: 0, majorFaults: 0, voluntarySwitches: 0, involuntarySwitches: 0, maxRssPages: 0 });

export class Process {
  readonly kernel: Kernel;
  /** The thread group id in the initial pid namespace; `numberIn` of namespaces.ts gives it in others. */
  readonly pid: number;
  /** undefined: the kernel itself, or an outer pid namespace that this one can't see. */
  parent: Process | undefined;
  readonly children = new Set<Process>();
  readonly threads = new Set<Task>();
  /** The thread whose tid is the pid. It stays here after it ended, until the process is waited for. */
  leader: Task;
  group: ProcessGroup;

  actions: SignalActions;
  /** Signals for the process as a whole; those for one thread are in `Task.pending`. */
  readonly pending = new SignalQueue();
  /** Woken whenever a signal becomes pending for the process or one of its threads: sigtimedwait, signalfd. */
  readonly signalled = new WaitQueue();
  /** By RLIMIT_*. */
  rlimits: Rlimit[];

  /** Status word for wait4(2) once all threads have ended; set early by exit_group and deadly signals. */
  exitStatus = 0;
  /** All threads are ending with `exitStatus` (Linux: SIGNAL_GROUP_EXIT). */
  exiting = false;
  /** The thread that execs and for which the others end. */
  executing: Task | undefined;
  /** It ended and was not waited for. */
  zombie = false;
  /** It is gone: no parent will ask for it any more. */
  reaped = false;
  /** Sent to the parent at the end; SIGCHLD, another signal or 0 as clone(2) said. */
  exitSignal: number;
  /** Stopped by job control: the signal. 0: it runs. */
  stopSignal = 0;
  /** What a parent may still be told with WUNTRACED or WCONTINUED. */
  stopReported: "nothing" | "stopped" | "continued" = "nothing";
  /** Woken when a child ends, stops or continues: wait4(2) of this process. */
  readonly childChanged = new WaitQueue();
  /** Woken when this process ends: pidfd polls and vfork. */
  readonly ending = new WaitQueue();

  /** Where the running program was found, for /proc/PID/exe. */
  executable: Path | undefined;
  /** It has called execve since it was forked (setpgid(2) refuses then). */
  executed = false;
  dumpable = 1;
  oomScoreAdjust = 0;
  personality = 0;
  childSubreaper = false;
  startNs: number;
  /** Threads that ended. */
  readonly threadUsage = noUsage();
  /** Children that were waited for. */
  readonly childUsage = noUsage();
  /** Of threads that ended and children that were waited for. */
  readonly endedIo = noIo();
  /** ITIMER_REAL. */
  alarm: AlarmTimer | undefined;
  virtualTimer: CpuTimer | undefined;
  profTimer: CpuTimer | undefined;
  /** timer_create(2) by id. */
  readonly posixTimers = new Map<number, PosixTimer>();
  /** Something is to be looked at when processor time was charged: timers on it, RLIMIT_CPU. */
  watchesCpu: boolean;
  /** The next second of processor time that SIGXCPU tells of, once beyond the soft limit. */
  cpuWarnedSeconds = 0;
  nextTimerId = 0;
  /** For prctl(PR_SET_MM_*) and /proc: the file name given to execve. */
  executedName: ByteString = "";

  constructor(kernel: Kernel, pid: number, parts: ProcessParts) {
    this.kernel = kernel;
    this.pid = pid;
    this.leader = parts.leader;
    this.parent = parts.parent;
    this.group = parts.group;
    this.actions = parts.actions;
    this.rlimits = parts.rlimits;
    // As Linux posix_cpu_timers_init_group: a limit is inherited by fork.
    this.watchesCpu = parts.rlimits[RLIMIT_CPU].soft !== Infinity;
    this.exitSignal = parts.exitSignal;
    this.startNs = kernel.clock.monotonicNs();
  }

  /** It is a zombie or gone. */
  get ended(): boolean {
    return this.zombie || this.reaped;
  }

  /** Most pages that were present at once, in this program and those before it. */
  maxRss(): number {
    return Math.max(this.threadUsage.maxRssPages, this.leader.memory.peakPresent);
  }

  /** Soft limit of a resource (RLIMIT_*). */
  limit(resource: number): number {
    return this.rlimits[resource].soft;
  }
}

export interface ProcessParts {
  leader: Task;
  parent: Process | undefined;
  group: ProcessGroup;
  actions: SignalActions;
  rlimits: Rlimit[];
  exitSignal: number;
}

savable(Process);
