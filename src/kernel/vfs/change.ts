// Making, linking, removing and renaming names (Linux: fs/namei.c vfs_mkdir … vfs_rename).
import {
  EBUSY, EEXIST, EINVAL, EISDIR, EMLINK, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EXDEV, type Errno, failed,
} from "../../abi/errno.js";
import { CAP_MKNOD } from "../../abi/capability.js";
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from "../../abi/fcntl.js";
import * as stat from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { Inode } from "./inode.js";
import { type Place, type Start, fillPlace, isPlainName, place } from "./lookup.js";
import { created, linked, removed, renamed } from "./notify.js";
import { mayCreate } from "./open.js";
import type { Dentry, Path } from "./path.js";
import { MAY_READ, MAY_WRITE, mayDelete, newOwner, ownerOrCapable, permission, writable } from "./permission.js";

/** The place for a new name; only a directory's may end in a slash. */
function newPlace(task: Task, start: Start, path: ByteString, directory: boolean): Place | Errno {
  const where = place(task, start, path);
  if (failed(where)) return where;
  if (!isPlainName(where.name) || where.existing !== undefined) return EEXIST;
  if (where.slash && !directory) return ENOENT;
  return mayCreate(task, where.parent) ?? where;
}

export function mkdir(task: Task, start: Start, path: ByteString, mode: number): Errno | undefined {
  const where = newPlace(task, start, path, true);
  if (failed(where)) return where;
  const { mode: bits, owner } = newOwner(task, where.parent.inode, stat.S_IFDIR | (mode & 0o1777));
  const inode = where.parent.inode.mkdir(task, where.name, bits, owner);
  if (failed(inode)) return inode;
  fillPlace(where.parent, where.name, inode);
  created(where.parent.inode, where.name, inode);
  return undefined;
}

/** mknod(2), also for bind(2) of unix sockets. The new node's path. */
export function mknod(task: Task, start: Start, path: ByteString, mode: number, rdev: number): Path | Errno {
  const type = (mode & stat.S_IFMT) === 0 ? stat.S_IFREG : mode & stat.S_IFMT;
  if (type === stat.S_IFDIR) return EPERM;
  if (![stat.S_IFREG, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK].includes(type)) return EINVAL;
  const where = newPlace(task, start, path, false);
  if (failed(where)) return where;
  const device = type === stat.S_IFCHR || type === stat.S_IFBLK;
  // A whiteout (character device 0:0) is no device: as Linux, anybody makes it.
  const whiteout = type === stat.S_IFCHR && rdev === 0;
  if (device && !whiteout && !capable(task, CAP_MKNOD, task.kernel.initialNamespaces.user)) return EPERM;
  const { mode: bits, owner } = newOwner(task, where.parent.inode, type | (mode & 0o7777));
  const inode = where.parent.inode.create(task, where.name, bits, owner, device ? rdev : 0);
  if (failed(inode)) return inode;
  const at = fillPlace(where.parent, where.name, inode);
  created(where.parent.inode, where.name, inode);
  return at;
}

export function symlink(task: Task, target: ByteString, start: Start, path: ByteString): Errno | undefined {
  if (target === "") return ENOENT;
  const where = newPlace(task, start, path, false);
  if (failed(where)) return where;
  const { owner } = newOwner(task, where.parent.inode, stat.S_IFLNK | 0o777);
  const inode = where.parent.inode.symlink(task, where.name, target, owner);
  if (failed(inode)) return inode;
  fillPlace(where.parent, where.name, inode);
  created(where.parent.inode, where.name, inode);
  return undefined;
}

/** As fs.protected_hardlinks, which Debian's kernel has set: nobody links a stranger's file unless its bits are harmless and he may read and write it. */
function mayLink(task: Task, inode: Inode): boolean {
  const { mode } = inode;
  if (ownerOrCapable(task.credentials, inode)) return true;
  const privileged = (mode & stat.S_ISUID) !== 0 || (mode & (stat.S_ISGID | stat.S_IXGRP)) === (stat.S_ISGID | stat.S_IXGRP);
  return stat.S_ISREG(mode) && !privileged && permission(task.credentials, inode, MAY_READ | MAY_WRITE) === undefined;
}

