// openat, openat2, close, close_range, memfd_create.
import { E2BIG, EINVAL, EMFILE, type Errno, failed } from "../../abi/errno.js";
import * as fcntl from "../../abi/fcntl.js";
import { RLIMIT_NOFILE } from "../../abi/resource.js";
import { S_IFREG } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import { memfdFileSystem } from "../fs/memfd.js";
import { install } from "../ipc/install.js";
import { type SystemCall, type Returned, syscall } from "../syscall.js";
import type { Task } from "../task/task.js";
import { File } from "../vfs/file.js";
import { fileOpened } from "../vfs/notify.js";
import { open } from "../vfs/open.js";
import { dirfd, flags, mode, openFlags, path, pointer, size, slot, string, uint } from "./arguments.js";

/** As Linux: bits that open(2) does not know are ignored, those of openat2(2) are refused. */
const KNOWN = fcntl.O_ACCMODE | fcntl.O_CREAT | fcntl.O_EXCL | fcntl.O_NOCTTY | fcntl.O_TRUNC | fcntl.O_APPEND | fcntl.O_NONBLOCK | fcntl.O_SYNC | fcntl.O_DIRECT
  | fcntl.O_LARGEFILE | fcntl.O_DIRECTORY | fcntl.O_NOFOLLOW | fcntl.O_NOATIME | fcntl.O_CLOEXEC | fcntl.O_PATH | fcntl.O_TMPFILE | 0o20000;
const RESOLVE_ALL = fcntl.RESOLVE_NO_XDEV | fcntl.RESOLVE_NO_MAGICLINKS | fcntl.RESOLVE_NO_SYMLINKS | fcntl.RESOLVE_BENEATH | fcntl.RESOLVE_IN_ROOT | fcntl.RESOLVE_CACHED;

function openAt(task: Task, at: number, name: ByteString, how: number, bits: number, resolve: number): Returned {
  if (!task.files.hasRoom(task.process.limit(RLIMIT_NOFILE))) return EMFILE;
  const file = open(task, at, name, (how & KNOWN) | fcntl.O_LARGEFILE, bits, resolve);
  if (!(file instanceof File)) return file;
  const number = install(task, file, how);
  if (!failed(number)) fileOpened(file, (how & fcntl.O_TRUNC) !== 0);
  return number;
}

/** Bytes of the first version of struct open_how: flags, mode, resolve. */
const OPEN_HOW_BYTES = 24;

function openAt2(task: Task, at: number, name: ByteString, how: number, bytes: number): Returned {
  if (bytes < OPEN_HOW_BYTES) return EINVAL;
  if (bytes > 4096) return E2BIG;
  if (task.memory.read(how + OPEN_HOW_BYTES, bytes - OPEN_HOW_BYTES).some((byte) => byte !== 0)) return E2BIG;
  const wanted = task.memory.readU64(how);
  const bits = task.memory.readU64(how + 8);
  const resolve = task.memory.readU64(how + 16);
  if (wanted > 0xffffffff || (wanted & ~KNOWN) !== 0 || resolve > 0xffffffff || (resolve & ~RESOLVE_ALL) !== 0) return EINVAL;
  if ((resolve & fcntl.RESOLVE_BENEATH) !== 0 && (resolve & fcntl.RESOLVE_IN_ROOT) !== 0) return EINVAL;
  const creates = (wanted & (fcntl.O_CREAT | (fcntl.O_TMPFILE & ~fcntl.O_DIRECTORY))) !== 0;
  if (creates ? bits > 0o7777 : bits !== 0) return EINVAL;
  if ((wanted & fcntl.O_PATH) !== 0 && (wanted & ~(fcntl.O_PATH | fcntl.O_DIRECTORY | fcntl.O_NOFOLLOW | fcntl.O_CLOEXEC)) !== 0) return EINVAL;
  return openAt(task, at, name, wanted, bits, resolve);
}

function closeRange(task: Task, first: number, last: number, how: number): number | Errno {
  if (first > last) return EINVAL;
  if ((how & fcntl.CLOSE_RANGE_UNSHARE) !== 0 && task.files.users > 1) {
    const copy = task.files.copy(task.cgroup);
    if (failed(copy)) return copy;
    task.files.users--;
    task.files = copy;
  }
  const numbers = [...task.files.entries()].map(([number]) => number).filter((number) => number >= first && number <= last);
  for (const number of numbers) {
    const descriptor = task.files.descriptor(number);
    if ((how & fcntl.CLOSE_RANGE_CLOEXEC) === 0) task.files.close(task, number);
    else if (descriptor !== undefined) descriptor.closeOnExec = true;
  }
  return 0;
}

function memfdCreate(task: Task, name: ByteString, how: number): Returned {
  const known = fcntl.MFD_CLOEXEC | fcntl.MFD_ALLOW_SEALING | fcntl.MFD_NOEXEC_SEAL | fcntl.MFD_EXEC;
  if ((how & ~known) !== 0 || name.length > 249) return EINVAL;
  if ((how & fcntl.MFD_NOEXEC_SEAL) !== 0 && (how & fcntl.MFD_EXEC) !== 0) return EINVAL;
  const fs = memfdFileSystem(task.kernel);
  const { fsuid: uid, fsgid: gid } = task.credentials;
  const noexec = (how & fcntl.MFD_NOEXEC_SEAL) !== 0;
  const inode = fs.anonymousFile(S_IFREG | (noexec ? 0o666 : 0o777), { uid, gid }, task.cgroup);
  if (failed(inode)) return inode;
  if ((how & fcntl.MFD_ALLOW_SEALING) !== 0 || noexec) inode.seals = 0;
  const file = inode.open(task, fs.nameless(`memfd:${name}`, inode), fcntl.O_RDWR | fcntl.O_LARGEFILE);
  return install(task, file, (how & fcntl.MFD_CLOEXEC) !== 0 ? fcntl.O_CLOEXEC : 0);
}

export const calls: SystemCall[] = [
  syscall(56, "openat", [dirfd, path, openFlags, mode], (task, at, name, how, bits) => openAt(task, at, name, how, bits, 0)),
  syscall(437, "openat2", [dirfd, path, pointer, size], openAt2),
  syscall(57, "close", [slot], (task, fd) => task.files.close(task, fd) ?? 0),
  syscall(436, "close_range", [uint, uint, flags("CLOSE_RANGE_UNSHARE", "CLOSE_RANGE_CLOEXEC")], closeRange),
  syscall(279, "memfd_create", [string, uint], memfdCreate, "MFD_HUGETLB is refused"),
];
