// newfstatat, fstat, statx, statfs, fstatfs, faccessat, readlinkat.
import { EINVAL, ENOENT, type Errno, failed } from "../../abi/errno.js";
import * as fcntl from "../../abi/fcntl.js";
import { MS_NOATIME, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, ST_NOATIME, ST_NODEV, ST_NOEXEC, ST_NOSUID, ST_RDONLY, ST_RELATIME, ST_VALID } from "../../abi/mount.js";
import * as stat from "../../abi/stat.js";
import { type ByteString, toBytes } from "../bytestring.js";
import { type SystemCall, syscall } from "../syscall.js";
import type { Credentials } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import type { FileSystem, Inode, Timestamp } from "../vfs/inode.js";
import { EMPTY, NOFOLLOW, lookup } from "../vfs/lookup.js";
import type { Mount, Path } from "../vfs/path.js";
import { pathPermission } from "../vfs/permission.js";
import { anyFd, dirfd, int, looseFlags, optionalPath, path, pointer, uint } from "./arguments.js";

const timespec = ({ sec, nsec }: Timestamp): { seconds: number; nanoseconds: number } => ({ seconds: sec, nanoseconds: nsec });

/** What stat(2) tells of an inode. */
export function statOf(inode: Inode): stat.Stat {
  const { ino, mode, nlink, uid, gid, rdev, size: bytes, blocks } = inode;
  return {
    dev: inode.fs.device, ino, mode, nlink, uid, gid, rdev, size: bytes, blksize: inode.fs.blockSize, blocks,
    atime: timespec(inode.atime), mtime: timespec(inode.mtime), ctime: timespec(inode.ctime),
  };
}

const scratch = new Uint8Array(stat.STATX_BYTES);
const scratchView = new DataView(scratch.buffer);

function tell(task: Task, inode: Inode, at: number): number | Errno {
  const stale = inode.refresh();
  if (stale !== undefined) return stale;
  stat.encodeStat(scratchView, 0, statOf(inode));
  task.memory.write(at, scratch.subarray(0, stat.STAT_BYTES));
  return 0;
}

function inodeAt(task: Task, at: number, name: ByteString | undefined, how: number): { inode: Inode; mount: Mount | undefined; root: boolean } | Errno {
  if ((name === undefined || name === "") && (how & fcntl.AT_EMPTY_PATH) !== 0 && at !== fcntl.AT_FDCWD) {
    const file = task.files.get(at);
    return failed(file) ? file : { inode: file.inode, mount: file.path?.mount, root: file.path !== undefined && file.path.dentry === file.path.mount.root };
  }
  const found = lookup(task, at, name ?? "", lookupFlags(how));
  return failed(found) ? found : { inode: found.inode, mount: found.mount, root: found.dentry === found.mount.root };
}

/** AT_* as flags of lookup. */
export const lookupFlags = (how: number): number =>
  ((how & fcntl.AT_SYMLINK_NOFOLLOW) !== 0 ? NOFOLLOW : 0) | ((how & fcntl.AT_EMPTY_PATH) !== 0 ? EMPTY : 0);

const STAT_FLAGS = fcntl.AT_SYMLINK_NOFOLLOW | fcntl.AT_NO_AUTOMOUNT | fcntl.AT_EMPTY_PATH;

function newfstatat(task: Task, at: number, name: ByteString | undefined, into: number, how: number): number | Errno {
  if ((how & ~STAT_FLAGS) !== 0) return EINVAL;
  const found = inodeAt(task, at, name, how);
  return failed(found) ? found : tell(task, found.inode, into);
}

function statx(task: Task, at: number, name: ByteString | undefined, how: number, mask: number, into: number): number | Errno {
  if ((how & ~(STAT_FLAGS | fcntl.AT_STATX_SYNC_TYPE)) !== 0 || (mask & 0x80000000) !== 0) return EINVAL;
  if ((how & fcntl.AT_STATX_SYNC_TYPE) === fcntl.AT_STATX_SYNC_TYPE) return EINVAL;
  const found = inodeAt(task, at, name, how);
  if (failed(found)) return found;
  const { inode, mount, root } = found;
  const stale = inode.refresh();
  if (stale !== undefined) return stale;
  stat.encodeStatx(scratchView, 0, statOf(inode), {
    mask: stat.STATX_BASIC_STATS | (mount === undefined ? 0 : mask & (stat.STATX_MNT_ID | stat.STATX_MNT_ID_UNIQUE)),
    attributes: root ? stat.STATX_ATTR_MOUNT_ROOT : 0, attributesMask: stat.STATX_ATTR_MOUNT_ROOT | stat.STATX_ATTR_AUTOMOUNT,
    btime: { seconds: 0, nanoseconds: 0 }, mountId: mount?.id ?? 0,
  });
  task.memory.write(into, scratch);
  return 0;
}

