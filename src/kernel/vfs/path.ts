// Names in the tree: dentries, mounts, and a path as the pair of both.
import type { ByteString } from "../bytestring.js";
import { savable } from "../save.js";
import type { FileSystem, Inode } from "./inode.js";

/** A name in a directory and what it names (Linux: struct dentry). A negative one, with no inode, remembers that nothing is there. */
export class Dentry {
  name: ByteString;
  parent: Dentry | undefined;
  inode: Inode | undefined;
  readonly children = new Map<ByteString, Dentry>();
  /** How many mounts of any namespace stand on it, so that lookups skip the search where there are none. */
  mounted = 0;

  constructor(name: ByteString, parent: Dentry | undefined, inode: Inode | undefined) {
    this.name = name;
    this.parent = parent;
    this.inode = inode;
  }
}

/** A file system, or a subtree of one, attached at a place of a mount namespace (Linux: struct mount). */
export class Mount {
  readonly id: number;
  readonly fs: FileSystem;
  readonly root: Dentry;
  /** Where it is attached; undefined for a namespace's root. */
  parent: Mount | undefined;
  at: Dentry | undefined;
  /** MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, … of this mount. */
  flags: number;

  constructor(id: number, fs: FileSystem, root: Dentry, flags: number) {
    this.id = id;
    this.fs = fs;
    this.root = root;
    this.flags = flags;
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
}

savable(Dentry, Mount, Path);
