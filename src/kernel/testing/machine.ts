// A whole machine for tests: the real hart and kernel, programs compiled from C, their output caught.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failed } from "../../abi/errno.js";
import { AT_FDCWD, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../abi/fcntl.js";
import { Board } from "../../hardware/board.js";
import { interpreterModule } from "../../hardware/interpreter/build.js";
import { UserHart } from "../../hardware/user-hart.js";
import { NestboxKernel, type Wiring } from "../boot.js";
import { registerMemoryDevices } from "../drivers/memory.js";
import { Tmpfs } from "../fs/tmpfs.js";
import { unnamedDevice } from "../fs/types.js";
import { BufferSink, BufferSource } from "../io.js";
import { Credentials } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { mkdir } from "../vfs/change.js";
import { mountRoot } from "../vfs/mount.js";
import { unreference } from "../vfs/file-table.js";
import { open } from "../vfs/open.js";
import { Wait } from "../wait.js";

const engine = new WebAssembly.Module(interpreterModule());

/** A static riscv64 program from C source. */
export function compile(source: string, ...flags: string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "nestbox-program-"));
  try {
    writeFileSync(join(folder, "program.c"), source);
    execFileSync("riscv64-linux-gnu-gcc", ["-O1", "-static", "-pthread", ...flags, "-o", join(folder, "program"), join(folder, "program.c")], { stdio: "pipe" });
    return new Uint8Array(readFileSync(join(folder, "program")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The kernel on a board, with the hart's time counter showing its clock. */
export function onBoard(kernel: NestboxKernel): NestboxKernel {
  const { processor } = kernel;
  if (processor instanceof UserHart) processor.hart.time = () => kernel.clock.monotonicNs();
  return kernel;
}

/** Wires of a fresh board, with the same "random" bytes each time. */
export function wiring(ramBytes = 128 << 20): Wiring {
  let state = 1;
  const entropy = {
    fill(into: Uint8Array): void {
      for (let i = 0; i < into.length; i++) into[i] = (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 16;
    },
  };
  const board = new Board({ engine, ramBytes, serial: { transmit: () => undefined }, time: { realtimeNs: () => 0n }, entropy });
  return { memory: board.memory, processor: board.processor, entropy, realtime: { sec: 1_700_000_000, nsec: 0 } };
}

export class TestMachine {
  kernel: NestboxKernel;

  constructor(kernel: NestboxKernel) {
    this.kernel = onBoard(kernel);
  }

  /** With an empty root file system and /dev/null, /tmp. */
  static fresh(ramBytes?: number): TestMachine {
    const machine = new TestMachine(new NestboxKernel(wiring(ramBytes)));
    const { kernel } = machine;
    registerMemoryDevices(kernel.devices);
    mountRoot(kernel, kernel.initialNamespaces.mnt, new Tmpfs(kernel, unnamedDevice(kernel), { mode: 0o755 }));
    for (const name of ["/tmp", "/dev", "/bin"]) mkdir(kernel.kernelTask, AT_FDCWD, name, 0o777);
    return machine;
  }

  write(path: string, bytes: Uint8Array | string, mode = 0o755): void {
    const task = this.kernel.kernelTask;
    const file = open(task, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
    if (failed(file) || file instanceof Wait) throw new Error(`${path}: ${failed(file) ? file.name : "waits"}`);
    file.references++;
    const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    for (let at = 0; at < data.length;) {
      const n = file.write(task, new BufferSource(data.subarray(at)), at);
      if (typeof n !== "number") throw new Error(`${path} can't be written`);
      at += n;
    }
    unreference(file);
  }

  read(path: string): string {
    const task = this.kernel.kernelTask;
    const file = open(task, AT_FDCWD, path, O_RDONLY, 0);
    if (failed(file) || file instanceof Wait) throw new Error(`${path} can't be opened`);
    const sink = new BufferSink(new Uint8Array(file.inode.size));
    file.read(task, sink, 0);
    return new TextDecoder().decode(sink.bytes.subarray(0, sink.filled));
  }

  /** Starts a program that reads an empty file and whose output goes to the file /tmp/out. */
  start(file: string, ...args: string[]): Task {
    const out = open(this.kernel.kernelTask, AT_FDCWD, "/tmp/out", O_CREAT | O_WRONLY | O_TRUNC | 0o2000, 0o644);
    if (failed(out) || out instanceof Wait) throw new Error("no output");
    const input = open(this.kernel.kernelTask, AT_FDCWD, "/tmp/in", O_CREAT | O_RDONLY, 0o644);
    if (failed(input) || input instanceof Wait) throw new Error("no input");
    const task = this.kernel.spawn({ file, argv: [file, ...args], envp: ["PATH=/bin"], cwd: "/", files: [input, out, out], credentials: new Credentials() });
    if (failed(task)) throw new Error(`${file}: ${task.name}`);
    if (task instanceof Wait) throw new Error(`${file} waits`);
    return task;
  }

  /** Runs until the task's process has ended. Time that nobody uses passes at once. */
  finish(task: Task, maxSteps = 2000): { status: number; out: string } {
    for (let i = 0; i < maxSteps && !task.process.ended; i++) this.step(1_000_000);
    if (!task.process.ended) throw new Error(`${task.comm} does not end; it is ${task.state}; it wrote: ${this.read("/tmp/out")}`);
    return { status: task.process.exitStatus, out: this.read("/tmp/out") };
  }

  step(budget: number): void {
    const { kernel } = this;
    if (kernel.step(budget) === "busy") return;
    const next = kernel.nextDeadlineNs();
    if (next !== Infinity) kernel.clock.synchronise(next);
  }

  run(file: string, ...args: string[]): { status: number; out: string } {
    return this.finish(this.start(file, ...args));
  }
}
