// An image's disk as the tree that lies under a virtual machine's root filesystem.
import { type Errno, failed } from "../abi/errno.js";
import { S_IFMT } from "../abi/stat.js";
import type { DiskImage } from "../hardware/devices/disk.js";
import { type LowerAttributes, LowerFailure, type LowerTree } from "../hypervisor/fuse/lower-tree.js";
import { fromBytes } from "../kernel/bytestring.js";
import { DirectoryBlock } from "../kernel/fs/erofs-directory.js";
import { BLOCK_SIZE, type DiskInode, EXTENDED_INODE_BYTES, FLAT_INLINE, INODE_SLOT_BYTES, type Superblock, decodeInode, decodeSuperblock } from "../kernel/fs/erofs-format.js";
import { readXattrs } from "../kernel/fs/erofs-xattrs.js";

const S_IFDIR = 0o040000, S_IFCHR = 0o020000, S_IFBLK = 0o060000;
/** Directories and links beyond this are not what an image has. */
const MOST_METADATA_BYTES = 64 << 20;

function sound<T>(value: T | Errno): T {
  if (failed(value)) throw new LowerFailure(`the image's disk is damaged: ${value.name}`);
  return value;
}

export class ImageTree implements LowerTree {
  readonly root: number;
  private readonly disk: DiskImage;
  private readonly superblock: Superblock;

  constructor(disk: DiskImage) {
    this.disk = disk;
    const first = new Uint8Array(BLOCK_SIZE);
    disk.readSync(0, 1, first);
    this.superblock = sound(decodeSuperblock(first));
    this.root = this.superblock.rootNid;
    if ((this.inode(this.root).mode & S_IFMT) !== S_IFDIR) throw new LowerFailure("the image's disk has no root directory");
  }

  private bytes(at: number, into: Uint8Array): void {
    if (at < 0 || at + into.length > this.disk.blocks * BLOCK_SIZE) throw new LowerFailure("the image's disk ends too early");
    const first = Math.floor(at / BLOCK_SIZE), count = Math.ceil((at + into.length) / BLOCK_SIZE) - first;
    const blocks = at % BLOCK_SIZE === 0 && into.length % BLOCK_SIZE === 0 ? into : new Uint8Array(count * BLOCK_SIZE);
    try {
      this.disk.readSync(first, count, blocks);
    } catch (error) {
      throw new LowerFailure("the image's disk can't be read", { cause: error });
    }
    if (blocks !== into) into.set(blocks.subarray(at % BLOCK_SIZE, (at % BLOCK_SIZE) + into.length));
  }

  private copy(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.bytes(at, bytes);
    return bytes;
  }

  private at(node: number): number {
    return this.superblock.metaBlock * BLOCK_SIZE + node * INODE_SLOT_BYTES;
  }

  private inode(node: number): DiskInode {
    const padded = new Uint8Array(EXTENDED_INODE_BYTES);
    const at = this.at(node), end = this.disk.blocks * BLOCK_SIZE;
    this.bytes(at, padded.subarray(0, Math.max(INODE_SLOT_BYTES, Math.min(EXTENDED_INODE_BYTES, end - at))));
    return sound(decodeInode(new DataView(padded.buffer), this.superblock));
  }

  attributes(node: number): LowerAttributes {
    const { mode, uid, gid, nlink, size, data, sec, nsec } = this.inode(node);
    const type = mode & S_IFMT, device = type === S_IFCHR || type === S_IFBLK;
    return { mode, uid, gid, nlink, size: device ? 0 : size, rdev: device ? data : 0, sec, nsec };
  }

  /** The file's bytes from `at` on; the tail may stand beside the inode. */
  private data(node: number, inode: DiskInode, at: number, into: Uint8Array): void {
    const tailAt = inode.layout === FLAT_INLINE ? inode.size - (inode.size % BLOCK_SIZE) : inode.size;
    const end = Math.min(inode.size, at + into.length);
    const fromBlocks = Math.max(0, Math.min(end, tailAt) - at);
    if (fromBlocks > 0) this.bytes(inode.data * BLOCK_SIZE + at, into.subarray(0, fromBlocks));
    const tail = Math.max(at, tailAt);
    if (end > tail) this.bytes(this.at(node) + inode.bytes + inode.xattrBytes + tail - tailAt, into.subarray(tail - at, end - at));
    into.fill(0, Math.max(0, end - at));
  }

  private content(node: number): Uint8Array {
    const inode = this.inode(node);
    if (inode.size > MOST_METADATA_BYTES) throw new LowerFailure("the image's disk has a directory or link beyond all measure");
    const bytes = new Uint8Array(inode.size);
    this.data(node, inode, 0, bytes);
    return bytes;
  }

  entries(node: number): readonly [string, number][] {
    const bytes = this.content(node);
    const entries: [string, number][] = [];
    for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
      const block = sound(DirectoryBlock.of(bytes.subarray(at, at + BLOCK_SIZE)));
      for (let i = 0; i < block.count; i++) {
        const name = sound(block.text(i));
        if (name === "." || name === "..") continue;
        if (name.includes("/") || name.includes("\0")) throw new LowerFailure("the image's disk has a name that can't be one");
        entries.push([name, block.nid(i)]);
      }
    }
    return entries;
  }

  read(node: number, at: number, into: Uint8Array): void {
    this.data(node, this.inode(node), at, into);
  }

  target(node: number): string {
    return fromBytes(this.content(node));
  }

  xattrs(node: number): ReadonlyMap<string, Uint8Array> {
    const { bytes, xattrBytes } = this.inode(node);
    return sound(readXattrs(this.superblock, (at, n) => this.copy(at, n), this.at(node) + bytes, xattrBytes));
  }
}
