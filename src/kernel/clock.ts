// Guest time: monotonic nanoseconds that follow retired instructions and are brought to real time at the ends of slices.
import type { Timestamp } from "./vfs/inode.js";

export interface Clock {
  /** CLOCK_MONOTONIC, nanoseconds since boot; never goes back. */
  monotonicNs(): number;
  /** CLOCK_REALTIME. */
  realtime(): Timestamp;
  /** Real time at boot, to which monotonic time is added. */
  setRealtime(now: Timestamp): void;
}
