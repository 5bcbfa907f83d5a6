// File systems whose files are made by rows: inodes that show a row about a target (Linux: fs/proc/generic.c, fs/kernfs).
import { EACCES, ENOENT, EPERM, ESRCH, type Errno } from "../../../abi/errno.js";
import { direntType } from "../../../abi/dirent.js";
import { S_IFDIR, S_IFLNK, S_IFREG } from "../../../abi/stat.js";
import type { ByteString } from "../../bytestring.js";
import type { Kernel } from "../../kernel.js";
import type { PidNamespace } from "../../namespaces/namespaces.js";
import { savable } from "../../save.js";
import type { Task } from "../../task/task.js";
import { DirectoryFile } from "../../vfs/directory-file.js";
import type { File } from "../../vfs/file.js";
import { type AttributeChange, type DirectoryEntry, FileSystem, type FileSystemFacts, Inode, type Owner } from "../../vfs/inode.js";
import type { Dentry, Path } from "../../vfs/path.js";
import { PseudoFile } from "./file.js";
import type { About, DirectoryRow, FileRow, Found, LinkRow, Row } from "./row.js";

export abstract class PseudoFileSystem extends FileSystem {
  readonly kernel: Kernel;
  /** Through which numbers of tasks are shown. */
  readonly pid: PidNamespace;
  readonly top: PseudoDirectory;
  private lastIno = 0;

  constructor(kernel: Kernel, device: number, row: DirectoryRow<undefined>, pid: PidNamespace = kernel.initialNamespaces.pid) {
    super(device);
    this.kernel = kernel;
    this.pid = pid;
    this.top = new PseudoDirectory(this, row, undefined);
  }

  protected abstract readonly magic: number;

  override get root(): Inode {
    return this.top;
  }

  override get remembersNames(): boolean {
    return false;
  }

  override facts(): FileSystemFacts {
    return { type: this.magic, blockSize: 4096, blocks: 0, free: 0, files: 0, filesFree: 0, nameLength: 255 };
  }

  nextIno(): number {
    return ++this.lastIno;
  }

  /** Who owns what tells of a target, and whether the target still exists. */
  owner(_target: unknown, _mode: number): Owner { return nobodySpecial; }
  gone(_target: unknown): boolean { return false; }
  /** Whether two targets are one, so that a name keeps its inode. */
  same(a: unknown, b: unknown): boolean { return a === b; }
}

const nobodySpecial: Owner = { uid: 0, gid: 0 };
const typeBits = { file: S_IFREG, link: S_IFLNK, directory: S_IFDIR } as const;

/** A row about a target. */
export abstract class PseudoInode<R extends Row<never> = Row<never>> extends Inode {
  declare readonly fs: PseudoFileSystem;
  readonly row: R;
  readonly target: unknown;

  constructor(fs: PseudoFileSystem, row: R, target: unknown) {
    super(fs, fs.nextIno(), typeBits[row.kind] | row.mode);
    this.row = row;
    this.target = target;
    this.atime = this.mtime = this.ctime = fs.kernel.clock.realtime();
    this.setOwner();
  }

  about(reader: Task): About<never> {
    return { fs: this.fs, target: this.target as never, reader };
  }

  private setOwner(): void {
    const { uid, gid } = this.fs.owner(this.target, this.mode);
    this.uid = uid;
    this.gid = gid;
  }

  override refresh(): Errno | undefined {
    this.setOwner();
    return undefined;
  }

  override get blocks(): number {
    return 0;
  }

  override touched(): void {}

  override setAttributes(_task: Task, change: AttributeChange): Errno | undefined {
    return change.mode === undefined && change.uid === undefined && change.gid === undefined ? undefined : EPERM;
  }

  /** As Linux: names can't be made here. */
  override create(): Errno { return EACCES; }
  override mkdir(): Errno { return EACCES; }
  override symlink(): Errno { return EACCES; }
  override link(): Errno { return EPERM; }
  override unlink(): Errno { return EPERM; }
  override rmdir(): Errno { return EPERM; }
  override rename(): Errno { return EPERM; }
}

export class PseudoRegular extends PseudoInode<FileRow<never>> {
  override open(task: Task, path: Path, flags: number): File | Errno {
    if (this.fs.gone(this.target)) return ESRCH;
    return this.row.mayOpen?.(this.about(task), flags) ?? new PseudoFile(this, flags, path);
  }

  override truncate(): Errno | undefined {
    return undefined;
  }
}

