// Inodes that live in memory only: what tmpfs, memfd and devtmpfs are made of (Linux: mm/shmem.c, fs/libfs.c).
import { EEXIST, EINVAL, ENODATA, ENOSPC, EOPNOTSUPP, EPERM, type Errno } from "../../abi/errno.js";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE, F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE } from "../../abi/fcntl.js";
import { S_IFMT } from "../../abi/stat.js";
import { XATTR_CREATE, XATTR_REPLACE } from "../../abi/xattr.js";
import type { ByteString } from "../bytestring.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import { cost } from "../cgroups/costs.js";
import { type Frame, FRAME_SIZE } from "../memory/frames.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { DirectoryFile } from "../vfs/directory-file.js";
import type { File } from "../vfs/file.js";
import { type AttributeChange, Inode, type Owner } from "../vfs/inode.js";
import { MemoryPages } from "../vfs/page-cache.js";
import type { Path } from "../vfs/path.js";
import { RegularFile } from "../vfs/regular-file.js";
import type { Tmpfs } from "./tmpfs.js";

/** As Linux simple_xattr: the values of one inode together. */
const XATTR_BYTES_AT_MOST = 128 << 10;

/** Base of all kinds: owner, times, extended attributes, and who pays for it. */
export abstract class MemoryInode extends Inode {
  declare readonly fs: Tmpfs;
  private readonly xattrs = new Map<ByteString, Uint8Array>();
  private payer: Cgroup | undefined;
  private users = 0;
  /** Bytes charged beyond the inode itself. */
  private kept = 0;

  constructor(fs: Tmpfs, mode: number, owner: Owner, payer: Cgroup | undefined) {
    super(fs, fs.nextIno(), mode);
    this.uid = owner.uid;
    this.gid = owner.gid;
    this.atime = this.mtime = this.ctime = fs.kernel.clock.realtime();
    this.payer = payer;
  }

  /** Charges a new inode; ENOSPC where its cgroup or the file system has no room for one. */
  static charge(fs: Tmpfs, payer: Cgroup): Errno | undefined {
    if (fs.inodes >= fs.maxInodes || !payer.chargeLasting(cost.inode)) return ENOSPC;
    fs.inodes++;
    return undefined;
  }

  override open(_task: Task, _path: Path, _flags: number): File | Errno {
    return EINVAL;
  }

  override opened(): void {
    this.users++;
  }

  override released(): void {
    this.users--;
    this.freeIfUnused();
  }

  /** Room for one name more; false where there is no kernel memory for it. */
  furtherName(): boolean {
    return this.keep(cost.name);
  }

  /** A name was added or taken away. */
  linked(change: number): void {
    if (change === -1 && this.nlink > 1) this.keep(-cost.name);
    this.nlink += change;
    this.changed();
    this.freeIfUnused();
  }

  /** Without a name and unused it is gone, and with it what it held. */
  freeIfUnused(): void {
    if (this.users > 0 || (this.nlink > 0 && !this.fs.gone) || this.payer === undefined) return;
    this.payer.unchargeObject(cost.inode + this.kept);
    this.kept = 0;
    this.payer = undefined;
    this.fs.inodes--;
    this.freed();
  }

  /** Charges kernel memory (or gives it back) that goes with the inode; false where there is none to be had. */
  protected keep(bytes: number): boolean {
    if (this.payer === undefined) return true;
    if (bytes < 0) this.payer.unchargeObject(-bytes);
    else if (!this.payer.chargeLasting(bytes)) return false;
    this.kept += bytes;
    return true;
  }

  protected freed(): void {}

  /** The ctime is now; with `modified` the mtime too. */
  changed(modified = false): void {
    const now = this.fs.kernel.clock.realtime();
    this.ctime = now;
    if (modified) this.mtime = now;
  }

  override setAttributes(_task: Task, change: AttributeChange): Errno | undefined {
    if (change.mode !== undefined) this.mode = (this.mode & S_IFMT) | (change.mode & 0o7777);
    if (change.uid !== undefined) this.uid = change.uid;
    if (change.gid !== undefined) this.gid = change.gid;
    if (change.atime !== undefined) this.atime = change.atime;
    if (change.mtime !== undefined) this.mtime = change.mtime;
    this.changed();
    return undefined;
  }

  override getxattr(_task: Task, name: ByteString): Uint8Array | Errno {
    return this.xattrs.get(name) ?? ENODATA;
  }

  override setxattr(_task: Task, name: ByteString, value: Uint8Array, flags: number): Errno | undefined {
    if (!/^(user|trusted|security)\./.test(name)) return EOPNOTSUPP;
    const old = this.xattrs.get(name);
    if (old !== undefined && (flags & XATTR_CREATE) !== 0) return EEXIST;
    if (old === undefined && (flags & XATTR_REPLACE) !== 0) return ENODATA;
    let total = value.length + name.length - (old === undefined ? 0 : old.length + name.length);
    for (const [key, held] of this.xattrs) total += key.length + held.length;
    if (total > XATTR_BYTES_AT_MOST) return ENOSPC;
    if (!this.keep(value.length - (old?.length ?? -cost.attribute))) return ENOSPC;
    this.xattrs.set(name, value.slice());
    this.changed();
    return undefined;
  }

