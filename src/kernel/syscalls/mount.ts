// mount, umount2, pivot_root; the newer mount calls are not there yet.
import { EINVAL, ENODEV, ENOENT, ENOTDIR, EPERM, type Errno, failed } from "../../abi/errno.js";
import { CAP_SYS_ADMIN } from "../../abi/capability.js";
import { AT_FDCWD } from "../../abi/fcntl.js";
import * as m from "../../abi/mount.js";
import { S_ISDIR } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import { fileSystemType } from "../fs/types.js";
import { type SystemCall, missing, syscall } from "../syscall.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { DIRECTORY, NOFOLLOW, lookup } from "../vfs/lookup.js";
import { MOUNT_FLAGS, attach, bind, discard, moveMount, newMount, pivotRoot, propagate, reaches, remount, unmount } from "../vfs/mount.js";
import type { Mount, Path, Propagation } from "../vfs/path.js";
import { looseFlags, optionalString, path, pointer } from "./arguments.js";

const KINDS: readonly (readonly [number, Propagation])[] = [
  [m.MS_SHARED, "shared"], [m.MS_PRIVATE, "private"], [m.MS_SLAVE, "slave"], [m.MS_UNBINDABLE, "unbindable"],
];
const KIND_BITS = m.MS_SHARED | m.MS_PRIVATE | m.MS_SLAVE | m.MS_UNBINDABLE;

function attachOrDiscard(task: Task, mount: Mount, at: Path): number | Errno {
  const refused = attach(task.namespaces.mnt, mount, at);
  if (refused !== undefined) discard(mount);
  return refused ?? 0;
}

function mountNew(task: Task, source: ByteString, at: Path, type: ByteString, flags: number, data: ByteString): number | Errno {
  const known = fileSystemType(type);
  if (failed(known)) return type === "" ? EINVAL : ENODEV;
  if (!S_ISDIR(at.inode.mode)) return ENOTDIR;
  const fs = known.mount(task, source, data);
  if (failed(fs)) return fs;
  if (fs.mounts === 0) fs.source = source === "" ? "none" : source;
  return attachOrDiscard(task, newMount(task.kernel, fs, flags & MOUNT_FLAGS), at);
}

function mountBind(task: Task, source: ByteString, at: Path, recursive: boolean): number | Errno {
  const from = lookup(task, AT_FDCWD, source);
  if (failed(from)) return from;
  if (!task.namespaces.mnt.mounts.includes(from.mount) || from.mount.propagation === "unbindable") return EINVAL;
  return attachOrDiscard(task, bind(task.kernel, from, recursive), at);
}

const mayMount = (task: Task): boolean => capable(task, CAP_SYS_ADMIN);

function mount(task: Task, source: ByteString | undefined, name: ByteString, type: ByteString | undefined, how: number, dataAt: number): number | Errno {
  const given = (how & m.MS_MGC_MSK) >>> 0 === m.MS_MGC_VAL ? how & ~m.MS_MGC_MSK : how;
  const data = dataAt === 0 || (given & (m.MS_BIND | m.MS_MOVE | KIND_BITS)) !== 0 ? "" : task.memory.readString(dataAt, 4096);
  const at = lookup(task, AT_FDCWD, name);
  if (failed(at)) return at;
  if (!mayMount(task)) return EPERM;
  if ((given & m.MS_REMOUNT) !== 0) return remount(at, given, data) ?? 0;
  if ((given & m.MS_BIND) !== 0) return source === undefined || source === "" ? EINVAL : mountBind(task, source, at, (given & m.MS_REC) !== 0);
  const kind = KINDS.find(([bit]) => (given & KIND_BITS) === bit);
  if ((given & KIND_BITS) !== 0) return kind === undefined ? EINVAL : (propagate(at, kind[1], (given & m.MS_REC) !== 0) ?? 0);
  if ((given & m.MS_MOVE) !== 0) {
    const from = lookup(task, AT_FDCWD, source ?? "");
    return failed(from) ? from : (moveMount(task.namespaces.mnt, from, at) ?? 0);
  }
  return mountNew(task, source ?? "", at, type ?? "", given, data);
}

function umount2(task: Task, name: ByteString, how: number): number | Errno {
  if ((how & ~(m.MNT_FORCE | m.MNT_DETACH | m.MNT_EXPIRE | m.UMOUNT_NOFOLLOW)) !== 0 || (how & m.MNT_EXPIRE) !== 0) return EINVAL;
  if (!mayMount(task)) return EPERM;
  const at = lookup(task, AT_FDCWD, name, (how & m.UMOUNT_NOFOLLOW) !== 0 ? NOFOLLOW : 0);
  return failed(at) ? at : (unmount(task.kernel, task.namespaces.mnt, at, (how & m.MNT_DETACH) !== 0) ?? 0);
}

function pivot(task: Task, newName: ByteString, oldName: ByteString): number | Errno {
  if (!mayMount(task)) return EPERM;
  const newRoot = lookup(task, AT_FDCWD, newName, DIRECTORY);
  if (failed(newRoot)) return newRoot;
  const putOld = lookup(task, AT_FDCWD, oldName, DIRECTORY);
  if (failed(putOld)) return putOld;
  if (newRoot.dentry.deleted) return ENOENT;
  return reaches(newRoot, task.fs.root) ? (pivotRoot(task.kernel, task.namespaces.mnt, task.fs.root, newRoot, putOld) ?? 0) : EINVAL;
}

const mountFlags = looseFlags("MS_RDONLY", "MS_NOSUID", "MS_NODEV", "MS_NOEXEC", "MS_SYNCHRONOUS", "MS_REMOUNT", "MS_NOATIME", "MS_NODIRATIME", "MS_BIND", "MS_MOVE",
  "MS_REC", "MS_SILENT", "MS_UNBINDABLE", "MS_PRIVATE", "MS_SLAVE", "MS_SHARED", "MS_RELATIME", "MS_STRICTATIME");

export const calls: SystemCall[] = [
  syscall(40, "mount", [optionalString, path, optionalString, mountFlags, pointer], mount, "mounts do not propagate: MS_SHARED and MS_SLAVE are remembered only"),
  syscall(39, "umount2", [path, looseFlags("MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW")], umount2, "MNT_EXPIRE is EINVAL"),
  syscall(41, "pivot_root", [path, path], pivot),
  missing(428, "open_tree"),
  missing(429, "move_mount"),
  missing(430, "fsopen"),
  missing(431, "fsconfig"),
  missing(432, "fsmount"),
  missing(433, "fspick"),
  missing(442, "mount_setattr"),
  missing(457, "statmount"),
  missing(458, "listmount"),
];
