// Overlay (Linux: fs/overlayfs): read-only layers under one that takes all changes, with whiteouts and opaque directories.
import { OVERLAYFS_SUPER_MAGIC } from "../../abi/mount.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { FileSystem, type FileSystemFacts, type Inode } from "../vfs/inode.js";
import { OverlayInode } from "./overlay-inode.js";

const OPAQUE = "trusted.overlay.opaque";

export class Overlay extends FileSystem {
  override readonly type = "overlay";
  override readonly root: OverlayInode;
  /** The layers' file systems, the lowest first: inode numbers of each begin at its index times 2^32. */
  private readonly layers: FileSystem[];
  private readonly upper: Inode | undefined;
  /** Files and directories that were looked up, by the inodes of the layers that they stand for. */
  private readonly inodes = new Map<Inode, OverlayInode>();

  /** `lowers` are directories, the topmost first; without `upper` nothing can be changed. */
  constructor(device: number, lowers: readonly Inode[], upper: Inode | undefined) {
    super(device);
    this.source = "overlay";
    this.readOnly = upper === undefined;
    this.upper = upper;
    this.layers = [...new Set([...lowers].reverse().concat(upper ?? []).map((inode) => inode.fs))];
    // The layers are in use as long as this is.
    for (const layer of this.layers) layer.mounts++;
    this.root = this.inodeFor(upper, lowers);
  }

  /** What takes the changes; undefined where there can be none. */
  get writableLayer(): FileSystem | undefined {
    return this.upper?.fs;
  }

  override facts(): FileSystemFacts {
    const layer = this.upper?.fs ?? this.layers[0];
    return { ...layer.facts(), type: OVERLAYFS_SUPER_MAGIC };
  }

  /** st_ino of a layer's inode as long as nothing else is known of it. */
  number(inode: Inode, ino = inode.ino): number {
    return ino + this.layers.indexOf(inode.fs) * 2 ** 32;
  }

  known(inode: Inode): OverlayInode | undefined {
    return this.inodes.get(inode);
  }

  /** The one inode for what the layers have; `lowers` topmost first. */
  inodeFor(upper: Inode | undefined, lowers: readonly Inode[]): OverlayInode {
    const top = upper ?? lowers[0];
    const known = this.inodes.get(top);
    if (known !== undefined) return known;
    const inode = new OverlayInode(this, this.number(lowers.at(-1) ?? top), upper, lowers);
    this.inodes.set(top, inode);
    return inode;
  }

  /** It was copied up: from now on its upper inode stands for it too. */
  copied(inode: OverlayInode, upper: Inode): void {
    this.inodes.set(upper, inode);
  }

  forget(upper: Inode | undefined, lower: Inode | undefined): void {
    if (upper !== undefined) this.inodes.delete(upper);
    if (lower !== undefined) this.inodes.delete(lower);
  }

  isOpaque(task: Task, directory: Inode): boolean {
    const value = directory.getxattr(task, OPAQUE);
    return value instanceof Uint8Array && value.length === 1 && value[0] === 0x79;
  }

  override unmounted(): void {
    for (const inode of this.inodes.values()) inode.unpin();
    this.inodes.clear();
    for (const layer of this.layers) if (--layer.mounts === 0) layer.unmounted();
  }
}

savable(Overlay);
