// Files without a path: the inodes of pipes, sockets and anonymous descriptors (Linux: pipefs, sockfs, anon_inodefs).
import { EINVAL, type Errno } from "../../abi/errno.js";
import { ANON_INODE_FS_MAGIC, PIPEFS_MAGIC, SOCKFS_MAGIC } from "../../abi/mount.js";
import { S_IFIFO, S_IFSOCK, makedev } from "../../abi/stat.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { FileSystem, type FileSystemFacts, Inode } from "../vfs/inode.js";
import { wired } from "../wires.js";

/** A file system that nobody mounts: it only gives its files a device number and statfs(2) a type. */
class AnonymousFileSystem extends FileSystem {
  override readonly type: string;
  private readonly magic: number;

  constructor(type: string, device: number, magic: number) {
    super(device);
    this.type = type;
    this.magic = magic;
  }

  override get root(): Inode {
    throw new Error(`${this.type} has no root`);
  }

  override facts(): FileSystemFacts {
    return { type: this.magic, blockSize: 4096, blocks: 0, free: 0, files: 0, filesFree: 0, nameLength: 255 };
  }
}

// Minor numbers of unnamed devices as a freshly booted Linux gives them; nothing depends on the values.
const pipefs = wired("pipefs", new AnonymousFileSystem("pipefs", makedev(0, 14), PIPEFS_MAGIC));
const sockfs = wired("sockfs", new AnonymousFileSystem("sockfs", makedev(0, 8), SOCKFS_MAGIC));
const anonInodefs = wired("anon_inodefs", new AnonymousFileSystem("anon_inodefs", makedev(0, 15), ANON_INODE_FS_MAGIC));

export class AnonymousInode extends Inode {
  override open(_task: Task): File | Errno {
    return EINVAL;
  }
}

function make(task: Task, fs: FileSystem, mode: number): AnonymousInode {
  const inode = new AnonymousInode(fs, task.kernel.nextNumber("inode"), mode);
  inode.uid = task.credentials.fsuid;
  inode.gid = task.credentials.fsgid;
  inode.atime = inode.mtime = inode.ctime = task.kernel.clock.realtime();
  return inode;
}

export const pipeInode = (task: Task): Inode => make(task, pipefs, S_IFIFO | 0o600);
/** Made by pipe(2), not by mkfifo(3). */
export const isPipe = (inode: Inode): boolean => inode.fs === pipefs;
export const socketInode = (task: Task): Inode => make(task, sockfs, S_IFSOCK | 0o777);
/** For eventfd, epoll and the like: no type bits, as fstat(2) shows on Linux. */
export const anonInode = (task: Task): Inode => make(task, anonInodefs, 0o600);

savable(AnonymousInode);
