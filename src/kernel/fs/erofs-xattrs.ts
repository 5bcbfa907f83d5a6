// Extended attributes of EROFS: those that stand beside the inode, and those that several inodes share (Linux: fs/erofs/xattr.c).
import { EUCLEAN, type Errno, failed } from "../../abi/errno.js";
import { type ByteString, fromBytes } from "../bytestring.js";
import { BLOCK_SIZE, type Superblock, xattrPrefixes } from "./erofs-format.js";

/** An attribute's header; the name's length, the prefix, the value's length. */
const XATTR_ENTRY_BYTES = 4;
const XATTR_HEADER_BYTES = 12;

/** By full name, from the `n` bytes at `start` of the disk. `read` copies bytes of the disk. */
export function readXattrs(superblock: Superblock, read: (at: number, n: number) => Uint8Array | Errno, start: number, n: number): Map<ByteString, Uint8Array> | Errno {
  const found = new Map<ByteString, Uint8Array>();
  if (n === 0) return found;
  const bytes = read(start, n);
  if (failed(bytes)) return bytes;
  const view = new DataView(bytes.buffer);
  const shared = bytes[4];
  let at = XATTR_HEADER_BYTES + shared * 4;
  if (at > bytes.length) return EUCLEAN;
  for (let i = 0; i < shared; i++) {
    const place = superblock.xattrBlock * BLOCK_SIZE + view.getUint32(XATTR_HEADER_BYTES + i * 4, true) * 4;
    const head = read(place, XATTR_ENTRY_BYTES);
    if (failed(head)) return head;
    const entry = read(place, entryBytes(head, 0));
    if (failed(entry)) return entry;
    addXattr(found, entry, 0);
  }
  while (at + XATTR_ENTRY_BYTES <= bytes.length) {
    const length = entryBytes(bytes, at);
    if (at + length > bytes.length) return EUCLEAN;
    addXattr(found, bytes, at);
    at += (length + 3) & ~3;
  }
  return found;
}

const entryBytes = (bytes: Uint8Array, at: number): number => XATTR_ENTRY_BYTES + bytes[at] + bytes[at + 2] + bytes[at + 3] * 256;

function addXattr(into: Map<ByteString, Uint8Array>, bytes: Uint8Array, at: number): void {
  const nameEnd = at + XATTR_ENTRY_BYTES + bytes[at];
  const prefix = xattrPrefixes[bytes[at + 1]];
  if (prefix === undefined) return;
  into.set(prefix + fromBytes(bytes.subarray(at + XATTR_ENTRY_BYTES, nameEnd)), bytes.slice(nameEnd, at + entryBytes(bytes, at)));
}
