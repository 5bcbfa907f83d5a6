// Clocks and timers: numbers, flags, and the structures that carry times.

import { i64, readI64 } from "./bytes.js";

// clock_gettime(2)
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_MONOTONIC_RAW = 4;
export const CLOCK_REALTIME_COARSE = 5;
export const CLOCK_MONOTONIC_COARSE = 6;
export const CLOCK_BOOTTIME = 7;
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;
export const CLOCK_SGI_CYCLE = 10;
export const CLOCK_TAI = 11;

export const TIMER_ABSTIME = 0x1;

// setitimer(2)
export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;

// utimensat(2)
export const UTIME_NOW = 0x3fffffff;
export const UTIME_OMIT = 0x3ffffffe;

// adjtimex(2)
export const TIME_OK = 0;
export const TIME_ERROR = 5;
export const STA_UNSYNC = 0x40;

/** The ticks per second that times(2) and /proc count in. */
export const USER_HZ = 100;

/** A time or a duration; nanoseconds may be UTIME_NOW or UTIME_OMIT where utimensat(2) takes them. */
export type Timespec = { seconds: number; nanoseconds: number };

// struct timespec and struct timeval (with microseconds); itimerspec and itimerval are two of them, interval first.
export const TIMESPEC_BYTES = 16;
export const TIMEVAL_BYTES = 16;

export function encodeTimespec(view: DataView, at: number, time: Timespec): void {
  i64(view, at, time.seconds);
  i64(view, at + 8, time.nanoseconds);
}

export const decodeTimespec = (view: DataView, at: number): Timespec => ({ seconds: readI64(view, at), nanoseconds: readI64(view, at + 8) });

/** Cuts off what is below a microsecond, as Linux does. */
export function encodeTimeval(view: DataView, at: number, time: Timespec): void {
  i64(view, at, time.seconds);
  i64(view, at + 8, Math.floor(time.nanoseconds / 1000));
}

export const decodeTimeval = (view: DataView, at: number): Timespec => ({ seconds: readI64(view, at), nanoseconds: readI64(view, at + 8) * 1000 });

export const timespecFromNs = (ns: bigint): Timespec => {
  const nanoseconds = Number(((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
  return { seconds: Number((ns - BigInt(nanoseconds)) / 1_000_000_000n), nanoseconds };
};

export const nsFromTimespec = (time: Timespec): bigint => BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
