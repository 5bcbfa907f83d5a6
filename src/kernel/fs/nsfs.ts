// nsfs: namespaces as files, for /proc/PID/ns and setns(2) (Linux: fs/nsfs.c). Nobody mounts it.
import { NSFS_MAGIC } from "../../abi/mount.js";
import { S_IFREG, makedev } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import type { Namespace } from "../namespaces/namespaces.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File } from "../vfs/file.js";
import { FileSystem, type FileSystemFacts, Inode } from "../vfs/inode.js";
import { Dentry, Mount, Path } from "../vfs/path.js";

/** As /proc/PID/ns names them, and the field of `Namespaces`. */
export type NamespaceKind = "mnt" | "pid" | "uts" | "ipc" | "net" | "user" | "cgroup" | "time";

export class NamespaceFileSystem extends FileSystem {
  override readonly type = "nsfs";
  private readonly top: NamespaceInode;

  constructor() {
    super(makedev(0, 4));
    this.top = new NamespaceInode(this, 0, undefined, "mnt");
  }

  override get root(): Inode {
    return this.top;
  }

  override facts(): FileSystemFacts {
    return { type: NSFS_MAGIC, blockSize: 4096, blocks: 0, free: 0, files: 0, filesFree: 0, nameLength: 255 };
  }

  /** Where the namespace stands as a file, named "pid:[4026531836]". */
  place(kind: NamespaceKind, namespace: Namespace): Path {
    const inode = new NamespaceInode(this, namespace.id, namespace, kind);
    const dentry = new Dentry(`${kind}:[${namespace.id}]`, undefined, inode);
    return new Path(new Mount(0, this, dentry, 0), dentry);
  }
}

/** Its number is the namespace's id, by which programs compare them. */
export class NamespaceInode extends Inode {
  readonly namespace: Namespace | undefined;
  readonly kind: NamespaceKind;

  constructor(fs: FileSystem, ino: number, namespace: Namespace | undefined, kind: NamespaceKind) {
    super(fs, ino, S_IFREG | 0o444);
    this.namespace = namespace;
    this.kind = kind;
  }

  override open(_task: Task, path: Path, flags: number): File {
    return new NamespaceFile(this, flags, path);
  }
}

/** Holds the namespace; setns(2) takes it from `inode`. */
export class NamespaceFile extends File {
  declare readonly inode: NamespaceInode;

  override describe(): ByteString {
    return `${this.inode.kind}:[${this.inode.ino}]`;
  }
}

savable(NamespaceFileSystem, NamespaceInode, NamespaceFile);
