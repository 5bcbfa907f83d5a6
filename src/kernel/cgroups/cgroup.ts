// A control group: what is charged to it and the limits that bound it (cgroup v2; the cgroup file system comes on top of it).
import { savable } from "../save.js";

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

export class Cgroup {
  readonly id: number;
  readonly name: string;
  readonly parent: Cgroup | undefined;
  readonly children = new Map<string, Cgroup>();
  /** Bytes: frames and kernel objects. */
  readonly memory = charged();
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
  charge(kind: "memory" | "pids", amount: number): boolean {
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

  uncharge(kind: "memory" | "pids", amount: number): void {
    for (let group: Cgroup | undefined = this; group !== undefined; group = group.parent) group[kind].current -= amount;
  }
}

savable(Cgroup);
