// getdents64, getcwd, chdir, fchdir, chroot, mkdirat, mknodat and umask.
import { EBADF, EINVAL, ENOENT, ENOTDIR, EPERM, ERANGE, type Errno, failed } from "../../abi/errno.js";
import { CAP_SYS_CHROOT } from "../../abi/capability.js";
import { encodeDirent } from "../../abi/dirent.js";
import { AT_FDCWD } from "../../abi/fcntl.js";
import { S_ISDIR } from "../../abi/stat.js";
import { toBytes } from "../bytestring.js";
import { type SystemCall, syscall } from "../syscall.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { mkdir, mknod } from "../vfs/change.js";
import { directoryListed } from "../vfs/notify.js";
import type { File } from "../vfs/file.js";
import { DIRECTORY, lookup, maySearch } from "../vfs/lookup.js";
import { nameFrom } from "../vfs/mount.js";
import { mayRead } from "../vfs/open.js";
import type { Path } from "../vfs/path.js";
import { anyFd, dirfd, fd, mode, path, pointer, uint } from "./arguments.js";

/** What one call gives at most, whatever room there is. */
const LISTING_BYTES = 64 << 10;

function getdents(task: Task, file: File, at: number, room: number): number | Errno {
  if (!mayRead(file)) return EBADF;
  if (!S_ISDIR(file.inode.mode)) return ENOTDIR;
  if (file.path?.dentry.deleted === true) return ENOENT;
  const entries = file.entries(task);
  if (failed(entries)) return entries;
  const bytes = new Uint8Array(Math.min(room, LISTING_BYTES));
  const view = new DataView(bytes.buffer);
  let filled = 0;
  let count = 0;
  for (const { name, ino, type } of entries) {
    const length = encodeDirent(view, filled, bytes.length, ino, file.offset + count + 1, type, toBytes(name));
    if (length === 0) break;
    filled += length;
    count++;
  }
  if (count === 0 && entries.length > 0) return EINVAL;
  task.memory.write(at, bytes.subarray(0, filled));
  file.offset += count;
  directoryListed(file);
  return filled;
}

function getcwd(task: Task, at: number, room: number): number | Errno {
  const { cwd, root } = task.fs;
  if (cwd.dentry.deleted) return ENOENT;
  const name = nameFrom(cwd, root) ?? "(unreachable)/";
  const bytes = toBytes(`${name}\0`);
  if (bytes.length > room) return ERANGE;
  task.memory.write(at, bytes);
  return bytes.length;
}

/** Makes it the working directory, if the task may search it. */
function enter(task: Task, to: Path | Errno): number | Errno {
  if (failed(to)) return to;
  const denied = maySearch(task, to);
  if (denied !== undefined) return denied;
  task.fs.cwd = to;
  return 0;
}

export const calls: SystemCall[] = [
  syscall(61, "getdents64", [fd, pointer, uint], getdents),
  syscall(17, "getcwd", [pointer, uint], getcwd),
  syscall(49, "chdir", [path], (task, name) => enter(task, lookup(task, AT_FDCWD, name, DIRECTORY))),
  syscall(50, "fchdir", [anyFd], (task, file) => enter(task, file.path ?? ENOTDIR)),
  syscall(51, "chroot", [path], (task, name) => {
    const to = lookup(task, AT_FDCWD, name, DIRECTORY);
    if (failed(to)) return to;
    const denied = maySearch(task, to);
    if (denied !== undefined) return denied;
    if (!capable(task, CAP_SYS_CHROOT)) return EPERM;
    task.fs.root = to;
    return 0;
  }),
  syscall(34, "mkdirat", [dirfd, path, mode], (task, at, name, bits) => mkdir(task, at, name, bits) ?? 0),
  syscall(33, "mknodat", [dirfd, path, mode, uint], (task, at, name, bits, rdev) => {
    const made = mknod(task, at, name, bits, rdev);
    return failed(made) ? made : 0;
  }),
  syscall(166, "umask", [uint], (task, bits) => {
    const before = task.fs.umask;
    task.fs.umask = bits & 0o777;
    return before;
  }),
];
