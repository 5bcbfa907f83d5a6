// ioctl(2) of terminals (tty_ioctl(4), Linux tty_io.c, tty_ioctl.c, tty_jobctrl.c).
import { EINVAL, EIO, ENOTTY, EPERM, ESRCH, type Errno } from "../../abi/errno.js";
import { CAP_SYS_ADMIN } from "../../abi/capability.js";
import {
  TCFLSH, TCGETA, TCGETS, TCGETS2, TCIFLUSH, TCIOFF, TCIOFLUSH, TCION, TCOFLUSH, TCOOFF, TCOON, TCSBRK, TCSBRKP, TCSETA, TCSETAF, TCSETAW, TCSETS, TCSETS2,
  TCSETSF, TCSETSF2, TCSETSW, TCSETSW2, TCXONC, TIOCCBRK, TIOCEXCL, TIOCGETD, TIOCGEXCL, TIOCGPGRP, TIOCGSID, TIOCGSOFTCAR, TIOCGWINSZ, TIOCINQ, TIOCNOTTY, TIOCNXCL, TIOCGDEV,
  TIOCOUTQ, TIOCPKT_DOSTOP, TIOCPKT_NOSTOP, TIOCSBRK, TIOCSCTTY, TIOCSETD, TIOCSPGRP, TIOCSSOFTCAR, TIOCSTI, TIOCSWINSZ, TIOCVHANGUP,
} from "../../abi/ioctl.js";
import { SIGCONT, SIGHUP, SIGTTOU } from "../../abi/signal.js";
import { CLOCAL, IXON, N_TTY, type Termios, VSTART, VSTOP, WINSIZE_BYTES, decodeWinsize, encodeWinsize } from "../../abi/termios.js";
import { signalGroup } from "../ipc/signals.js";
import { globalOf, numberIn } from "../namespaces/pid.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { Wait } from "../wait.js";
import { checkChange, claim } from "./job-control.js";
import { readTermio, readTermios, readTermios2, writeTermio, writeTermios, writeTermios2 } from "./termios-ioctl.js";
import type { Tty } from "./tty.js";

type Result = number | Errno | Wait;

/**
 * `tty` is what modes, sizes and groups are about: the slave, also where the master asked (Linux: real_tty). `self` is the
 * side that asked; undefined for a master.
 */
export function ttyIoctl(task: Task, tty: Tty, self: Tty | undefined, readable: boolean, command: number, at: number): Result {
  switch (command) {
    case TCGETS: return writeTermios(task, at, tty.termios);
    case TCGETS2: return writeTermios2(task, at, tty.termios);
    case TCGETA: return writeTermio(task, at, tty.termios);
    case TCSETS: case TCSETSW: case TCSETSF:
      return setTermios(task, tty, readTermios(task, at), command === TCSETSF);
    case TCSETS2: case TCSETSW2: case TCSETSF2:
      return setTermios(task, tty, readTermios2(task, at), command === TCSETSF2);
    case TCSETA: case TCSETAW: case TCSETAF:
      return setTermios(task, tty, readTermio(task, at, tty.termios), command === TCSETAF);
    case TIOCGWINSZ: return writeWinsize(task, tty, at);
    case TIOCSWINSZ: return readWinsize(task, tty, at);
    case TIOCSCTTY: return self === undefined ? EINVAL : claim(task, self, at === 1, readable);
    case TIOCNOTTY: return giveUp(task, self);
    case TIOCGPGRP: return foregroundGroup(task, tty, self, at);
    case TIOCSPGRP: return setForegroundGroup(task, tty, at);
    case TIOCGSID: return sessionNumber(task, tty, self, at);
    case TCXONC: return change(task, tty) ?? flow(tty, at);
    case TCFLSH: return change(task, tty) ?? flush(tty, at);
    case TCSBRK: case TCSBRKP: case TIOCSBRK: return change(task, tty) ?? 0; // output is with the other end as soon as it is written
    case TIOCCBRK: return 0;
    case TIOCINQ: return writeInt(task, at, tty.discipline.readableBytes);
    case TIOCOUTQ: return writeInt(task, at, tty.outputPending);
    case TIOCSTI: return EIO; // as Linux with dev.tty.legacy_tiocsti=0
    case TIOCGETD: return writeInt(task, at, N_TTY);
    case TIOCSETD: return change(task, tty) ?? (task.memory.readI32(at) === N_TTY ? 0 : EINVAL);
    case TIOCGDEV: return writeInt(task, at, tty.rdev);
    case TIOCGSOFTCAR: return writeInt(task, at, (tty.termios.cflag & CLOCAL) !== 0 ? 1 : 0);
    case TIOCSSOFTCAR: return carrier(task, tty, task.memory.readI32(at) !== 0);
    case TIOCGEXCL: return writeInt(task, at, tty.exclusive ? 1 : 0);
    case TIOCEXCL: case TIOCNXCL:
      tty.exclusive = command === TIOCEXCL;
      return 0;
    case TIOCVHANGUP:
      if (!capable(task, CAP_SYS_ADMIN)) return EPERM;
      tty.hangup();
      return 0;
    default: return ENOTTY;
  }
}

