// Pseudo-terminals (pty(7), Linux drivers/tty/pty.c): a terminal whose other end is a file, the master.
import { EAGAIN, EIO, type Errno, failed } from "../../abi/errno.js";
import { O_ACCMODE, O_WRONLY } from "../../abi/fcntl.js";
import {
  FIONREAD, TCFLSH, TCIFLUSH, TCOFLUSH, TIOCGPKT, TIOCGPTLCK, TIOCGPTN, TIOCGPTPEER, TIOCOUTQ, TIOCPKT, TIOCPKT_DATA, TIOCPKT_DOSTOP, TIOCPKT_FLUSHWRITE,
  TIOCPKT_NOSTOP, TIOCPKT_START, TIOCPKT_STOP, TIOCSIG, TIOCSPTLCK,
} from "../../abi/ioctl.js";
import { POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SIGINT, SIGQUIT, SIGTSTP } from "../../abi/signal.js";
import { makedev } from "../../abi/stat.js";
import { B38400, CREAD, CS8 } from "../../abi/termios.js";
import type { Sink, Source } from "../io.js";
import { ByteBuffer, HIGH_WATER } from "../ipc/byte-buffer.js";
import { install } from "../ipc/install.js";
import { cost } from "../cgroups/costs.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import { Dentry, Path } from "../vfs/path.js";
import { type Wait, WaitQueue, waitFor } from "../wait.js";
import type { Devpts } from "../fs/devpts.js";
import { openTty } from "./open-tty.js";
import type { TtyFile } from "./tty-file.js";
import { ttyIoctl, writeInt } from "./tty-ioctl.js";
import { Tty } from "./tty.js";

/** First of the eight majors of Unix98 slaves, 256 minors each. */
export const PTS_MAJOR = 136;

/** A signal's flush spares what has reached the master's own buffer, of one page on Linux. */
const MASTER_BUFFER = 4096;

/** Statuses that take each other back. */
const opposites = new Map([[TIOCPKT_STOP, TIOCPKT_START], [TIOCPKT_START, TIOCPKT_STOP], [TIOCPKT_DOSTOP, TIOCPKT_NOSTOP], [TIOCPKT_NOSTOP, TIOCPKT_DOSTOP]]);

export class PtySlave extends Tty {
  readonly index: number;
  /** Output on its way to the master. */
  readonly buffer = new ByteBuffer();
  /** Woken for the master: bytes, room, a status, the last close. */
  readonly masterReady = new WaitQueue();
  /** unlockpt(3) was not called yet. */
  locked = true;
  masterClosed = false;
  /** It was open and is no more: the master reads EIO until it is opened again. */
  abandoned = false;
  /** TIOCPKT, and the TIOCPKT_* that the master was not told yet. */
  packets = false;
  packetStatus = 0;

  constructor(index: number) {
    super(`pts/${index}`, makedev(PTS_MAJOR + Math.floor(index / 256), index % 256));
    this.index = index;
    this.termios.cflag = B38400 | CS8 | CREAD;
  }

  override get outputRoom(): number {
    return this.stopped || this.masterClosed ? 0 : this.buffer.room;
  }

  override output(bytes: Uint8Array): void {
    this.buffer.push(bytes);
    this.masterReady.wake();
  }

  /** The master can always take what is written, as far as a slave's drain is concerned. */
  override get outputPending(): number {
    return 0;
  }

  override flushOutput(): void {
    this.buffer.truncate(MASTER_BUFFER);
    this.tellMaster(TIOCPKT_FLUSHWRITE);
  }

  override get otherEndClosed(): boolean {
    return this.masterClosed;
  }

  override tellMaster(status: number): void {
    if (!this.packets) return;
    this.packetStatus = (this.packetStatus & ~(opposites.get(status) ?? 0)) | status;
    this.masterReady.wake();
  }

  protected override inputTaken(): void {
    this.masterReady.wake();
  }

  override fileClosed(file: TtyFile): void {
    super.fileClosed(file);
    if (this.files.size > 0) return;
    this.abandoned = true;
    this.packets = false;
    this.masterReady.wake();
  }
}

export class PtyMaster extends File {
  override get cost(): number {
    return cost.terminal;
  }

  private readonly slave: PtySlave;
  private readonly fs: Devpts;
  override readonly ready: WaitQueue;

