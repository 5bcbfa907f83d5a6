// The types of file systems that mount(2) knows, by name (Linux: register_filesystem, /proc/filesystems).
import { EINVAL, ENODEV, ENOTBLK, ENOTDIR, type Errno, failed } from "../../abi/errno.js";
import { AT_FDCWD } from "../../abi/fcntl.js";
import { S_ISBLK, S_ISDIR, makedev } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import type { Kernel } from "../kernel.js";
import type { Task } from "../task/task.js";
import type { FileSystem, Inode } from "../vfs/inode.js";
import { lookup } from "../vfs/lookup.js";
import { writable } from "../vfs/permission.js";
import { diskCache } from "./block-device.js";
import { devtmpfs } from "./devtmpfs.js";
import { Erofs } from "./erofs.js";
import { Overlay } from "./overlay.js";
import { Tmpfs, tmpfsOptions } from "./tmpfs.js";

export interface FileSystemType {
  readonly name: ByteString;
  /** It needs no block device: /proc/filesystems says "nodev". */
  readonly nodev: boolean;
  /** A new instance, or the only one there is. `data` are the options of mount(2). */
  mount(task: Task, source: ByteString, data: ByteString): FileSystem | Errno;
}

const types = new Map<ByteString, FileSystemType>();

export function registerFileSystem(type: FileSystemType): void {
  types.set(type.name, type);
}

export const fileSystemType = (name: ByteString): FileSystemType | Errno => types.get(name) ?? ENODEV;
export const fileSystemTypes = (): readonly FileSystemType[] => [...types.values()];

/** st_dev for a file system without a device of its own. */
export const unnamedDevice = (kernel: Kernel): number => makedev(0, kernel.nextNumber("device"));

function mountTmpfs(task: Task, _source: ByteString, data: ByteString): FileSystem | Errno {
  const options = tmpfsOptions(data, task.kernel.frames.total);
  if (failed(options)) return options;
  const fs = new Tmpfs(task.kernel, unnamedDevice(task.kernel), options);
  if (data !== "") fs.options = `,${data}`;
  return fs;
}

function mountErofs(task: Task, source: ByteString): FileSystem | Errno {
  const found = lookup(task, AT_FDCWD, source);
  if (failed(found)) return found;
  const disk = S_ISBLK(found.inode.mode) ? diskCache(task.kernel) : undefined;
  return disk === undefined ? ENOTBLK : Erofs.mount(task.kernel, found.inode.rdev, disk, task.cgroup);
}

function directory(task: Task, name: ByteString): Inode | Errno {
  const found = lookup(task, AT_FDCWD, name);
  if (failed(found)) return found;
  return S_ISDIR(found.inode.mode) ? found.inode : ENOTDIR;
}

/** lowerdir=TOP:…:BOTTOM,upperdir=DIR,workdir=DIR; a backslash keeps a comma or colon in a name. */
function mountOverlay(task: Task, _source: ByteString, data: ByteString): FileSystem | Errno {
  let lowers: (Inode | Errno)[] = [];
  let upper: Inode | Errno | undefined;
  for (const option of data.split(/(?<!\\),/)) {
    const [key, value = ""] = option.split(/=(.*)/s);
    const plain = value.replace(/\\(.)/gs, "$1");
    if (key === "lowerdir") lowers = value.split(/(?<!\\):/).map((name) => directory(task, name.replace(/\\(.)/gs, "$1")));
    else if (key === "upperdir") {
      const found = lookup(task, AT_FDCWD, plain);
      upper = failed(found) ? found : (writable(found) ?? directory(task, plain));
    } else if (key !== "workdir" && !/^(|index=.*|xino=.*|redirect_dir=.*|metacopy=.*|volatile|userxattr|nfs_export=.*|uuid=.*)$/.test(option)) return EINVAL;
  }
  const layers: Inode[] = [];
  for (const lower of lowers) {
    if (failed(lower)) return lower;
    layers.push(lower);
  }
  if (failed(upper)) return upper;
  if (layers.length === 0) return EINVAL;
  const fs = new Overlay(unnamedDevice(task.kernel), layers, upper);
  fs.options = `,${data}`;
  return fs;
}

registerFileSystem({ name: "tmpfs", nodev: true, mount: mountTmpfs });
registerFileSystem({ name: "ramfs", nodev: true, mount: (task) => new Tmpfs(task.kernel, unnamedDevice(task.kernel), { size: 0, inodes: 0 }, "ramfs") });
registerFileSystem({ name: "devtmpfs", nodev: true, mount: (task) => devtmpfs(task.kernel) });
registerFileSystem({ name: "overlay", nodev: true, mount: mountOverlay });
registerFileSystem({ name: "erofs", nodev: false, mount: mountErofs });
