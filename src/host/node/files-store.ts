// The image store's files on Node: every call that images need, by node:fs.

import { constants, promises as fs, type BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { FileStat, ImageFiles, NewFile, OpenFile } from "../interface/images.js";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

async function read(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await handle.read(bytes, got, length - got, at + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
}

async function write(handle: FileHandle, at: number, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

function kindOf(stat: BigIntStats): FileStat["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isCharacterDevice()) return "character";
  if (stat.isBlockDevice()) return "block";
  return stat.isFIFO() ? "fifo" : "socket";
}

/** As glibc's gnu_dev_major and gnu_dev_minor. */
function deviceNumbers(rdev: bigint): { rdevMajor: number; rdevMinor: number } {
  return {
    rdevMajor: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    rdevMinor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Not Node's recursive mkdir, which never ends in /proc (ENOENT below a directory that is there). */
async function makeDirectory(path: string): Promise<void> {
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (hasCode(error, "EEXIST")) {
      if ((await fs.stat(path)).isDirectory()) return;
      throw Object.assign(new Error(`${path} is a file`), { code: "ENOTDIR" });
    }
    const parent = dirname(path);
    if (!hasCode(error, "ENOENT") || parent === path) throw error;
    // A parent that is there was made by another process just now, or is one of /proc, where the second attempt fails too.
    if (!(await fs.stat(parent).then(() => true, () => false))) await makeDirectory(parent);
    await makeOne(path);
  }
}

/** Another process may have been first. */
async function makeOne(path: string): Promise<void> {
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

export const storeFiles: ImageFiles = {
  readFile: (path) => fs.readFile(path),

  async open(path): Promise<OpenFile> {
    const handle = await fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const { size } = await handle.stat();
    return { size, read: (at, length) => read(handle, at, length), close: () => handle.close() };
  },

  async create(path): Promise<NewFile> {
    const handle = await fs.open(path, O_RDWR | O_CREAT | O_EXCL, 0o644);
    const file: NewFile = {
      size: 0,
      read: (at, length) => read(handle, at, length),
      async write(at, bytes) {
        await write(handle, at, bytes);
        file.size = Math.max(file.size, at + bytes.length);
      },
      async truncate(size) {
        await handle.truncate(size);
        file.size = size;
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
    return file;
  },

  rename: (from, to) => fs.rename(from, to),

  remove: (path) => fs.rm(path, { force: true }),

  makeDirectory,

  async list(path) {
    try {
      return (await fs.readdir(path)).sort();
    } catch (error) {
      if (hasCode(error, "ENOENT")) return [];
      throw error;
    }
  },

  async lstat(path): Promise<FileStat | undefined> {
    try {
      const stat = await fs.lstat(path, { bigint: true });
      return {
        kind: kindOf(stat), mode: Number(stat.mode & 0o7777n), size: Number(stat.size), mtimeNs: stat.mtimeNs, nlink: Number(stat.nlink),
        device: Number(stat.dev), inode: Number(stat.ino), ...deviceNumbers(stat.rdev),
      };
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined;
      throw error;
    }
  },

  readLink: (path) => fs.readlink(path),

  realPath: (path) => fs.realpath(path),

  async syncDirectory(path) {
    const handle = await fs.open(path, O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
