// Writes an EROFS file system, uncompressed, in one pass: file data as it comes, then directories and inodes, then the superblock.
// Format: Linux fs/erofs/erofs_fs.h and Documentation/filesystems/erofs.rst. Equal input gives equal bytes.

import { ImageError } from "./error.js";
import { layOutDirectory, writeDirectory, type DirectoryLayout } from "./erofs-directory.js";
import type { ImageHost, NewFile } from "../../host/interface/images.js";
import type { DirectoryNode, TreeNode } from "./tree.js";

export const BLOCK = 4096;
const SLOT = 32; // an inode's number is its place in the metadata area in slots
const SUPERBLOCK_AT = 1024;
const MAGIC = 0xe0f5e1e2;
const FEATURE_COMPAT_MTIME = 0x2; // times are of modification
const FLAT_PLAIN = 0;
const FLAT_INLINE = 2;
const NULL_ADDRESS = 0xffffffff;
/** Longer ends of files get a block of their own, so that their room is known before their inode's place is. */
const TAIL_LIMIT = 2048;
const XATTR_LIMIT = 1024;
const BUFFER = 1 << 20;

/** Where a file's bytes are: whole blocks on the disk and an end that is kept for the inode's block. */
export interface Extent {
  block: number;
  size: number;
  tail: Uint8Array;
}

export const EMPTY: Extent = { block: 0, size: 0, tail: new Uint8Array(0) };

interface Inode {
  node: TreeNode;
  nid: number;
  ino: number;
  links: number;
  size: number;
  extended: boolean;
  xattrs: Uint8Array;
  /** Bytes that follow the inode. */
  tail: Uint8Array;
  block: number;
  layout?: DirectoryLayout;
}

export class ErofsWriter {
  private readonly file: NewFile;
  private readonly hash: ReturnType<ImageHost["sha256"]>;
  private readonly buffer = new Uint8Array(BUFFER);
  private buffered = 0;
  /** Bytes of the disk so far, those in the buffer included. The first block is the superblock's. */
  private end = BLOCK;

  constructor(file: NewFile, host: ImageHost) {
    this.file = file;
    this.hash = host.sha256();
  }

  async addFile(source: AsyncIterable<Uint8Array>, size: number, what: string): Promise<Extent> {
    const tailSize = size % BLOCK <= TAIL_LIMIT ? size % BLOCK : 0;
    const bodySize = size - tailSize;
    const extent: Extent = { block: bodySize > 0 ? this.end / BLOCK : 0, size, tail: new Uint8Array(tailSize) };
    let at = 0;
    for await (const bytes of source) {
      const body = Math.max(0, Math.min(bytes.length, bodySize - at));
      if (at + bytes.length > size) throw new ImageError(`${what} is longer than it says: it changed, or it is damaged`);
      if (body > 0) await this.append(bytes.subarray(0, body));
      if (body < bytes.length) extent.tail.set(bytes.subarray(body), at + body - bodySize);
      at += bytes.length;
    }
    if (at !== size) throw new ImageError(`${what} is shorter than it says: it changed, or it is damaged`);
    await this.align();
    return extent;
  }

  async addBytes(bytes: Uint8Array): Promise<Extent> {
    return this.addFile((async function* () { yield bytes; })(), bytes.length, "a file");
  }

  /** Reads back from a file that was added. */
  async read(extent: Extent, at: number, length: number): Promise<Uint8Array> {
    await this.flush();
    const until = Math.min(extent.size, at + length);
    const bodySize = extent.size - extent.tail.length;
    const bytes = new Uint8Array(Math.max(0, until - at));
    if (at < bodySize) bytes.set(await this.file.read(extent.block * BLOCK + at, Math.min(until, bodySize) - at));
    if (until > bodySize) bytes.set(extent.tail.subarray(Math.max(0, at - bodySize), until - bodySize), Math.max(0, bodySize - at));
    return bytes;
  }

  /** Writes all that isn't file data; returns the size of the disk. */
  async finish(root: DirectoryNode, buildTime: number): Promise<number> {
    const inodes = number(root, buildTime);
    const metadataSize = place(inodes);
    await this.writeDirectories(inodes);
    const metadataBlock = this.end / BLOCK;
    const metadata = new Uint8Array(metadataSize);
    for (const inode of inodes.values()) writeInode(metadata, inode);
    await this.append(metadata);
    await this.align();
    await this.flush();
    const rootInode = inodes.get(root);
    await this.file.write(0, superblock({
      rootNid: rootInode?.nid ?? 0, inodes: inodes.size, buildTime, blocks: this.end / BLOCK, metadataBlock, uuid: this.uuid(),
    }));
    return this.end;
  }

