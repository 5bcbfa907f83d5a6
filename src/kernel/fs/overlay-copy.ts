// Copying a file of a lower layer up before it changes (Linux: fs/overlayfs/copy_up.c).
import { EIO, EROFS, type Errno, failed } from "../../abi/errno.js";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../../abi/stat.js";
import { FRAME_SIZE } from "../memory/frames.js";
import type { Task } from "../task/task.js";
import type { Inode, Owner } from "../vfs/inode.js";
import type { OverlayInode } from "./overlay-inode.js";

/**
 * Makes sure that the inode has an upper one; the first `upTo` bytes of a file are copied. A page that has to be read first
 * may throw a Wait: nothing has changed then.
 */
export function copyUp(task: Task, inode: OverlayInode, upTo = Infinity): Errno | undefined {
  if (inode.upper !== undefined) return undefined;
  const lower = inode.lowers[0].real;
  const size = Math.min(lower.size, upTo);
  if (S_ISREG(lower.mode)) {
    const unread = readAll(task, lower, size);
    if (unread !== undefined) return unread;
  }
  const upper = S_ISDIR(lower.mode) ? copyDirectory(task, inode, lower) : copyFile(task, inode, lower, size);
  if (failed(upper)) return upper;
  copyAttributes(task, lower, upper);
  inode.raise(upper);
  return undefined;
}

/** Brings all pages into memory, so that copying can't stop in the middle. */
function readAll(task: Task, lower: Inode, size: number): Errno | undefined {
  const { pages } = lower;
  if (pages === undefined) return undefined;
  for (let index = 0; index * FRAME_SIZE < size; index++) {
    if (pages.present(index) !== 0 || pages.sparse) continue;
    const frame = pages.page(index, task.cgroup);
    if (failed(frame)) return frame;
  }
  return undefined;
}

/** Where the copy goes: the upper directory of a name that it has. Making it leaves that directory's times alone. */
function within<T>(task: Task, parent: OverlayInode, make: (directory: Inode) => T | Errno): T | Errno {
  const refused = copyUp(task, parent);
  if (refused !== undefined) return refused;
  const { upper } = parent;
  if (upper === undefined) return EROFS;
  const { atime, mtime } = upper;
  const made = make(upper);
  upper.setAttributes(task, { atime, mtime });
  return made;
}

function copyDirectory(task: Task, inode: OverlayInode, lower: Inode): Inode | Errno {
  const { place } = inode;
  if (place === undefined) return EROFS;
  return within(task, place.parent, (directory) => directory.mkdir(task, place.name, lower.mode, ownerOf(lower)));
}

const ownerOf = ({ uid, gid }: Inode): Owner => ({ uid, gid });

function copyFile(task: Task, inode: OverlayInode, lower: Inode, size: number): Inode | Errno {
  const { place } = inode;
  // All its names but hidden ones are gone from where it was found: the copy needs none, others lead to it by the lower inode.
  if (place === undefined) {
    const top = inode.fs.root.upper;
    const nameless = top?.tmpfile(task, lower.mode, ownerOf(lower)) ?? EROFS;
    return failed(nameless) ? nameless : (copyBytes(task, lower, nameless, size) ?? nameless);
  }
  return within(task, place.parent, (directory): Inode | Errno => {
    if (S_ISLNK(lower.mode)) {
      const target = lower.readlink(task);
      return failed(target) ? target : directory.symlink(task, place.name, target, ownerOf(lower));
    }
    const upper = directory.create(task, place.name, lower.mode, ownerOf(lower), lower.rdev);
    if (failed(upper) || !S_ISREG(lower.mode)) return upper;
    const failure = copyBytes(task, lower, upper, size);
    if (failure === undefined) return upper;
    directory.unlink(task, place.name, upper);
    return failure;
  });
}

function copyBytes(task: Task, lower: Inode, upper: Inode, size: number): Errno | undefined {
  const to = upper.real.pages;
  if (to === undefined) return EIO;
  const grown = upper.truncate(task, size);
  if (grown !== undefined) return grown;
  const { frames } = task.kernel;
  const { pages } = lower;
  for (let index = 0; index * FRAME_SIZE < size; index++) {
    if (pages === undefined || (pages.sparse && pages.present(index) === 0)) continue;
    const frame = to.page(index, task.cgroup);
    if (failed(frame)) return frame;
    // After the new frame, which may have taken the memory of a page that was read before.
    const from = pages.page(index, task.cgroup);
    if (failed(from)) return from;
    const bytes = frames.writable(frame);
    bytes.set(frames.bytes(from));
    const end = size - index * FRAME_SIZE;
    if (end < FRAME_SIZE) bytes.fill(0, end);
  }
  return undefined;
}

function copyAttributes(task: Task, lower: Inode, upper: Inode): void {
  const names = lower.listxattr(task);
  if (!failed(names)) {
    for (const name of names) {
      const value = lower.getxattr(task, name);
      if (!failed(value) && !name.startsWith("trusted.overlay.")) upper.setxattr(task, name, value, 0);
    }
  }
  const { mode, uid, gid, atime, mtime } = lower;
  upper.setAttributes(task, S_ISLNK(mode) ? { uid, gid, atime, mtime } : { mode, uid, gid, atime, mtime });
}
