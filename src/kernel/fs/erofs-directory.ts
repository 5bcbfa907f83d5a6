// Directory blocks of EROFS: sorted entries at the front, their names behind (Linux: fs/erofs/namei.c, dir.c).
import { EUCLEAN, type Errno } from "../../abi/errno.js";
import { readU64 } from "../../abi/bytes.js";
import { type ByteString, fromBytes } from "../bytestring.js";
import { DIRENT_BYTES } from "./erofs-format.js";

/** One block of a directory, checked as far as it is looked at. `bytes` ends where the directory's size ends it. */
export class DirectoryBlock {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  readonly count: number;

  private constructor(bytes: Uint8Array, view: DataView, count: number) {
    this.bytes = bytes;
    this.view = view;
    this.count = count;
  }

  static of(bytes: Uint8Array): DirectoryBlock | Errno {
    if (bytes.length < DIRENT_BYTES) return EUCLEAN;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = view.getUint16(8, true);
    if (first < DIRENT_BYTES || first >= bytes.length || first % DIRENT_BYTES !== 0) return EUCLEAN;
    return new DirectoryBlock(bytes, view, first / DIRENT_BYTES);
  }

  nid(index: number): number {
    return readU64(this.view, index * DIRENT_BYTES);
  }

  /** EROFS's own numbering of types, 1 to 7. */
  type(index: number): number {
    return this.view.getUint8(index * DIRENT_BYTES + 10);
  }

  /** The bytes of a name; the last one ends with the block or with a zero. */
  name(index: number): Uint8Array | Errno {
    const start = this.view.getUint16(index * DIRENT_BYTES + 8, true);
    const end = index + 1 < this.count ? this.view.getUint16((index + 1) * DIRENT_BYTES + 8, true) : this.bytes.length;
    if (start < this.count * DIRENT_BYTES || end > this.bytes.length || start >= end) return EUCLEAN;
    const name = this.bytes.subarray(start, end);
    const zero = index + 1 < this.count ? -1 : name.indexOf(0);
    const cut = zero < 0 ? name : name.subarray(0, zero);
    return cut.length === 0 || cut.length > 255 ? EUCLEAN : cut;
  }

  text(index: number): ByteString | Errno {
    const name = this.name(index);
    return name instanceof Uint8Array ? fromBytes(name) : name;
  }

  /** The entry with that name, -1 where there is none. */
  find(name: ByteString): number | Errno {
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const bytes = this.name(middle);
      if (!(bytes instanceof Uint8Array)) return bytes;
      const order = compare(name, bytes);
      if (order === 0) return middle;
      if (order < 0) high = middle - 1;
      else low = middle + 1;
    }
    return -1;
  }
}

/** Order of a name and bytes, byte by byte; a prefix comes first. */
export function compare(name: ByteString, bytes: Uint8Array): number {
  const length = Math.min(name.length, bytes.length);
  for (let i = 0; i < length; i++) {
    const order = name.charCodeAt(i) - bytes[i];
    if (order !== 0) return order;
  }
  return name.length - bytes.length;
}
