// Extended attributes: setxattr(2), getxattr(2), listxattr(2), removexattr(2) and their l- and f- forms.
import { E2BIG, EINVAL, ENODATA, EOPNOTSUPP, EPERM, ERANGE, type Errno, failed } from "../../abi/errno.js";
import { CAP_SYS_ADMIN } from "../../abi/capability.js";
import { AT_FDCWD, XATTR_NAME_MAX, XATTR_SIZE_MAX } from "../../abi/fcntl.js";
import { S_ISDIR, S_ISREG, S_ISVTX } from "../../abi/stat.js";
import { XATTR_CREATE, XATTR_REPLACE } from "../../abi/xattr.js";
import { type ByteString, toBytes } from "../bytestring.js";
import { type SystemCall, missing, syscall } from "../syscall.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { Inode } from "../vfs/inode.js";
import { NOFOLLOW, lookup } from "../vfs/lookup.js";
import { xattrChanged } from "../vfs/notify.js";
import type { Path } from "../vfs/path.js";
import { MAY_READ, MAY_WRITE, ownerOrCapable, permission, writable } from "../vfs/permission.js";
import { fd, int, path, pointer, size, string } from "./arguments.js";

interface Target {
  readonly inode: Inode;
  readonly path: Path | undefined;
}

function at(task: Task, name: ByteString, flags: number): Target | Errno {
  const found = lookup(task, AT_FDCWD, name, flags);
  return failed(found) ? found : { inode: found.inode, path: found };
}

/** As Linux xattr_permission: trusted.* is the administrator's, user.* is for files and directories only. */
function allowed(task: Task, { inode, path: place }: Target, name: ByteString, want: number): Errno | undefined {
  if (name.length === 0 || name.length > XATTR_NAME_MAX) return ERANGE;
  if (/^(user|trusted|security)\.$/.test(name)) return EINVAL;
  if (want === MAY_WRITE && place !== undefined) {
    const refused = writable(place);
    if (refused !== undefined) return refused;
  }
  if (name.startsWith("trusted.")) {
    return capable(task, CAP_SYS_ADMIN, task.kernel.initialNamespaces.user) ? undefined : want === MAY_WRITE ? EPERM : ENODATA;
  }
  if (name.startsWith("security.") || name.startsWith("system.")) return want === MAY_WRITE && !ownerOrCapable(task.credentials, inode) ? EPERM : undefined;
  if (!name.startsWith("user.")) return EOPNOTSUPP;
  if (!S_ISREG(inode.mode) && !S_ISDIR(inode.mode)) return want === MAY_WRITE ? EPERM : ENODATA;
  if (want === MAY_WRITE && S_ISDIR(inode.mode) && (inode.mode & S_ISVTX) !== 0 && !ownerOrCapable(task.credentials, inode)) return EPERM;
  return permission(task.credentials, inode, want);
}

function told({ inode, path: place }: Target, refused: Errno | undefined): number | Errno {
  if (refused !== undefined) return refused;
  xattrChanged(place, inode);
  return 0;
}

function set(task: Task, on: Target | Errno, name: ByteString, value: number, length: number, flags: number): number | Errno {
  if (failed(on)) return on;
  if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) return EINVAL;
  if (length > XATTR_SIZE_MAX) return E2BIG;
  const refused = allowed(task, on, name, MAY_WRITE);
  return refused ?? told(on, on.inode.setxattr(task, name, task.memory.read(value, length), flags));
}

/** Copies out a value of which the size alone is asked for with no room. */
function give(task: Task, bytes: Uint8Array, into: number, room: number): number | Errno {
  if (room === 0) return bytes.length;
  if (bytes.length > room) return ERANGE;
  task.memory.write(into, bytes);
  return bytes.length;
}

function get(task: Task, on: Target | Errno, name: ByteString, into: number, room: number): number | Errno {
  if (failed(on)) return on;
  const refused = allowed(task, on, name, MAY_READ);
  if (refused !== undefined) return refused;
  const value = on.inode.getxattr(task, name);
  return failed(value) ? value : give(task, value, into, room);
}

function list(task: Task, on: Target | Errno, into: number, room: number): number | Errno {
  if (failed(on)) return on;
  const names = on.inode.listxattr(task);
  if (failed(names)) return names;
  const trusted = capable(task, CAP_SYS_ADMIN, task.kernel.initialNamespaces.user);
  const shown = names.filter((name) => trusted || !name.startsWith("trusted."));
  return give(task, toBytes(shown.map((name) => `${name}\0`).join("")), into, room);
}

function remove(task: Task, on: Target | Errno, name: ByteString): number | Errno {
  if (failed(on)) return on;
  return allowed(task, on, name, MAY_WRITE) ?? told(on, on.inode.removexattr(task, name));
}

export const calls: SystemCall[] = [
  syscall(5, "setxattr", [path, string, pointer, size, int], (task, file, name, value, length, flags) => set(task, at(task, file, 0), name, value, length, flags)),
  syscall(6, "lsetxattr", [path, string, pointer, size, int], (task, file, name, value, length, flags) => set(task, at(task, file, NOFOLLOW), name, value, length, flags)),
  syscall(7, "fsetxattr", [fd, string, pointer, size, int], set),
  syscall(8, "getxattr", [path, string, pointer, size], (task, file, name, into, room) => get(task, at(task, file, 0), name, into, room)),
  syscall(9, "lgetxattr", [path, string, pointer, size], (task, file, name, into, room) => get(task, at(task, file, NOFOLLOW), name, into, room)),
  syscall(10, "fgetxattr", [fd, string, pointer, size], get),
  syscall(11, "listxattr", [path, pointer, size], (task, file, into, room) => list(task, at(task, file, 0), into, room)),
  syscall(12, "llistxattr", [path, pointer, size], (task, file, into, room) => list(task, at(task, file, NOFOLLOW), into, room)),
  syscall(13, "flistxattr", [fd, pointer, size], list),
  syscall(14, "removexattr", [path, string], (task, file, name) => remove(task, at(task, file, 0), name)),
  syscall(15, "lremovexattr", [path, string], (task, file, name) => remove(task, at(task, file, NOFOLLOW), name)),
  syscall(16, "fremovexattr", [fd, string], remove),
  missing(463, "setxattrat"),
  missing(464, "getxattrat"),
  missing(465, "listxattrat"),
  missing(466, "removexattrat"),
];
