// A kernel on a board without instructions: tests make its tasks call, and look at what the calls return.
import { Errno } from "../../../abi/errno.js";
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../../../abi/mman.js";
import { NestboxKernel } from "../../boot.js";
import { type ByteString, fromBytes, toBytes } from "../../bytestring.js";
import { Tmpfs } from "../../fs/tmpfs.js";
import { AddressSpace } from "../../memory/address-space.js";
import { ArrayMemory, WalkingHart } from "../../memory/testing/board.js";
import { enter } from "../../namespaces/pid.js";
import type { Returned } from "../../syscall.js";
import { table } from "../../syscalls/table.js";
import { ProcessGroup, Session } from "../../task/process-group.js";
import { Process } from "../../task/process.js";
import { initialRlimits } from "../../task/rlimits.js";
import { SignalActions } from "../../task/signal-actions.js";
import { Task } from "../../task/task.js";
import { FileTable } from "../../vfs/file-table.js";
import { mountRoot } from "../../vfs/mount.js";
import { Wait } from "../../wait.js";

/** What a program sees of a call, or "waits". */
export type Outcome = number | string;

export class Program {
  readonly task: Task;
  /** 64 KiB of memory. */
  readonly at: number;

  constructor(task: Task) {
    this.task = task;
    const at = this.call("mmap", 0, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (typeof at !== "number") throw new Error(String(at));
    this.at = at;
    // All pages are there from now on, so that what calls allocate can be counted.
    for (let page = 0; page < 16; page++) this.put(page * 4096, "\0");
  }

  /** A new call. */
  call(name: string, ...registers: number[]): Outcome {
    Object.assign(this.task.resume, { done: 0, deadlineNs: undefined, note: undefined });
    return this.again(name, ...registers);
  }

  /** The same call, as it runs again after it was woken. */
  again(name: string, ...registers: number[]): Outcome {
    const { task } = this;
    task.wait = undefined;
    const result = this.run(name, registers);
    if (!(result instanceof Wait)) return result instanceof Errno ? result.name : result;
    task.wait = result;
    return "waits";
  }

  private run(name: string, registers: readonly number[]): Returned {
    const row = table.find((candidate) => candidate?.name === name);
    if (row === undefined) throw new Error(name);
    try {
      const values: unknown[] = [];
      for (const [i, argument] of row.args.entries()) {
        const value = argument.decode(this.task, registers[i] ?? 0);
        if (value instanceof Errno) return value;
        values.push(value);
      }
      return (row.body as (task: Task, ...args: unknown[]) => Returned)(this.task, ...values);
    } catch (thrown) {
      if (thrown instanceof Errno || thrown instanceof Wait) return thrown;
      throw thrown;
    }
  }

  put(offset: number, text: ByteString): number {
    this.task.memory.write(this.at + offset, toBytes(text));
    return this.at + offset;
  }

  ints(offset: number, ...values: number[]): number {
    values.forEach((value, i) => this.task.memory.writeI32(this.at + offset + 4 * i, value));
    return this.at + offset;
  }

  int(offset: number): number {
    return this.task.memory.readI32(this.at + offset);
  }

  text(offset: number, length: number): ByteString {
    return fromBytes(this.task.memory.read(this.at + offset, length));
  }

  /** Two descriptors that a call made, of which `offset` is the place in memory. */
  pair(offset: number): [number, number] {
    return [this.int(offset), this.int(offset + 4)];
  }

  write(fd: number, text: ByteString): Outcome {
    return this.call("write", fd, this.put(0x8000, text), text.length);
  }

  /** What was read, or the error. */
  read(fd: number, most = 4096): Outcome {
    const n = this.call("read", fd, this.at + 0x9000, most);
    return typeof n === "number" ? `"${this.text(0x9000, n)}"` : n;
  }

  /** Signals that are pending for the thread or its process. */
  signals(): number[] {
    const set = this.task.pending.set | this.task.process.pending.set;
    return Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => (set & (1n << BigInt(signal - 1))) !== 0n);
  }
}

export class Computer {
  readonly kernel: NestboxKernel;
  readonly hart: WalkingHart;
  private next = 1;

  constructor() {
    const memory = new ArrayMemory(8192);
    this.hart = new WalkingHart(memory);
    this.kernel = new NestboxKernel({ memory, processor: this.hart, entropy: { fill: (into) => { into.fill(7); } }, realtime: { sec: 1_700_000_000, nsec: 0 } });
    mountRoot(this.kernel, this.kernel.initialNamespaces.mnt, new Tmpfs(this.kernel, 1, { mode: 0o755 }));
  }

  /** A process: the leader of a session, or with `group` a member of that group. */
  program(group?: ProcessGroup, parent?: Program): Program {
    const { kernel } = this;
    const pid = this.next++;
    const memory = AddressSpace.create(kernel, kernel.rootCgroup, undefined);
    if (memory instanceof Errno) throw new Error(memory.name);
    const own = group ?? new ProcessGroup(pid, new Session(pid));
    const task = new Task(kernel, pid, {
      process: (leader) => new Process(kernel, pid, { leader, parent: parent?.task.process, group: own, actions: new SignalActions(), rlimits: initialRlimits(1000), exitSignal: 17 }),
      memory, files: new FileTable(kernel.rootCgroup), fs: kernel.kernelTask.fs.copy(), credentials: kernel.kernelTask.credentials, namespaces: kernel.initialNamespaces, cgroup: kernel.rootCgroup,
    });
    memory.task = task;
    task.process.threads.add(task);
    own.members.add(task.process);
    if (group === undefined) own.session.leader = task.process;
    kernel.groups.set(own.id, own);
    enter(task, kernel.initialNamespaces.pid);
    return new Program(task);
  }

  pass(ns: number): void {
    this.kernel.clock.spend(ns);
    this.kernel.scheduler.timers.expire(this.kernel.clock.monotonicNs());
  }
}
