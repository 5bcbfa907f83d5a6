// A directory of the host in the guest's tree (-v HOST:GUEST): names and bytes are the host's, owners and more are remembered here.
import { EEXIST, EINVAL, ENODATA, EPERM, EROFS, type Errno, failed } from "../../abi/errno.js";
import { direntType } from "../../abi/dirent.js";
import { O_ACCMODE, O_RDONLY } from "../../abi/fcntl.js";
import { V9FS_MAGIC } from "../../abi/mount.js";
import * as stat from "../../abi/stat.js";
import { XATTR_CREATE, XATTR_REPLACE } from "../../abi/xattr.js";
import type { ByteString } from "../bytestring.js";
import type { Kernel } from "../kernel.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { DirectoryFile } from "../vfs/directory-file.js";
import type { File } from "../vfs/file.js";
import { type AttributeChange, type DirectoryEntry, FileSystem, type FileSystemFacts, Inode, type Owner } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import type { HostDirectory, HostFailure, HostStat } from "../../host/interface.js";
import { errnoOf, isFailure } from "./host-errno.js";
import { HostFile, HostPages } from "./host-file.js";

const typeBits: Readonly<Record<HostStat["kind"], number>> = { file: stat.S_IFREG, directory: stat.S_IFDIR, symlink: stat.S_IFLNK, special: stat.S_IFSOCK };
/** Attributes of one file together, as tmpfs bounds them. */
const XATTR_BYTES_AT_MOST = 64 << 10;

/** What the host can't store, by the host's number of the file, for the run. */
interface Remembered {
  uid?: number;
  gid?: number;
  mode?: number;
  readonly xattrs: Map<ByteString, Uint8Array>;
}

export class HostFileSystem extends FileSystem {
  override readonly type = "9p";
  override readonly root: HostInode;
  readonly kernel: Kernel;
  readonly directory: HostDirectory;
  /** Who owns what nobody chowned. */
  readonly owner: Owner;
  readonly remembered = new Map<number, Remembered>();
  /** Inodes in use, by the host's number, so that hard links and names looked up again are the same file. */
  readonly inodes = new Map<number, HostInode>();

  constructor(kernel: Kernel, device: number, directory: HostDirectory, owner: Owner) {
    super(device);
    this.kernel = kernel;
    this.directory = directory;
    this.owner = owner;
    this.readOnly = directory.readOnly;
    const told = directory.stat([]);
    if (isFailure(told)) throw errnoOf(told);
    this.root = this.inode(told, undefined, "");
  }

  override get remembersNames(): boolean {
    return false;
  }

  override facts(): FileSystemFacts {
    const { total, free } = this.directory.space();
    const blockSize = 4096;
    return { type: V9FS_MAGIC, blockSize, blocks: Math.floor(total / blockSize), free: Math.floor(free / blockSize), files: 0, filesFree: 0, nameLength: 255 };
  }

  /** The inode for what stands at a name. */
  inode(told: HostStat, parent: HostInode | undefined, name: ByteString): HostInode {
    const known = this.inodes.get(told.ino);
    if (known !== undefined && (known.mode & stat.S_IFMT) === typeBits[told.kind]) {
      known.at(parent, name);
      known.take(told);
      return known;
    }
    const inode = new HostInode(this, told, parent, name);
    if (this.inodes.size >= INODES_AT_MOST) this.forgetUnused();
    this.inodes.set(told.ino, inode);
    return inode;
  }

  private forgetUnused(): void {
    for (const [ino, inode] of this.inodes) if (!inode.inUse) this.inodes.delete(ino);
  }

  memory(ino: number): Remembered {
    let held = this.remembered.get(ino);
    if (held === undefined) {
      held = { xattrs: new Map() };
      this.remembered.set(ino, held);
    }
    return held;
  }

  override unmounted(): void {
    for (const inode of this.inodes.values()) inode.pages?.dropAll();
    this.directory.release();
  }
}

/** Inodes kept before those that nobody uses are let go. */
const INODES_AT_MOST = 4096;

export class HostInode extends Inode {
  declare readonly fs: HostFileSystem;
  private parent: HostInode | undefined;
  private name: ByteString;
  private cache: HostPages | undefined = undefined;
  private blocks_ = 0;
  private users = 0;
  /** A handle that stays open while the file is: it still works when the name is gone. */
  private handle = -1;
  private handleWrites = false;

  constructor(fs: HostFileSystem, told: HostStat, parent: HostInode | undefined, name: ByteString) {
    super(fs, told.ino, typeBits[told.kind]);
    this.parent = parent;
    this.name = name;
    this.take(told);
  }

  get inUse(): boolean {
    return this.users > 0 || this === this.fs.root || this.cache !== undefined && this.cache.mappings.size > 0;
  }

  /** It was found at a name. */
  at(parent: HostInode | undefined, name: ByteString): void {
    this.parent = parent;
    this.name = name;
  }

