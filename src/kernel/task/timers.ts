// Timers of processes: interval timers (setitimer(2)) and POSIX timers (timer_create(2)) as plain records.

/** ITIMER_*: the next time it ends, on the clock of its kind, and how it goes on. */
export interface IntervalTimer {
  /** REAL: guest monotonic time. VIRTUAL and PROF: processor time of the process. */
  deadlineNs: number;
  intervalNs: number;
}

export interface PosixTimer {
  readonly id: number;
  readonly clock: number;
  /** SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD_ID. */
  readonly notify: number;
  readonly signal: number;
  readonly value: bigint;
  /** Global tid for SIGEV_THREAD_ID. */
  readonly thread: number;
  /** Guest monotonic time of the next end; undefined while disarmed. */
  deadlineNs: number | undefined;
  intervalNs: number;
  /** Its signal is queued and not yet taken: further ends only count. */
  queued: boolean;
  overrun: number;
  /** Overruns of the signal delivered last. */
  lastOverrun: number;
}
