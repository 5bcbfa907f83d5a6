// Opening by name: what open(2) checks, makes and truncates, and who opens which type of file (Linux: fs/open.c, fs/namei.c do_open).
import { EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO, EPERM, ETXTBSY, type Errno, failed } from "../../abi/errno.js";
import {
  O_ACCMODE, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOATIME, O_NOCTTY, O_NOFOLLOW, O_PATH, O_RDONLY, O_TMPFILE, O_TRUNC, O_WRONLY,
} from "../../abi/fcntl.js";
import { MS_NODEV } from "../../abi/mount.js";
import * as stat from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import { openFifo } from "../ipc/fifo.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import type { Wait } from "../wait.js";
import { File } from "./file.js";
import type { Inode } from "./inode.js";
import { created } from "./notify.js";
import { DIRECTORY, EMPTY, NOFOLLOW, type Start, fillPlace, lookup, place } from "./lookup.js";
import type { Path } from "./path.js";
import { Dentry, Path as PathTo } from "./path.js";
import { MAY_EXEC, MAY_READ, MAY_WRITE, newOwner, ownerOrCapable, pathPermission, permission, writable } from "./permission.js";
import { dropSetid } from "./regular-file.js";
import { countWriter, isRunning, isWritten } from "./writers.js";

/** What O_PATH gives: a place, of which nothing is read or written. */
export class PathFile extends File {
  constructor(inode: Inode, flags: number, path: Path) {
    super(inode, flags, path);
    inode.opened();
  }

  override release(): void {
    this.inode.released();
  }
}

/** Flags that are spent by opening and that F_GETFL does not show. */
const SPENT = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;
const READ_AND_WRITE = 3;

/** MAY_* that an access mode asks for; 3 asks for both and allows neither. */
function wantedBy(flags: number): number {
  const access = flags & O_ACCMODE;
  const mode = access === O_RDONLY ? MAY_READ : access === O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
  return (flags & O_TRUNC) !== 0 ? mode | MAY_WRITE : mode;
}

/** open(2). `resolve` are RESOLVE_* of openat2(2). */
export function open(task: Task, start: Start, path: ByteString, flags: number, mode: number, resolve = 0): File | Errno | Wait {
  if ((flags & O_PATH) !== 0) return openPath(task, start, path, flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), resolve);
  if ((flags & O_TMPFILE & ~O_DIRECTORY) !== 0) return openNameless(task, start, path, flags, mode, resolve);
  if ((flags & (O_CREAT | O_DIRECTORY)) === (O_CREAT | O_DIRECTORY)) return EINVAL;
  if ((flags & O_CREAT) !== 0) return openOrCreate(task, start, path, flags, mode, resolve);
  const how = ((flags & O_NOFOLLOW) !== 0 ? NOFOLLOW : 0) | ((flags & O_DIRECTORY) !== 0 ? DIRECTORY : 0);
  const found = lookup(task, start, path, how, { resolve });
  return failed(found) ? found : openFound(task, found, flags, wantedBy(flags));
}

function openPath(task: Task, start: Start, path: ByteString, flags: number, resolve: number): File | Errno {
  const how = ((flags & O_NOFOLLOW) !== 0 ? NOFOLLOW : 0) | ((flags & O_DIRECTORY) !== 0 ? DIRECTORY : 0);
  const found = lookup(task, start, path, how, { resolve });
  return failed(found) ? found : new PathFile(found.inode, flags & ~O_CLOEXEC, found);
}

function openOrCreate(task: Task, start: Start, path: ByteString, flags: number, mode: number, resolve: number): File | Errno | Wait {
  const follow = (flags & (O_EXCL | O_NOFOLLOW)) === 0;
  const where = place(task, start, path, follow, resolve);
  if (failed(where)) return where;
  const { parent, name, slash, existing } = where;
  if (existing !== undefined) {
    if ((flags & O_EXCL) !== 0) return EEXIST;
    if (slash || stat.S_ISDIR(existing.inode.mode)) return stat.S_ISDIR(existing.inode.mode) ? EISDIR : ENOTDIR;
    return openFound(task, existing, flags, wantedBy(flags));
  }
  if (slash) return EISDIR;
  const refused = mayCreate(task, parent);
  if (refused !== undefined) return refused;
  const { mode: bits, owner } = newOwner(task, parent.inode, stat.S_IFREG | (mode & 0o7777));
  const inode = parent.inode.create(task, name, bits, owner, 0);
  if (failed(inode)) return inode;
  // A new file may be written even where its own mode forbids it.
  const made = fillPlace(parent, name, inode);
  created(parent.inode, name, inode);
  return openFound(task, made, flags & ~O_TRUNC, 0);
}

