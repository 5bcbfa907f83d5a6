// An open terminal: read(2) in canonical and raw mode, write(2), poll(2) (Linux n_tty.c n_tty_read, n_tty_write, n_tty_poll).
import { EAGAIN, EIO, EINVAL, ENOTTY, type Errno } from "../../abi/errno.js";
import { O_ACCMODE, O_WRONLY } from "../../abi/fcntl.js";
import { TIOCSPGRP } from "../../abi/ioctl.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SIGTTIN, SIGTTOU } from "../../abi/signal.js";
import { TOSTOP, VMIN, VTIME } from "../../abi/termios.js";
import type { Sink, Source } from "../io.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { type Wait, type WaitQueue, waitFor } from "../wait.js";
import { checkChange } from "./job-control.js";
import type { Tty } from "./tty.js";
import { ttyIoctl } from "./tty-ioctl.js";

export class TtyFile extends File {
  readonly tty: Tty;
  override readonly ready: WaitQueue;
  hungUp = false;

  constructor(tty: Tty, inode: Inode, flags: number, path?: Path) {
    super(inode, flags, path);
    this.tty = tty;
    this.ready = tty.ready;
    tty.files.add(this);
  }

  override read(task: Task, into: Sink): Transfer {
    const { tty } = this;
    if (this.hungUp) return 0;
    const refused = checkChange(task, tty, SIGTTIN);
    if (refused !== undefined) return refused;
    if (into.room === 0) return 0;
    if (!tty.discipline.canonical) return this.readRaw(task, into);
    if (tty.discipline.available()) return tty.read(into);
    if (tty.otherEndClosed) return EIO;
    return this.nonblocking ? EAGAIN : waitFor(tty.ready);
  }

  /** VMIN and VTIME (termios(3), "Canonical and noncanonical mode"). */
  private readRaw(task: Task, into: Sink): Transfer {
    const { tty } = this;
    const { cc } = tty.termios;
    const { held } = tty.discipline;
    const timeNs = cc[VTIME] * 1e8;
    if (held >= (cc[VMIN] === 0 ? 1 : Math.min(cc[VMIN], into.room))) return tty.read(into);
    if (held > 0 && (tty.otherEndClosed || this.nonblocking)) return tty.read(into);
    if (tty.otherEndClosed) return EIO;
    if (cc[VMIN] === 0) {
      if (timeNs === 0) return 0;
      if (this.nonblocking) return EAGAIN;
      const until = task.deadline(timeNs);
      return task.kernel.clock.monotonicNs() >= until ? 0 : waitFor(tty.ready, until);
    }
    if (this.nonblocking) return EAGAIN;
    return held > 0 && timeNs > 0 ? this.betweenBytes(task, into, held, timeNs) : waitFor(tty.ready);
  }

  /** The timer between bytes starts anew with each that comes. */
  private betweenBytes(task: Task, into: Sink, held: number, timeNs: number): Transfer {
    const { resume } = task;
    const now = task.kernel.clock.monotonicNs();
    if (resume.note !== held) {
      resume.note = held;
      resume.deadlineNs = now + timeNs;
    }
    const until = resume.deadlineNs ?? now;
    return now >= until ? this.tty.read(into) : waitFor(this.tty.ready, until);
  }

  override write(task: Task, from: Source): Transfer {
    const { tty } = this;
    if (this.hungUp) return EIO;
    if ((tty.termios.lflag & TOSTOP) !== 0) {
      const refused = checkChange(task, tty, SIGTTOU);
      if (refused !== undefined) return refused;
    }
    if (tty.otherEndClosed) return EIO;
    tty.discipline.output.processEchoes();
    let prepared = Math.min(from.prepare(from.left), from.left);
    let written = 0;
    while (prepared > 0) {
      const room = tty.writeRoom;
      if (room === 0) break;
      const bytes = from.take(Math.min(prepared, room));
      tty.discipline.output.write(bytes);
      prepared -= bytes.length;
      written += bytes.length;
    }
    if (prepared === 0) return written;
    if (this.nonblocking) return written > 0 ? written : EAGAIN;
    task.resume.done += written;
    return waitFor(tty.ready);
  }

  override poll(_task: Task): number {
    const { tty } = this;
    if (this.hungUp) return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
    let events = 0;
    if (tty.discipline.available(true)) events |= POLLIN | POLLRDNORM;
    if (tty.otherEndClosed) events |= POLLHUP;
    if (tty.writeRoom > 0) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  override ioctl(task: Task, command: number, argument: number): number | Errno | Wait {
    if (this.hungUp) return command === TIOCSPGRP ? ENOTTY : EIO;
    return ttyIoctl(task, this.tty, this.tty, (this.flags & O_ACCMODE) !== O_WRONLY, command, argument);
  }

  override sync(): Errno {
    return EINVAL;
  }

  override release(): void {
    this.tty.fileClosed(this);
  }
}

savable(TtyFile);
