// Directories in memory: names to inodes (Linux: fs/libfs.c simple_*, mm/shmem.c).
import { EEXIST, EISDIR, ENOENT, ENOTDIR, ENOSPC, ENOTEMPTY, type Errno, failed } from "../../abi/errno.js";
import { direntType } from "../../abi/dirent.js";
import { S_IFDIR, S_IFMT, S_IFREG, S_ISDIR } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import type { DirectoryEntry, Inode, Owner } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { MemoryFile, MemoryInode, MemoryLink, MemoryNode, openDirectory } from "./memory-inode.js";
import type { Tmpfs } from "./tmpfs.js";

/** As Linux BOGO_DIRENT_SIZE: what an entry adds to st_size. */
const ENTRY_BYTES = 20;

export class MemoryDirectory extends MemoryInode {
  private readonly names = new Map<ByteString, MemoryInode>();

  constructor(fs: Tmpfs, mode: number, owner: Owner, payer: Cgroup | undefined) {
    super(fs, S_IFDIR | (mode & 0o7777), owner, payer);
    this.nlink = 2;
    this.size = 2 * ENTRY_BYTES;
  }

  override get blocks(): number {
    return 0;
  }

  override open(_task: Task, path: Path, flags: number): File {
    return openDirectory(this, path, flags);
  }

  override lookup(_task: Task, name: ByteString): Inode | Errno {
    return this.names.get(name) ?? ENOENT;
  }

  override list(): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [];
    for (const [name, inode] of this.names) entries.push({ name, ino: inode.ino, type: direntType(inode.mode) });
    // As Linux since 6.12 (fs/libfs.c offset_iterate_dir): the newest first.
    return entries.reverse();
  }

  /** Everything below, for the end of the file system. */
  inodes(): Iterable<MemoryInode> {
    return this.names.values();
  }

  private mayAdd(task: Task, name: ByteString): Errno | undefined {
    if (this.names.has(name)) return EEXIST;
    if (this.nlink === 0) return ENOENT;
    return MemoryInode.charge(this.fs, task.cgroup);
  }

  /** Puts an inode there without asking, as the kernel itself does. */
  place(name: ByteString, inode: MemoryInode): void {
    this.enter(name, inode);
  }

  /** One name comes with the inode; each further one is charged to the directory. */
  private enter(name: ByteString, inode: MemoryInode): void {
    this.names.set(name, inode);
    if (S_ISDIR(inode.mode)) this.nlink++;
    this.size += ENTRY_BYTES;
    this.changed(true);
  }

  private leave(name: ByteString): void {
    const inode = this.names.get(name);
    if (inode === undefined) return;
    this.names.delete(name);
    if (S_ISDIR(inode.mode)) this.nlink--;
    this.size -= ENTRY_BYTES;
    this.changed(true);
  }

  override create(task: Task, name: ByteString, mode: number, owner: Owner, rdev: number): Inode | Errno {
    const refused = this.mayAdd(task, name);
    if (refused !== undefined) return refused;
    const regular = (mode & S_IFMT) === S_IFREG;
    const inode = regular ? new MemoryFile(this.fs, mode, owner, task.cgroup) : new MemoryNode(this.fs, mode, owner, task.cgroup, rdev);
    this.enter(name, inode);
    return inode;
  }

  override tmpfile(task: Task, mode: number, owner: Owner): Inode | Errno {
    const refused = MemoryInode.charge(this.fs, task.cgroup);
    if (refused !== undefined) return refused;
    const inode = new MemoryFile(this.fs, mode, owner, task.cgroup);
    inode.nlink = 0;
    return inode;
  }

  override mkdir(task: Task, name: ByteString, mode: number, owner: Owner): Inode | Errno {
    const refused = this.mayAdd(task, name);
    if (refused !== undefined) return refused;
    const inode = new MemoryDirectory(this.fs, mode, owner, task.cgroup);
    this.enter(name, inode);
    return inode;
  }

  override symlink(task: Task, name: ByteString, target: ByteString, owner: Owner): Inode | Errno {
    const refused = this.mayAdd(task, name);
    if (refused !== undefined) return refused;
    const inode = new MemoryLink(this.fs, target, owner, task.cgroup);
    this.enter(name, inode);
    return inode;
  }

  override link(_task: Task, name: ByteString, existing: Inode): Errno | undefined {
    if (this.names.has(name)) return EEXIST;
    if (this.nlink === 0 || !(existing instanceof MemoryInode)) return ENOENT;
    // A further name is kept as long as the inode: a farm of links must not be for nothing.
    if (!existing.furtherName()) return ENOSPC;
    this.enter(name, existing);
    existing.linked(1);
    return undefined;
  }

  override unlink(_task: Task, name: ByteString, inode: Inode): Errno | undefined {
    const held = this.names.get(name);
    if (held === undefined || held !== inode) return ENOENT;
    if (S_ISDIR(held.mode)) return EISDIR;
    this.leave(name);
    held.linked(-1);
    return undefined;
  }

  override rmdir(_task: Task, name: ByteString, inode: Inode): Errno | undefined {
    const held = this.names.get(name);
    if (held === undefined || held !== inode) return ENOENT;
    if (!(held instanceof MemoryDirectory)) return ENOTDIR;
    if (held.names.size > 0) return ENOTEMPTY;
    this.leave(name);
    held.linked(-2);
    return undefined;
  }

  override rename(task: Task, name: ByteString, inode: Inode, to: Inode, newName: ByteString, replaced: Inode | undefined, exchange: boolean): Errno | undefined {
    const held = this.names.get(name);
    if (held === undefined || held !== inode || !(to instanceof MemoryDirectory)) return ENOENT;
    if (to.nlink === 0) return ENOENT;
    const other = to.names.get(newName);
    if (exchange) {
      if (other === undefined) return ENOENT;
      this.leave(name);
      to.leave(newName);
      this.enter(name, other);
      to.enter(newName, held);
      other.changed();
      held.changed();
      return undefined;
    }
    if (replaced !== undefined && other !== undefined) {
      const failure = S_ISDIR(other.mode) ? to.rmdir(task, newName, other) : to.unlink(task, newName, other);
      if (failed(failure)) return failure;
    }
    this.leave(name);
    to.enter(newName, held);
    held.changed();
    return undefined;
  }
}

savable(MemoryDirectory);
