// stat(2), statx(2) and statfs(2): file modes, device numbers and the structures.

import { u64 } from "./bytes.js";
import { encodeTimespec } from "./time.js";
import type { Timespec } from "./time.js";

// File modes
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o60000;
export const S_IFDIR = 0o40000;
export const S_IFCHR = 0o20000;
export const S_IFIFO = 0o10000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IRWXU = 0o700;
export const S_IRUSR = 0o400;
export const S_IWUSR = 0o200;
export const S_IXUSR = 0o100;
export const S_IRWXG = 0o70;
export const S_IRGRP = 0o40;
export const S_IWGRP = 0o20;
export const S_IXGRP = 0o10;
export const S_IRWXO = 0o7;
export const S_IROTH = 0o4;
export const S_IWOTH = 0o2;
export const S_IXOTH = 0o1;

// statx(2)
export const STATX_TYPE = 0x1;
export const STATX_MODE = 0x2;
export const STATX_NLINK = 0x4;
export const STATX_UID = 0x8;
export const STATX_GID = 0x10;
export const STATX_ATIME = 0x20;
export const STATX_MTIME = 0x40;
export const STATX_CTIME = 0x80;
export const STATX_INO = 0x100;
export const STATX_SIZE = 0x200;
export const STATX_BLOCKS = 0x400;
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;
export const STATX_DIOALIGN = 0x2000;
export const STATX_ALL = 0xfff;
export const STATX_ATTR_COMPRESSED = 0x4;
export const STATX_ATTR_IMMUTABLE = 0x10;
export const STATX_ATTR_APPEND = 0x20;
export const STATX_ATTR_NODUMP = 0x40;
export const STATX_ATTR_ENCRYPTED = 0x800;
export const STATX_ATTR_AUTOMOUNT = 0x1000;
export const STATX_ATTR_MOUNT_ROOT = 0x2000;
export const STATX_ATTR_VERITY = 0x100000;
export const STATX_ATTR_DAX = 0x200000;

export const STATX_MNT_ID_UNIQUE = 0x4000;
export const STATX_SUBVOL = 0x8000;

export const S_ISREG = (mode: number): boolean => (mode & S_IFMT) === S_IFREG;
export const S_ISDIR = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
export const S_ISLNK = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;
export const S_ISCHR = (mode: number): boolean => (mode & S_IFMT) === S_IFCHR;
export const S_ISBLK = (mode: number): boolean => (mode & S_IFMT) === S_IFBLK;
export const S_ISFIFO = (mode: number): boolean => (mode & S_IFMT) === S_IFIFO;
export const S_ISSOCK = (mode: number): boolean => (mode & S_IFMT) === S_IFSOCK;

// Device numbers as programs see them (new_encode_dev of include/linux/kdev_t.h): 12 bits of major, 20 of minor.
export const makedev = (major: number, minor: number): number => ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
export const major = (dev: number): number => (dev >>> 8) & 0xfff;
export const minor = (dev: number): number => (dev & 0xff) | ((dev >>> 12) & 0xfff00);

/** What stat(2) and statx(2) tell of a file; dev and rdev as makedev gives them, blocks of 512 bytes. */
export type Stat = {
  dev: number; ino: number; mode: number; nlink: number; uid: number; gid: number; rdev: number; size: number;
  blksize: number; blocks: number; atime: Timespec; mtime: Timespec; ctime: Timespec;
};

export const STAT_BYTES = 128;

export function encodeStat(view: DataView, at: number, stat: Stat): void {
  u64(view, at, stat.dev);
  u64(view, at + 8, stat.ino);
  view.setUint32(at + 16, stat.mode, true);
  view.setUint32(at + 20, stat.nlink, true);
  view.setUint32(at + 24, stat.uid, true);
  view.setUint32(at + 28, stat.gid, true);
  u64(view, at + 32, stat.rdev);
  u64(view, at + 40, 0);
  u64(view, at + 48, stat.size);
  view.setInt32(at + 56, stat.blksize, true);
  view.setInt32(at + 60, 0, true);
  u64(view, at + 64, stat.blocks);
  encodeTimespec(view, at + 72, stat.atime);
  encodeTimespec(view, at + 88, stat.mtime);
  encodeTimespec(view, at + 104, stat.ctime);
  u64(view, at + 120, 0);
}

export const STATX_BYTES = 256;

/** What only statx(2) tells; mask says which fields are filled. */
export type StatxExtra = { mask: number; attributes: number; attributesMask: number; btime: Timespec; mountId: number };

export function encodeStatx(view: DataView, at: number, stat: Stat, extra: StatxExtra): void {
  new Uint8Array(view.buffer, view.byteOffset + at, STATX_BYTES).fill(0);
  view.setUint32(at, extra.mask, true);
  view.setUint32(at + 4, stat.blksize, true);
  u64(view, at + 8, extra.attributes);
  view.setUint32(at + 16, stat.nlink, true);
  view.setUint32(at + 20, stat.uid, true);
  view.setUint32(at + 24, stat.gid, true);
  view.setUint16(at + 28, stat.mode, true);
  u64(view, at + 32, stat.ino);
  u64(view, at + 40, stat.size);
  u64(view, at + 48, stat.blocks);
  u64(view, at + 56, extra.attributesMask);
  encodeStatxTime(view, at + 64, stat.atime);
  encodeStatxTime(view, at + 80, extra.btime);
  encodeStatxTime(view, at + 96, stat.ctime);
  encodeStatxTime(view, at + 112, stat.mtime);
  view.setUint32(at + 128, major(stat.rdev), true);
  view.setUint32(at + 132, minor(stat.rdev), true);
  view.setUint32(at + 136, major(stat.dev), true);
  view.setUint32(at + 140, minor(stat.dev), true);
  u64(view, at + 144, extra.mountId);
}

function encodeStatxTime(view: DataView, at: number, time: Timespec): void {
  u64(view, at, time.seconds);
  view.setUint32(at + 8, time.nanoseconds, true);
}

export const STATFS_BYTES = 120;

/** What statfs(2) tells of a filesystem; blocks of bsize bytes, flags the ST_* of mount.ts. */
export type Statfs = {
  type: number; bsize: number; blocks: number; bfree: number; bavail: number; files: number; ffree: number;
  fsid: readonly [number, number]; namelen: number; frsize: number; flags: number;
};

export function encodeStatfs(view: DataView, at: number, fs: Statfs): void {
  const { type, bsize, blocks, bfree, bavail, files, ffree } = fs;
  [type, bsize, blocks, bfree, bavail, files, ffree].forEach((value, i) => u64(view, at + 8 * i, value));
  view.setInt32(at + 56, fs.fsid[0], true);
  view.setInt32(at + 60, fs.fsid[1], true);
  [fs.namelen, fs.frsize, fs.flags, 0, 0, 0, 0].forEach((value, i) => u64(view, at + 64 + 8 * i, value));
}
