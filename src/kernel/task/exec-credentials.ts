// What a program gains or loses by being executed (execve(2), capabilities(7)): set-user-ID, set-group-ID, file capabilities.
import { VFS_CAP_FLAGS_EFFECTIVE, VFS_CAP_REVISION_1, VFS_CAP_REVISION_MASK } from "../../abi/capability.js";
import { EPERM, type Errno, failed } from "../../abi/errno.js";
import { MS_NOSUID } from "../../abi/mount.js";
import { SECBIT_KEEP_CAPS, SECBIT_NOROOT } from "../../abi/prctl.js";
import { S_ISGID, S_ISUID, S_IXGRP } from "../../abi/stat.js";
import type { Path } from "../vfs/path.js";
import { ALL_CAPABILITIES, type Credentials } from "./credentials.js";
import type { Task } from "./task.js";

interface FileCapabilities {
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly effective: boolean;
}

/** security.capability: a version with flags, then permitted and inheritable words (Linux: get_vfs_caps_from_disk). */
function fileCapabilities(task: Task, path: Path): FileCapabilities | undefined {
  const bytes = path.inode.getxattr(task, "security.capability");
  if (failed(bytes) || bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0, true);
  const wide = (magic & VFS_CAP_REVISION_MASK) !== VFS_CAP_REVISION_1;
  if (wide && bytes.length < 20) return undefined;
  const word = (at: number): bigint => BigInt(view.getUint32(at, true));
  const permitted = word(4) | (wide ? word(12) << 32n : 0n);
  const inheritable = word(8) | (wide ? word(16) << 32n : 0n);
  return { permitted: permitted & ALL_CAPABILITIES, inheritable: inheritable & ALL_CAPABILITIES, effective: (magic & VFS_CAP_FLAGS_EFFECTIVE) !== 0 };
}

/** The credentials under which the program at `path` runs (Linux: cap_bprm_creds_from_file). EPERM: it could not get all that it demands. */
export function afterExec(task: Task, path: Path): Credentials | Errno {
  const old = task.credentials;
  const { inode } = path;
  const trusted = (path.mount.flags & MS_NOSUID) === 0 && !old.noNewPrivs;
  const euid = trusted && (inode.mode & S_ISUID) !== 0 ? inode.uid : old.euid;
  const egid = trusted && (inode.mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP) ? inode.gid : old.egid;
  const changed = euid !== old.euid || egid !== old.egid;
  const file = trusted ? fileCapabilities(task, path) : undefined;
  const ambient = changed || file !== undefined ? 0n : old.ambient;
  let permitted = (file === undefined ? 0n : (file.permitted & old.bounding) | (file.inheritable & old.inheritable)) | ambient;
  let effective = file?.effective === true ? permitted : ambient;
  if (file?.effective === true && (file.permitted & ~permitted) !== 0n) return EPERM;
  if ((old.securebits & SECBIT_NOROOT) === 0 && (euid === 0 || old.uid === 0)) {
    // A set-user-ID-root program with file capabilities, run by another user, gets those only.
    if (file === undefined || old.uid === 0) permitted |= old.bounding | old.inheritable;
    if (euid === 0 && (file === undefined || old.uid === 0)) effective = permitted;
  }
  return old.with({
    euid, egid, suid: euid, sgid: egid, fsuid: euid, fsgid: egid, permitted, effective, ambient, securebits: old.securebits & ~SECBIT_KEEP_CAPS,
  });
}

/** AT_SECURE: the C library must not trust the environment. */
export function gainsRights(old: Credentials, now: Credentials): boolean {
  if (now.euid !== old.uid || now.egid !== old.gid) return true;
  return old.uid !== 0 && (now.permitted & ~now.ambient & ~old.permitted) !== 0n;
}
