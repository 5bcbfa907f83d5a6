// inotify_init1, inotify_add_watch, inotify_rm_watch.
import { EINVAL, type Errno, failed } from "../../abi/errno.js";
import { AT_FDCWD, O_NONBLOCK } from "../../abi/fcntl.js";
import { IN_ALL_EVENTS, IN_DONT_FOLLOW, IN_EXCL_UNLINK, IN_ISDIR, IN_MASK_ADD, IN_MASK_CREATE, IN_ONESHOT, IN_ONLYDIR, IN_UNMOUNT } from "../../abi/inotify.js";
import type { ByteString } from "../bytestring.js";
import { InotifyFile, openInotify } from "../ipc/inotify.js";
import { install } from "../ipc/install.js";
import { type SystemCall, syscall } from "../syscall.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { DIRECTORY, NOFOLLOW, lookup } from "../vfs/lookup.js";
import { MAY_READ, permission } from "../vfs/permission.js";
import { fd, flags, int, path, uint } from "./arguments.js";

/** As Linux ALL_INOTIFY_BITS. */
const KNOWN = IN_ALL_EVENTS | IN_UNMOUNT | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_ADD | IN_MASK_CREATE | IN_ISDIR | IN_ONESHOT;

function addWatch(task: Task, file: File, name: ByteString, mask: number): number | Errno {
  if ((mask & KNOWN) === 0 || ((mask & IN_MASK_ADD) !== 0 && (mask & IN_MASK_CREATE) !== 0)) return EINVAL;
  if (!(file instanceof InotifyFile)) return EINVAL;
  const found = lookup(task, AT_FDCWD, name, ((mask & IN_DONT_FOLLOW) !== 0 ? NOFOLLOW : 0) | ((mask & IN_ONLYDIR) !== 0 ? DIRECTORY : 0));
  if (failed(found)) return found;
  return permission(task.credentials, found.inode, MAY_READ) ?? file.watch(task, found.inode, mask);
}

const gap = "what a program maps, and what changes in a host directory from outside, is not told";

export const calls: SystemCall[] = [
  syscall(26, "inotify_init1", [flags("IN_CLOEXEC", "IN_NONBLOCK")], (task, how) => install(task, openInotify(task, how & O_NONBLOCK), how)),
  syscall(27, "inotify_add_watch", [fd, path, uint], addWatch, gap),
  syscall(28, "inotify_rm_watch", [fd, int], (_task, file, wd) => (file instanceof InotifyFile ? (file.unwatch(wd) ?? 0) : EINVAL)),
];
