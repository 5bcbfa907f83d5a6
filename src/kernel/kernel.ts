// The kernel: what its parts share. The loop that runs tasks is task/scheduler.ts; calls are dispatched by dispatch.ts.
import type { Cgroup } from "./cgroups/cgroup.js";
import type { Clock } from "./clock.js";
import type { DeviceTable } from "./devices.js";
import type { Happening } from "./happening.js";
import type { Frames } from "./memory/frames.js";
import type { Namespaces } from "./namespaces/namespaces.js";
import type { Scheduler } from "./task/scheduler.js";
import type { Processor } from "./processor.js";
import type { Entropy } from "./devices.js";

/** Everything that a part of the kernel may need of the others. One per machine. */
export interface Kernel {
  readonly frames: Frames;
  readonly processor: Processor;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly scheduler: Scheduler;
  readonly devices: DeviceTable;
  readonly initialNamespaces: Namespaces;
  readonly rootCgroup: Cgroup;
  /** Listens to what happens; undefined when nobody does, so that telling costs one comparison. */
  watch: ((happening: Happening) => void) | undefined;
  /** The next inode number for anonymous files (pipes, sockets), mount ids, and so on: one counter each by name. */
  nextNumber(kind: "inode" | "mount" | "device" | "namespace" | "cgroup"): number;
}
