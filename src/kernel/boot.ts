// The kernel nestbox as it stands on a board: wiring in, namespaces, scheduler and tables made, processes started from nothing.
import type { Errno } from "../abi/errno.js";
import { failed } from "../abi/errno.js";
import { Cgroup } from "./cgroups/cgroup.js";
import { kernelCeiling } from "./cgroups/costs.js";
import { Clock } from "./clock.js";
import { DeviceTable, type Disk, type Entropy, type PlatformDevice } from "./devices.js";
import { readClock } from "./drivers/rtc.js";
import type { Happening } from "./happening.js";
import type { Kernel, Power } from "./kernel.js";
import { KernelLog } from "./log.js";
import { AddressSpace } from "./memory/address-space.js";
import { FRAME_SIZE, type FrameMemory, Frames } from "./memory/frames.js";
import { Vdso } from "./memory/vdso.js";
import {
  CgroupNamespace, IpcNamespace, MountNamespace, type Namespaces, NetNamespace, PidNamespace, TimeNamespace, UserNamespace, UtsNamespace,
} from "./namespaces/namespaces.js";
import type { Processor } from "./processor.js";
import { MACHINE, RELEASE, VERSION } from "./release.js";
import { savable } from "./save.js";
import { Credentials } from "./task/credentials.js";
import { FutexTable } from "./task/futex.js";
import { ProcessGroup, Session } from "./task/process-group.js";
import { Process } from "./task/process.js";
import { initialRlimits } from "./task/rlimits.js";
import { Scheduler } from "./task/scheduler.js";
import { SignalActions } from "./task/signal-actions.js";
import { sendToProcess } from "./task/signals.js";
import { type SpawnRequest, spawn } from "./task/spawn.js";
import { Task } from "./task/task.js";
import { FileTable } from "./vfs/file-table.js";
import { FsContext } from "./vfs/fs-context.js";
import type { Timestamp } from "./vfs/inode.js";
import { Path } from "./vfs/path.js";
import type { Wait } from "./wait.js";

/** What a board gives to its kernel. */
export interface Wiring {
  readonly memory: FrameMemory;
  readonly processor: Processor;
  readonly entropy: Entropy;
  readonly disk?: Disk;
  readonly platform?: readonly PlatformDevice[];
  /** Real time at power-on, where no clock of the board is to tell it. */
  readonly realtime?: Timestamp;
}

/** Inode numbers of the initial namespaces (Linux include/linux/proc_ns.h; mount and network as 6.12 numbers them). */
const INITIAL = { net: 4026531840, mnt: 4026531841, time: 4026531834, cgroup: 4026531835, pid: 4026531836, user: 4026531837, uts: 4026531838, ipc: 4026531839 };

/** Memory that Linux reckons per thread: eight times its kernel stack. */
const BYTES_PER_TASK = 8 * 16384;

function initialNamespaces(root: Cgroup): Namespaces {
  const pid = new PidNamespace(INITIAL.pid, undefined);
  return {
    mnt: new MountNamespace(INITIAL.mnt), pid, pidForChildren: pid, uts: new UtsNamespace(INITIAL.uts), ipc: new IpcNamespace(INITIAL.ipc),
    net: new NetNamespace(INITIAL.net), user: new UserNamespace(INITIAL.user, undefined), cgroup: new CgroupNamespace(INITIAL.cgroup, root), time: new TimeNamespace(INITIAL.time),
  };
}