export function writeInt(task: Task, at: number, value: number): number {
  task.memory.writeI32(at, value);
  return 0;
}

const change = (task: Task, tty: Tty): Errno | Wait | undefined => checkChange(task, tty, SIGTTOU);

function setTermios(task: Task, tty: Tty, termios: Termios, flushing: boolean): Result {
  const refused = change(task, tty);
  if (refused !== undefined) return refused;
  if (flushing) flushInput(tty);
  const before = tty.termios;
  // Linux ignores another line discipline here, and what no terminal of ours has.
  tty.termios = { ...termios, line: before.line };
  tty.discipline.termiosChanged(before);
  tellFlowControl(tty, before);
  tty.ready.wake();
  return 0;
}

/** A packet-mode master learns whether ^S and ^Q are flow control now (pty_set_termios). */
function tellFlowControl(tty: Tty, before: Termios): void {
  const controlled = (termios: Termios): boolean => (termios.iflag & IXON) !== 0 && termios.cc[VSTOP] === 0x13 && termios.cc[VSTART] === 0x11;
  if (controlled(before) !== controlled(tty.termios)) tty.tellMaster(controlled(tty.termios) ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
}

function carrier(task: Task, tty: Tty, local: boolean): Result {
  return setTermios(task, tty, { ...tty.termios, cflag: local ? tty.termios.cflag | CLOCAL : tty.termios.cflag & ~CLOCAL }, false);
}

function writeWinsize(task: Task, tty: Tty, at: number): number {
  const bytes = new Uint8Array(WINSIZE_BYTES);
  encodeWinsize(new DataView(bytes.buffer), 0, tty.winsize);
  task.memory.write(at, bytes);
  return 0;
}

function readWinsize(task: Task, tty: Tty, at: number): number {
  const bytes = task.memory.read(at, WINSIZE_BYTES);
  tty.setWinsize(decodeWinsize(new DataView(bytes.buffer, bytes.byteOffset, WINSIZE_BYTES), 0));
  return 0;
}

/** TIOCNOTTY: by the session's leader for all of it. */
function giveUp(task: Task, self: Tty | undefined): Result {
  const { session } = task.process.group;
  if (self === undefined || session.terminal !== self) return ENOTTY;
  if (session.leader !== task.process) return 0;
  const { foreground } = self;
  self.disconnect();
  if (foreground !== undefined) for (const signal of [SIGHUP, SIGCONT]) signalGroup(foreground, signal);
  return 0;
}

/** A slave answers only those whose terminal it is; a master answers all. */
const strange = (task: Task, tty: Tty, self: Tty | undefined): boolean => self === tty && task.process.group.session.terminal !== tty;

function foregroundGroup(task: Task, tty: Tty, self: Tty | undefined, at: number): Result {
  if (strange(task, tty, self)) return ENOTTY;
  return writeInt(task, at, tty.foreground === undefined ? 0 : numberIn(task.namespaces.pid, tty.foreground.id));
}

function setForegroundGroup(task: Task, tty: Tty, at: number): Result {
  const refused = change(task, tty);
  if (refused !== undefined) return refused === EIO ? ENOTTY : refused;
  const { session } = task.process.group;
  if (session.terminal !== tty || tty.session !== session) return ENOTTY;
  const number = task.memory.readI32(at);
  if (number < 0) return EINVAL;
  const group = task.kernel.groups.get(globalOf(task.namespaces.pid, number));
  if (group === undefined) return ESRCH;
  if (group.session !== session) return EPERM;
  tty.foreground = group;
  return 0;
}

function sessionNumber(task: Task, tty: Tty, self: Tty | undefined, at: number): Result {
  if (strange(task, tty, self) || tty.session === undefined) return ENOTTY;
  return writeInt(task, at, numberIn(task.namespaces.pid, tty.session.id));
}

/** tcflow(3). */
function flow(tty: Tty, how: number): Result {
  switch (how) {
    case TCOOFF:
      if (!tty.stoppedByProgram) {
        tty.stoppedByProgram = true;
        tty.stop();
      }
      return 0;
    case TCOON:
      if (tty.stoppedByProgram) {
        tty.stoppedByProgram = false;
        tty.start();
        tty.outputTaken();
      }
      return 0;
    case TCIOFF: case TCION: {
      const c = tty.termios.cc[how === TCIOFF ? VSTOP : VSTART];
      if (c !== 0 && tty.outputRoom > 0) tty.output(Uint8Array.of(c));
      return 0;
    }
    default: return EINVAL;
  }
}

function flushInput(tty: Tty): void {
  tty.flushInput();
  tty.inputFlushed();
}

/** tcflush(3). */
function flush(tty: Tty, what: number): Result {
  if (what !== TCIFLUSH && what !== TCOFLUSH && what !== TCIOFLUSH) return EINVAL;
  if (what !== TCOFLUSH) flushInput(tty);
  if (what !== TCIFLUSH) tty.flushOutput();
  return 0;
}
