// The kernel: what its parts share. The loop that runs tasks is task/scheduler.ts; calls are dispatched by dispatch.ts.
import type { Cgroup } from "./cgroups/cgroup.js";
import type { Clock } from "./clock.js";
import type { DeviceTable, Disk, Entropy, PlatformDevice } from "./devices.js";
import type { Happening } from "./happening.js";
import type { KernelLog } from "./log.js";
import type { Frames } from "./memory/frames.js";
import type { Vdso } from "./memory/vdso.js";
import type { Namespaces } from "./namespaces/namespaces.js";
import type { Processor } from "./processor.js";
import type { FutexTable } from "./task/futex.js";
import type { ProcessGroup, Session } from "./task/process-group.js";
import type { Process } from "./task/process.js";
import type { Scheduler } from "./task/scheduler.js";

/** How the machine stands; reboot(2) and the end of init change it. */
export type Power = "on" | "off" | "restart";

/** Everything that a part of the kernel may need of the others. One per machine; boot.ts makes it. */
export interface Kernel {
  readonly frames: Frames;
  readonly processor: Processor;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly disk: Disk | undefined;
  /** What else stands on the board's bus, by address. */
  readonly platform: readonly PlatformDevice[];
  readonly scheduler: Scheduler;
  readonly devices: DeviceTable;
  readonly futexes: FutexTable;
  readonly log: KernelLog;
  readonly vdso: Vdso;
  readonly initialNamespaces: Namespaces;
  readonly rootCgroup: Cgroup;
  /** By id in the initial pid namespace. Tasks by tid are `initialNamespaces.pid.tasks`. */
  readonly groups: Map<number, ProcessGroup>;
  readonly sessions: Map<number, Session>;
  /** /proc/sys/kernel/random/boot_id: a UUID of this boot. */
  readonly bootId: string;
  /** Ceiling of tasks on the machine (Linux: max_threads). */
  readonly maxTasks: number;
  /** Tasks that were made since boot, for /proc/stat. */
  forks: number;
  readonly power: Power;
  /** Listens to what happens; undefined when nobody does, so that telling costs one comparison. */
  watch: ((happening: Happening) => void) | undefined;
  /** The next inode number for anonymous files (pipes, sockets), mount ids, and so on: one counter each by name. */
  nextNumber(kind: "inode" | "mount" | "device" | "namespace" | "cgroup"): number;
  /** Ends the machine: nothing runs any more. */
  powerOff(how: "off" | "restart"): void;
  /** Told by the exit of a process that the kernel itself started. */
  ended(process: Process): void;
}