/** May a name be added to the directory? ENOENT where it is removed already, or where no name can be new. */
export function mayCreate(task: Task, parent: Path): Errno | undefined {
  if (parent.dentry.deleted || parent.inode.fs.namesAreFixed) return ENOENT;
  return writable(parent) ?? permission(task.credentials, parent.inode, MAY_WRITE | MAY_EXEC);
}

/** O_TMPFILE: a file without a name in the file system of the directory. */
function openNameless(task: Task, start: Start, path: ByteString, flags: number, mode: number, resolve: number): File | Errno | Wait {
  if ((flags & O_DIRECTORY) === 0 || (flags & O_ACCMODE) === O_RDONLY || (flags & O_CREAT) !== 0) return EINVAL;
  const parent = lookup(task, start, path, DIRECTORY | ((flags & O_NOFOLLOW) !== 0 ? NOFOLLOW : 0), { resolve });
  if (failed(parent)) return parent;
  const refused = mayCreate(task, parent);
  if (refused !== undefined) return refused;
  const { mode: bits, owner } = newOwner(task, parent.inode, stat.S_IFREG | (mode & 0o7777));
  const inode = parent.inode.tmpfile(task, bits, owner);
  if (failed(inode)) return inode;
  const dentry = new Dentry(`#${inode.ino}`, parent.dentry, inode);
  dentry.deleted = true;
  return openRegular(task, new PathTo(parent.mount, dentry), inode, flags & ~SPENT);
}

function openFound(task: Task, path: Path, flags: number, wanted: number): File | Errno | Wait {
  const { inode } = path;
  inode.refresh();
  if (stat.S_ISLNK(inode.mode)) return ELOOP;
  if (stat.S_ISDIR(inode.mode) && (wanted & MAY_WRITE) !== 0) return EISDIR;
  const device = stat.S_ISCHR(inode.mode) || stat.S_ISBLK(inode.mode);
  if (device && (path.mount.flags & MS_NODEV) !== 0) return EACCES;
  const denied = wanted === 0 ? undefined : pathPermission(task.credentials, path, wanted);
  if (denied !== undefined) return denied;
  if ((flags & O_NOATIME) !== 0 && !ownerOrCapable(task.credentials, inode)) return EPERM;
  return openInode(task, path, flags);
}

/** Opens by type, permissions apart. */
export function openInode(task: Task, path: Path, flags: number): File | Errno | Wait {
  const { inode } = path;
  const kept = flags & ~SPENT;
  switch (inode.mode & stat.S_IFMT) {
    case stat.S_IFIFO: return openFifo(task, inode, path, kept);
    case stat.S_IFSOCK: return ENXIO;
    case stat.S_IFCHR: return task.kernel.devices.find("character", inode.rdev)?.open(task, inode, path, flags & ~O_CLOEXEC) ?? ENXIO;
    case stat.S_IFBLK: return task.kernel.devices.find("block", inode.rdev)?.open(task, inode, path, kept) ?? ENXIO;
    case stat.S_IFLNK: return ELOOP;
  }
  const writes = (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
  if (writes && isRunning(inode)) return ETXTBSY;
  if ((flags & O_TRUNC) !== 0 && stat.S_ISREG(inode.mode)) {
    // Before it is opened: overlay then need not copy what is cut off.
    const refused = inode.truncate(task, 0);
    if (refused !== undefined) return refused;
    dropSetid(task, inode.real);
  }
  return openRegular(task, path, inode, kept);
}

function openRegular(task: Task, path: Path, inode: Inode, flags: number): File | Errno {
  const file = inode.open(task, path, flags);
  if (!failed(file) && (flags & O_ACCMODE) !== O_RDONLY) countWriter(file);
  return file;
}

/** A file that is to be executed or mapped as an interpreter: regular, executable, not on a noexec mount (EACCES), not open for writing (ETXTBSY). */
export function openForExec(task: Task, start: Start, path: ByteString, how: { nofollow?: boolean; empty?: boolean } = {}): File | Errno {
  const found = lookup(task, start, path, (how.nofollow === true ? NOFOLLOW : 0) | (how.empty === true ? EMPTY : 0));
  if (failed(found)) return found;
  const { inode } = found;
  inode.refresh();
  if (stat.S_ISLNK(inode.mode)) return ELOOP;
  if (!stat.S_ISREG(inode.mode)) return EACCES;
  const denied = pathPermission(task.credentials, found, MAY_EXEC);
  if (denied !== undefined) return denied;
  return isWritten(inode) ? ETXTBSY : inode.open(task, found, O_RDONLY);
}

/** Whether a file may be read and written at all by its access mode. */
export const mayRead = (file: File): boolean => (file.flags & O_ACCMODE) !== O_WRONLY && (file.flags & O_ACCMODE) !== READ_AND_WRITE;
export const mayWrite = (file: File): boolean => (file.flags & O_ACCMODE) !== O_RDONLY && (file.flags & O_ACCMODE) !== READ_AND_WRITE;

savable(PathFile);
