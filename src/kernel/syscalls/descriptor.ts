// dup, dup3, fcntl and flock.
import { EBADF, EBUSY, EINVAL, EPERM, type Errno, failed } from "../../abi/errno.js";
import * as f from "../../abi/fcntl.js";
import { RLIMIT_NOFILE } from "../../abi/resource.js";
import { MemoryFile } from "../fs/memory-inode.js";
import { PipeFile } from "../ipc/pipe.js";
import { VM_MAYWRITE, Vma } from "../memory/vma.js";
import { type Returned, type SystemCall, syscall } from "../syscall.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { type LockOwner, type RangeLock, conflict, lockRange, lockWhole, locksOf, unlockRange } from "../vfs/locks.js";
import { mayRead, mayWrite } from "../vfs/open.js";
import { ownerOrCapable } from "../vfs/permission.js";
import { anyFd, fd, flags, int, long, oneOf, slot } from "./arguments.js";

/** What F_SETFL may change. */
const SETTABLE = f.O_APPEND | f.O_NONBLOCK | f.O_DIRECT | f.O_NOATIME | 0o20000;

function setFlags(task: Task, file: File, wanted: number): number | Errno {
  if ((wanted & f.O_NOATIME & ~file.flags) !== 0 && !ownerOrCapable(task.credentials, file.inode)) return EPERM;
  file.flags = (file.flags & ~SETTABLE) | (wanted & SETTABLE);
  return 0;
}

function duplicate(task: Task, file: File, from: number, closeOnExec: boolean): number | Errno {
  const limit = task.process.limit(RLIMIT_NOFILE);
  if (from < 0 || from >= limit) return EINVAL;
  return task.files.install(file, closeOnExec, limit, from);
}

/** The range that a struct flock means: `end` is exclusive. EINVAL, EOVERFLOW. */
function rangeOf(file: File, lock: f.Flock): { start: number; end: number } | Errno {
  const base = lock.whence === f.SEEK_SET ? 0 : lock.whence === f.SEEK_CUR ? file.offset : lock.whence === f.SEEK_END ? file.end : undefined;
  if (base === undefined) return EINVAL;
  const from = base + lock.start;
  const range = lock.length < 0 ? { start: from + lock.length, end: from } : { start: from, end: lock.length === 0 ? Infinity : from + lock.length };
  return range.start < 0 ? EINVAL : range;
}

function lock(task: Task, file: File, command: number, at: number): Returned {
  const ofd = command >= f.F_OFD_GETLK;
  const bytes = task.memory.read(at, f.FLOCK_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, f.FLOCK_BYTES);
  const asked = f.decodeFlock(view, 0);
  if (ofd && asked.pid !== 0) return EINVAL;
  const range = rangeOf(file, asked);
  if (failed(range)) return range;
  const owner: LockOwner = ofd ? file : task.files;
  const locks = locksOf(file.inode);
  const wanted: RangeLock = { owner, exclusive: asked.type === f.F_WRLCK, ...range, pid: ofd ? -1 : task.process.pid };
  if (command === f.F_GETLK || command === f.F_OFD_GETLK) {
    if (asked.type !== f.F_RDLCK && asked.type !== f.F_WRLCK) return EINVAL;
    const held = conflict(locks, wanted);
    if (held === undefined) view.setInt16(0, f.F_UNLCK, true);
    else {
      const length = held.end === Infinity ? 0 : held.end - held.start;
      f.encodeFlock(view, 0, { type: held.exclusive ? f.F_WRLCK : f.F_RDLCK, whence: f.SEEK_SET, start: held.start, length, pid: held.pid });
    }
    task.memory.write(at, bytes);
    return 0;
  }
  if (asked.type === f.F_UNLCK) {
    unlockRange(locks, owner, range.start, range.end);
    return 0;
  }
  if (asked.type !== f.F_RDLCK && asked.type !== f.F_WRLCK) return EINVAL;
  if (wanted.exclusive ? !mayWrite(file) : !mayRead(file)) return EBADF;
  return lockRange(task, locks, wanted, command === f.F_SETLKW || command === f.F_OFD_SETLKW) ?? 0;
}

const ALL_SEALS = f.F_SEAL_SEAL | f.F_SEAL_SHRINK | f.F_SEAL_GROW | f.F_SEAL_WRITE | f.F_SEAL_FUTURE_WRITE | 0x20;

/** memfd's seals (fs/memfd.c): only in memory, only for who may write, only while F_SEAL_SEAL is not set. */
function addSeals(file: File, seals: number): number | Errno {
  const { real } = file.inode;
  if (!(real instanceof MemoryFile) || (seals & ~ALL_SEALS) !== 0) return EINVAL;
  if (!mayWrite(file) || (real.seals & f.F_SEAL_SEAL) !== 0) return EPERM;
  if ((seals & f.F_SEAL_WRITE & ~real.seals) !== 0 && [...real.pages.mappings].some((mapping) => mapping instanceof Vma && mapping.shared && (mapping.flags & VM_MAYWRITE) !== 0)) return EBUSY;
  real.seals |= seals;
  return 0;
}

