// A directory of the host that a guest may see (-v): no link leads out of it and nothing in it can hang the machine.
import {
  chmodSync, closeSync, constants, fchmodSync, fstatSync, fsyncSync, ftruncateSync, linkSync, lstatSync, lutimesSync, mkdirSync, openSync, readdirSync,
  readlinkSync, readSync, renameSync, rmdirSync, statfsSync, symlinkSync, unlinkSync, utimesSync, writeSync, type BigIntStats,
} from "node:fs";
import type { HostChange, HostDirectory, HostDirectoryEntry, HostFailure, HostPath, HostStat, HostTime } from "../interface.js";
import { bytesOf, hold, openPlaces, Refused, type Places } from "./place.js";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
/** No setuid, setgid and sticky: a guest must not make programs that run with the rights of the host's user. */
const MODE = 0o777;

function failure(error: unknown): HostFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return { failure: /^E[A-Z0-9]+$/.test(code) ? code : "EIO" };
}

function guarded<T>(work: () => T): T | HostFailure {
  try {
    return work();
  } catch (error) {
    return failure(error);
  }
}

function time(ns: bigint): HostTime {
  const sec = ns / 1_000_000_000n - (ns < 0n && ns % 1_000_000_000n !== 0n ? 1n : 0n);
  return { sec: Number(sec), nsec: Number(ns - sec * 1_000_000_000n) };
}

/** For utimes: a number below zero would mean now to Node, so the time before 1970 goes as a Date. */
const moment = ({ sec, nsec }: HostTime): number | Date => (sec < 0 ? new Date(sec * 1000 + nsec / 1e6) : sec + nsec / 1e9);

function kindOf(stat: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): HostStat["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "symlink" : "special";
}

function told(stat: BigIntStats): HostStat {
  return {
    kind: kindOf(stat), mode: Number(stat.mode) & 0o7777, ino: Number(BigInt.asUintN(52, stat.ino)), nlink: Number(stat.nlink),
    size: Number(stat.size), blocks: Number(stat.blocks), atime: time(stat.atimeNs), mtime: time(stat.mtimeNs), ctime: time(stat.ctimeNs),
  };
}

/** Opens what stands at `path` if it is a regular file, and nothing else: what is opened is what was looked at. */
function openRegular(path: string, write: boolean): number {
  const held = hold(path);
  try {
    const stat = fstatSync(held);
    if (stat.isSymbolicLink()) throw new Refused("ELOOP");
    if (stat.isDirectory()) throw new Refused("EISDIR");
    if (!stat.isFile()) throw new Refused("ENXIO");
    const flags = (write ? O_RDWR : O_RDONLY) | O_NONBLOCK;
    if (process.platform === "linux") return openSync(`/proc/self/fd/${held}`, flags);
    const fd = openSync(bytesOf(path), flags | O_NOFOLLOW);
    const again = fstatSync(fd);
    if (again.ino === stat.ino && again.dev === stat.dev) return fd;
    closeSync(fd);
    throw new Refused("ESTALE");
  } finally {
    closeSync(held);
  }
}

function openOrCreate(path: string, write: boolean, create: { mode: number; exclusive: boolean }): number {
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(bytesOf(path), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK, create.mode & MODE);
      fchmodSync(fd, create.mode & MODE);
      return fd;
    } catch (error) {
      if (failure(error).failure !== "EEXIST" || create.exclusive) throw error;
    }
    try {
      return openRegular(path, write);
    } catch (error) {
      // Removed between the two: once more.
      if (failure(error).failure !== "ENOENT" || attempt > 3) throw error;
    }
  }
}

/** Changes exactly the thing that stands at `path`. */
function changeAt(path: string, change: HostChange): void {
  const stat = lstatSync(bytesOf(path), { bigint: true });
  const atime = moment(change.atime ?? time(stat.atimeNs));
  const mtime = moment(change.mtime ?? time(stat.mtimeNs));
  const timed = change.atime !== undefined || change.mtime !== undefined;
  if (kindOf(stat) === "special") throw new Refused("EPERM");
  if (kindOf(stat) === "symlink") {
    if (change.mode !== undefined) throw new Refused("EOPNOTSUPP");
    if (timed) lutimesSync(bytesOf(path), atime, mtime);
    return;
  }
  const held = hold(path);
  try {
    const same = fstatSync(held, { bigint: true });
    if (kindOf(same) !== kindOf(stat)) throw new Refused("ESTALE");
    const through = process.platform === "linux" ? `/proc/self/fd/${held}` : bytesOf(path);
    if (change.mode !== undefined) chmodSync(through, change.mode & MODE);
    if (timed) utimesSync(through, atime, mtime);
  } finally {
    closeSync(held);
  }
}

/** Files of it that are open at once: a guest must not take all that this process may open. */
const HANDLES_AT_MOST = 1024;

/** Opens the directory for a guest. Throws what opening throws (ENOENT, ENOTDIR, EACCES). */
export const openDirectory = (directory: string, readOnly: boolean): HostDirectory => new Directory(directory, readOnly);

