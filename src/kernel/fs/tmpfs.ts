// tmpfs(5): files in memory, with frames that the writer's cgroup pays for (Linux: mm/shmem.c).
import { EINVAL, type Errno, failed } from "../../abi/errno.js";
import { TMPFS_MAGIC } from "../../abi/mount.js";
import type { ByteString } from "../bytestring.js";
import type { Kernel } from "../kernel.js";
import { FRAME_SIZE } from "../memory/frames.js";
import { savable } from "../save.js";
import { FileSystem, type FileSystemFacts, type Owner } from "../vfs/inode.js";
import { MemoryDirectory } from "./memory-directory.js";
import { MemoryFile } from "./memory-inode.js";

export interface TmpfsOptions {
  /** Bytes; half of the machine's memory where it is not given. 0: no limit. */
  size?: number;
  inodes?: number;
  mode?: number;
  uid?: number;
  gid?: number;
}

export class Tmpfs extends FileSystem {
  override readonly type: string;
  readonly kernel: Kernel;
  override readonly root: MemoryDirectory;
  /** Pages of 4 KiB in use and at most. */
  pages = 0;
  maxPages: number;
  inodes = 0;
  maxInodes: number;
  /** It was unmounted: what is still open is the last of it. */
  gone = false;
  private lastIno = 0;

  constructor(kernel: Kernel, device: number, options: TmpfsOptions = {}, type = "tmpfs") {
    super(device);
    this.type = type;
    this.source = type;
    this.kernel = kernel;
    const half = Math.floor(kernel.frames.total / 2);
    this.maxPages = options.size === undefined ? half : options.size === 0 ? Infinity : Math.ceil(options.size / FRAME_SIZE);
    this.maxInodes = options.inodes === undefined ? Math.max(half, 1024) : options.inodes === 0 ? Infinity : options.inodes;
    const owner: Owner = { uid: options.uid ?? 0, gid: options.gid ?? 0 };
    this.root = new MemoryDirectory(this, options.mode ?? 0o1777, owner, undefined);
  }

  nextIno(): number {
    return ++this.lastIno;
  }

  override facts(): FileSystemFacts {
    const blocks = this.maxPages === Infinity ? 0 : this.maxPages;
    const files = this.maxInodes === Infinity ? 0 : this.maxInodes;
    return {
      type: TMPFS_MAGIC, blockSize: FRAME_SIZE, blocks, free: Math.max(0, blocks - this.pages), files, filesFree: Math.max(0, files - this.inodes), nameLength: 255,
    };
  }

  override reconfigure(data: ByteString): Errno | undefined {
    const options = tmpfsOptions(data, this.kernel.frames.total);
    if (failed(options)) return options;
    if (options.size !== undefined) {
      const pages = options.size === 0 ? Infinity : Math.ceil(options.size / FRAME_SIZE);
      if (pages < this.pages) return EINVAL;
      this.maxPages = pages;
      this.options = data === "" ? this.options : `,${data}`;
    }
    if (options.inodes !== undefined) this.maxInodes = options.inodes === 0 ? Infinity : options.inodes;
    return undefined;
  }

  override unmounted(): void {
    this.gone = true;
    const pending: MemoryDirectory[] = [this.root];
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      for (const inode of directory.inodes()) {
        if (inode instanceof MemoryDirectory) pending.push(inode);
        inode.freeIfUnused();
      }
    }
  }

  /** A file without a name, as memfd_create(2) makes. */
  anonymousFile(mode: number, owner: Owner, payer: MemoryPayer): MemoryFile | Errno {
    const refused = MemoryFile.charge(this, payer);
    if (refused !== undefined) return refused;
    const file = new MemoryFile(this, mode, owner, payer);
    file.nlink = 0;
    return file;
  }
}

type MemoryPayer = ConstructorParameters<typeof MemoryFile>[3];

const unknownOptions = /^(huge=.*|inode64|inode32|noswap|mpol=.*|nr_blocks=.*|defaults|relatime|noatime|nosuid|nodev|noexec|rw|ro)$/;

/** "512", "64k", "1m", "2g", "50%" (of `total` frames). */
function parseSize(text: ByteString, total: number): number | undefined {
  const match = /^(\d+)([kKmMgG%]?)$/.exec(text);
  if (match === null) return undefined;
  const units: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, "%": (total * FRAME_SIZE) / 100 };
  return Math.floor(Number(match[1]) * units[match[2].toLowerCase()]);
}

/** The options of mount(2)'s data: size=, nr_inodes=, mode=, uid=, gid=. */
export function tmpfsOptions(data: ByteString, totalFrames: number): TmpfsOptions | Errno {
  const options: TmpfsOptions = {};
  for (const part of data.split(",")) {
    if (part === "" || unknownOptions.test(part)) continue;
    const [key, value = ""] = part.split("=");
    if (key === "size") {
      options.size = parseSize(value, totalFrames);
      if (options.size === undefined) return EINVAL;
    } else if (key === "nr_inodes") {
      options.inodes = parseSize(value, totalFrames);
      if (options.inodes === undefined) return EINVAL;
    } else if (key === "mode" && /^[0-7]+$/.test(value)) options.mode = parseInt(value, 8) & 0o7777;
    else if ((key === "uid" || key === "gid") && /^\d+$/.test(value)) options[key] = Number(value);
    else return EINVAL;
  }
  return options;
}

savable(Tmpfs);