function ownerCommands(task: Task, file: File, command: number, argument: number): Returned {
  switch (command) {
    case f.F_SETOWN: file.owner = { type: argument < 0 ? f.F_OWNER_PGRP : f.F_OWNER_PID, id: Math.abs(argument | 0) }; return 0;
    case f.F_GETOWN: return file.owner.type === f.F_OWNER_PGRP ? -file.owner.id : file.owner.id;
    case f.F_SETOWN_EX: {
      const type = task.memory.readI32(argument);
      if (type < f.F_OWNER_TID || type > f.F_OWNER_PGRP) return EINVAL;
      file.owner = { type, id: task.memory.readI32(argument + 4) };
      return 0;
    }
    case f.F_GETOWN_EX:
      task.memory.writeI32(argument, file.owner.type);
      task.memory.writeI32(argument + 4, file.owner.id);
      return 0;
    case f.F_SETSIG:
      if (argument < 0 || argument > 64) return EINVAL;
      file.ownerSignal = argument;
      return 0;
    case f.F_GETSIG: return file.ownerSignal;
    default: return EINVAL;
  }
}

/** The commands that a file opened with O_PATH knows too. */
const OF_DESCRIPTORS: readonly number[] = [f.F_DUPFD, f.F_DUPFD_CLOEXEC, f.F_DUPFD_QUERY, f.F_GETFD, f.F_SETFD, f.F_GETFL];

function ofDescriptor(task: Task, number: number, file: File, command: number, argument: number): Returned {
  const descriptor = task.files.descriptor(number);
  if (descriptor === undefined) return EBADF;
  switch (command) {
    case f.F_DUPFD: return duplicate(task, file, argument, false);
    case f.F_DUPFD_CLOEXEC: return duplicate(task, file, argument, true);
    case f.F_DUPFD_QUERY: return task.files.get(argument) === file ? 1 : 0;
    case f.F_GETFD: return descriptor.closeOnExec ? f.FD_CLOEXEC : 0;
    case f.F_SETFD: descriptor.closeOnExec = (argument & f.FD_CLOEXEC) !== 0; return 0;
    default: return file.flags;
  }
}

function fcntl(task: Task, number: number, command: number, argument: number): Returned {
  const file = task.files.get(number);
  if (failed(file)) return file;
  if (OF_DESCRIPTORS.includes(command)) return ofDescriptor(task, number, file, command, argument);
  if ((file.flags & f.O_PATH) !== 0) return EBADF;
  switch (command) {
    case f.F_SETFL: return setFlags(task, file, argument);
    case f.F_GETLK: case f.F_SETLK: case f.F_SETLKW: case f.F_OFD_GETLK: case f.F_OFD_SETLK: case f.F_OFD_SETLKW: return lock(task, file, command, argument);
    case f.F_SETPIPE_SZ: return file instanceof PipeFile ? file.pipe.resize(task, argument >>> 0) : EBADF;
    case f.F_GETPIPE_SZ: return file instanceof PipeFile ? file.pipe.slots * 4096 : EBADF;
    case f.F_ADD_SEALS: return addSeals(file, argument >>> 0);
    case f.F_GET_SEALS: return file.inode.real instanceof MemoryFile ? file.inode.real.seals : EINVAL;
    case f.F_GETLEASE: return f.F_UNLCK;
    default: return ownerCommands(task, file, command, argument);
  }
}

function flock(_task: Task, file: File, operation: number): Returned {
  const wait = (operation & f.LOCK_NB) === 0;
  switch (operation & ~f.LOCK_NB) {
    case f.LOCK_SH: return lockWhole(file, "shared", wait) ?? 0;
    case f.LOCK_EX: return lockWhole(file, "exclusive", wait) ?? 0;
    case f.LOCK_UN: return lockWhole(file, "none", wait) ?? 0;
    default: return EINVAL;
  }
}

const commands = oneOf("F_DUPFD", "F_DUPFD_CLOEXEC", "F_GETFD", "F_SETFD", "F_GETFL", "F_SETFL", "F_GETLK", "F_SETLK", "F_SETLKW", "F_OFD_GETLK", "F_OFD_SETLK",
  "F_OFD_SETLKW", "F_SETOWN", "F_GETOWN", "F_SETSIG", "F_GETSIG", "F_SETOWN_EX", "F_GETOWN_EX", "F_SETPIPE_SZ", "F_GETPIPE_SZ", "F_ADD_SEALS", "F_GET_SEALS",
  "F_SETLEASE", "F_GETLEASE", "F_DUPFD_QUERY");

export const calls: SystemCall[] = [
  syscall(23, "dup", [anyFd], (task, file) => task.files.install(file, false, task.process.limit(RLIMIT_NOFILE))),
  syscall(24, "dup3", [slot, slot, flags("O_CLOEXEC")], (task, from, to, how) => {
    if (from === to) return EINVAL;
    const file = task.files.get(from);
    if (failed(file)) return file;
    if (to < 0 || to >= task.process.limit(RLIMIT_NOFILE)) return EBADF;
    return task.files.replace(task, to, file, (how & f.O_CLOEXEC) !== 0);
  }),
  syscall(25, "fcntl", [slot, commands, long], fcntl, "no leases, no directory notification, and O_ASYNC sends no signals"),
  syscall(32, "flock", [fd, int], flock),
];
