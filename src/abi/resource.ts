// getrlimit(2), getrusage(2) and sysinfo(2): resources, whom they are asked of, and their structures.

import { i64, u64 } from "./bytes.js";
import { encodeTimeval } from "./time.js";
import type { Timespec } from "./time.js";

export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_RSS = 5;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
export const RLIMIT_LOCKS = 10;
export const RLIMIT_SIGPENDING = 11;
export const RLIMIT_MSGQUEUE = 12;
export const RLIMIT_NICE = 13;
export const RLIMIT_RTPRIO = 14;
export const RLIMIT_RTTIME = 15;
export const RLIM_NLIMITS = 16;

export const RUSAGE_SELF = 0;
export const RUSAGE_CHILDREN = -1;
export const RUSAGE_BOTH = -2;
export const RUSAGE_THREAD = 1;

/** No limit, as prlimit64(2) spells it. */
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

// struct rlimit64: rlim_cur, rlim_max.
export const RLIMIT_BYTES = 16;

// struct rusage.
export const RUSAGE_BYTES = 144;

export type Rusage = {
  utime: Timespec; stime: Timespec; maxrssKiB: number; minflt: number; majflt: number;
  inblock: number; oublock: number; nvcsw: number; nivcsw: number;
};

export function encodeRusage(view: DataView, at: number, usage: Rusage): void {
  encodeTimeval(view, at, usage.utime);
  encodeTimeval(view, at + 16, usage.stime);
  // Linux never fills ixrss, idrss, isrss, nswap, msgsnd, msgrcv and nsignals.
  const { maxrssKiB, minflt, majflt, inblock, oublock, nvcsw, nivcsw } = usage;
  [maxrssKiB, 0, 0, 0, minflt, majflt, 0, inblock, oublock, 0, 0, 0, nvcsw, nivcsw]
    .forEach((value, i) => i64(view, at + 32 + 8 * i, value));
}

// struct sysinfo; sizes are in units of memUnit bytes, loads in 1/65536.
export const SYSINFO_BYTES = 112;

export type Sysinfo = {
  uptimeSeconds: number; loads: readonly [number, number, number]; totalram: number; freeram: number; sharedram: number;
  bufferram: number; totalswap: number; freeswap: number; procs: number; memUnit: number;
};

export function encodeSysinfo(view: DataView, at: number, info: Sysinfo): void {
  i64(view, at, info.uptimeSeconds);
  const { totalram, freeram, sharedram, bufferram, totalswap, freeswap } = info;
  [...info.loads, totalram, freeram, sharedram, bufferram, totalswap, freeswap]
    .forEach((value, i) => u64(view, at + 8 + 8 * i, value));
  view.setUint16(at + 80, info.procs, true);
  view.setUint16(at + 82, 0, true);
  view.setUint32(at + 84, 0, true);
  u64(view, at + 88, 0);
  u64(view, at + 96, 0);
  view.setUint32(at + 104, info.memUnit, true);
  view.setUint32(at + 108, 0, true);
}
