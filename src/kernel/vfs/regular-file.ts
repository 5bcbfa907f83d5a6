// An open regular file whose bytes are pages of a cache (Linux: mm/filemap.c, generic_file_read_iter and write_iter).
import { EBADF, EFBIG, EINVAL, ENODEV, ENOTTY, ENXIO, type Errno, failed } from "../../abi/errno.js";
import { CAP_FSETID } from "../../abi/capability.js";
import { O_ACCMODE, O_NOATIME, O_RDONLY, O_WRONLY, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from "../../abi/fcntl.js";
import { FIONREAD } from "../../abi/ioctl.js";
import { MS_NOATIME, MS_RDONLY, MS_STRICTATIME } from "../../abi/mount.js";
import { RLIMIT_FSIZE } from "../../abi/resource.js";
import { SIGXFSZ } from "../../abi/signal.js";
import type { Sink, Source } from "../io.js";
import { signalSelf } from "../ipc/signals.js";
import { FRAME_SIZE } from "../memory/frames.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "./file.js";
import { MemoryPages } from "./page-cache.js";
import type { Inode, PageCache, Timestamp } from "./inode.js";
import type { Path } from "./path.js";
import { withoutSetid } from "./permission.js";

/** No file grows beyond it: 2^52 bytes, so that every offset is an exact number. */
export const MAX_FILE_BYTES = 2 ** 52;
/** As Linux MAX_RW_COUNT: what one call transfers at most. */
export const MAX_TRANSFER_BYTES = 0x7ffff000;

const DAY_SECONDS = 86400;
const zeros = new Uint8Array(FRAME_SIZE);

export class RegularFile extends File {
  constructor(inode: Inode, flags: number, path?: Path) {
    super(inode, flags, path);
    inode.opened();
  }

  /** What is in a file without a name (memfd_create, O_TMPFILE, unlinked). */
  override get heldFrames(): number {
    const { real } = this.inode;
    return real.nlink === 0 && real.pages instanceof MemoryPages ? real.pages.count : 0;
  }

  override get seekable(): boolean {
    return true;
  }

  override get end(): number {
    return this.inode.real.size;
  }

  override get pages(): PageCache | Errno {
    return this.inode.real.pages ?? ENODEV;
  }

  override read(task: Task, into: Sink, at: number): Transfer {
    if ((this.flags & O_ACCMODE) === O_WRONLY) return EBADF;
    const inode = this.inode.real;
    const { pages } = inode;
    if (pages === undefined) return EINVAL;
    const wanted = Math.min(into.room, inode.size - at, MAX_TRANSFER_BYTES);
    if (wanted <= 0) return 0;
    const present = available(task, pages, at, wanted);
    if (typeof present !== "number") return present;
    const n = into.prepare(present);
    const { frames } = task.kernel;
    for (let done = 0; done < n;) {
      const within = (at + done) % FRAME_SIZE;
      const piece = Math.min(FRAME_SIZE - within, n - done);
      const index = (at + done - within) / FRAME_SIZE;
      // Preparing the buffer may have taken memory from the cache: such a page is read again.
      const frame = pages.sparse ? pages.present(index) : pages.page(index, task.cgroup);
      if (failed(frame)) return done > 0 ? done : frame;
      into.put((frame === 0 ? zeros : frames.bytes(frame)).subarray(within, within + piece));
      done += piece;
    }
    this.accessed(task);
    return n;
  }

  /** As Linux relatime: the access time follows a change at once, else once a day. */
  accessed(task: Task): void {
    const inode = this.inode.real;
    const flags = this.path?.mount.flags ?? 0;
    if (inode.fs.readOnly || (flags & (MS_NOATIME | MS_RDONLY)) !== 0 || (this.flags & O_NOATIME) !== 0) return;
    const now = task.kernel.clock.realtime();
    const { atime, mtime, ctime } = inode;
    const stale = notAfter(atime, mtime) || notAfter(atime, ctime) || now.sec - atime.sec >= DAY_SECONDS || (flags & MS_STRICTATIME) !== 0;
    if (stale) inode.touched(now);
  }

  override write(task: Task, from: Source, at: number): Transfer {
    if ((this.flags & O_ACCMODE) === O_RDONLY) return EBADF;
    const inode = this.inode.real;
    const { pages } = inode;
    if (pages === undefined) return EINVAL;
    if (from.left === 0) return 0;
    const allowed = mayGrow(task, at, Math.min(from.left, MAX_TRANSFER_BYTES));
    if (typeof allowed !== "number") return allowed;
    const end = inode.mayWrite(task, at, at + allowed);
    if (failed(end)) return end;
    let n = from.prepare(end - at);
    for (let index = Math.floor(at / FRAME_SIZE); index * FRAME_SIZE < at + n; index++) {
      const frame = pages.page(index, task.cgroup);
      if (!failed(frame)) continue;
      if (index * FRAME_SIZE <= at) return frame;
      n = index * FRAME_SIZE - at;
    }
    this.copyIn(task, pages, from, at, n);
    dropSetid(task, inode);
    inode.wrote(task, at + n);
    return n;
  }

  private copyIn(task: Task, pages: PageCache, from: Source, at: number, n: number): void {
    for (let done = 0; done < n;) {
      const position = at + done;
      const within = position % FRAME_SIZE;
      const index = (position - within) / FRAME_SIZE;
      const bytes = task.kernel.frames.writable(pages.present(index));
      pages.dirty(index);
      const end = Math.min(FRAME_SIZE, within + n - done);
      for (let to = within; to < end;) {
        const piece = from.take(end - to);
        bytes.set(piece, to);
        to += piece.length;
      }
      done += end - within;
    }
  }

  override seek(_task: Task, offset: number, whence: number): number | Errno {
    return seekIn(this.inode.real.pages, this.end, this.offset, offset, whence);
  }

  override ioctl(task: Task, command: number, argument: number): number | Errno {
    if (command !== FIONREAD) return ENOTTY;
    task.memory.writeI32(argument, Math.min(this.end - this.offset, 0x7fffffff));
    return 0;
  }

  override sync(_task: Task): Errno | undefined {
    return undefined;
  }

  override fallocate(task: Task, mode: number, offset: number, length: number): Errno | undefined {
    return this.inode.real.fallocate(task, mode, offset, length);
  }

  override release(): void {
    this.inode.released();
  }
}

/** Makes sure that the pages of a range can be read, holes apart; returns how many bytes of it can, or why not even the first. */
function available(task: Task, pages: PageCache, at: number, n: number): number | Errno {
  if (pages.sparse) return n;
  for (let index = Math.floor(at / FRAME_SIZE); index * FRAME_SIZE < at + n; index++) {
    if (pages.present(index) !== 0) continue;
    const frame = pages.page(index, task.cgroup);
    if (failed(frame)) return index * FRAME_SIZE <= at ? frame : index * FRAME_SIZE - at;
  }
  return n;
}

/** How many of n bytes may be written at `at`: RLIMIT_FSIZE (with its signal) and what a file can be at most. */
export function mayGrow(task: Task, at: number, n: number): number | Errno {
  const limit = task.process.limit(RLIMIT_FSIZE);
  if (at >= limit) {
    signalSelf(task, SIGXFSZ);
    return EFBIG;
  }
  return at >= MAX_FILE_BYTES ? EFBIG : Math.min(n, limit - at, MAX_FILE_BYTES - at);
}

/** As Linux file_remove_privs: a write takes setuid and setgid away. */
export function dropSetid(task: Task, inode: Inode): void {
  if ((inode.mode & 0o6000) === 0) return;
  const mode = withoutSetid(inode.mode);
  if (mode !== inode.mode && !task.credentials.has(CAP_FSETID)) inode.setAttributes(task, { mode });
}

/** lseek(2) in a file of `end` bytes; holes are pages that are not there. */
export function seekIn(pages: PageCache | undefined, end: number, current: number, offset: number, whence: number): number | Errno {
  if (whence === SEEK_DATA || whence === SEEK_HOLE) return offset < 0 || offset >= end ? ENXIO : seekHole(pages, end, offset, whence);
  const bases: Readonly<Record<number, number>> = { [SEEK_SET]: 0, [SEEK_CUR]: current, [SEEK_END]: end };
  const base = bases[whence];
  if (base === undefined) return EINVAL;
  const to = base + offset;
  return to < 0 || to > MAX_FILE_BYTES ? EINVAL : to;
}

function seekHole(pages: PageCache | undefined, end: number, offset: number, whence: number): number | Errno {
  if (pages?.sparse !== true) return whence === SEEK_DATA ? offset : end;
  const wanted = whence === SEEK_DATA;
  for (let index = Math.floor(offset / FRAME_SIZE); index * FRAME_SIZE < end; index++) {
    if ((pages.present(index) !== 0) === wanted) return Math.max(offset, index * FRAME_SIZE);
  }
  return wanted ? ENXIO : end;
}

const notAfter = (a: Timestamp, b: Timestamp): boolean => a.sec < b.sec || (a.sec === b.sec && a.nsec <= b.nsec);

savable(RegularFile);