  /** Whole blocks of directories go to the disk, their ends to their inodes. */
  private async writeDirectories(inodes: Map<TreeNode, Inode>): Promise<void> {
    for (const inode of inodes.values()) {
      if (!inode.layout) continue;
      const bytes = writeDirectory(inode.layout, (node) => inodes.get(node)?.nid ?? 0);
      const body = bytes.length - inode.tail.length;
      inode.tail.set(bytes.subarray(body));
      inode.block = body > 0 ? this.end / BLOCK : 0;
      await this.append(bytes.subarray(0, body));
      await this.align();
    }
  }

  private async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const step = Math.min(bytes.length - at, BUFFER - this.buffered);
      this.buffer.set(bytes.subarray(at, at + step), this.buffered);
      this.buffered += step;
      this.end += step;
      at += step;
      if (this.buffered === BUFFER) await this.flush();
    }
  }

  private async align(): Promise<void> {
    const over = this.end % BLOCK;
    if (over > 0) await this.append(new Uint8Array(BLOCK - over));
  }

  private async flush(): Promise<void> {
    if (this.buffered === 0) return;
    const bytes = this.buffer.subarray(0, this.buffered);
    await this.file.write(this.end - this.buffered, bytes);
    this.hash.update(bytes);
    this.buffered = 0;
  }

  /** From the content, in the form of RFC 9562 version 8. */
  private uuid(): Uint8Array {
    const hex = this.hash.hex();
    const uuid = Uint8Array.from({ length: 16 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
    uuid[6] = (uuid[6] & 0x0f) | 0x80;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
    return uuid;
  }
}

/** Every node once, the root first, with its number of names and its form. */
function number(root: DirectoryNode, buildTime: number): Map<TreeNode, Inode> {
  const inodes = new Map<TreeNode, Inode>();
  const visit = (node: TreeNode, parent: DirectoryNode): void => {
    const known = inodes.get(node);
    if (known) {
      known.links++;
      return;
    }
    const inode: Inode = { node, nid: 0, ino: inodes.size + 1, links: 1, size: 0, extended: false, xattrs: xattrBytes(node), tail: EMPTY.tail, block: 0 };
    inodes.set(node, inode);
    if (node.kind === "directory") {
      inode.links = 2;
      inode.layout = layOutDirectory(node, parent);
      inode.size = inode.layout.size;
      inode.tail = new Uint8Array(tailOf(inode.size, BLOCK - 64 - inode.xattrs.length));
      for (const { name, node: child } of inode.layout.entries) {
        if (name === "." || name === "..") continue;
        visit(child, node);
        if (child.kind === "directory") inode.links++;
      }
    } else if (node.kind === "file") {
      Object.assign(inode, { size: node.extent.size, tail: node.extent.tail, block: node.extent.block });
    } else if (node.kind === "symlink") {
      inode.tail = Uint8Array.from(node.target, (char) => char.charCodeAt(0));
      inode.size = inode.tail.length;
      if (inode.size === 0 || inode.size > TAIL_LIMIT) throw new ImageError(`a symbolic link of ${inode.size} bytes can't be kept in an image`);
    }
  };
  visit(root, root);
  for (const inode of inodes.values()) inode.extended = needsExtended(inode, buildTime);
  return inodes;
}

function tailOf(size: number, room: number): number {
  const tail = size % BLOCK;
  return tail <= room ? tail : 0;
}

/** A compact inode has 16-bit owners and links, a 32-bit size and the time of the whole image. */
function needsExtended({ node, links, size }: Inode, buildTime: number): boolean {
  return node.mtime !== buildTime || (node.mtimeNs ?? 0) !== 0 || node.uid > 0xffff || node.gid > 0xffff || links > 0xffff || size > 0xffffffff;
}

/** Gives each inode its number, so that it and its tail lie in one block; returns the metadata's size. */
function place(inodes: Map<TreeNode, Inode>): number {
  let at = SLOT; // number 0 would look like a free directory entry in programs
  for (const inode of inodes.values()) {
    const need = inodeSize(inode) + inode.xattrs.length + inode.tail.length;
    if ((at % BLOCK) + need > BLOCK) at = Math.ceil(at / BLOCK) * BLOCK;
    inode.nid = at / SLOT;
    at += Math.ceil(need / SLOT) * SLOT;
  }
  return at;
}

function inodeSize(inode: Inode): number {
  return inode.extended ? 64 : 32;
}

const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000, character: 0o020000, block: 0o060000, fifo: 0o010000, socket: 0o140000 } as const;