export function link(task: Task, existing: Path, start: Start, path: ByteString): Errno | undefined {
  const where = newPlace(task, start, path, false);
  if (failed(where)) return where;
  if (where.parent.mount !== existing.mount) return EXDEV;
  const { inode } = existing;
  if (!mayLink(task, inode) || stat.S_ISDIR(inode.mode)) return EPERM;
  if (inode.nlink >= 0x7fffffff) return EMLINK;
  const refused = where.parent.inode.link(task, where.name, inode);
  if (refused !== undefined) return refused;
  fillPlace(where.parent, where.name, inode);
  linked(where.parent.inode, where.name, inode);
  return undefined;
}

/** After an entry went: the dentry is gone, and that nothing is there is remembered. */
function forget(parent: Dentry, dentry: Dentry): void {
  const { name, inode } = dentry;
  dentry.forget();
  if (inode?.fs.remembersNames === true) parent.remember(name, undefined);
}

/** What unlink and rmdir find: the dentry below the directory, not what may be mounted on it. */
function victim(task: Task, where: Place): { dentry: Dentry; inode: Inode } | Errno {
  const { parent, name, existing } = where;
  if (existing === undefined) return ENOENT;
  const dentry = parent.dentry.children.get(name);
  if (dentry?.inode === undefined) return ENOENT;
  const refused = writable(parent) ?? mayDelete(task.credentials, parent.inode, dentry.inode);
  if (refused !== undefined) return refused;
  return dentry.mounted > 0 ? EBUSY : { dentry, inode: dentry.inode };
}

export function unlink(task: Task, start: Start, path: ByteString): Errno | undefined {
  const where = place(task, start, path);
  if (failed(where)) return where;
  if (!isPlainName(where.name)) return EISDIR;
  if (where.slash && where.existing !== undefined) return stat.S_ISDIR(where.existing.inode.mode) ? EISDIR : ENOTDIR;
  const found = victim(task, where);
  if (failed(found)) return found;
  if (stat.S_ISDIR(found.inode.mode)) return EISDIR;
  const refused = where.parent.inode.unlink(task, where.name, found.inode);
  if (refused !== undefined) return refused;
  forget(where.parent.dentry, found.dentry);
  removed(task, where.parent.inode, where.name, found.inode);
  return undefined;
}

export function rmdir(task: Task, start: Start, path: ByteString): Errno | undefined {
  const where = place(task, start, path);
  if (failed(where)) return where;
  if (where.name === "") return EBUSY;
  if (where.name === ".") return EINVAL;
  if (where.name === "..") return ENOTEMPTY;
  const found = victim(task, where);
  if (failed(found)) return found;
  if (!stat.S_ISDIR(found.inode.mode)) return ENOTDIR;
  const refused = where.parent.inode.rmdir(task, where.name, found.inode);
  if (refused !== undefined) return refused;
  forget(where.parent.dentry, found.dentry);
  removed(task, where.parent.inode, where.name, found.inode);
  return undefined;
}

