// Puts a machine together: a board, our kernel on it, the image's disk under a writable layer, and what every Linux has mounted.
import { EEXIST, failed } from "../abi/errno.js";
import { AT_FDCWD } from "../abi/fcntl.js";
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY } from "../abi/mount.js";
import { makedev } from "../abi/stat.js";
import { Board } from "../hardware/board.js";
import type { Host, HostDirectory, HostDisk } from "../host/interface.js";
import { NestboxKernel } from "../kernel/boot.js";
import { encodeUtf8 } from "../kernel/bytestring.js";
import { registerMemoryDevices } from "../kernel/drivers/memory.js";
import { registerClock } from "../kernel/drivers/rtc.js";
import { registerTerminals } from "../kernel/drivers/terminals.js";
import { diskCache, diskDriver } from "../kernel/fs/block-device.js";
import { Devpts } from "../kernel/fs/devpts.js";
import { devtmpfs } from "../kernel/fs/devtmpfs.js";
import { Erofs } from "../kernel/fs/erofs.js";
import { HostFileSystem } from "../kernel/fs/host.js";
import { Overlay } from "../kernel/fs/overlay.js";
import "../kernel/fs/proc/procfs.js";
import "../kernel/fs/sysfs/sysfs.js";
import { Tmpfs } from "../kernel/fs/tmpfs.js";
import { fileSystemType, unnamedDevice } from "../kernel/fs/types.js";
import type { Task } from "../kernel/task/task.js";
import type { ConsolePort } from "../kernel/tty/console.js";
import { mkdir } from "../kernel/vfs/change.js";
import type { FileSystem } from "../kernel/vfs/inode.js";
import { lookup } from "../kernel/vfs/lookup.js";
import { attach, mountRoot, newMount } from "../kernel/vfs/mount.js";

/** Linux: virtio_blk. */
const DISK_MAJOR = 254;
const DISK_MINORS = 16;

export interface BareMetalOptions {
  readonly host: Host;
  /** The interpreter's WebAssembly module, where it was made beforehand. */
  readonly interpreter: Uint8Array | undefined;
  readonly image: {
    readonly ref: string;
    readonly config: { readonly env: Readonly<Record<string, string>>; readonly workdir: string; readonly user: string };
    readonly disk: HostDisk;
  };
  /** Bytes; undefined: what can be had. */
  readonly memoryBytes: number | undefined;
  /** Of one processor, 0.01 to 1. */
  readonly cpus: number;
  readonly pidsLimit: number;
  readonly hostname: string;
  readonly readOnly: boolean;
  readonly mounts: readonly { readonly directory: HostDirectory; readonly at: string; readonly source: string }[];
}

export interface Assembled {
  readonly board: Board;
  readonly kernel: NestboxKernel;
  readonly console: ConsolePort;
  readonly devpts: Devpts;
}

/** An image that is no file system, or a machine without memory, is an Error that says so. */
export async function assemble(options: BareMetalOptions): Promise<Assembled> {
  const { host } = options;
  const bytes = options.interpreter ?? (await import("../hardware/interpreter/build.js")).interpreterModule();
  const board = new Board({
    engine: new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>),
    ramBytes: options.memoryBytes,
    disk: options.image.disk,
    serial: { transmit: () => undefined },
    time: { realtimeNs: () => BigInt(Math.floor(host.clock.realtimeMs() * 1000)) * 1000n },
    entropy: host.entropy,
  });
  const kernel = new NestboxKernel({ memory: board.memory, processor: board.processor, entropy: board.entropy, disk: board.disk, platform: board.map.devices });
  // The time CSR counts guest nanoseconds: programs read the clock without a call.
  board.hart.time = () => kernel.clock.monotonicNs();
  kernel.rootCgroup.pids.max = options.pidsLimit;
  kernel.initialNamespaces.uts.hostname = encodeUtf8(options.hostname);
  const console = registerDevices(kernel);
  mountImage(kernel, options);
  const devpts = mountSystem(kernel);
  for (const mount of options.mounts) mountHost(kernel, mount);
  if (options.readOnly) kernel.initialNamespaces.mnt.mounts[0].flags |= MS_RDONLY;
  return { board, kernel, console, devpts };
}

