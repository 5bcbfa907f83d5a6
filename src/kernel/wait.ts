// Blocking as a value: what a task waits for, as plain state that can be saved and restored.

/** Whoever can be woken by a queue: a task, or an epoll item that passes it on. */
export interface Waiter {
  woken(by: WaitQueue): void;
}

/** One thing that can happen, and those who wait for it (Linux: wait_queue_head). A wake is a hint: whoever is woken looks again. */
export class WaitQueue {
  private readonly waiters = new Set<Waiter>();

  get empty(): boolean {
    return this.waiters.size === 0;
  }

  add(waiter: Waiter): void {
    this.waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this.waiters.delete(waiter);
  }

  /** Wakes all; each removes itself from its queues. */
  wake(): void {
    if (this.waiters.size === 0) return;
    for (const waiter of [...this.waiters]) waiter.woken(this);
  }
}

/**
 * What a signal does to the waiting call. "restart": begin again if the handler has SA_RESTART, else EINTR (ERESTARTSYS);
 * "always": begin again whatever ran (ERESTARTNOINTR); "nohand": begin again only if no handler ran (ERESTARTNOHAND);
 * "never": EINTR always; "uninterruptible": only SIGKILL ends it.
 */
export type Interruption = "restart" | "always" | "nohand" | "never" | "uninterruptible";

/**
 * Returned (or, from deep below, thrown) by a system call that can't go on yet. The task sleeps in all `queues` until one
 * is woken or guest monotonic time reaches `untilNs`; then the call runs again from its beginning, with `task.resume` as it left it.
 */
export class Wait {
  readonly queues: readonly WaitQueue[];
  readonly untilNs: number;
  readonly interruption: Interruption;

  constructor(queues: readonly WaitQueue[], untilNs = Infinity, interruption: Interruption = "restart") {
    this.queues = queues;
    this.untilNs = untilNs;
    this.interruption = interruption;
  }
}

export function waitFor(queue: WaitQueue, untilNs = Infinity, interruption: Interruption = "restart"): Wait {
  return new Wait([queue], untilNs, interruption);
}

/**
 * What a call that began and had to wait has done so far. Plain, so that it is saved with the task. A call that
 * starts anew finds `done` 0 and `deadlineNs` undefined; `note` is the call's own (for example clock_nanosleep's request).
 */
export interface Resume {
  done: number;
  deadlineNs: number | undefined;
  note: number | undefined;
}