class Directory implements HostDirectory {
  readonly readOnly: boolean;
  private readonly directory: string;
  private readonly places: Places;
  private readonly handles = new Set<number>();

  constructor(directory: string, readOnly: boolean) {
    this.directory = directory;
    this.readOnly = readOnly;
    this.places = openPlaces(directory);
  }

  stat(path: HostPath): HostStat | HostFailure {
    return this.look(path, (at) => told(lstatSync(bytesOf(at), { bigint: true })));
  }

  list(path: HostPath): HostDirectoryEntry[] | HostFailure {
    return this.look(path, (at) => listAt(at, path.length === 0));
  }

  readlink(path: HostPath): string | HostFailure {
    return this.look(path, (at) => readlinkSync(bytesOf(at), "latin1"));
  }

  open(path: HostPath, { write, create }: Parameters<HostDirectory["open"]>[1]): number | HostFailure {
    if (this.readOnly && (write || create !== undefined)) return { failure: "EROFS" };
    if (this.handles.size >= HANDLES_AT_MOST) return { failure: "ENFILE" };
    const fd = this.look(path, (at) => (create === undefined ? openRegular(at, write) : openOrCreate(at, write, create)));
    if (typeof fd === "number") this.handles.add(fd);
    return fd;
  }

  read(handle: number, at: number, into: Uint8Array): number | HostFailure {
    return this.use(handle, () => readSync(handle, into, 0, into.length, at));
  }

  write(handle: number, at: number, bytes: Uint8Array): number | HostFailure {
    return this.readOnly ? { failure: "EROFS" } : this.use(handle, () => writeSync(handle, bytes, 0, bytes.length, at));
  }

  handleStat(handle: number): HostStat | HostFailure {
    return this.use(handle, () => told(fstatSync(handle, { bigint: true })));
  }

  truncate(handle: number, size: number): HostFailure | undefined {
    return this.readOnly ? { failure: "EROFS" } : this.use(handle, () => nothing(ftruncateSync(handle, size)));
  }

  sync(handle: number): HostFailure | undefined {
    return this.use(handle, () => nothing(fsyncSync(handle)));
  }

  close(handle: number): void {
    if (this.handles.delete(handle)) closeSync(handle);
  }

  mkdir(path: HostPath, mode: number): HostFailure | undefined {
    return this.alter(path, (at) => {
      mkdirSync(bytesOf(at), mode & MODE);
      changeAt(at, { mode });
    });
  }

  symlink(path: HostPath, target: string): HostFailure | undefined {
    return this.alter(path, (at) => symlinkSync(bytesOf(target), bytesOf(at)));
  }

  link(path: HostPath, existing: HostPath): HostFailure | undefined {
    return this.alter(path, (at) => this.places.at(existing, (from) => {
      if (!lstatSync(bytesOf(from)).isFile()) throw new Refused("EPERM");
      linkSync(bytesOf(from), bytesOf(at));
    }));
  }

  unlink(path: HostPath): HostFailure | undefined {
    return this.alter(path, (at) => unlinkSync(bytesOf(at)));
  }

  rmdir(path: HostPath): HostFailure | undefined {
    return this.alter(path, (at) => rmdirSync(bytesOf(at)));
  }

  rename(from: HostPath, to: HostPath): HostFailure | undefined {
    return this.alter(from, (old) => this.places.at(to, (name) => renameSync(bytesOf(old), bytesOf(name))));
  }

  change(path: HostPath, change: HostChange): HostFailure | undefined {
    return this.alter(path, (at) => changeAt(at, change));
  }

  space(): { total: number; free: number } {
    const stat = statfsSync(this.directory);
    return { total: stat.blocks * stat.bsize, free: stat.bavail * stat.bsize };
  }

  release(): void {
    for (const fd of this.handles) closeSync(fd);
    this.handles.clear();
    this.places.close();
  }

  private look<T>(path: HostPath, use: (path: string) => T): T | HostFailure {
    return guarded(() => this.places.at(path, use));
  }

  private alter(path: HostPath, use: (path: string) => void): HostFailure | undefined {
    return this.readOnly ? { failure: "EROFS" } : guarded(() => nothing(this.places.at(path, use)));
  }

  private use<T>(handle: number, work: () => T): T | HostFailure {
    return this.handles.has(handle) ? guarded(work) : { failure: "EBADF" };
  }
}

const nothing = (_done: unknown): undefined => undefined;

function listAt(at: string, isRoot: boolean): HostDirectoryEntry[] {
  const held = isRoot ? undefined : hold(at);
  try {
    if (held !== undefined && !fstatSync(held).isDirectory()) throw new Refused("ENOTDIR");
    const through = held !== undefined && process.platform === "linux" ? `/proc/self/fd/${held}/.` : bytesOf(at);
    // Names as bytes; the types of Node know no latin1 here.
    return readdirSync(through, { withFileTypes: true, encoding: "latin1" as "utf8" }).map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  } finally {
    if (held !== undefined) closeSync(held);
  }
}
