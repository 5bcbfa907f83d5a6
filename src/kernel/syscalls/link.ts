// unlinkat, symlinkat, linkat, renameat, renameat2.
import { EINVAL, ENOENT, type Errno, failed } from "../../abi/errno.js";
import { CAP_DAC_READ_SEARCH } from "../../abi/capability.js";
import { AT_EMPTY_PATH, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, RENAME_EXCHANGE, RENAME_NOREPLACE } from "../../abi/fcntl.js";
import type { ByteString } from "../bytestring.js";
import { type SystemCall, missing, syscall } from "../syscall.js";
import type { Task } from "../task/task.js";
import { link, rename, rmdir, symlink, unlink } from "../vfs/change.js";
import { EMPTY, NOFOLLOW, lookup } from "../vfs/lookup.js";
import { dirfd, looseFlags, path } from "./arguments.js";

function linkat(task: Task, from: number, oldName: ByteString, to: number, newName: ByteString, how: number): number | Errno {
  if ((how & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) return EINVAL;
  // As Linux: a descriptor may be linked again only by who could read everything anyway.
  if ((how & AT_EMPTY_PATH) !== 0 && !task.credentials.has(CAP_DAC_READ_SEARCH)) return ENOENT;
  const existing = lookup(task, from, oldName, ((how & AT_SYMLINK_FOLLOW) !== 0 ? 0 : NOFOLLOW) | ((how & AT_EMPTY_PATH) !== 0 ? EMPTY : 0));
  return failed(existing) ? existing : (link(task, existing, to, newName) ?? 0);
}

function renameat2(task: Task, from: number, oldName: ByteString, to: number, newName: ByteString, how: number): number | Errno {
  if ((how & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0 || how === (RENAME_NOREPLACE | RENAME_EXCHANGE)) return EINVAL;
  return rename(task, from, oldName, to, newName, how) ?? 0;
}

export const calls: SystemCall[] = [
  syscall(35, "unlinkat", [dirfd, path, looseFlags("AT_REMOVEDIR")], (task, at, name, how) => {
    if ((how & ~AT_REMOVEDIR) !== 0) return EINVAL;
    return ((how & AT_REMOVEDIR) !== 0 ? rmdir(task, at, name) : unlink(task, at, name)) ?? 0;
  }),
  syscall(36, "symlinkat", [path, dirfd, path], (task, target, at, name) => symlink(task, target, at, name) ?? 0),
  syscall(37, "linkat", [dirfd, path, dirfd, path, looseFlags("AT_SYMLINK_FOLLOW", "AT_EMPTY_PATH")], linkat),
  syscall(38, "renameat", [dirfd, path, dirfd, path], (task, from, oldName, to, newName) => rename(task, from, oldName, to, newName, 0) ?? 0),
  syscall(276, "renameat2", [dirfd, path, dirfd, path, looseFlags("RENAME_NOREPLACE", "RENAME_EXCHANGE", "RENAME_WHITEOUT")], renameat2, "RENAME_WHITEOUT is EINVAL"),
  missing(264, "name_to_handle_at"),
  missing(265, "open_by_handle_at"),
];
