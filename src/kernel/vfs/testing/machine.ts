// A kernel with memory, a clock and one task, and nothing else: what file system tests run on.
import { failed } from "../../../abi/errno.js";
import { AT_FDCWD, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../../abi/fcntl.js";
import { type ByteString, fromBytes, toBytes } from "../../bytestring.js";
import { Cgroup } from "../../cgroups/cgroup.js";
import { DeviceTable, type Disk } from "../../devices.js";
import { Tmpfs } from "../../fs/tmpfs.js";
import { BufferSink, BufferSource } from "../../io.js";
import type { Kernel } from "../../kernel.js";
import { Frames } from "../../memory/frames.js";
import { MountNamespace, PidNamespace } from "../../namespaces/namespaces.js";
import { Credentials } from "../../task/credentials.js";
import type { Task } from "../../task/task.js";
import { File } from "../file.js";
import { FileTable, unreference } from "../file-table.js";
import { FsContext } from "../fs-context.js";
import type { FileSystem } from "../inode.js";
import { mountRoot } from "../mount.js";
import { open } from "../open.js";

const FRAMES = 4096;

/** A disk whose blocks are an array. */
export class ArrayDisk implements Disk {
  readonly bytes: Uint8Array;
  private readonly frames: Frames;
  reads = 0;
  blocksRead = 0;

  constructor(bytes: Uint8Array, frames: Frames) {
    this.bytes = bytes;
    this.frames = frames;
  }

  get blocks(): number {
    return Math.ceil(this.bytes.length / 4096);
  }

  read(block: number, frames: readonly number[]): boolean {
    this.reads++;
    this.blocksRead += frames.length;
    frames.forEach((frame, i) => this.frames.writable(frame).set(this.bytes.subarray((block + i) * 4096, (block + i + 1) * 4096)));
    return true;
  }
}

export interface Machine {
  kernel: Kernel;
  task: Task;
  namespace: MountNamespace;
  frames: Frames;
}

/** The root is a tmpfs unless `root` makes another. */
export function machine(root?: (kernel: Kernel, task: Task) => FileSystem): Machine {
  const u8 = new Uint8Array((FRAMES + 1) * 4096);
  const memory: unknown = { u8, memory: { u8 }, firstFrame: 1, frameCount: FRAMES, dirtied: () => undefined };
  const frames = new Frames(memory as ConstructorParameters<typeof Frames>[0]);
  const namespace = new MountNamespace(1);
  const pid = new PidNamespace(2, undefined);
  const rootCgroup = new Cgroup(1, "", undefined);
  const numbers = new Map<string, number>();
  let now = 1000;
  const parts: unknown = {
    frames, rootCgroup, devices: new DeviceTable(), disk: undefined, initialNamespaces: { mnt: namespace, pid },
    clock: { monotonicNs: () => now * 1e9, realtime: () => ({ sec: now++, nsec: 0 }) },
    scheduler: { wake: () => undefined }, watch: undefined,
    nextNumber(kind: string) {
      numbers.set(kind, (numbers.get(kind) ?? 0) + 1);
      return numbers.get(kind);
    },
  };
  const kernel = parts as Kernel;
  const taskParts: unknown = {
    kernel, tid: 1, credentials: new Credentials(), files: new FileTable(rootCgroup), cgroup: rootCgroup, namespaces: { mnt: namespace, user: undefined },
    process: { limit: () => 1024 * 1024 * 1024, executable: undefined, pid: 1 }, resume: { done: 0, deadlineNs: undefined, note: undefined }, state: "runnable",
  };
  const task = taskParts as Task;
  const fs = root?.(kernel, task) ?? new Tmpfs(kernel, 1, { mode: 0o755 });
  const at = mountRoot(kernel, namespace, fs);
  task.fs = new FsContext(at, at, 0o022);
  pid.tasks.set(1, task);
  return { kernel, task, namespace, frames };
}

/** A further task of the same machine. */
export function another({ kernel, task }: Machine, credentials: Credentials): Task {
  const parts: unknown = { ...task, kernel, credentials, files: new FileTable(task.cgroup), fs: task.fs.copy(), resume: { done: 0 } };
  return parts as Task;
}

export function opened(task: Task, path: ByteString, flags = O_RDONLY, mode = 0o666): File {
  const file = open(task, AT_FDCWD, path, flags, mode);
  if (!(file instanceof File)) throw failed(file) ? file : new Error("waits");
  file.references++;
  return file;
}

/** The error of opening, or undefined. */
export function refused(task: Task, path: ByteString, flags = O_RDONLY, mode = 0o666): unknown {
  const file = open(task, AT_FDCWD, path, flags, mode);
  if (!(file instanceof File)) return file;
  file.references++;
  unreference(file);
  return undefined;
}

export function writeFile(task: Task, path: ByteString, text: ByteString, flags = O_WRONLY | O_CREAT | O_TRUNC, mode = 0o666): void {
  const file = opened(task, path, flags, mode);
  const from = new BufferSource(toBytes(text));
  let at = file.end;
  while (from.left > 0) {
    const n = file.write(task, from, at);
    if (typeof n !== "number") throw n;
    at += n;
  }
  unreference(file);
}

export function readFile(task: Task, path: ByteString): ByteString {
  const file = opened(task, path);
  const text = contents(task, file);
  unreference(file);
  return text;
}

export function contents(task: Task, file: File): ByteString {
  let text = "";
  for (;;) {
    const into = new BufferSink(new Uint8Array(10000));
    const n = file.read(task, into, text.length);
    if (typeof n !== "number") throw n;
    if (n === 0) return text;
    text += fromBytes(into.bytes.subarray(0, n));
  }
}

/** Names of a directory, sorted, without "." and "..". */
export function names(task: Task, path: ByteString): ByteString[] {
  const file = opened(task, path);
  const entries = file.entries(task);
  unreference(file);
  if (failed(entries)) throw entries;
  return entries.map(({ name }) => name).filter((name) => name !== "." && name !== "..").sort();
}