function uuid(entropy: Entropy): string {
  const bytes = new Uint8Array(16);
  entropy.fill(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export class NestboxKernel implements Kernel {
  readonly processor: Processor;
  readonly entropy: Entropy;
  readonly disk: Disk | undefined;
  readonly platform: readonly PlatformDevice[];
  readonly frames: Frames;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly devices = new DeviceTable();
  readonly futexes = new FutexTable();
  readonly log = new KernelLog();
  readonly rootCgroup = new Cgroup(1, "", undefined);
  readonly initialNamespaces: Namespaces;
  readonly vdso: Vdso;
  readonly groups = new Map<number, ProcessGroup>();
  readonly sessions = new Map<number, Session>();
  readonly bootId: string;
  readonly maxTasks: number;
  forks = 0;
  power: Power = "on";
  /** Not part of the state: whoever restores a kernel listens anew. */
  declare watch: ((happening: Happening) => void) | undefined;
  private readonly numbers = { inode: 1, mount: 1, device: 32, namespace: 4026532200, cgroup: 2 };
  private self: Task | undefined;
  /** Processes of `spawn` that ended and were not yet taken. */
  private endings: Process[] = [];

  constructor(wiring: Wiring) {
    this.processor = wiring.processor;
    this.entropy = wiring.entropy;
    this.disk = wiring.disk;
    this.platform = wiring.platform ?? [];
    this.frames = new Frames(wiring.memory);
    this.clock = new Clock(wiring.processor);
    const realtime = wiring.realtime ?? readClock(this);
    if (realtime !== undefined) this.clock.setRealtime(realtime);
    this.scheduler = new Scheduler(this);
    this.initialNamespaces = initialNamespaces(this.rootCgroup);
    this.rootCgroup.kernel.max = kernelCeiling(this.frames.total * FRAME_SIZE);
    this.vdso = new Vdso(this.frames, this.rootCgroup);
    this.bootId = uuid(wiring.entropy);
    this.maxTasks = Math.min(Math.max(Math.floor((this.frames.total * 4096) / BYTES_PER_TASK), 64), 32768);
    this.listen(undefined);
    this.bootLines();
  }

  /** Hears everything that happens from now on; undefined: nobody does. */
  listen(watch: ((happening: Happening) => void) | undefined): void {
    Object.defineProperty(this, "watch", { value: watch, writable: true, enumerable: false, configurable: true });
  }

  private bootLines(): void {
    const now = this.clock.monotonicNs();
    const kib = this.frames.total * 4;
    for (const line of [
      `Linux version ${RELEASE} (nestbox) ${VERSION}`, `Machine model: nestbox,${MACHINE}`, "riscv: base ISA extensions acdfim", `Memory: ${(this.frames.total - this.frames.used) * 4}K/${kib}K available`,
      `pid_max: default: 4194304 minimum: 301`, "smp: Brought up 1 node, 1 CPU", "clocksource: riscv_clocksource",
    ]) this.log.add(line, now);
    if (this.disk !== undefined) this.log.add(`virtio_blk virtio0: [vda] ${this.disk.blocks * 8} 512-byte logical blocks`, now);
    for (const { address, device } of this.platform) this.log.add(`platform ${address.toString(16)}.${device.name}: found`, now);
  }

  nextNumber(kind: keyof NestboxKernel["numbers"]): number {
    return this.numbers[kind]++;
  }

  /**
   * The kernel as a task (Linux: init_task), with all rights and the root of the initial mount namespace: who mounts,
   * and reads and writes files from outside. It never runs. The root must have been mounted.
   */
  get kernelTask(): Task {
    const [mount] = this.initialNamespaces.mnt.mounts;
    const root = new Path(mount, mount.root);
    if (this.self === undefined) this.self = this.makeKernelTask(root);
    this.self.fs.root = root;
    return this.self;
  }

  private makeKernelTask(root: Path): Task {
    const memory = AddressSpace.create(this, this.rootCgroup, undefined);
    if (failed(memory)) throw new Error("the machine has no memory for a first address space");
    const group = new ProcessGroup(0, new Session(0));
    const rlimits = initialRlimits(this.maxTasks);
    const task = new Task(this, 0, {
      process: (leader) => new Process(this, 0, { leader, parent: undefined, group, actions: new SignalActions(), rlimits, exitSignal: 0 }),
      memory, files: new FileTable(this.rootCgroup), fs: new FsContext(root, root, 0o022), credentials: new Credentials(), namespaces: this.initialNamespaces, cgroup: this.rootCgroup,
    });
    task.comm = "swapper/0";
    memory.task = task;
    return task;
  }

  /** A process from nothing, as PID 1 and whatever else the outside starts. A Wait: the disk is still at it, to be asked again. */
  spawn(request: SpawnRequest): Task | Errno | Wait {
    return spawn(this, request);
  }

  /** A signal from outside: it reaches a protected init too. */
  signal(task: Task, signal: number): void {
    sendToProcess(task.process, { kind: "kill", signo: signal, code: 0, pid: 0, uid: 0 });
  }

  /** Runs tasks until so many instructions are used up or nobody can run; then something outside, or time, must change. */
  step(budget: number): "busy" | "idle" {
    this.vdso.refresh(this.clock);
    return this.scheduler.step(budget);
  }

  /** Guest monotonic time at which something becomes due by itself; Infinity: never. */
  nextDeadlineNs(): number {
    return this.scheduler.timers.nextNs;
  }

  powerOff(how: "off" | "restart"): void {
    this.power = how;
    this.watch?.({ at: "machine.stopped" });
  }

  ended(process: Process): void {
    this.endings.push(process);
  }

  /** Processes started by `spawn`, or orphaned, that ended since the last time: `exitStatus` tells how. */
  takeEnded(): Process[] {
    const { endings } = this;
    if (endings.length > 0) this.endings = [];
    return endings;
  }
}

savable(NestboxKernel);
