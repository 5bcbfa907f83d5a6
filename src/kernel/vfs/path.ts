// Names in the tree: dentries, mounts, and a path as the pair of both.
import type { ByteString } from "../bytestring.js";
import { savable } from "../save.js";
import type { FileSystem, Inode } from "./inode.js";

/** Names remembered below one directory before those of nothing are forgotten, so that a guest can't fill the kernel with them. */
const NAMES_BEFORE_PRUNING = 1024;

/** A name in a directory and what it names (Linux: struct dentry). A negative one, with no inode, remembers that nothing is there. */
export class Dentry {
  name: ByteString;
  parent: Dentry | undefined;
  inode: Inode | undefined;
  readonly children = new Map<ByteString, Dentry>();
  /** How many mounts of any namespace stand on it, so that lookups skip the search where there are none. */
  mounted = 0;
  /** The name is gone (unlink, rmdir, replaced by rename), though the file may live on (Linux: d_unhashed). */
  deleted = false;
  private pruneAt = NAMES_BEFORE_PRUNING;

  constructor(name: ByteString, parent: Dentry | undefined, inode: Inode | undefined) {
    this.name = name;
    this.parent = parent;
    this.inode = inode;
  }

  /** Remembers what `name` is here: `undefined` for nothing. */
  remember(name: ByteString, inode: Inode | undefined): Dentry {
    const child = new Dentry(name, this, inode);
    if (this.children.size >= this.pruneAt) this.prune();
    this.children.set(name, child);
    return child;
  }

  /** The name under the parent is gone; whoever still holds the dentry keeps its inode. */
  forget(): void {
    this.deleted = true;
    if (this.parent?.children.get(this.name) === this) this.parent.children.delete(this.name);
  }

  private prune(): void {
    for (const [name, child] of this.children) if (child.inode === undefined) this.children.delete(name);
    this.pruneAt = Math.max(NAMES_BEFORE_PRUNING, this.children.size * 2);
  }
}

/** How mounts below are to be copied to and from other namespaces (mount_namespaces(7)); recorded, not acted upon. */
export type Propagation = "private" | "shared" | "slave" | "unbindable";

/** A file system, or a subtree of one, attached at a place of a mount namespace (Linux: struct mount). */
export class Mount {
  readonly id: number;
  readonly fs: FileSystem;
  readonly root: Dentry;
  /** Where it is attached; undefined for a namespace's root. */
  parent: Mount | undefined;
  at: Dentry | undefined;
  /** What is mounted on it, by the dentry that it covers. */
  readonly children = new Map<Dentry, Mount>();
  /** MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, … of this mount. */
  flags: number;
  propagation: Propagation = "private";

  constructor(id: number, fs: FileSystem, root: Dentry, flags: number) {
    this.id = id;
    this.fs = fs;
    this.root = root;
    this.flags = flags;
    fs.mounts++;
  }
}

/** A place in the tree. The inode is there: negative dentries never get into a Path. */
export class Path {
  readonly mount: Mount;
  readonly dentry: Dentry;

  constructor(mount: Mount, dentry: Dentry) {
    this.mount = mount;
    this.dentry = dentry;
  }

  get inode(): Inode {
    const { inode } = this.dentry;
    if (inode === undefined) throw new Error(`path to nothing: ${this.dentry.name}`);
    return inode;
  }

  is(other: Path): boolean {
    return this.mount === other.mount && this.dentry === other.dentry;
  }
}

savable(Dentry, Mount, Path);
