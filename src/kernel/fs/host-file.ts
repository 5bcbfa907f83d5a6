// An open file of the host: read and written there at once; mappings have pages, which are written back.
import { EBADF, EIO, ENODEV, ENOMEM, EOPNOTSUPP, type Errno, failed } from "../../abi/errno.js";
import { FALLOC_FL_KEEP_SIZE, O_ACCMODE, O_RDONLY, O_WRONLY } from "../../abi/fcntl.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import type { Sink, Source } from "../io.js";
import { type Frame, FRAME_SIZE, type Frames } from "../memory/frames.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { PageCache } from "../vfs/inode.js";
import { FilePages } from "../vfs/page-cache.js";
import type { Path } from "../vfs/path.js";
import { mayGrow, seekIn } from "../vfs/regular-file.js";
import { errnoOf, isFailure } from "./host-errno.js";
import type { HostInode } from "./host.js";

/** What is held in the kernel's own memory at a time. */
const CHUNK_BYTES = 256 << 10;

/** Pages of a mapped host file. A store tells `dirty` once per write-back, so what is dirty stays so until the file is closed. */
export class HostPages extends FilePages {
  private readonly inode: HostInode;
  private readonly changed = new Set<number>();

  constructor(frames: Frames, inode: HostInode) {
    super(frames);
    this.inode = inode;
  }

  get size(): number {
    return this.inode.size;
  }

  get sparse(): boolean {
    return false;
  }

  protected fill(index: number, payer: Cgroup): Frame | Errno {
    const frame = this.frames.allocate(payer);
    if (frame === 0) return ENOMEM;
    const n = this.inode.readAt(index * FRAME_SIZE, this.frames.writable(frame));
    if (!failed(n)) return frame;
    this.frames.release(frame);
    return n;
  }

  override dirty(index: number): void {
    this.changed.add(index);
  }

  /** Stores what mappings changed. They may change it again without telling, so it stays marked while there are any. */
  writeBack(): Errno | undefined {
    if (this.changed.size === 0) return undefined;
    const handle = this.inode.handleFor(true);
    if (failed(handle)) return handle;
    for (const index of this.changed) {
      const frame = this.present(index);
      const length = Math.min(FRAME_SIZE, this.inode.size - index * FRAME_SIZE);
      if (frame === 0 || length <= 0) continue;
      const failure = writeAll(this.inode, handle, index * FRAME_SIZE, this.frames.bytes(frame).subarray(0, length));
      if (failure !== undefined) return failure;
    }
    if (this.mappings.size === 0) this.changed.clear();
    return undefined;
  }

  /** The file changed without us: pages that nobody has changed here are read again. */
  changedOutside(): void {
    for (const index of this.indices()) if (!this.changed.has(index)) this.drop(index, index);
  }

  cut(size: number): void {
    this.drop(Math.ceil(size / FRAME_SIZE), Number.MAX_SAFE_INTEGER);
    if (size % FRAME_SIZE !== 0) this.clear(Math.floor(size / FRAME_SIZE), size % FRAME_SIZE, FRAME_SIZE);
    for (const index of this.changed) if (index * FRAME_SIZE >= size) this.changed.delete(index);
  }

  /** write(2) went past the pages: those that are there follow. */
  follow(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const within = (at + done) % FRAME_SIZE;
      const piece = Math.min(FRAME_SIZE - within, bytes.length - done);
      const frame = this.present((at + done - within) / FRAME_SIZE);
      if (frame !== 0) this.frames.writable(frame).set(bytes.subarray(done, done + piece), within);
      done += piece;
    }
  }
}

function writeAll(inode: HostInode, handle: number, at: number, bytes: Uint8Array): Errno | undefined {
  for (let done = 0; done < bytes.length;) {
    const n = inode.fs.directory.write(handle, at + done, bytes.subarray(done));
    if (isFailure(n)) return errnoOf(n);
    if (n <= 0) return EIO;
    done += n;
  }
  return undefined;
}

export class HostFile extends File {
  declare readonly inode: HostInode;

  constructor(inode: HostInode, flags: number, path: Path) {
    super(inode, flags, path);
    inode.opened();
  }

  override get seekable(): boolean {
    return true;
  }

  override get end(): number {
    this.inode.refresh();
    return this.inode.size;
  }

  override get pages(): PageCache | Errno {
    return this.inode.pages ?? ENODEV;
  }

  override read(_task: Task, into: Sink, at: number): Transfer {
    if ((this.flags & O_ACCMODE) === O_WRONLY) return EBADF;
    const stuck = this.inode.mapped?.writeBack();
    if (stuck !== undefined) return stuck;
    const handle = this.inode.handleFor(false);
    if (failed(handle)) return handle;
    const n = into.room === 0 ? 0 : into.prepare(into.room);
    let done = 0;
    while (done < n) {
      const bytes = new Uint8Array(Math.min(n - done, CHUNK_BYTES));
      const got = this.inode.fs.directory.read(handle, at + done, bytes);
      if (isFailure(got)) return done > 0 ? done : errnoOf(got);
      into.put(bytes.subarray(0, got));
      done += got;
      if (got < bytes.length) break;
    }
    return done;
  }

  override write(task: Task, from: Source, at: number): Transfer {
    if ((this.flags & O_ACCMODE) === O_RDONLY) return EBADF;
    if (from.left === 0) return 0;
    const allowed = mayGrow(task, at, from.left);
    if (failed(allowed)) return allowed;
    const handle = this.inode.handleFor(true);
    if (failed(handle)) return handle;
    const n = from.prepare(allowed);
    let done = 0;
    while (done < n) {
      const bytes = from.take(n - done);
      const written = this.inode.fs.directory.write(handle, at + done, bytes);
      if (isFailure(written)) return done > 0 ? done : errnoOf(written);
      this.inode.mapped?.follow(at + done, bytes.subarray(0, written));
      done += written;
      if (written < bytes.length) break;
    }
    if (at + done > this.inode.size) this.inode.size = at + done;
    return done;
  }

  override seek(_task: Task, offset: number, whence: number): number | Errno {
    return seekIn(undefined, this.end, this.offset, offset, whence);
  }

  override sync(): Errno | undefined {
    const stuck = this.inode.mapped?.writeBack();
    if (stuck !== undefined) return stuck;
    const handle = this.inode.handleFor(false);
    if (failed(handle)) return handle;
    const failure = this.inode.fs.directory.sync(handle);
    return failure === undefined ? undefined : errnoOf(failure);
  }

  /** The host has no call for it but growing the file. */
  override fallocate(task: Task, mode: number, offset: number, length: number): Errno | undefined {
    if ((mode & ~FALLOC_FL_KEEP_SIZE) !== 0) return EOPNOTSUPP;
    if (mode !== 0 || offset + length <= this.end) return undefined;
    return this.inode.truncate(task, offset + length);
  }

  override release(): void {
    this.inode.released();
  }
}

savable(HostPages, HostFile);