  constructor(slave: PtySlave, fs: Devpts, inode: Inode, flags: number, path?: Path) {
    super(inode, flags, path);
    this.slave = slave;
    this.fs = fs;
    this.ready = slave.masterReady;
  }

  override read(_task: Task, into: Sink): Transfer {
    const { slave } = this;
    if (into.room === 0) return 0;
    if (slave.packets && slave.packetStatus !== 0) {
      into.prepare(1);
      into.put(Uint8Array.of(slave.packetStatus));
      slave.packetStatus = 0;
      return 1;
    }
    if (slave.buffer.length === 0) {
      if (slave.abandoned) return EIO;
      return this.nonblocking ? EAGAIN : waitFor(this.ready);
    }
    return this.take(into);
  }

  private take(into: Sink): number {
    const { slave } = this;
    const head = slave.packets ? 1 : 0;
    const n = into.prepare(Math.min(into.room, head + slave.buffer.length));
    if (head > 0) into.put(Uint8Array.of(TIOCPKT_DATA));
    const low = slave.buffer.room < HIGH_WATER / 2;
    for (let left = n - head; left > 0;) {
      const piece = slave.buffer.shift(left);
      into.put(piece);
      left -= piece.length;
    }
    if (low) slave.outputTaken();
    else slave.discipline.output.processEchoes();
    return n;
  }

  override write(task: Task, from: Source): Transfer {
    const { slave } = this;
    if (from.left === 0) return 0;
    const prepared = from.prepare(Math.min(from.left, Math.max(0, HIGH_WATER - slave.backlogBytes)));
    for (let left = prepared; left > 0;) {
      const piece = from.take(left);
      slave.type(piece);
      left -= piece.length;
    }
    if (from.left === 0) return prepared;
    if (this.nonblocking) return prepared > 0 ? prepared : EAGAIN;
    task.resume.done += prepared;
    return waitFor(this.ready);
  }

  override poll(): number {
    const { slave } = this;
    let events = 0;
    if (slave.buffer.length > 0) events |= POLLIN | POLLRDNORM;
    if (slave.packets && slave.packetStatus !== 0) events |= POLLPRI | POLLIN | POLLRDNORM;
    if (slave.abandoned) events |= POLLHUP;
    if (slave.backlogBytes < HIGH_WATER) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  override ioctl(task: Task, command: number, at: number): number | Errno | Wait {
    const { slave } = this;
    switch (command) {
      case TIOCGPTN: return writeInt(task, at, slave.index);
      case TIOCGPTLCK: return writeInt(task, at, slave.locked ? 1 : 0);
      case TIOCGPKT: return writeInt(task, at, slave.packets ? 1 : 0);
      case FIONREAD: return writeInt(task, at, slave.buffer.length);
      case TIOCOUTQ: return writeInt(task, at, 0);
      case TIOCGPTPEER: return this.openPeer(task, at);
      case TIOCSIG: return this.signalForeground(at);
      case TCFLSH: return this.flush(at);
      case TIOCSPTLCK:
        slave.locked = task.memory.readI32(at) !== 0;
        return 0;
      case TIOCPKT:
        slave.packetStatus = 0;
        slave.packets = task.memory.readI32(at) !== 0;
        return 0;
      default: return ttyIoctl(task, slave, undefined, (this.flags & O_ACCMODE) !== O_WRONLY, command, at);
    }
  }

  private flush(what: number): number {
    if (what !== TCOFLUSH) this.slave.buffer.clear();
    if (what !== TCIFLUSH) this.slave.flushInput();
    return 0;
  }

  private signalForeground(signal: number): number | Errno {
    if (signal !== SIGINT && signal !== SIGQUIT && signal !== SIGTSTP) return EIO;
    this.slave.signal(signal);
    return 0;
  }

  /** TIOCGPTPEER: the slave by its master, whatever is mounted where. */
  private openPeer(task: Task, flags: number): number | Errno | Wait {
    const inode = this.fs.terminals.get(this.slave.index);
    if (inode === undefined) return EIO;
    const mount = this.fs.mountIn(task, this.path);
    const path = mount && new Path(mount, new Dentry(String(this.slave.index), mount.root, inode));
    const file = openTty(task, this.slave, inode, path, flags);
    return failed(file) ? file : install(task, file, flags);
  }

  override release(): void {
    const { slave } = this;
    slave.masterClosed = true;
    slave.buffer.clear();
    this.fs.remove(slave.index);
    slave.hangup();
  }
}

savable(PtySlave, PtyMaster);
