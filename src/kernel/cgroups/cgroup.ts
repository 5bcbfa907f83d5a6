// A control group: what is charged to it and the limits that bound it (cgroup v2; the cgroup file system comes on top of it).
import { savable } from "../save.js";
import { cost } from "./costs.js";

/** A counter with a limit; `failed` counts refused charges. Units are the resource's own (bytes, tasks). */
export interface Charged {
  current: number;
  peak: number;
  max: number;
  failed: number;
}

function charged(): Charged {
  return { current: 0, peak: 0, max: Infinity, failed: 0 };
}

/** The part of the ceiling of kernel memory that files in memory may take. */
const LASTING_SHARE = 0.75;

export class Cgroup {
  readonly id: number;
  readonly name: string;
  readonly parent: Cgroup | undefined;
  readonly children = new Map<string, Cgroup>();
  /** Bytes: frames and kernel objects. */
  readonly memory = charged();
  /** Bytes of kernel objects, which are counted in `memory` too. The machine's ceiling keeps them out of the way of the engine's own heap. */
  readonly kernel = charged();
  /** Tasks. */
  readonly pids = charged();
  /** Nanoseconds of processor time used by its tasks and those of its descendants. */
  cpuUserNs = 0;
  cpuSystemNs = 0;

  constructor(id: number, name: string, parent: Cgroup | undefined) {
    this.id = id;
    this.name = name;
    this.parent = parent;
  }

  /** Charges here and in every ancestor, or nowhere: false where a limit refuses. */
  charge(kind: "memory" | "kernel" | "pids", amount: number): boolean {
    for (let group: Cgroup | undefined = this; group !== undefined; group = group.parent) {
      if (group[kind].current + amount <= group[kind].max) continue;
      group[kind].failed++;
      return false;
    }
    for (let group: Cgroup | undefined = this; group !== undefined; group = group.parent) {
      const counter = group[kind];
      counter.current += amount;
      if (counter.current > counter.peak) counter.peak = counter.current;
    }
    return true;
  }

  /** Whether so much more would be refused, here or above. */
  refuses(kind: "memory" | "kernel" | "pids", amount: number): boolean {
    for (let group: Cgroup | undefined = this; group !== undefined; group = group.parent) if (group[kind].current + amount > group[kind].max) return true;
    return false;
  }

  /** Charges what a kernel object takes, by its fixed cost in bytes (costs.ts); false where memory or the machine's ceiling is exhausted. */
  chargeObject(bytes: number): boolean {
    if (!this.charge("kernel", bytes)) return false;
    if (this.charge("memory", bytes)) return true;
    this.uncharge("kernel", bytes);
    return false;
  }

  /** As `chargeObject`, for what stays when processes end (files in memory): it leaves a part of the ceiling, so that somebody can still come and tidy up. */
  chargeLasting(bytes: number): boolean {
    for (let group: Cgroup | undefined = this; group !== undefined; group = group.parent) {
      if (group.kernel.current + bytes > group.kernel.max * LASTING_SHARE) return false;
    }
    return this.chargeObject(bytes);
  }

  unchargeObject(bytes: number): void {
    this.uncharge("kernel", bytes);
    this.uncharge("memory", bytes);
  }

  uncharge(kind: "memory" | "kernel" | "pids", amount: number): void {
    for (let group: Cgroup | undefined = this; group !== undefined; group = group.parent) group[kind].current -= amount;
  }
}

/** A task more: it counts, and takes kernel memory. */
export function chargeTask(group: Cgroup): boolean {
  if (!group.charge("pids", 1)) return false;
  if (group.chargeObject(cost.task)) return true;
  group.uncharge("pids", 1);
  return false;
}

export function unchargeTask(group: Cgroup): void {
  group.uncharge("pids", 1);
  group.unchargeObject(cost.task);
}

savable(Cgroup);
