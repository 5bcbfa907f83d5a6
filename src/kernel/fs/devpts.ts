// devpts: the slaves of pseudo-terminals as files that come and go with their masters (Linux fs/devpts/inode.c).
import { EINVAL, ENOENT, ENOSPC, EPERM, type Errno } from "../../abi/errno.js";
import { DT_CHR } from "../../abi/dirent.js";
import { DEVPTS_SUPER_MAGIC } from "../../abi/mount.js";
import { S_IFCHR, S_IFDIR, makedev } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import type { Kernel } from "../kernel.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { PtySlave } from "../tty/pty.js";
import { DirectoryFile } from "../vfs/directory-file.js";
import type { File } from "../vfs/file.js";
import { type AttributeChange, type DirectoryEntry, FileSystem, type FileSystemFacts, Inode } from "../vfs/inode.js";
import type { Mount, Path } from "../vfs/path.js";
import { registerFileSystem, unnamedDevice } from "./types.js";

/** As Linux: /proc/sys/kernel/pty/max. */
const MAX_TERMINALS = 4096;
const FIRST_INO = 3;

/** The root directory, and the base of the device nodes in it. */
abstract class DevptsInode extends Inode {
  declare readonly fs: Devpts;

  constructor(fs: Devpts, ino: number, mode: number) {
    super(fs, ino, mode);
    this.atime = this.mtime = this.ctime = fs.kernel.clock.realtime();
  }

  override open(_task: Task, _path: Path, _flags: number): File | Errno {
    return EINVAL;
  }

  override setAttributes(_task: Task, change: AttributeChange): Errno | undefined {
    if (change.mode !== undefined) this.mode = (this.mode & ~0o7777) | (change.mode & 0o7777);
    this.uid = change.uid ?? this.uid;
    this.gid = change.gid ?? this.gid;
    this.atime = change.atime ?? this.atime;
    this.mtime = change.mtime ?? this.mtime;
    this.ctime = this.fs.kernel.clock.realtime();
    return undefined;
  }
}

export class DevptsNode extends DevptsInode {
  /** undefined: the ptmx node. */
  readonly slave: PtySlave | undefined;

  constructor(fs: Devpts, ino: number, mode: number, rdev: number, slave?: PtySlave) {
    super(fs, ino, S_IFCHR | mode);
    this.rdev = rdev;
    this.slave = slave;
  }
}

export class DevptsRoot extends DevptsInode {
  constructor(fs: Devpts) {
    super(fs, 1, S_IFDIR | 0o755);
    this.nlink = 2;
  }

  override open(_task: Task, path: Path, flags: number): File {
    return new DirectoryFile(this, flags, path);
  }

  override lookup(_task: Task, name: ByteString): Inode | Errno {
    if (name === "ptmx") return this.fs.ptmx;
    return (/^(0|[1-9]\d{0,6})$/.test(name) ? this.fs.terminals.get(Number(name)) : undefined) ?? ENOENT;
  }

  override list(): DirectoryEntry[] {
    const names = [...this.fs.terminals].map(([index, { ino }]) => ({ name: String(index), ino, type: DT_CHR }));
    return [...names, { name: "ptmx", ino: this.fs.ptmx.ino, type: DT_CHR }];
  }

  override create(): Errno { return EPERM; }
  override mkdir(): Errno { return EPERM; }
  override symlink(): Errno { return EPERM; }
  override unlink(): Errno { return EPERM; }
}

export class Devpts extends FileSystem {
  override readonly type = "devpts";
  readonly kernel: Kernel;
  readonly terminals = new Map<number, DevptsNode>();
  readonly ptmx: DevptsNode;
  private readonly top: DevptsRoot;
  /** uid=, gid=, mode= of the mount, for new slaves. */
  private readonly owner: { uid: number | undefined; gid: number | undefined; mode: number };

  /** `given`: the options of mount(2), "gid=5,mode=620,ptmxmode=666". */
  constructor(kernel: Kernel, device: number, given: ByteString) {
    super(device);
    this.kernel = kernel;
    const options = parse(given);
    this.owner = { uid: options.uid, gid: options.gid, mode: options.mode ?? 0o600 };
    this.top = new DevptsRoot(this);
    this.ptmx = new DevptsNode(this, 2, options.ptmxmode ?? 0, makedev(5, 2));
    const shown = [options.uid !== undefined && `uid=${options.uid}`, options.gid !== undefined && `gid=${options.gid}`,
      `mode=${this.owner.mode.toString(8).padStart(3, "0")}`, `ptmxmode=${(options.ptmxmode ?? 0).toString(8).padStart(3, "0")}`];
    this.options = shown.filter((option) => option !== false).map((option) => `,${option}`).join("");
    this.source = "devpts";
  }

  override get root(): Inode {
    return this.top;
  }

  override get remembersNames(): boolean {
    return false;
  }

  /** As Linux devpts_fill_super. */
  override get blockSize(): number {
    return 1024;
  }

  override facts(): FileSystemFacts {
    return { type: DEVPTS_SUPER_MAGIC, blockSize: 4096, blocks: 0, free: 0, files: 0, filesFree: 0, nameLength: 255 };
  }

  /** A new slave with the lowest free number. */
  add(task: Task): PtySlave | Errno {
    let index = 0;
    while (this.terminals.has(index)) index++;
    if (index >= MAX_TERMINALS) return ENOSPC;
    const slave = new PtySlave(index);
    const node = new DevptsNode(this, FIRST_INO + index, this.owner.mode, slave.rdev, slave);
    node.uid = this.owner.uid ?? task.credentials.fsuid;
    node.gid = this.owner.gid ?? task.credentials.fsgid;
    this.terminals.set(index, node);
    return slave;
  }

  /** The master closed: the name goes. */
  remove(index: number): void {
    this.terminals.delete(index);
  }

  /** Where the task sees it: the mount of `near`, or any of its namespace. */
  mountIn(task: Task, near: Path | undefined): Mount | undefined {
    return near?.mount.fs === this ? near.mount : task.namespaces.mnt.mounts.find((mount) => mount.fs === this);
  }
}

function parse(given: ByteString): { uid?: number; gid?: number; mode?: number; ptmxmode?: number } {
  const options: { uid?: number; gid?: number; mode?: number; ptmxmode?: number } = {};
  for (const option of given.split(",")) {
    const [name, value = ""] = option.split("=");
    if ((name === "uid" || name === "gid") && /^\d+$/.test(value)) options[name] = Number(value);
    else if ((name === "mode" || name === "ptmxmode") && /^[0-7]+$/.test(value)) options[name] = parseInt(value, 8) & 0o7777;
  }
  return options;
}

registerFileSystem({ name: "devpts", nodev: true, mount: (task, _source, data) => new Devpts(task.kernel, unnamedDevice(task.kernel), data) });

savable(DevptsNode, DevptsRoot, Devpts);