function writeInode(metadata: Uint8Array, inode: Inode): void {
  const { node } = inode;
  const at = inode.nid * SLOT;
  const view = new DataView(metadata.buffer, at, inodeSize(inode));
  const dataLayout = inode.tail.length > 0 ? FLAT_INLINE : FLAT_PLAIN;
  view.setUint16(0, (inode.extended ? 1 : 0) | (dataLayout << 1), true);
  view.setUint16(2, inode.xattrs.length > 0 ? (inode.xattrs.length - 12) / 4 + 1 : 0, true);
  view.setUint16(4, TYPE_BITS[node.kind] | node.mode, true);
  view.setUint32(16, addressOf(inode), true);
  view.setUint32(20, inode.ino, true);
  if (inode.extended) {
    view.setBigUint64(8, BigInt(inode.size), true);
    view.setUint32(24, node.uid, true);
    view.setUint32(28, node.gid, true);
    view.setBigInt64(32, BigInt(node.mtime), true);
    view.setUint32(40, node.mtimeNs ?? 0, true);
    view.setUint32(44, inode.links, true);
  } else {
    view.setUint16(6, inode.links, true);
    view.setUint32(8, inode.size, true);
    view.setUint16(24, node.uid, true);
    view.setUint16(26, node.gid, true);
  }
  metadata.set(inode.xattrs, at + inodeSize(inode));
  metadata.set(inode.tail, at + inodeSize(inode) + inode.xattrs.length);
}

/** The first block, or a device's numbers as Linux's new_encode_dev. */
function addressOf({ node, block, size, tail }: Inode): number {
  if (node.kind === "character" || node.kind === "block") return ((node.minor & 0xff) | (node.major << 8) | ((node.minor & ~0xff) << 12)) >>> 0;
  if (size > tail.length) return block;
  return tail.length > 0 ? NULL_ADDRESS : 0;
}

const XATTR_PREFIXES: readonly [string, number][] = [["user.", 1], ["trusted.", 4], ["security.", 6]];

/** `erofs_xattr_ibody_header` and its entries, sorted by name; empty where there are none. */
function xattrBytes({ xattrs }: TreeNode): Uint8Array {
  if (!xattrs || xattrs.size === 0) return EMPTY.tail;
  const bytes: number[] = new Array<number>(12).fill(0);
  for (const [name, value] of [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [prefix, index] = XATTR_PREFIXES.find(([each]) => name.startsWith(each)) ?? ["", 0];
    if (index === 0) throw new ImageError(`the extended attribute ${name} can't be kept in an image`);
    const rest = name.slice(prefix.length);
    bytes.push(rest.length, index, value.length & 0xff, value.length >> 8, ...Array.from(rest, (char) => char.charCodeAt(0)), ...value);
    while (bytes.length % 4 !== 0) bytes.push(0);
  }
  if (bytes.length > XATTR_LIMIT) throw new ImageError(`extended attributes of more than ${XATTR_LIMIT} bytes can't be kept in an image`);
  return Uint8Array.from(bytes);
}

function superblock(s: { rootNid: number; inodes: number; buildTime: number; blocks: number; metadataBlock: number; uuid: Uint8Array }): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const view = new DataView(bytes.buffer, SUPERBLOCK_AT);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, FEATURE_COMPAT_MTIME, true);
  view.setUint8(12, Math.log2(BLOCK));
  view.setUint16(14, s.rootNid, true);
  view.setBigUint64(16, BigInt(s.inodes), true);
  view.setBigUint64(24, BigInt(s.buildTime), true);
  view.setUint32(36, s.blocks, true);
  view.setUint32(40, s.metadataBlock, true);
  bytes.set(s.uuid, SUPERBLOCK_AT + 48);
  return bytes;
}