  override removexattr(_task: Task, name: ByteString): Errno | undefined {
    const old = this.xattrs.get(name);
    if (old === undefined) return ENODATA;
    this.xattrs.delete(name);
    this.keep(-old.length - cost.attribute);
    this.changed();
    return undefined;
  }

  override listxattr(): ByteString[] {
    return [...this.xattrs.keys()];
  }
}

/** The pages of a tmpfs file count against the size of the file system. */
class TmpfsPages extends MemoryPages {
  private readonly fs: Tmpfs;

  constructor(fs: Tmpfs, inode: Inode) {
    super(fs.kernel.frames, inode);
    this.fs = fs;
  }

  protected override fill(index: number, payer: Cgroup): Frame | Errno {
    if (this.fs.pages >= this.fs.maxPages) return ENOSPC;
    const frame = super.fill(index, payer);
    if (typeof frame === "number") this.fs.pages++;
    return frame;
  }

  protected override dropped(): void {
    this.fs.pages--;
  }
}

/** A regular file; seals are memfd's (F_SEAL_*). */
export class MemoryFile extends MemoryInode {
  private readonly cache: TmpfsPages;
  seals = F_SEAL_SEAL;

  constructor(fs: Tmpfs, mode: number, owner: Owner, payer: Cgroup) {
    super(fs, mode, owner, payer);
    this.cache = new TmpfsPages(fs, this);
  }

  override get pages(): TmpfsPages {
    return this.cache;
  }

  override get blocks(): number {
    return this.cache.count * (FRAME_SIZE / 512);
  }

  override open(_task: Task, path: Path | undefined, flags: number): File {
    return new RegularFile(this, flags, path);
  }

  override mayWrite(_task: Task, _at: number, end: number): number | Errno {
    if ((this.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return EPERM;
    return (this.seals & F_SEAL_GROW) !== 0 && end > this.size ? EPERM : end;
  }

  override wrote(_task: Task, end: number): void {
    if (end > this.size) this.size = end;
    this.changed(true);
  }

  override truncate(_task: Task, size: number): Errno | undefined {
    if (size < this.size && (this.seals & F_SEAL_SHRINK) !== 0) return EPERM;
    if (size > this.size && (this.seals & F_SEAL_GROW) !== 0) return EPERM;
    const shrinks = size < this.size;
    this.size = size;
    if (shrinks) this.cache.cut(size);
    this.changed(true);
    return undefined;
  }

  override fallocate(task: Task, mode: number, offset: number, length: number): Errno | undefined {
    const end = offset + length;
    if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) !== 0) return EOPNOTSUPP;
    if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) !== 0) {
      if ((this.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return EPERM;
      if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0 && (mode & FALLOC_FL_KEEP_SIZE) === 0) return EOPNOTSUPP;
      this.punch(offset, end);
    }
    if ((mode & FALLOC_FL_PUNCH_HOLE) === 0) {
      if (end > this.size && (mode & FALLOC_FL_KEEP_SIZE) === 0 && (this.seals & F_SEAL_GROW) !== 0) return EPERM;
      if (Math.ceil(length / FRAME_SIZE) > this.fs.maxPages) return ENOSPC;
      for (let index = Math.floor(offset / FRAME_SIZE); index * FRAME_SIZE < end; index++) {
        const frame = this.cache.page(index, task.cgroup);
        if (typeof frame !== "number") return frame;
      }
      if (end > this.size && (mode & FALLOC_FL_KEEP_SIZE) === 0) this.size = end;
    }
    this.changed(true);
    return undefined;
  }

  private punch(offset: number, end: number): void {
    const first = Math.ceil(offset / FRAME_SIZE);
    const last = Math.floor(end / FRAME_SIZE) - 1;
    if (first > last + 1) {
      this.cache.clear(first - 1, offset % FRAME_SIZE, end - (first - 1) * FRAME_SIZE);
      return;
    }
    if (offset % FRAME_SIZE !== 0) this.cache.clear(first - 1, offset % FRAME_SIZE, FRAME_SIZE);
    this.cache.drop(first, last);
    if (end % FRAME_SIZE !== 0) this.cache.clear(last + 1, 0, end % FRAME_SIZE);
  }

  protected override freed(): void {
    this.cache.dropAll();
  }
}

/** As Linux SHORT_SYMLINK_LEN. */
const INLINE_TARGET = 128;

/** Symbolic links. */
export class MemoryLink extends MemoryInode {
  private readonly target: ByteString;

  constructor(fs: Tmpfs, target: ByteString, owner: Owner, payer: Cgroup | undefined) {
    super(fs, 0o120777, owner, payer);
    this.target = target;
    this.size = target.length;
    // What is short stands in the inode itself, as on Linux.
    if (target.length > INLINE_TARGET) this.keep(target.length);
  }

  override get blocks(): number {
    return 0;
  }

  override readlink(): ByteString {
    return this.target;
  }
}

/** Devices, FIFOs, sockets: a name and a number; the vfs opens them by their type. */
export class MemoryNode extends MemoryInode {
  constructor(fs: Tmpfs, mode: number, owner: Owner, payer: Cgroup | undefined, rdev: number) {
    super(fs, mode, owner, payer);
    this.rdev = rdev;
  }
}

export const openDirectory = (inode: Inode, path: Path, flags: number): File => new DirectoryFile(inode, flags, path);

savable(TmpfsPages, MemoryFile, MemoryLink, MemoryNode);