export class PseudoLink extends PseudoInode<LinkRow<never>> {
  override open(): Errno {
    return EACCES;
  }

  override refresh(): Errno | undefined {
    this.size = this.row.size ?? 0;
    return super.refresh();
  }

  override readlink(task: Task): ByteString | Errno {
    return this.fs.gone(this.target) ? ENOENT : this.row.text(this.about(task));
  }

  override follow(task: Task): Path | Errno | undefined {
    if (this.row.follow === undefined) return undefined;
    return this.fs.gone(this.target) ? ENOENT : this.row.follow(this.about(task));
  }

  /** As Linux tid_fd_update_inode: the mode shows how the descriptor was opened. */
  updateMode(task: Task): void {
    if (this.row.modeNow !== undefined) this.mode = S_IFLNK | this.row.modeNow(this.about(task));
  }
}

function make(fs: PseudoFileSystem, { row, target }: Found): PseudoInode {
  if (row.kind === "file") return new PseudoRegular(fs, row, target);
  return row.kind === "link" ? new PseudoLink(fs, row, target) : new PseudoDirectory(fs, row, target);
}

/** Entries remembered beyond which those of targets that are gone are looked for. */
const REMEMBERED_BEFORE_SWEEPING = 256;

export class PseudoDirectory extends PseudoInode<DirectoryRow<never>> {
  /** What was made for the names here, so that the same target keeps its inode. */
  private readonly made = new Map<ByteString, PseudoInode>();
  private sweepAt = REMEMBERED_BEFORE_SWEEPING;

  constructor(fs: PseudoFileSystem, row: DirectoryRow<never>, target: unknown) {
    super(fs, row, target);
    this.nlink = 2 + row.rows.filter(({ kind }) => kind === "directory").length;
  }

  override refresh(): Errno | undefined {
    if (this.fs.gone(this.target)) return super.refresh();
    if (this.row.sizeNow !== undefined) this.size = this.row.sizeNow(this.target as never);
    if (this.row.linksNow !== undefined) this.nlink = this.row.linksNow(this.target as never);
    return super.refresh();
  }

  override open(task: Task, path: Path, flags: number): File | Errno {
    return this.row.mayOpen?.(this.about(task)) ?? new DirectoryFile(this, flags, path);
  }

  override lookup(task: Task, name: ByteString): Inode | Errno {
    if (this.fs.gone(this.target)) return ENOENT;
    const found = this.find(task, name);
    return found === undefined ? ENOENT : this.inodeOf(task, name, found);
  }

  private find(task: Task, name: ByteString): Found | undefined {
    for (const row of this.row.rows) if (row.name === name) return { row, target: this.target };
    return this.row.entries?.find(this.about(task), name);
  }

  private inodeOf(task: Task, name: ByteString, found: Found): PseudoInode {
    let inode = this.made.get(name);
    if (inode?.row !== found.row || !this.fs.same(inode.target, found.target)) {
      inode = make(this.fs, found);
      this.made.set(name, inode);
      if (this.made.size > this.sweepAt) this.sweep();
    }
    if (inode instanceof PseudoLink) inode.updateMode(task);
    inode.refresh();
    return inode;
  }

  /** Forgets inodes of targets that are gone, so that a guest can't fill the kernel with them. */
  private sweep(): void {
    for (const [name, inode] of this.made) if (this.fs.gone(inode.target)) this.made.delete(name);
    if (this === this.fs.top) for (const dentry of [...(this.fs.rootDentry?.children.values() ?? [])]) this.forgetIfGone(dentry);
    this.sweepAt = Math.max(REMEMBERED_BEFORE_SWEEPING, this.made.size * 2);
  }

  private forgetIfGone(dentry: Dentry): void {
    const { inode } = dentry;
    if (inode instanceof PseudoInode && dentry.mounted === 0 && this.fs.gone(inode.target)) dentry.forget();
  }

  override list(task: Task): DirectoryEntry[] | Errno {
    if (this.fs.gone(this.target)) return ENOENT;
    const listed: DirectoryEntry[] = [];
    const add = (name: ByteString): void => {
      const found = this.find(task, name);
      if (found === undefined) return;
      const { ino, mode } = this.inodeOf(task, name, found);
      listed.push({ name, ino, type: direntType(mode) });
    };
    for (const { name } of this.row.rows) add(name);
    for (const name of this.row.entries?.names(this.about(task)) ?? []) add(name);
    return listed;
  }
}


savable(PseudoRegular, PseudoLink, PseudoDirectory);