  /** Names from the mounted directory down to here. */
  get where(): ByteString[] {
    const names: ByteString[] = [];
    let inode: HostInode = this;
    while (inode.parent !== undefined) {
      names.push(inode.name);
      inode = inode.parent;
    }
    return names.reverse();
  }

  override get blocks(): number {
    return this.blocks_;
  }

  /** Takes over what the host tells. */
  take(told: HostStat): void {
    const held = this.fs.remembered.get(told.ino);
    this.mode = typeBits[told.kind] | (held?.mode ?? told.mode);
    this.uid = held?.uid ?? this.fs.owner.uid;
    this.gid = held?.gid ?? this.fs.owner.gid;
    this.nlink = told.nlink;
    this.blocks_ = told.blocks;
    this.atime = told.atime;
    this.ctime = told.ctime;
    if (told.mtime.sec !== this.mtime.sec || told.mtime.nsec !== this.mtime.nsec || told.size !== this.size) this.cache?.changedOutside();
    this.mtime = told.mtime;
    this.size = told.size;
  }

  override refresh(): Errno | undefined {
    this.cache?.writeBack();
    const told = this.handle >= 0 ? this.fs.directory.handleStat(this.handle) : this.fs.directory.stat(this.where);
    if (isFailure(told)) return errnoOf(told);
    this.take(told);
    return undefined;
  }

  /** The host's handle, opened when it is first needed. A writable one serves reading too. */
  handleFor(write: boolean): number | Errno {
    if (this.handle >= 0 && (this.handleWrites || !write)) return this.handle;
    const handle = this.fs.directory.open(this.where, { write });
    if (isFailure(handle)) return errnoOf(handle);
    if (this.handle >= 0) this.fs.directory.close(this.handle);
    this.handle = handle;
    this.handleWrites = write;
    return handle;
  }

  override opened(): void {
    this.users++;
  }

  override released(): void {
    if (--this.users > 0) return;
    this.cache?.writeBack();
    if (this.cache?.mappings.size === 0) this.cache.dropAll();
    this.closeHandle();
  }

  /** Bytes of a page, through the handle that is open or one for this time only. */
  readAt(at: number, into: Uint8Array): number | Errno {
    const { directory } = this.fs;
    const handle = this.handleFor(false);
    if (failed(handle)) return handle;
    let filled = 0;
    while (filled < into.length) {
      const n = directory.read(handle, at + filled, into.subarray(filled));
      if (isFailure(n)) return errnoOf(n);
      if (n === 0) break;
      filled += n;
    }
    if (this.users === 0) this.closeHandle();
    return filled;
  }

  private closeHandle(): void {
    if (this.handle >= 0) this.fs.directory.close(this.handle);
    this.handle = -1;
  }

  override get pages(): HostPages | undefined {
    if (!stat.S_ISREG(this.mode)) return undefined;
    this.cache ??= new HostPages(this.fs.kernel.frames, this);
    return this.cache;
  }

  /** The pages if there are any: somebody has mapped it. */
  get mapped(): HostPages | undefined {
    return this.cache;
  }

  override open(_task: Task, path: Path, flags: number): File | Errno {
    if (stat.S_ISDIR(this.mode)) return new DirectoryFile(this, flags, path);
    if (!stat.S_ISREG(this.mode)) return EINVAL;
    const handle = this.handleFor((flags & O_ACCMODE) !== O_RDONLY);
    return failed(handle) ? handle : new HostFile(this, flags, path);
  }

  override lookup(_task: Task, name: ByteString): Inode | Errno {
    const told = this.fs.directory.stat([...this.where, name]);
    return isFailure(told) ? errnoOf(told) : this.fs.inode(told, this, name);
  }

  override list(): DirectoryEntry[] | Errno {
    const entries = this.fs.directory.list(this.where);
    if (isFailure(entries)) return errnoOf(entries);
    // The host does not tell numbers here; 0 would hide the entry from programs.
    return entries.map(({ name, kind }, index) => ({ name, ino: index + 1, type: direntType(typeBits[kind]) }));
  }

  /** After the host did something at a name: what stands there now, owned by who asked for it. */
  private made(failure: HostFailure | undefined, name: ByteString, owner: Owner): Inode | Errno {
    if (failure !== undefined) return errnoOf(failure);
    const told = this.fs.directory.stat([...this.where, name]);
    if (isFailure(told)) return errnoOf(told);
    this.fs.remembered.delete(told.ino);
    if (owner.uid !== this.fs.owner.uid || owner.gid !== this.fs.owner.gid) Object.assign(this.fs.memory(told.ino), owner);
    return this.fs.inode(told, this, name);
  }

  override create(_task: Task, name: ByteString, mode: number, owner: Owner, _rdev: number): Inode | Errno {
    if (!stat.S_ISREG(mode)) return EPERM;
    const handle = this.fs.directory.open([...this.where, name], { write: true, create: { mode: mode & 0o777, exclusive: true } });
    if (isFailure(handle)) return errnoOf(handle);
    this.fs.directory.close(handle);
    return this.made(undefined, name, owner);
  }

