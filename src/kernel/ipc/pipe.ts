// Pipes (pipe(7), Linux fs/pipe.c): a ring of frames between readers and writers; FIFOs use the same with a name.
import { EAGAIN, EBUSY, EFAULT, EINVAL, ENOMEM, ENOTTY, EPERM, EPIPE, type Errno, failed } from "../../abi/errno.js";
import { CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { O_ACCMODE, O_DIRECT, O_RDONLY, O_WRONLY } from "../../abi/fcntl.js";
import { FIONREAD } from "../../abi/ioctl.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SIGPIPE } from "../../abi/signal.js";
import type { Sink, Source } from "../io.js";
import { exhausted } from "../memory/exhausted.js";
import { FRAME_SIZE } from "../memory/frames.js";
import { savable } from "../save.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { WaitQueue, waitFor } from "../wait.js";
import { isPipe, pipeInode } from "./anonymous.js";
import { ByteQueue } from "./byte-queue.js";
import { signalSelf } from "./signals.js";

const DEFAULT_SLOTS = 16;
/** /proc/sys/fs/pipe-max-size. */
const MAX_BYTES = 1 << 20;

export class Pipe {
  readonly bytes: ByteQueue;
  /** Frames that it may hold (Linux: max_usage): full is when all are taken, however little is in them. */
  slots = DEFAULT_SLOTS;
  /** Open files by what they may do. */
  readers = 0;
  writers = 0;
  /** How often it was opened for writing in all. */
  writersEver = 0;
  /** Who sleeps in open(2) of the FIFO; `file` is what an arriving partner has opened for it. */
  readonly opening = new Map<Task, { readonly flags: number; readonly path: Path | undefined; file: PipeFile | undefined }>();
  /** Woken when bytes or room come, and when an end opens or closes. */
  readonly changed = new WaitQueue();

  constructor(task: Task) {
    this.bytes = new ByteQueue(task.kernel.frames, task.cgroup);
  }

  get full(): boolean {
    return this.bytes.frameCount >= this.slots;
  }

  opened(flags: number): void {
    const access = flags & O_ACCMODE;
    if (access !== O_WRONLY) this.readers++;
    if (access !== O_RDONLY) {
      this.writers++;
      this.writersEver++;
    }
    this.changed.wake();
  }

  closed(flags: number): void {
    const access = flags & O_ACCMODE;
    if (access !== O_WRONLY) this.readers--;
    if (access !== O_RDONLY) this.writers--;
    if (this.readers === 0 && this.writers === 0) this.bytes.clear();
    this.changed.wake();
  }

  read(into: Sink): number {
    const framesBefore = this.bytes.frameCount;
    const { first } = this.bytes;
    if (first === undefined) return 0;
    let n: number;
    if (first.packet) {
      n = into.prepare(Math.min(into.room, first.length));
      this.bytes.take(into, n);
      this.bytes.skip(first.length - n);
    } else {
      n = into.prepare(Math.min(into.room, this.bytes.length));
      this.bytes.take(into, n);
    }
    if (this.bytes.frameCount < framesBefore) this.changed.wake();
    return n;
  }

  /** Writes what fits now, as Linux' anon_pipe_write: the odd bytes join the last frame, the rest takes whole slots. So up to PIPE_BUF is never split. */
  write(from: Source, packets: boolean): number | Errno {
    const { bytes } = this;
    const wanted = from.left;
    let total = from.prepare(wanted);
    // A piece that ends in bad memory is not taken at all.
    if (total < wanted) total -= total % FRAME_SIZE;
    if (total === 0) return EFAULT;
    let written = 0;
    const odd = total % FRAME_SIZE;
    if (odd > 0 && !packets && odd <= bytes.roomInLast && bytes.length > 0) {
      bytes.appendToLast(from, odd);
      written = odd;
    }
    while (written < total && !this.full) {
      const piece = Math.min(total - written, FRAME_SIZE);
      if (!bytes.appendFrame(from, piece, packets)) return written > 0 ? this.wrote(written) : ENOMEM;
      written += piece;
    }
    return this.wrote(written);
  }

  private wrote(n: number): number {
    if (n > 0) this.changed.wake();
    return n;
  }

  /** F_SETPIPE_SZ: rounded up to a power of two of frames. */
  resize(task: Task, size: number): number | Errno {
    if (size > 2 ** 31) return EINVAL;
    let slots = 1;
    while (slots * FRAME_SIZE < size) slots *= 2;
    if (slots > this.slots && slots * FRAME_SIZE > MAX_BYTES && !capable(task, CAP_SYS_RESOURCE, task.kernel.initialNamespaces.user)) return EPERM;
    if (slots < this.bytes.frameCount) return EBUSY;
    const grew = slots > this.slots;
    this.slots = slots;
    if (grew) this.changed.wake();
    return slots * FRAME_SIZE;
  }
}

/** One end of a pipe, or a FIFO opened for either or both. */
export class PipeFile extends File {
  readonly pipe: Pipe;
  override readonly ready: WaitQueue;
  /** How many writers there had been when a FIFO was opened: until one more comes, end of file is no hang-up (Linux: f_version). */
  private readonly writersAtOpen: number;

  constructor(pipe: Pipe, inode: Inode, flags: number, path?: Path) {
    super(inode, flags, path);
    this.pipe = pipe;
    this.ready = pipe.changed;
    this.writersAtOpen = isPipe(inode) || pipe.writers > 0 ? -1 : pipe.writersEver;
    if (path !== undefined) inode.opened();
    pipe.opened(flags);
  }

  override get heldFrames(): number {
    return this.pipe.bytes.frameCount;
  }

  override read(_task: Task, into: Sink): Transfer {
    const { pipe } = this;
    if (into.room === 0) return 0;
    if (pipe.bytes.frameCount > 0) return pipe.read(into);
    if (pipe.writers === 0) return 0;
    return this.nonblocking ? EAGAIN : waitFor(pipe.changed);
  }

  /** A write that has to wait in the middle counts what it has done in `task.resume.done`; its caller begins the Source from there. */
  override write(task: Task, from: Source): Transfer {
    const { pipe } = this;
    if (from.left === 0) return 0;
    if (pipe.readers === 0) return this.broken(task);
    const written = pipe.write(from, (this.flags & O_DIRECT) !== 0);
    if (failed(written)) return written === ENOMEM ? exhausted(task) : written;
    if (from.left === 0 || !pipe.full) return written;
    if (this.nonblocking) return written > 0 ? written : EAGAIN;
    task.resume.done += written;
    return waitFor(pipe.changed);
  }

  private broken(task: Task): Errno {
    signalSelf(task, SIGPIPE);
    return EPIPE;
  }

  override poll(_task: Task): number {
    const { pipe } = this;
    const access = this.flags & O_ACCMODE;
    let events = 0;
    if (access !== O_WRONLY) {
      if (pipe.bytes.frameCount > 0) events |= POLLIN | POLLRDNORM;
      if (pipe.writers === 0 && this.writersAtOpen !== pipe.writersEver) events |= POLLHUP;
    }
    if (access !== O_RDONLY) {
      if (!pipe.full) events |= POLLOUT | POLLWRNORM;
      if (pipe.readers === 0) events |= POLLERR;
    }
    return events;
  }

  override ioctl(task: Task, command: number, argument: number): number | Errno {
    if (command !== FIONREAD) return ENOTTY;
    task.memory.writeI32(argument, this.pipe.bytes.length);
    return 0;
  }

  override release(): void {
    this.pipe.closed(this.flags);
    if (this.path !== undefined) this.inode.released();
  }

  override describe(): string {
    return `pipe:[${this.inode.ino}]`;
  }
}

/** Both ends of a new pipe: reading, writing. `flags` may hold O_NONBLOCK and O_DIRECT. */
export function openPipe(task: Task, flags: number): [PipeFile, PipeFile] {
  const inode = pipeInode(task);
  const pipe = new Pipe(task);
  return [new PipeFile(pipe, inode, O_RDONLY | flags), new PipeFile(pipe, inode, O_WRONLY | flags)];
}

savable(Pipe, PipeFile);
