// The EROFS on-disk format, uncompressed (Linux: fs/erofs/erofs_fs.h). Every number of it comes from a disk that nobody vouches for.
import { EINVAL, EUCLEAN, type Errno } from "../../abi/errno.js";
import { readU64 } from "../../abi/bytes.js";

export const EROFS_MAGIC = 0xe0f5e1e2;
export const SUPERBLOCK_OFFSET = 1024;
export const SUPERBLOCK_BYTES = 128;
export const BLOCK_SIZE = 4096;
export const INODE_SLOT_BYTES = 32;
export const EXTENDED_INODE_BYTES = 64;
export const DIRENT_BYTES = 12;

/** Data layouts. */
export const FLAT_PLAIN = 0;
export const FLAT_INLINE = 2;

/** Features that an uncompressed image may name: zero padding of compressed ones, long xattr prefixes. */
const KNOWN_INCOMPATIBLE = 0x1 | 0x40;
const CHECKSUM_FEATURE = 0x1;

export interface Superblock {
  readonly rootNid: number;
  readonly inodes: number;
  readonly buildSec: number;
  readonly buildNsec: number;
  readonly blocks: number;
  readonly metaBlock: number;
  readonly xattrBlock: number;
}

/** `block` is the first block of the disk. EINVAL: not such a file system, or one with features that are not there. */
export function decodeSuperblock(block: Uint8Array): Superblock | Errno {
  const view = new DataView(block.buffer, block.byteOffset + SUPERBLOCK_OFFSET, SUPERBLOCK_BYTES);
  if (view.getUint32(0, true) !== EROFS_MAGIC) return EINVAL;
  if (view.getUint8(12) !== 12 || (view.getUint32(80, true) & ~KNOWN_INCOMPATIBLE) !== 0 || view.getUint8(90) !== 0) return EINVAL;
  if ((view.getUint32(8, true) & CHECKSUM_FEATURE) !== 0 && view.getUint32(4, true) !== checksum(block)) return EUCLEAN;
  return {
    rootNid: view.getUint16(14, true), inodes: readU64(view, 16), buildSec: readU64(view, 24), buildNsec: view.getUint32(32, true) % 1e9,
    blocks: view.getUint32(36, true), metaBlock: view.getUint32(40, true), xattrBlock: view.getUint32(44, true),
  };
}

/** CRC-32C of the rest of the block, the checksum's own bytes as zeros (erofs_superblock_csum_verify). */
function checksum(block: Uint8Array): number {
  let crc = ~0;
  for (let at = SUPERBLOCK_OFFSET; at < BLOCK_SIZE; at++) {
    const own = at >= SUPERBLOCK_OFFSET + 4 && at < SUPERBLOCK_OFFSET + 8;
    crc ^= own ? 0 : block[at];
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0x82f63b78);
  }
  return crc >>> 0;
}

export interface DiskInode {
  readonly layout: number;
  /** Bytes of the inode itself. */
  readonly bytes: number;
  /** Bytes of inline attributes that follow it. */
  readonly xattrBytes: number;
  readonly mode: number;
  readonly nlink: number;
  readonly size: number;
  /** First block of the data, or the device number. */
  readonly data: number;
  readonly uid: number;
  readonly gid: number;
  readonly ino: number;
  readonly sec: number;
  readonly nsec: number;
}

/** Decodes an inode from its bytes: 64 of them, of which a compact one uses 32. */
export function decodeInode(view: DataView, superblock: Superblock): DiskInode | Errno {
  const format = view.getUint16(0, true);
  const extended = (format & 1) !== 0;
  const layout = (format >> 1) & 7;
  if ((format & ~0xf) !== 0 || (layout !== FLAT_PLAIN && layout !== FLAT_INLINE)) return EUCLEAN;
  const xattrs = view.getUint16(2, true);
  const common = { layout, xattrBytes: xattrs === 0 ? 0 : 12 + (xattrs - 1) * 4, mode: view.getUint16(4, true), data: view.getUint32(16, true), ino: view.getUint32(20, true) };
  if (!extended) {
    const nlink = view.getUint16(6, true);
    const { buildSec: sec, buildNsec: nsec } = superblock;
    return { ...common, bytes: 32, nlink, size: view.getUint32(8, true), uid: view.getUint16(24, true), gid: view.getUint16(26, true), sec, nsec };
  }
  const size = readU64(view, 8);
  if (size > 2 ** 44) return EUCLEAN;
  return {
    ...common, bytes: EXTENDED_INODE_BYTES, nlink: view.getUint32(44, true), size, uid: view.getUint32(24, true), gid: view.getUint32(28, true),
    sec: readU64(view, 32), nsec: view.getUint32(40, true) % 1e9,
  };
}

/** Prefixes of attribute names by e_name_index. */
export const xattrPrefixes: Readonly<Record<number, string>> = {
  1: "user.", 2: "system.posix_acl_access", 3: "system.posix_acl_default", 4: "trusted.", 6: "security.",
};
