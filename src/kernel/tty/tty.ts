// A terminal as processes know it (Linux: tty_struct): modes, size, session, input on its way to the line discipline.
import { TIOCPKT_FLUSHREAD, TIOCPKT_START, TIOCPKT_STOP } from "../../abi/ioctl.js";
import { SIGCONT, SIGHUP, SIGWINCH, SI_KERNEL } from "../../abi/signal.js";
import { OPOST, TABDLY, type Termios, type Winsize, XTABS, saneTermios } from "../../abi/termios.js";
import type { ByteString } from "../bytestring.js";
import type { Sink } from "../io.js";
import { signalGroup } from "../ipc/signals.js";
import type { ControllingTerminal, ProcessGroup, Session } from "../task/process-group.js";
import { sendToProcess } from "../task/signals.js";
import { WaitQueue } from "../wait.js";
import { LineDiscipline } from "./line-discipline.js";
import type { Terminal } from "./terminal.js";
import type { TtyFile } from "./tty-file.js";

/** What the most expanding character (a tab made of spaces) needs: with less room than that nothing more is put out. */
const WIDEST = 8;

export abstract class Tty implements Terminal, ControllingTerminal {
  /** As ps and /proc show it: "console", "pts/3". */
  readonly name: ByteString;
  readonly rdev: number;
  termios: Termios = saneTermios();
  winsize: Winsize = { rows: 0, columns: 0, xpixel: 0, ypixel: 0 };
  session: Session | undefined = undefined;
  foreground: ProcessGroup | undefined = undefined;
  stopped = false;
  stoppedByProgram = false;
  /** TIOCEXCL. */
  exclusive = false;
  /** Woken when input, room for output, a hang-up or another mode comes. */
  readonly ready = new WaitQueue();
  readonly files = new Set<TtyFile>();
  readonly discipline: LineDiscipline;
  /** Typed, but the discipline has no room yet. */
  private backlog: Uint8Array[] = [];
  backlogBytes = 0;

  constructor(name: ByteString, rdev: number) {
    this.name = name;
    this.rdev = rdev;
    this.discipline = new LineDiscipline(this);
  }

  abstract get outputRoom(): number;
  abstract output(bytes: Uint8Array): void;
  abstract flushOutput(): void;
  /** Output that nobody has taken yet (TIOCOUTQ). */
  abstract get outputPending(): number;
  /** There is nobody at the other end: reads and writes are EIO. */
  get otherEndClosed(): boolean {
    return false;
  }

  /** A packet-mode master hears of TIOCPKT_* changes. */
  tellMaster(_status: number): void {}

  inputFlushed(): void {
    this.tellMaster(TIOCPKT_FLUSHREAD);
  }

  /** Whether the tty goes on existing without files; a pty's slave tells its master. */
  fileClosed(file: TtyFile): void {
    this.files.delete(file);
  }

  // ---- input

  /** Bytes typed at the other end; kept here when the discipline is full. */
  type(bytes: Uint8Array): void {
    if (this.backlogBytes === 0) {
      const taken = this.discipline.receive(bytes);
      if (taken < bytes.length) this.keep(bytes.slice(taken));
    } else {
      this.keep(bytes.slice());
    }
  }

  private keep(bytes: Uint8Array): void {
    this.backlog.push(bytes);
    this.backlogBytes += bytes.length;
  }

  /** After a read made room: what was kept goes in. */
  feed(): void {
    if (this.backlogBytes === 0) return;
    const before = this.backlogBytes;
    while (this.backlog.length > 0) {
      const [first] = this.backlog;
      const taken = this.discipline.receive(first);
      this.backlogBytes -= taken;
      if (taken < first.length) {
        this.backlog[0] = first.subarray(taken);
        break;
      }
      this.backlog.shift();
    }
    if (this.backlogBytes < before) this.inputTaken();
  }

  /** The backlog became shorter: who types may go on. */
  protected inputTaken(): void {}

  read(into: Sink): number {
    const n = this.discipline.read(into);
    this.feed();
    return n;
  }

  /** TCIFLUSH: what was typed is forgotten. */
  flushInput(): void {
    this.backlog = [];
    this.backlogBytes = 0;
    this.discipline.flushInput();
    this.inputTaken();
  }

  inputArrived(): void {
    this.ready.wake();
  }

  // ---- output

  /** How many bytes a program may write now so that all are taken, whatever they expand to. */
  get writeRoom(): number {
    const room = this.outputRoom;
    const { oflag } = this.termios;
    if ((oflag & OPOST) === 0) return room;
    return room < WIDEST ? 0 : Math.floor(room / ((oflag & TABDLY) === XTABS ? WIDEST : 2));
  }

  /** The other end took output: echoes go on, and writers. */
  outputTaken(): void {
    this.discipline.output.processEchoes();
    this.ready.wake();
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.tellMaster(TIOCPKT_STOP);
  }

  start(): void {
    if (!this.stopped || this.stoppedByProgram) return;
    this.stopped = false;
    this.tellMaster(TIOCPKT_START);
    this.ready.wake();
  }

  // ---- job control

  signal(signal: number): void {
    if (this.foreground !== undefined) signalGroup(this.foreground, signal);
  }

  disconnect(): void {
    if (this.session?.terminal === this) this.session.terminal = undefined;
    this.session = undefined;
    this.foreground = undefined;
  }

  setWinsize(size: Winsize): void {
    const { rows, columns, xpixel, ypixel } = this.winsize;
    if (rows === size.rows && columns === size.columns && xpixel === size.xpixel && ypixel === size.ypixel) return;
    this.winsize = size;
    this.signal(SIGWINCH);
  }

  /** The line is cut (Linux: __tty_hangup): the session's leader gets SIGHUP, all that have it open now read EOF and write EIO. */
  hangup(): void {
    for (const file of this.files) file.hungUp = true;
    const leader = this.session?.leader;
    if (leader !== undefined) {
      for (const signo of [SIGHUP, SIGCONT]) sendToProcess(leader, { kind: "kill", signo, code: SI_KERNEL, pid: 0, uid: 0 });
    }
    this.disconnect();
    this.flushInput();
    this.stopped = this.stoppedByProgram = this.exclusive = false;
    const before = this.termios;
    this.termios = saneTermios();
    this.discipline.termiosChanged(before);
    this.ready.wake();
  }
}
