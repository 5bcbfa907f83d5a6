// ioctl(2): what holds for every descriptor here, the rest by the file (Linux fs/ioctl.c do_vfs_ioctl).
import { EBADF, EINVAL, EISDIR, ENOTTY, EOPNOTSUPP, EXDEV, type Errno, failed } from "../../abi/errno.js";
import { FICLONE, FICLONERANGE, FIGETBSZ, FIOASYNC, FIOCLEX, FIONBIO, FIONCLEX, FIONREAD, FIOQSIZE } from "../../abi/ioctl.js";
import { O_NONBLOCK } from "../../abi/fcntl.js";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../abi/stat.js";
import { type Returned, syscall, type SystemCall } from "../syscall.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { mayRead, mayWrite } from "../vfs/open.js";
import { fd as openFd, pointer, slot, uint } from "./arguments.js";

function setFlag(task: Task, flags: number, flag: number, at: number): number {
  return task.memory.readI32(at) !== 0 ? flags | flag : flags & ~flag;
}

function ioctl(task: Task, fd: number, command: number, at: number): Returned {
  const file = openFd.decode(task, fd);
  if (failed(file)) return file;
  const type = file.inode.mode & S_IFMT;
  switch (command) {
    case FIOCLEX: case FIONCLEX: {
      const descriptor = task.files.descriptor(fd);
      if (descriptor !== undefined) descriptor.closeOnExec = command === FIOCLEX;
      return 0;
    }
    case FIONBIO:
      file.flags = setFlag(task, file.flags, O_NONBLOCK, at);
      return 0;
    case FIOASYNC:
      return task.memory.readI32(at) !== 0 ? ENOTTY : 0;
    case FIOQSIZE:
      if (type !== S_IFREG && type !== S_IFDIR && type !== S_IFLNK) return ENOTTY;
      task.memory.writeU64(at, file.inode.size);
      return 0;
    case FIGETBSZ:
      return type === S_IFREG || type === S_IFDIR ? put(task, at, 4096) : file.ioctl(task, command, at);
    case FICLONE: return clone(task, file, at);
    case FICLONERANGE: return clone(task, file, Number(BigInt.asIntN(32, BigInt(task.memory.readU64(at)))));
    case FIONREAD:
      return type === S_IFREG ? put(task, at, file.inode.size - file.offset) : file.ioctl(task, command, at);
    default:
      return file.ioctl(task, command, at);
  }
}

/** No file system here shares blocks; what is refused before, in Linux's order (vfs_clone_file_range). */
function clone(task: Task, to: File, fd: number): Errno {
  const from = openFd.decode(task, fd);
  if (failed(from)) return from;
  if (from.inode.fs !== to.inode.fs) return EXDEV;
  const types = [from, to].map(({ inode }) => inode.mode & S_IFMT);
  if (types.includes(S_IFDIR)) return EISDIR;
  if (types.some((type) => type !== S_IFREG)) return EINVAL;
  return mayRead(from) && mayWrite(to) ? EOPNOTSUPP : EBADF;
}

function put(task: Task, at: number, value: number): number {
  task.memory.writeI32(at, value);
  return 0;
}

export const calls: SystemCall[] = [
  syscall(29, "ioctl", [slot, uint, pointer], ioctl, "FIOASYNC can't be switched on (no SIGIO); FICLONE, FIEMAP and file flags are the file system's to refuse"),
];
