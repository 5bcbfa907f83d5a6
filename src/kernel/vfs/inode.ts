// A file system and its inodes: what tmpfs, overlay, erofs, proc, sysfs, devpts and host directories implement.
import { type Errno, EINVAL, ENODATA, ENOTDIR, EOPNOTSUPP, EPERM, EROFS } from "../../abi/errno.js";
import type { ByteString } from "../bytestring.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import type { Frame } from "../memory/frames.js";
import type { Task } from "../task/task.js";
import type { File } from "./file.js";
import type { InodeLocks } from "./locks.js";
import type { Watcher } from "./notify.js";
import type { Dentry, Path } from "./path.js";

/** A point in real time: seconds since 1970 and nanoseconds below one second. */
export interface Timestamp {
  readonly sec: number;
  readonly nsec: number;
}

/** What statfs(2) tells. Sizes in units of `blockSize` bytes. */
export interface FileSystemFacts {
  type: number;
  blockSize: number;
  blocks: number;
  free: number;
  files: number;
  filesFree: number;
  nameLength: number;
}

/** One mounted instance of a file system type (Linux: super_block). */
export abstract class FileSystem {
  /** As /proc/filesystems and /proc/PID/mounts name it. */
  abstract readonly type: string;
  /** st_dev of its files, from `makedev`. */
  readonly device: number;
  readOnly = false;

  constructor(device: number) {
    this.device = device;
  }

  /** The dentry of `root`, made by the first mount. */
  rootDentry: Dentry | undefined = undefined;
  /** Mounts of it, in all namespaces. */
  mounts = 0;

  abstract get root(): Inode;
  abstract facts(): FileSystemFacts;

  /** Whether names may be remembered: false where entries come and go by themselves (proc, host directories). */
  get remembersNames(): boolean {
    return true;
  }

  /** Whether looking up a name that is nothing fails even for a call that would make it (Linux: a lookup that gives ENOENT, not a negative dentry). */
  get namesAreFixed(): boolean {
    return false;
  }

  /** st_blksize of its files (Linux: s_blocksize). */
  get blockSize(): number {
    return 4096;
  }

  /** The last mount of it went and nothing uses it: give back what it holds. */
  unmounted(): void {}
  /** A remount with other options (`data` of mount(2)). */
  reconfigure(_data: ByteString): Errno | undefined { return undefined; }

  /** What /proc/mounts shows as the source ("none", "overlay", "/dev/vda") and as options after rw or ro. */
  source: ByteString = "none";
  options: ByteString = "";
}

/** One entry of a directory listing; `type` is a DT_* constant. */
export interface DirectoryEntry {
  name: ByteString;
  ino: number;
  type: number;
}

/** The metadata that chmod, chown and utimensat set; only what is given changes. ctime follows by itself. */
export interface AttributeChange {
  mode?: number;
  uid?: number;
  gid?: number;
  atime?: Timestamp;
  mtime?: Timestamp;
}

/**
 * The pages of a file (Linux: address_space), shared by read(2), write(2) and every mapping.
 * A page that is not there yet may cost a device request; a request that does not finish at once throws a Wait.
 */
export interface PageCache {
  /** The frame of page `index` (of 4 KiB), charged to `payer` if it is new. No reference is taken. ENOMEM, ENOSPC, EIO. */
  page(index: number, payer: Cgroup): Frame | Errno;
  /** The frame of a page if it need not be made: 0 for a hole, or one that is not read yet. */
  present(index: number): Frame;
  /** Whether a page that is not present is all zeros, so that reading it need not make it. */
  readonly sparse: boolean;
  /** Bytes of the file; a mapping beyond its last page is SIGBUS. */
  readonly size: number;
  /** Tells that a shared mapping or a write is about to change the page. */
  dirty(index: number): void;
  /** Mappings to be cut when the file shrinks: called by memory when it maps and unmaps. */
  readonly mappings: Set<PageCacheMapping>;
}

/** A mapping of a page cache, told when pages go away (Linux: unmap_mapping_range). */
export interface PageCacheMapping {
  unmapPages(firstIndex: number, lastIndex: number): void;
}

/** An inode. Errors are returned; permission is the caller's matter (vfs/permission.ts), except where the file system decides. */
export abstract class Inode {
  readonly fs: FileSystem;
  ino: number;
  /** Type and permission bits, S_IF* included. */
  mode: number;
  uid = 0;
  gid = 0;
  nlink = 1;
  rdev = 0;
  /** Bytes. */
  size = 0;
  atime: Timestamp = { sec: 0, nsec: 0 };
  mtime: Timestamp = { sec: 0, nsec: 0 };
  ctime: Timestamp = { sec: 0, nsec: 0 };