const shown: readonly (readonly [number, number])[] = [
  [MS_RDONLY, ST_RDONLY], [MS_NOSUID, ST_NOSUID], [MS_NODEV, ST_NODEV], [MS_NOEXEC, ST_NOEXEC], [MS_NOATIME, ST_NOATIME],
];

function tellFileSystem(task: Task, fs: FileSystem, mount: Mount | undefined, at: number): number {
  const { type, blockSize, blocks, free, files, filesFree, nameLength } = fs.facts();
  let flags = ST_VALID | (fs.readOnly ? ST_RDONLY : 0);
  for (const [from, to] of shown) if (((mount?.flags ?? 0) & from) !== 0) flags |= to;
  if ((flags & ST_NOATIME) === 0) flags |= ST_RELATIME;
  const fsid = [fs.device, 0] as const;
  stat.encodeStatfs(scratchView, 0, { type, bsize: blockSize, blocks, bfree: free, bavail: free, files, ffree: filesFree, fsid, namelen: nameLength, frsize: blockSize, flags });
  task.memory.write(at, scratch.subarray(0, stat.STATFS_BYTES));
  return 0;
}

function statfs(task: Task, name: ByteString, at: number): number | Errno {
  const found = lookup(task, fcntl.AT_FDCWD, name);
  return failed(found) ? found : tellFileSystem(task, found.mount.fs, found.mount, at);
}

/** access(2) asks for the real user: as Linux access_override_creds, root has what it may have and others have nothing. */
function realCredentials(credentials: Credentials): Credentials {
  const { uid, gid, fsuid, fsgid, permitted, effective } = credentials;
  const own = uid === 0 ? permitted : 0n;
  return uid === fsuid && gid === fsgid && own === effective ? credentials : credentials.with({ fsuid: uid, fsgid: gid, effective: own });
}

function access(task: Task, at: number, name: ByteString, mode: number, how: number): number | Errno {
  if ((mode & ~7) !== 0 || (how & ~(fcntl.AT_EACCESS | fcntl.AT_SYMLINK_NOFOLLOW | fcntl.AT_EMPTY_PATH)) !== 0) return EINVAL;
  const credentials = (how & fcntl.AT_EACCESS) !== 0 ? task.credentials : realCredentials(task.credentials);
  const found = lookup(task, at, name, lookupFlags(how), { credentials });
  if (failed(found)) return found;
  if (mode === 0) return 0;
  found.inode.refresh();
  return pathPermission(credentials, found, mode) ?? 0;
}

function readlinkat(task: Task, at: number, name: ByteString, into: number, room: number): number | Errno {
  if (room <= 0 || room > Number.MAX_SAFE_INTEGER) return EINVAL;
  const found: Path | Errno = lookup(task, at, name, NOFOLLOW | EMPTY);
  if (failed(found)) return found;
  if (!stat.S_ISLNK(found.inode.mode)) return name === "" ? ENOENT : EINVAL;
  const target = found.inode.readlink(task);
  if (failed(target)) return target;
  const bytes = toBytes(target).subarray(0, room);
  task.memory.write(into, bytes);
  return bytes.length;
}

const atFlags = looseFlags("AT_SYMLINK_NOFOLLOW", "AT_NO_AUTOMOUNT", "AT_EMPTY_PATH");

export const calls: SystemCall[] = [
  syscall(79, "newfstatat", [dirfd, optionalPath, pointer, atFlags], newfstatat),
  syscall(80, "fstat", [anyFd, pointer], (task, file, at) => tell(task, file.inode, at)),
  syscall(291, "statx", [dirfd, optionalPath, atFlags, uint, pointer], statx, "no time of birth"),
  syscall(43, "statfs", [path, pointer], statfs),
  syscall(44, "fstatfs", [anyFd, pointer], (task, file: File, at) => tellFileSystem(task, file.inode.fs, file.path?.mount, at)),
  syscall(48, "faccessat", [dirfd, path, int], (task, at, name, mode) => access(task, at, name, mode, 0)),
  syscall(439, "faccessat2", [dirfd, path, int, looseFlags("AT_EACCESS", "AT_SYMLINK_NOFOLLOW", "AT_EMPTY_PATH")], access),
  syscall(78, "readlinkat", [dirfd, path, pointer, int], readlinkat),
];
