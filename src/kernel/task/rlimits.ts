// Resource limits of a process (getrlimit(2)), with the values that Linux gives its first process.
import {
  RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RTPRIO, RLIMIT_SIGPENDING, RLIMIT_STACK, RLIM_NLIMITS,
} from "../../abi/resource.js";

/** Soft and hard limit in the resource's unit; Infinity is RLIM_INFINITY. */
export interface Rlimit {
  soft: number;
  hard: number;
}

/** By RLIMIT_*. `tasks` is how many tasks the machine can hold (Linux: max_threads / 2 for NPROC and SIGPENDING). */
export function initialRlimits(tasks: number): Rlimit[] {
  const limits: Rlimit[] = Array.from({ length: RLIM_NLIMITS }, () => ({ soft: Infinity, hard: Infinity }));
  limits[RLIMIT_STACK] = { soft: 8 << 20, hard: Infinity };
  limits[RLIMIT_CORE] = { soft: 0, hard: Infinity };
  limits[RLIMIT_NOFILE] = { soft: 1024, hard: 1048576 };
  limits[RLIMIT_MEMLOCK] = { soft: 8 << 20, hard: 8 << 20 };
  limits[RLIMIT_NPROC] = { soft: tasks, hard: tasks };
  limits[RLIMIT_SIGPENDING] = { soft: tasks, hard: tasks };
  limits[RLIMIT_MSGQUEUE] = { soft: 819200, hard: 819200 };
  limits[RLIMIT_NICE] = { soft: 0, hard: 0 };
  limits[RLIMIT_RTPRIO] = { soft: 0, hard: 0 };
  return limits;
}
