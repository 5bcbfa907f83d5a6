// Who may do what with a file: mode bits, capabilities, the sticky bit (Linux: fs/namei.c, fs/attr.c).
import { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID } from "../../abi/capability.js";
import { EACCES, EPERM, EROFS, type Errno } from "../../abi/errno.js";
import { MS_NOEXEC, MS_RDONLY } from "../../abi/mount.js";
import { S_IFMT, S_ISDIR, S_ISGID, S_ISREG, S_ISUID, S_ISVTX, S_IXGRP } from "../../abi/stat.js";
import { type Credentials } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { Inode, Owner } from "./inode.js";
import type { Path } from "./path.js";

/** Access asked for, as in the mode bits: r 4, w 2, x 1. */
export const MAY_EXEC = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

/**
 * A capability over an inode (Linux: capable_wrt_inode_uidgid). With user namespaces it also takes that the inode's owner is
 * mapped into the task's; every check of this file comes through here so that it will be one line.
 */
export function capableOverInode(credentials: Credentials, _inode: Inode, capability: number): boolean {
  return credentials.has(capability);
}

/** May these credentials access the inode so (Linux: generic_permission)? EACCES. */
export function permission(credentials: Credentials, inode: Inode, want: number): Errno | undefined {
  const { mode } = inode;
  const granted = credentials.fsuid === inode.uid ? mode >> 6 : (mode & 0o70) >> 3 === (mode & 7) || !credentials.inGroup(inode.gid) ? mode : mode >> 3;
  if ((want & ~granted & 7) === 0) return undefined;
  if (S_ISDIR(mode)) {
    if ((want & MAY_WRITE) === 0 && capableOverInode(credentials, inode, CAP_DAC_READ_SEARCH)) return undefined;
    return capableOverInode(credentials, inode, CAP_DAC_OVERRIDE) ? undefined : EACCES;
  }
  if (want === MAY_READ && capableOverInode(credentials, inode, CAP_DAC_READ_SEARCH)) return undefined;
  // Even the superuser executes only what someone may execute.
  if (((want & MAY_EXEC) === 0 || (mode & 0o111) !== 0) && capableOverInode(credentials, inode, CAP_DAC_OVERRIDE)) return undefined;
  return EACCES;
}

/** EROFS where the mount or its file system is read-only. */
export function writable(path: Path): Errno | undefined {
  return (path.mount.flags & MS_RDONLY) !== 0 || path.mount.fs.readOnly ? EROFS : undefined;
}

/** Permission for a file at a place: what the inode says and, for writing to what is stored, what the mount says. */
export function pathPermission(credentials: Credentials, path: Path, want: number): Errno | undefined {
  const { inode } = path;
  if ((want & MAY_WRITE) !== 0) {
    const type = inode.mode & S_IFMT;
    const stored = S_ISREG(type) || S_ISDIR(type) || type === 0o120000;
    if (stored && writable(path) !== undefined) return EROFS;
  }
  if ((want & MAY_EXEC) !== 0 && S_ISREG(inode.mode) && (path.mount.flags & MS_NOEXEC) !== 0) return EACCES;
  return permission(credentials, inode, want);
}

export const ownerOrCapable = (credentials: Credentials, inode: Inode): boolean =>
  credentials.fsuid === inode.uid || capableOverInode(credentials, inode, CAP_FOWNER);

/** May an entry for `victim` be taken out of `directory` (Linux: may_delete)? */
export function mayDelete(credentials: Credentials, directory: Inode, victim: Inode): Errno | undefined {
  const denied = permission(credentials, directory, MAY_WRITE | MAY_EXEC);
  if (denied !== undefined) return denied;
  // As Linux check_sticky: in a sticky directory only the owner of the entry or of the directory deletes.
  const sticky = (directory.mode & S_ISVTX) !== 0 && victim.uid !== credentials.fsuid && directory.uid !== credentials.fsuid;
  return sticky && !capableOverInode(credentials, victim, CAP_FOWNER) ? EPERM : undefined;
}

/** Mode and owner of a new file in `directory` (Linux: inode_init_owner): setgid directories hand down their group. */
export function newOwner(task: Task, directory: Inode, mode: number): { mode: number; owner: Owner } {
  const { credentials } = task;
  let bits = mode & ~task.fs.umask;
  let gid = credentials.fsgid;
  if ((directory.mode & S_ISGID) !== 0) {
    gid = directory.gid;
    if (S_ISDIR(bits)) bits |= S_ISGID;
    else if ((bits & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP) && !credentials.inGroup(gid) && !credentials.has(CAP_FSETID)) bits &= ~S_ISGID;
  }
  return { mode: bits, owner: { uid: credentials.fsuid, gid } };
}

/** The mode that chmod(2) gives: EPERM for others than the owner; setgid goes for a group that one is not in. */
export function changedMode(credentials: Credentials, inode: Inode, mode: number): number | Errno {
  if (!ownerOrCapable(credentials, inode)) return EPERM;
  const bits = mode & 0o7777;
  const foreign = (bits & S_ISGID) !== 0 && !credentials.inGroup(inode.gid) && !capableOverInode(credentials, inode, CAP_FSETID);
  return (inode.mode & S_IFMT) | (foreign ? bits & ~S_ISGID : bits);
}

/** May the owner become uid and gid (undefined: stays)? As Linux chown_ok and chgrp_ok. */
export function mayChown(credentials: Credentials, inode: Inode, uid: number | undefined, gid: number | undefined): Errno | undefined {
  if (capableOverInode(credentials, inode, CAP_CHOWN)) return undefined;
  if (credentials.fsuid !== inode.uid) return uid === undefined && gid === undefined ? undefined : EPERM;
  if (uid !== undefined && uid !== inode.uid) return EPERM;
  return gid === undefined || gid === inode.gid || credentials.inGroup(gid) ? undefined : EPERM;
}

/** The mode without what a write or chown by others takes away (Linux: setattr_should_drop_suidgid). */
export function withoutSetid(mode: number): number {
  if (!S_ISREG(mode)) return mode;
  const cleared = mode & ~S_ISUID;
  return (mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP) ? cleared & ~S_ISGID : cleared;
}