function isAncestor(ancestor: Dentry, dentry: Dentry): boolean {
  for (let at: Dentry | undefined = dentry; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}

/** What a rename may not be, in the order in which Linux looks (do_renameat2, vfs_rename). `undefined`: go on. */
function refuseRename(task: Task, from: Place, to: Place, old: Dentry, oldInode: Inode, flags: number): Errno | undefined {
  const { existing } = to;
  if ((flags & RENAME_NOREPLACE) !== 0 && existing !== undefined) return EEXIST;
  if ((flags & RENAME_EXCHANGE) !== 0 && existing === undefined) return ENOENT;
  const directory = stat.S_ISDIR(oldInode.mode);
  if (!directory && (from.slash || ((flags & RENAME_EXCHANGE) === 0 && to.slash))) return ENOTDIR;
  if (isAncestor(old, to.parent.dentry)) return EINVAL;
  const target = to.parent.dentry.children.get(to.name);
  if (target !== undefined && existing !== undefined && isAncestor(target, from.parent.dentry)) return (flags & RENAME_EXCHANGE) !== 0 ? EINVAL : ENOTEMPTY;
  const denied = mayDelete(task.credentials, from.parent.inode, oldInode);
  if (denied !== undefined) return denied;
  // A directory that moves gets another "..": that is a write to it.
  const moved = directory && from.parent.dentry !== to.parent.dentry ? permission(task.credentials, oldInode, MAY_WRITE) : undefined;
  if (moved !== undefined) return moved;
  if (existing === undefined) return mayCreate(task, to.parent);
  const inode = target?.inode;
  if (inode === undefined) return ENOENT;
  const kept = mayDelete(task.credentials, to.parent.inode, inode);
  if (kept !== undefined) return kept;
  if ((flags & RENAME_EXCHANGE) === 0 && directory !== stat.S_ISDIR(inode.mode)) return directory ? ENOTDIR : EISDIR;
  if (old.mounted > 0 || (target?.mounted ?? 0) > 0) return EBUSY;
  return undefined;
}

export function rename(task: Task, startFrom: Start, pathFrom: ByteString, startTo: Start, pathTo: ByteString, flags: number): Errno | undefined {
  const from = place(task, startFrom, pathFrom);
  if (failed(from)) return from;
  const to = place(task, startTo, pathTo);
  if (failed(to)) return to;
  if (from.parent.mount !== to.parent.mount) return EXDEV;
  if (!isPlainName(from.name)) return EBUSY;
  if (!isPlainName(to.name)) return (flags & RENAME_NOREPLACE) !== 0 ? EEXIST : EBUSY;
  const refusedWriting = writable(from.parent);
  if (refusedWriting !== undefined) return refusedWriting;
  if (from.existing === undefined) return ENOENT;
  const old = from.parent.dentry.children.get(from.name);
  const inode = old?.inode;
  if (old === undefined || inode === undefined) return ENOENT;
  const refused = refuseRename(task, from, to, old, inode, flags);
  if (refused !== undefined) return refused;
  const target = to.parent.dentry.children.get(to.name);
  // Two names of one file: nothing to do (rename(2)).
  if (target?.inode === inode) return undefined;
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  if (old.mounted > 0) return EBUSY;
  const failure = from.parent.inode.rename(task, from.name, inode, to.parent.inode, to.name, target?.inode, exchange);
  if (failure !== undefined) return failure;
  const other = target?.inode;
  moveDentries(from, to, old, target, exchange);
  const [here, there] = [{ directory: from.parent.inode, name: from.name }, { directory: to.parent.inode, name: to.name }];
  renamed(task, here, there, inode, exchange ? undefined : other);
  if (exchange && other !== undefined) renamed(task, there, here, other, undefined);
  return undefined;
}

function moveDentries(from: Place, to: Place, old: Dentry, target: Dentry | undefined, exchange: boolean): void {
  const oldParent = from.parent.dentry;
  const newParent = to.parent.dentry;
  oldParent.children.delete(from.name);
  if (target !== undefined) newParent.children.delete(to.name);
  settle(old, newParent, to.name);
  if (exchange && target !== undefined) settle(target, oldParent, from.name);
  else {
    if (target?.inode !== undefined) target.deleted = true;
    if (old.inode?.fs.remembersNames === true) oldParent.remember(from.name, undefined);
  }
}

function settle(dentry: Dentry, parent: Dentry, name: ByteString): void {
  dentry.parent = parent;
  dentry.name = name;
  parent.children.set(name, dentry);
}

