// Directory entries as getdents64(2) gives them.

import { i64, u64 } from "./bytes.js";

export const DT_UNKNOWN = 0;
export const DT_FIFO = 1;
export const DT_CHR = 2;
export const DT_DIR = 4;
export const DT_BLK = 6;
export const DT_REG = 8;
export const DT_LNK = 10;
export const DT_SOCK = 12;

/** The DT_* of a file mode: its upper four bits. */
export const direntType = (mode: number): number => (mode >> 12) & 0xf;

/** Bytes that a record takes: 19 of header, the name, its zero, rounded up to 8. */
export const direntBytes = (name: Uint8Array): number => (19 + name.length + 1 + 7) & ~7;

/** Writes struct linux_dirent64 and returns its length, or 0 where it does not fit below `end`. `next` is what lseek(2) takes to go on after it. */
export function encodeDirent(view: DataView, at: number, end: number, ino: number, next: number, type: number, name: Uint8Array): number {
  const length = direntBytes(name);
  if (at + length > end) return 0;
  u64(view, at, ino);
  i64(view, at + 8, next);
  view.setUint16(at + 16, length, true);
  view.setUint8(at + 18, type);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
  bytes.set(name, 19);
  bytes.fill(0, 19 + name.length);
  return length;
}