function registerDevices(kernel: NestboxKernel): ConsolePort {
  registerMemoryDevices(kernel.devices);
  registerClock(kernel);
  kernel.devices.register("block", DISK_MAJOR, 0, DISK_MINORS, "virtblk", diskDriver);
  return registerTerminals(kernel.devices);
}

function mountImage(kernel: NestboxKernel, { image }: BareMetalOptions): void {
  const disk = diskCache(kernel);
  const lower = disk === undefined ? undefined : Erofs.mount(kernel, makedev(DISK_MAJOR, 0), disk);
  if (lower === undefined || failed(lower)) throw new Error(`the disk of ${image.ref} holds no file system (${lower?.name ?? "ENODEV"}): pull the image anew`);
  const upper = new Tmpfs(kernel, unnamedDevice(kernel), { mode: 0o755 });
  mountRoot(kernel, kernel.initialNamespaces.mnt, new Overlay(unnamedDevice(kernel), [lower.root], upper.root));
}

/** What Debian's init has mounted before the first program of a person. */
function mountSystem(kernel: NestboxKernel): Devpts {
  const task = kernel.kernelTask;
  const safe = MS_NOSUID | MS_NODEV;
  mountType(task, "proc", "/proc", safe | MS_NOEXEC);
  mountType(task, "sysfs", "/sys", safe | MS_NOEXEC);
  mountAt(task, devtmpfs(kernel), "/dev", MS_NOSUID);
  const devpts = new Devpts(kernel, unnamedDevice(kernel), "gid=5,mode=620,ptmxmode=666");
  mountAt(task, devpts, "/dev/pts", MS_NOSUID | MS_NOEXEC);
  mountAt(task, new Tmpfs(kernel, unnamedDevice(kernel)), "/dev/shm", safe);
  mountAt(task, new Tmpfs(kernel, unnamedDevice(kernel), { mode: 0o755 }), "/run", safe);
  mountAt(task, new Tmpfs(kernel, unnamedDevice(kernel)), "/tmp", safe);
  return devpts;
}

function mountType(task: Task, name: string, at: string, flags: number): void {
  const type = fileSystemType(name);
  if (failed(type)) return;
  const fs = type.mount(task, name, "");
  if (failed(fs)) throw new Error(`${name} can't be mounted: ${fs.name}`);
  fs.source = name;
  mountAt(task, fs, at, flags);
}

/** Makes the directory, and those around it, where they are missing. */
export function makePath(task: Task, path: string): void {
  const names = path.split("/").filter((name) => name !== "");
  for (let depth = 1; depth <= names.length; depth++) {
    const error = mkdir(task, AT_FDCWD, encodeUtf8(`/${names.slice(0, depth).join("/")}`), 0o755);
    if (error !== undefined && error !== EEXIST) throw new Error(`the directory ${path} can't be made inside: ${error.name}`);
  }
}

function mountAt(task: Task, fs: FileSystem, path: string, flags: number): void {
  makePath(task, path);
  const at = lookup(task, AT_FDCWD, encodeUtf8(path));
  const error = failed(at) ? at : attach(task.namespaces.mnt, newMount(task.kernel, fs, flags), at);
  if (failed(error)) throw new Error(`nothing can be mounted at ${path} inside: ${error.name}`);
}

function mountHost(kernel: NestboxKernel, { directory, at, source }: BareMetalOptions["mounts"][number]): void {
  const fs = new HostFileSystem(kernel, unnamedDevice(kernel), directory, { uid: 0, gid: 0 });
  fs.source = encodeUtf8(source);
  mountAt(kernel.kernelTask, fs, at, MS_NOSUID | MS_NODEV | (directory.readOnly ? MS_RDONLY : 0));
}