  override mkdir(_task: Task, name: ByteString, mode: number, owner: Owner): Inode | Errno {
    return this.made(this.fs.directory.mkdir([...this.where, name], mode & 0o777), name, owner);
  }

  override symlink(_task: Task, name: ByteString, target: ByteString, owner: Owner): Inode | Errno {
    return this.made(this.fs.directory.symlink([...this.where, name], target), name, owner);
  }

  override link(_task: Task, name: ByteString, existing: Inode): Errno | undefined {
    if (!(existing instanceof HostInode)) return EPERM;
    return done(this.fs.directory.link([...this.where, name], existing.where));
  }

  override unlink(_task: Task, name: ByteString, inode: Inode): Errno | undefined {
    if (inode instanceof HostInode && inode.users > 0 && stat.S_ISREG(inode.mode)) inode.handleFor(false);
    const failure = done(this.fs.directory.unlink([...this.where, name]));
    if (failure === undefined && inode.nlink <= 1) this.forget(inode);
    return failure;
  }

  override rmdir(_task: Task, name: ByteString, inode: Inode): Errno | undefined {
    const failure = done(this.fs.directory.rmdir([...this.where, name]));
    if (failure === undefined) this.forget(inode);
    return failure;
  }

  private forget(inode: Inode): void {
    this.fs.inodes.delete(inode.ino);
    this.fs.remembered.delete(inode.ino);
  }

  override rename(_task: Task, name: ByteString, inode: Inode, to: Inode, newName: ByteString, replaced: Inode | undefined, exchange: boolean): Errno | undefined {
    if (exchange || !(to instanceof HostInode) || !(inode instanceof HostInode)) return EINVAL;
    const failure = done(this.fs.directory.rename([...this.where, name], [...to.where, newName]));
    if (failure !== undefined) return failure;
    if (replaced !== undefined && replaced.nlink <= 1) this.forget(replaced);
    inode.at(to, newName);
    return undefined;
  }

  override readlink(): ByteString | Errno {
    const target = this.fs.directory.readlink(this.where);
    return typeof target === "string" ? target : errnoOf(target);
  }

  override touched(): void {}

  override truncate(_task: Task, size: number): Errno | undefined {
    if (this.fs.readOnly) return EROFS;
    const opened = this.users === 0;
    const handle = this.handleFor(true);
    if (failed(handle)) return handle;
    const failure = done(this.fs.directory.truncate(handle, size));
    this.cache?.cut(size);
    if (opened) this.closeHandle();
    return failure ?? this.refresh();
  }

  override setAttributes(_task: Task, change: AttributeChange): Errno | undefined {
    if (this.fs.readOnly) return EROFS;
    const { mode, uid, gid, atime, mtime } = change;
    if (uid !== undefined || gid !== undefined || (mode !== undefined && (mode & 0o7000) !== 0)) {
      const held = this.fs.memory(this.ino);
      if (uid !== undefined) held.uid = uid;
      if (gid !== undefined) held.gid = gid;
    }
    if (mode !== undefined) {
      const held = this.fs.remembered.get(this.ino);
      if ((mode & 0o7000) !== 0) this.fs.memory(this.ino).mode = mode & 0o7777;
      else if (held !== undefined) held.mode = undefined;
    }
    if (mode !== undefined || atime !== undefined || mtime !== undefined) {
      const bits = mode === undefined || stat.S_ISLNK(this.mode) ? undefined : mode & 0o777;
      const failure = done(this.fs.directory.change(this.where, { mode: bits, atime, mtime }));
      if (failure !== undefined) return failure;
    }
    return this.refresh();
  }

  override getxattr(_task: Task, name: ByteString): Uint8Array | Errno {
    return this.fs.remembered.get(this.ino)?.xattrs.get(name) ?? ENODATA;
  }

  override setxattr(_task: Task, name: ByteString, value: Uint8Array, flags: number): Errno | undefined {
    const { xattrs } = this.fs.memory(this.ino);
    const old = xattrs.get(name);
    if (old !== undefined && (flags & XATTR_CREATE) !== 0) return EEXIST;
    if (old === undefined && (flags & XATTR_REPLACE) !== 0) return ENODATA;
    let total = value.length;
    for (const [key, held] of xattrs) if (key !== name) total += key.length + held.length;
    if (total > XATTR_BYTES_AT_MOST) return EINVAL;
    xattrs.set(name, value.slice());
    return undefined;
  }

  override removexattr(_task: Task, name: ByteString): Errno | undefined {
    return this.fs.remembered.get(this.ino)?.xattrs.delete(name) === true ? undefined : ENODATA;
  }

  override listxattr(): ByteString[] {
    return [...(this.fs.remembered.get(this.ino)?.xattrs.keys() ?? [])];
  }
}

const done = (failure: HostFailure | undefined): Errno | undefined => (failure === undefined ? undefined : errnoOf(failure));

savable(HostFileSystem, HostInode);
