// Files of a system as the outside reads and writes them: through the kernel's own tree, with root's rights.
import { EEXIST, EFBIG, EINVAL, ENOENT, type Errno, failed } from "../abi/errno.js";
import { AT_FDCWD, O_CREAT, O_DIRECTORY, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } from "../abi/fcntl.js";
import { S_IFMT, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFSOCK, S_ISDIR, S_ISREG } from "../abi/stat.js";
import { type ByteString, decodeUtf8, encodeUtf8 } from "../kernel/bytestring.js";
import { BufferSink, BufferSource } from "../kernel/io.js";
import type { Task } from "../kernel/task/task.js";
import { mkdir, rmdir, unlink } from "../kernel/vfs/change.js";
import type { File } from "../kernel/vfs/file.js";
import { unreference } from "../kernel/vfs/file-table.js";
import { lookup, NOFOLLOW } from "../kernel/vfs/lookup.js";
import { open } from "../kernel/vfs/open.js";
import { Wait } from "../kernel/wait.js";
import { FileError, type FileFacts, type SystemFiles } from "./system.js";

/** Bytes moved at once. */
const PIECE = 1 << 20;
/** What is read as a whole: a program inside may make a file of any size that costs it nothing. */
const MOST = 2 ** 30;

const kinds: Readonly<Record<number, FileFacts["kind"]>> = {
  [S_IFDIR]: "directory", [S_IFLNK]: "symlink", [S_IFCHR]: "character", [S_IFBLK]: "block", [S_IFIFO]: "fifo", [S_IFSOCK]: "socket",
};

export class GuestFiles implements SystemFiles {
  /** A task of the kernel itself: who asks. */
  private readonly task: Task;

  constructor(task: Task) {
    this.task = task;
  }

  read(path: string): Uint8Array {
    const file = this.open(path, O_RDONLY | O_NONBLOCK, 0);
    try {
      // A device would go on for ever, and a link that a program made leads anywhere.
      if (!S_ISREG(file.inode.mode) && !S_ISDIR(file.inode.mode)) throw new FileError(EINVAL.name, path);
      const pieces: Uint8Array[] = [];
      for (let at = 0; ;) {
        if (Math.max(at, file.inode.size) > MOST) throw new FileError(EFBIG.name, path);
        const sink = new BufferSink(new Uint8Array(Math.min(PIECE, Math.max(4096, file.inode.size - at + 1))));
        const got = this.must(path, file.read(this.task, sink, at));
        if (got === 0) return concatenated(pieces);
        pieces.push(sink.bytes.subarray(0, got));
        at += got;
      }
    } finally {
      unreference(file);
    }
  }

  write(path: string, bytes: Uint8Array, mode = 0o644): void {
    const file = this.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, mode);
    try {
      for (let at = 0; at < bytes.length;) at += this.must(path, file.write(this.task, new BufferSource(bytes.subarray(at, at + PIECE)), at));
    } finally {
      unreference(file);
    }
  }

  mkdir(path: string, { parents, mode = 0o755 }: { parents: boolean; mode?: number }): void {
    const names = this.name(path).split("/").filter((name) => name !== "");
    if (parents) for (let depth = 1; depth < names.length; depth++) this.makeDirectory(path, `/${names.slice(0, depth).join("/")}`, 0o755, true);
    this.makeDirectory(path, `/${names.join("/")}`, mode, parents);
  }

  readdir(path: string): string[] {
    const file = this.open(path, O_RDONLY | O_DIRECTORY, 0);
    try {
      const entries = file.entries(this.task);
      if (failed(entries)) throw new FileError(entries.name, path);
      return entries.map(({ name }) => decodeUtf8(name)).filter((name) => name !== "." && name !== "..").sort();
    } finally {
      unreference(file);
    }
  }

  remove(path: string, { recursive }: { recursive: boolean }): void {
    const name = this.name(path);
    const found = lookup(this.task, AT_FDCWD, name, NOFOLLOW);
    if (failed(found)) {
      if (recursive && found === ENOENT) return;
      throw new FileError(found.name, path);
    }
    const directory = S_ISDIR(found.inode.mode);
    if (directory && recursive) for (const each of this.readdir(path)) this.remove(`${path.replace(/\/+$/, "")}/${each}`, { recursive });
    this.check(path, directory ? rmdir(this.task, AT_FDCWD, name) : unlink(this.task, AT_FDCWD, name));
  }

  stat(path: string, { follow }: { follow: boolean }): FileFacts {
    const found = lookup(this.task, AT_FDCWD, this.name(path), follow ? 0 : NOFOLLOW);
    if (failed(found)) throw new FileError(found.name, path);
    const { inode } = found;
    this.check(path, inode.refresh());
    const { mode, uid, gid, size, mtime } = inode;
    return { kind: kinds[mode & S_IFMT] ?? "file", mode: mode & 0o7777, uid, gid, size, mtimeMs: mtime.sec * 1000 + mtime.nsec / 1e6 };
  }

  private makeDirectory(path: string, name: ByteString, mode: number, exists: boolean): void {
    const error = mkdir(this.task, AT_FDCWD, name, mode);
    if (error === EEXIST && exists && S_ISDIR(this.modeOf(name))) return;
    this.check(path, error);
  }

  private modeOf(name: ByteString): number {
    const found = lookup(this.task, AT_FDCWD, name);
    return failed(found) ? 0 : found.inode.mode;
  }

  private name(path: string): ByteString {
    if (!path.startsWith("/") || path.includes("\0")) throw new FileError(EINVAL.name, path);
    return encodeUtf8(path);
  }

  private open(path: string, flags: number, mode: number): File {
    const file = open(this.task, AT_FDCWD, this.name(path), flags, mode);
    if (failed(file)) throw new FileError(file.name, path);
    if (file instanceof Wait) throw new FileError("EAGAIN", path);
    file.references++;
    return file;
  }

  private must(path: string, result: number | Errno | Wait): number {
    if (typeof result === "number") return result;
    throw new FileError(failed(result) ? result.name : "EAGAIN", path);
  }

  private check(path: string, error: Errno | undefined): void {
    if (error !== undefined) throw new FileError(error.name, path);
  }
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
