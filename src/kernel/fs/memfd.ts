// The mount that nobody sees, of which memfd_create(2)'s files are (Linux: shm_mnt).
import type { ByteString } from "../bytestring.js";
import type { Kernel } from "../kernel.js";
import { savable } from "../save.js";
import type { Inode } from "../vfs/inode.js";
import { newMount } from "../vfs/mount.js";
import { Dentry, type Mount, Path } from "../vfs/path.js";
import { makedev } from "../../abi/stat.js";
import { Tmpfs } from "./tmpfs.js";

export class MemfdFileSystem extends Tmpfs {
  private mount: Mount | undefined = undefined;

  constructor(kernel: Kernel, device: number) {
    super(kernel, device, { size: 0, inodes: 0 });
  }

  /** A path that shows as "/memfd:NAME (deleted)". */
  nameless(name: ByteString, inode: Inode): Path {
    this.mount ??= newMount(this.kernel, this, 0);
    const dentry = new Dentry(name, this.mount.root, inode);
    dentry.deleted = true;
    return new Path(this.mount, dentry);
  }
}

/** The one of the machine, made when it is first asked for. */
export function memfdFileSystem(kernel: Kernel): MemfdFileSystem {
  const namespace = kernel.initialNamespaces.mnt;
  if (namespace.memfd instanceof MemfdFileSystem) return namespace.memfd;
  const fs = new MemfdFileSystem(kernel, makedev(0, kernel.nextNumber("device")));
  namespace.memfd = fs;
  return fs;
}

savable(MemfdFileSystem);
