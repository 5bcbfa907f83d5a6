// The FUSE protocol (Linux include/uapi/linux/fuse.h, version 7.31): operation numbers and the bytes of requests and replies.

export const opcodes = {
  LOOKUP: 1, FORGET: 2, GETATTR: 3, SETATTR: 4, READLINK: 5, SYMLINK: 6, MKNOD: 8, MKDIR: 9, UNLINK: 10, RMDIR: 11, RENAME: 12, LINK: 13, READ: 15, WRITE: 16, STATFS: 17,
  SETXATTR: 21, GETXATTR: 22, LISTXATTR: 23, REMOVEXATTR: 24, INIT: 26, READDIR: 28, INTERRUPT: 36, DESTROY: 38, BATCH_FORGET: 42, FALLOCATE: 43, RENAME2: 45, SYNCFS: 50,
} as const;

/** Linux's numbers (include/uapi/asm-generic/errno.h), as the protocol carries them. */
export const errors = {
  EPERM: 1, ENOENT: 2, EIO: 5, E2BIG: 7, EEXIST: 17, EXDEV: 18, ENOTDIR: 20, EISDIR: 21, EINVAL: 22, EFBIG: 27, ENOSPC: 28, EMLINK: 31, ERANGE: 34,
  ENAMETOOLONG: 36, ENOSYS: 38, ENOTEMPTY: 39, ENODATA: 61, EOPNOTSUPP: 95, ESTALE: 116,
} as const;

export type FuseError = keyof typeof errors;

export const REQUEST_HEADER_BYTES = 40;
export const REPLY_HEADER_BYTES = 16;

export interface RequestHeader {
  readonly length: number;
  readonly opcode: number;
  readonly unique: bigint;
  readonly node: number;
  readonly uid: number;
  readonly gid: number;
}

/** Reads a request from its beginning. Beyond its end there are zeros. */
export class RequestReader {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u32(): number {
    const value = this.at + 4 <= this.bytes.length ? this.view.getUint32(this.at, true) : 0;
    this.at += 4;
    return value;
  }

  wide(): bigint {
    const value = this.at + 8 <= this.bytes.length ? this.view.getBigUint64(this.at, true) : 0n;
    this.at += 8;
    return value;
  }

  /** A 64-bit number: beyond 2^53 it is not exact, and too large for everything that it may be. */
  u64(): number {
    return Number(this.wide());
  }

  /** Seconds since 1970, also those before. */
  seconds(): number {
    return Number(BigInt.asIntN(64, this.wide()));
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  /** Up to a zero byte, one character for each byte. */
  text(): string {
    let text = "";
    while (this.at < this.bytes.length && this.bytes[this.at] !== 0) text += String.fromCharCode(this.bytes[this.at++]);
    this.at++;
    return text;
  }

  /** At most so many of the bytes that follow. */
  data(count: number): Uint8Array {
    const data = this.bytes.subarray(this.at, this.at + count);
    this.at += data.length;
    return data;
  }

  header(): RequestHeader {
    const length = this.u32(), opcode = this.u32(), unique = this.wide(), node = this.u64(), uid = this.u32(), gid = this.u32();
    this.skip(8);
    return { length, opcode, unique, node, uid, gid };
  }
}

/** Grows as it is written. */
export class ReplyWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  get length(): number {
    return this.at;
  }

  private room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  u16(value: number): this {
    this.room(2);
    this.view.setUint16(this.at, value, true);
    this.at += 2;
    return this;
  }

  u32(value: number): this {
    this.room(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
    return this;
  }

  u64(value: number): this {
    this.room(8);
    this.view.setBigUint64(this.at, BigInt.asUintN(64, BigInt(value)), true);
    this.at += 8;
    return this;
  }

  wide(value: bigint): this {
    this.room(8);
    this.view.setBigUint64(this.at, value, true);
    this.at += 8;
    return this;
  }

  zeros(count: number): this {
    this.room(count);
    this.bytes.fill(0, this.at, this.at + count);
    this.at += count;
    return this;
  }

  data(bytes: Uint8Array): this {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  text(text: string): this {
    this.room(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.at++] = text.charCodeAt(i);
    return this;
  }

  get written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }
}