  /** What IPC keeps behind a name: the pipe of a FIFO, the socket bound to it (Linux: i_pipe, unix_find_socket_byinode). */
  attached: object | undefined = undefined;

  /** Byte-range and whole-file locks on it (vfs/locks.ts); undefined while there are none. */
  locks: InodeLocks | undefined = undefined;

  /** Who is told what happens to it (vfs/notify.ts); undefined while nobody is. */
  watchers: Set<Watcher> | undefined = undefined;

  /** Files open for writing (vfs/writers.ts); undefined while there are none. */
  writers: Set<File> | undefined = undefined;
  /** Address spaces whose program it is. */
  runners = 0;

  constructor(fs: FileSystem, ino: number, mode: number) {
    this.fs = fs;
    this.ino = ino;
    this.mode = mode;
  }

  /** The inode that holds the bytes: itself, but for overlay's the one of a layer (Linux: d_real_inode). */
  get real(): Inode {
    return this;
  }

  /** An open file refers to it, or no longer does: a file without names lives until the last one goes. */
  opened(): void {}
  released(): void {}

  /** 512-byte units, for st_blocks. */
  get blocks(): number {
    return Math.ceil(this.size / 512);
  }

  /** Brings the fields up to date where the truth lies elsewhere (host directories, proc). */
  refresh(): Errno | undefined {
    return undefined;
  }

  /** Opens a regular file or directory; devices, FIFOs and sockets are opened by the vfs by their type. */
  abstract open(task: Task, path: Path, flags: number): File | Errno;

  lookup(_task: Task, _name: ByteString): Inode | Errno { return ENOTDIR; }
  /** A new regular file, FIFO, socket or device (by the type bits of `mode`), owned as given. */
  create(_task: Task, _name: ByteString, _mode: number, _owner: Owner, _rdev: number): Inode | Errno { return EROFS; }
  mkdir(_task: Task, _name: ByteString, _mode: number, _owner: Owner): Inode | Errno { return EROFS; }
  symlink(_task: Task, _name: ByteString, _target: ByteString, _owner: Owner): Inode | Errno { return EROFS; }
  link(_task: Task, _name: ByteString, _existing: Inode): Errno | undefined { return EPERM; }
  unlink(_task: Task, _name: ByteString, _inode: Inode): Errno | undefined { return EROFS; }
  rmdir(_task: Task, _name: ByteString, _inode: Inode): Errno | undefined { return EROFS; }
  /** Moves `name` here to `newName` in `to` (same file system). `replaced` is what stands there now, checked by the caller. */
  rename(_task: Task, _name: ByteString, _inode: Inode, _to: Inode, _newName: ByteString, _replaced: Inode | undefined, _exchange: boolean): Errno | undefined { return EROFS; }
  /** A regular file without a name, for O_TMPFILE. */
  tmpfile(_task: Task, _mode: number, _owner: Owner): Inode | Errno { return EOPNOTSUPP; }
  /** All entries without "." and ".."; the open directory keeps its own copy, so positions are stable. */
  list(_task: Task): DirectoryEntry[] | Errno { return ENOTDIR; }

  readlink(_task: Task): ByteString | Errno { return EINVAL; }
  /** For magic links (/proc/PID/fd/3, exe, cwd, root): where it leads without a text. */
  follow(_task: Task): Path | Errno | undefined { return undefined; }

  /** The pages of a regular file; undefined where there are none (proc). */
  get pages(): PageCache | undefined { return undefined; }
  truncate(_task: Task, _size: number): Errno | undefined { return EINVAL; }
  /** fallocate(2) with FALLOC_FL_*; the caller has checked ranges and limits. */
  fallocate(_task: Task, _mode: number, _offset: number, _length: number): Errno | undefined { return EOPNOTSUPP; }
  /** A write(2) that is about to reach up to `end`: seals and space are judged here. Returns how far it may go. */
  mayWrite(_task: Task, _at: number, end: number): number | Errno { return end; }
  /** Bytes up to `end` were written: the size grows to it, times change. */
  wrote(_task: Task, _end: number): void {}
  /** Bytes were read: the access time, by the mount's rules already decided. */
  touched(now: Timestamp): void { this.atime = now; }
  setAttributes(_task: Task, _change: AttributeChange): Errno | undefined { return EROFS; }

  getxattr(_task: Task, _name: ByteString): Uint8Array | Errno { return ENODATA; }
  setxattr(_task: Task, _name: ByteString, _value: Uint8Array, _flags: number): Errno | undefined { return EOPNOTSUPP; }
  removexattr(_task: Task, _name: ByteString): Errno | undefined { return EOPNOTSUPP; }
  listxattr(_task: Task): ByteString[] | Errno { return []; }
}

/** Who owns a new file. */
export interface Owner {
  uid: number;
  gid: number;
}

