// chmod, chown, utimensat, truncate and their kin.
import { EACCES, EFAULT, EINVAL, EISDIR, EOPNOTSUPP, EPERM, ETXTBSY, type Errno, failed } from "../../abi/errno.js";
import { CAP_FSETID } from "../../abi/capability.js";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.js";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../../abi/stat.js";
import { UTIME_NOW, UTIME_OMIT, decodeTimespec } from "../../abi/time.js";
import type { ByteString } from "../bytestring.js";
import { type SystemCall, syscall } from "../syscall.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import type { AttributeChange, Inode, Timestamp } from "../vfs/inode.js";
import { lookup } from "../vfs/lookup.js";
import { attributesChanged, sizeChanged } from "../vfs/notify.js";
import { mayWrite } from "../vfs/open.js";
import type { Path } from "../vfs/path.js";
import { MAY_WRITE, changedMode, mayChown, ownerOrCapable, pathPermission, permission, withoutSetid, writable } from "../vfs/permission.js";
import { MAX_FILE_BYTES, dropSetid, mayGrow } from "../vfs/regular-file.js";
import { isRunning } from "../vfs/writers.js";
import { dirfd, fd, id, long, looseFlags, mode, optionalPath, path, pointer } from "./arguments.js";
import { lookupFlags } from "./stat.js";

/** An inode to be changed, with the path that says whether its mount is read-only (none for pipes and the like). */
interface Target {
  readonly inode: Inode;
  readonly path: Path | undefined;
}

const AT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;

function target(task: Task, at: number, name: ByteString, how: number): Target | Errno {
  if ((how & ~AT_FLAGS) !== 0) return EINVAL;
  if (name === "" && (how & AT_EMPTY_PATH) !== 0 && at !== AT_FDCWD) {
    const file = task.files.get(at);
    return file;
  }
  const found = lookup(task, at, name, lookupFlags(how));
  return failed(found) ? found : { inode: found.inode, path: found };
}

/** Brings the inode up to date and asks the mount. */
function prepared({ inode, path: at }: Target): Errno | undefined {
  return inode.refresh() ?? (at === undefined ? undefined : writable(at));
}

function change(task: Task, { inode, path: at }: Target, to: AttributeChange): number | Errno {
  const refused = inode.setAttributes(task, to);
  if (refused !== undefined) return refused;
  attributesChanged(at, at?.inode ?? inode, to);
  return 0;
}

function chmod(task: Task, on: Target | Errno, bits: number): number | Errno {
  if (failed(on)) return on;
  const refused = prepared(on);
  if (refused !== undefined) return refused;
  // As Linux: symbolic links have no permissions of their own.
  if (S_ISLNK(on.inode.mode)) return EOPNOTSUPP;
  const changed = changedMode(task.credentials, on.inode, bits);
  return failed(changed) ? changed : change(task, on, { mode: changed });
}

const UNCHANGED = 0xffffffff;

function chown(task: Task, on: Target | Errno, uid: number, gid: number): number | Errno {
  if (failed(on)) return on;
  const refused = prepared(on);
  if (refused !== undefined) return refused;
  const owner = uid === UNCHANGED ? undefined : uid;
  const group = gid === UNCHANGED ? undefined : gid;
  const denied = mayChown(task.credentials, on.inode, owner, group);
  if (denied !== undefined) return denied;
  const wanted: AttributeChange = { uid: owner, gid: group };
  const stripped = withoutSetid(on.inode.mode);
  // As Linux chown_common: setuid and setgid go, whoever does it.
  if (!S_ISDIR(on.inode.mode) && stripped !== on.inode.mode) wanted.mode = stripped;
  return change(task, on, wanted);
}

/** One of the two times: what it becomes, "keep" for UTIME_OMIT. */
function timeOf(view: DataView, at: number, now: Timestamp): Timestamp | "keep" | Errno {
  const { seconds: sec, nanoseconds: nsec } = decodeTimespec(view, at);
  if (nsec === UTIME_NOW) return now;
  if (nsec === UTIME_OMIT) return "keep";
  return nsec < 0 || nsec >= 1e9 ? EINVAL : { sec, nsec };
}

function utimensat(task: Task, at: number, name: ByteString | undefined, times: number, how: number): number | Errno {
  const now = task.kernel.clock.realtime();
  let wanted: AttributeChange = { atime: now, mtime: now };
  let onlyNow = true;
  if (times !== 0) {
    const bytes = task.memory.read(times, 32);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
    const atime = timeOf(view, 0, now);
    const mtime = timeOf(view, 16, now);
    if (failed(atime)) return atime;
    if (failed(mtime)) return mtime;
    if (atime === "keep" && mtime === "keep") return 0;
    wanted = { atime: atime === "keep" ? undefined : atime, mtime: mtime === "keep" ? undefined : mtime };
    onlyNow = atime === now && mtime === now;
  }
  if (name === undefined && at === AT_FDCWD) return EFAULT;
  const on = name === undefined ? task.files.get(at) : target(task, at, name, how);
  if (failed(on)) return on;
  const refused = prepared(on);
  if (refused !== undefined) return refused;
  if (!ownerOrCapable(task.credentials, on.inode)) {
    // Who may write may also say that it is of now.
    if (!onlyNow) return EPERM;
    if (permission(task.credentials, on.inode, MAY_WRITE) !== undefined) return EACCES;
  }
  return change(task, on, wanted);
}

function truncate(task: Task, name: ByteString, size: number): number | Errno {
  if (size < 0) return EINVAL;
  const found = lookup(task, AT_FDCWD, name);
  if (failed(found)) return found;
  found.inode.refresh();
  if (S_ISDIR(found.inode.mode)) return EISDIR;
  if (!S_ISREG(found.inode.mode)) return EINVAL;
  const refused = pathPermission(task.credentials, found, MAY_WRITE);
  if (refused !== undefined) return refused;
  return isRunning(found.inode) ? ETXTBSY : resize(task, { inode: found.inode, path: found }, size);
}

function resize(task: Task, { inode, path: at }: Target, size: number): number | Errno {
  if (size > MAX_FILE_BYTES) return EINVAL;
  if (size > inode.real.size) {
    const allowed = mayGrow(task, size - 1, 1);
    if (failed(allowed)) return allowed;
  }
  const failure = inode.truncate(task, size);
  if (failure !== undefined) return failure;
  if ((inode.real.mode & 0o6000) !== 0 && !task.credentials.has(CAP_FSETID)) dropSetid(task, inode.real);
  sizeChanged(at, inode);
  return 0;
}

function ftruncate(task: Task, file: File, size: number): number | Errno {
  if (size < 0) return EINVAL;
  if (!mayWrite(file)) return EINVAL;
  return S_ISREG(file.inode.mode) ? resize(task, file, size) : EINVAL;
}

const how = looseFlags("AT_SYMLINK_NOFOLLOW", "AT_EMPTY_PATH");

export const calls: SystemCall[] = [
  syscall(52, "fchmod", [fd, mode], (task, file, bits) => chmod(task, file, bits)),
  syscall(53, "fchmodat", [dirfd, path, mode], (task, at, name, bits) => chmod(task, target(task, at, name, 0), bits)),
  syscall(452, "fchmodat2", [dirfd, path, mode, how], (task, at, name, bits, flags) => chmod(task, target(task, at, name, flags), bits)),
  syscall(54, "fchownat", [dirfd, path, id, id, how], (task, at, name, uid, gid, flags) => chown(task, target(task, at, name, flags), uid, gid)),
  syscall(55, "fchown", [fd, id, id], (task, file, uid, gid) => chown(task, file, uid, gid)),
  syscall(88, "utimensat", [dirfd, optionalPath, pointer, how], utimensat),
  syscall(45, "truncate", [path, long], truncate),
  syscall(46, "ftruncate", [fd, long], ftruncate),
];
