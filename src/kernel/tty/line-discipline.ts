// The line discipline of terminals: what typed bytes become before a program reads them (termios(3), Linux drivers/tty/n_tty.c).
import { SIGINT, SIGQUIT, SIGTSTP } from "../../abi/signal.js";
import {
  BRKINT, ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ECHONL, ECHOPRT, EXTPROC, ICANON, ICRNL, IEXTEN, IGNBRK, IGNCR, INLCR, ISIG, ISTRIP, IUCLC, IXANY, IXON, NOFLSH,
  PARMRK, type Termios, VEOF, VEOL, VEOL2, VERASE, VINTR, VKILL, VLNEXT, VMIN, VQUIT, VREPRINT, VSTART, VSTOP, VSUSP, VTIME, VWERASE,
} from "../../abi/termios.js";
import type { Sink } from "../io.js";
import { savable } from "../save.js";
import { isAlphanumeric, isControl, toLower } from "./character.js";
import { OutputProcessing } from "./output-processing.js";
import type { Terminal } from "./terminal.js";

export const N_TTY_BUF_SIZE = 4096;
const MASK = N_TTY_BUF_SIZE - 1;
/** A control character that is switched off; in the buffer, with its flag set, it marks an end of file. */
const DISABLED = 0;
const LF = 10;
const CR = 13;
const TAB = 9;

export class LineDiscipline {
  private readonly terminal: Terminal;
  readonly output: OutputProcessing;
  /** Input as a ring; `ends[i]` is 1 where a line ends. Positions only grow. */
  private readonly buffer = new Uint8Array(N_TTY_BUF_SIZE);
  private readonly ends = new Uint8Array(N_TTY_BUF_SIZE);
  private head = 0;
  private tail = 0;
  /** Behind the last complete line. */
  private canonHead = 0;
  /** Behind what readers may see without ICANON. */
  private commitHead = 0;
  /** ECHOPRT is between \ and /. */
  private erasing = false;
  /** The next character is taken literally. */
  private literal = false;
  private icanon = false;
  /** Characters that mean something (char_map); undefined: none does, input goes straight into the buffer. */
  private special: Uint8Array | undefined = undefined;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.output = new OutputProcessing(terminal);
    this.termiosChanged(undefined);
  }

  private has(flag: number): boolean {
    return (this.terminal.termios.lflag & flag) !== 0;
  }

  private hasInput(flag: number): boolean {
    return (this.terminal.termios.iflag & flag) !== 0;
  }

  private is(c: number, which: number): boolean {
    return c === this.terminal.termios.cc[which];
  }

  /** Lines are what readers get. */
  get canonical(): boolean {
    return this.icanon && !this.has(EXTPROC);
  }

  /** Bytes held, whether or not a reader may have them yet; without ICANON what FIONREAD tells. */
  get held(): number {
    return this.head - this.tail;
  }

  /** What FIONREAD tells: complete lines, end-of-file marks not counted (inq_canon). */
  get readableBytes(): number {
    if (!this.icanon) return this.held;
    let n = this.canonHead - this.tail;
    for (let at = this.tail; at < this.canonHead; at++) if (this.ends[at & MASK] === 1 && this.buffer[at & MASK] === DISABLED) n--;
    return n;
  }

  /** Whether a read (or, for `polled`, a read of VMIN bytes) would get something (input_available_p). */
  available(polled = false): boolean {
    if (this.canonical) return this.canonHead !== this.tail;
    const { cc } = this.terminal.termios;
    return this.commitHead - this.tail >= (polled && cc[VTIME] === 0 && cc[VMIN] > 0 ? cc[VMIN] : 1);
  }

  // ---- termios

  /** After `terminal.termios` was set; `before` is what it was (n_tty_set_termios). */
  termiosChanged(before: Termios | undefined): void {
    const { iflag, lflag } = this.terminal.termios;
    if (before === undefined || ((before.lflag ^ lflag) & (ICANON | EXTPROC)) !== 0) {
      this.ends.fill(0);
      if ((lflag & ICANON) === 0 || this.held === 0) {
        this.canonHead = this.tail;
      } else {
        this.ends[(this.head - 1) & MASK] = 1;
        this.canonHead = this.head;
      }
      this.commitHead = this.head;
      this.erasing = false;
      this.literal = false;
    }
    this.icanon = (lflag & ICANON) !== 0;
    this.special = this.specialCharacters();
    if (before !== undefined && (iflag & IXON) === 0 && (before.iflag & IXON) !== 0 && !this.terminal.stoppedByProgram) {
      this.terminal.start();
      this.output.processEchoes();
    }
  }

  private specialCharacters(): Uint8Array | undefined {
    const { iflag, lflag, cc } = this.terminal.termios;
    if ((iflag & (ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON | PARMRK)) === 0 && (lflag & (ICANON | ISIG | ECHO)) === 0) return undefined;
    const map = new Uint8Array(256);
    if ((iflag & (IGNCR | ICRNL)) !== 0) map[CR] = 1;
    if ((iflag & INLCR) !== 0) map[LF] = 1;
    if ((lflag & ICANON) !== 0) {
      map[LF] = 1;
      for (const which of [VERASE, VKILL, VEOF, VEOL]) map[cc[which]] = 1;
      if ((lflag & IEXTEN) !== 0) for (const which of [VWERASE, VLNEXT, VEOL2]) map[cc[which]] = 1;
      if ((lflag & IEXTEN) !== 0 && (lflag & ECHO) !== 0) map[cc[VREPRINT]] = 1;
    }
    if ((iflag & IXON) !== 0) for (const which of [VSTART, VSTOP]) map[cc[which]] = 1;
    if ((lflag & ISIG) !== 0) for (const which of [VINTR, VQUIT, VSUSP]) map[cc[which]] = 1;
    map[DISABLED] = 0;
    return map;
  }

  // ---- input

  /** Takes in what has room; returns how many bytes. The rest has to be offered again when a read has made room. */
  receive(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length) {
      let room = N_TTY_BUF_SIZE - this.held;
      // Each byte may become up to three with PARMRK.
      if (this.hasInput(PARMRK)) room = Math.ceil(room / 3);
      room--;
      if (room <= 0) {
        // A line longer than the buffer: what does not fit is dropped, so that its end can still be typed.
        const overflow = this.icanon && this.canonHead === this.tail;
        if (overflow && room < 0) this.head--;
        room = overflow ? 1 : 0;
      }
      const n = Math.min(bytes.length - taken, room);
      if (n === 0) break;
      this.receivePiece(bytes.subarray(taken, taken + n));
      taken += n;
    }
    return taken;
  }

  private receivePiece(bytes: Uint8Array): void {
    if (this.special === undefined) {
      for (const c of bytes) this.queue(c);
    } else {
      for (const c of bytes) this.character(c, this.special);
      this.output.flushEchoes();
    }
    if (this.canonical) return;
    this.commitHead = this.head;
    if (this.held > 0) this.terminal.inputArrived();
  }

  private character(typed: number, special: Uint8Array): void {
    let c = this.hasInput(ISTRIP) ? typed & 0x7f : typed;
    if (this.hasInput(IUCLC) && this.has(IEXTEN)) c = toLower(c);
    if (this.literal) {
      this.literal = false;
      this.ordinary(c);
    } else if (this.has(EXTPROC)) {
      this.queue(c);
    } else if (special[c] === 1) {
      this.specialCharacter(c);
    } else {
      this.ordinary(c);
    }
  }

  private queue(c: number): void {
    this.buffer[this.head++ & MASK] = c;
  }

  /** A byte that is data; 0xff is doubled with PARMRK. */
  private queueData(c: number): void {
    if (c === 0xff && this.hasInput(PARMRK)) this.queue(c);
    this.queue(c);
  }

  /** IXANY: any character lets stopped output go on. */
  private restartByAny(): void {
    if (!this.terminal.stopped || this.terminal.stoppedByProgram || !this.hasInput(IXON) || !this.hasInput(IXANY)) return;
    this.terminal.start();
    this.output.processEchoes();
  }

  private ordinary(c: number): void {
    this.restartByAny();
    if (this.has(ECHO)) {
      this.finishErasing();
      if (this.canonHead === this.head) this.output.echoSetCanonColumn();
      this.output.echo(c);
      this.output.commitEchoes();
    }
    this.queueData(c);
  }

  private specialCharacter(typed: number): void {
    if (this.hasInput(IXON) && this.flowControl(typed)) return;
    if (this.has(ISIG)) {
      if (this.is(typed, VINTR)) return this.signalCharacter(SIGINT, typed);
      if (this.is(typed, VQUIT)) return this.signalCharacter(SIGQUIT, typed);
      if (this.is(typed, VSUSP)) return this.signalCharacter(SIGTSTP, typed);
    }
    this.restartByAny();
    let c = typed;
    if (c === CR) {
      if (this.hasInput(IGNCR)) return;
      if (this.hasInput(ICRNL)) c = LF;
    } else if (c === LF && this.hasInput(INLCR)) {
      c = CR;
    }
    if (this.icanon && this.edit(c)) return;
    if (this.has(ECHO)) {
      this.finishErasing();
      if (c === LF) {
        this.output.echoRaw(LF);
      } else {
        if (this.canonHead === this.head) this.output.echoSetCanonColumn();
        this.output.echo(c);
      }
      this.output.commitEchoes();
    }
    this.queueData(c);
  }

  private flowControl(c: number): boolean {
    if (this.is(c, VSTART)) {
      this.terminal.start();
      this.output.processEchoes();
      return true;
    }
    if (!this.is(c, VSTOP)) return false;
    this.terminal.stop();
    return true;
  }

  private signalCharacter(signal: number, c: number): void {
    this.terminal.signal(signal);
    if (!this.has(NOFLSH)) {
      this.output.forgetEchoes();
      this.flushInput();
      this.terminal.flushOutput();
      this.terminal.inputFlushed();
    }
    if (this.hasInput(IXON)) this.terminal.start();
    if (this.has(ECHO)) {
      this.output.echo(c);
      this.output.commitEchoes();
    } else {
      this.output.processEchoes();
    }
  }

  /** A character that edits or ends a line; false: it is an ordinary one after all. */
  private edit(c: number): boolean {
    const extended = this.has(IEXTEN);
    if (this.is(c, VERASE) || this.is(c, VKILL) || (this.is(c, VWERASE) && extended)) {
      this.erase(c);
      this.output.commitEchoes();
    } else if (this.is(c, VLNEXT) && extended) {
      this.literalNext();
    } else if (this.is(c, VREPRINT) && this.has(ECHO) && extended) {
      this.reprint(c);
    } else if (c === LF) {
      if (this.has(ECHO) || this.has(ECHONL)) {
        this.output.echoRaw(LF);
        this.output.commitEchoes();
      }
      this.endLine(LF);
    } else if (this.is(c, VEOF)) {
      this.endLine(DISABLED);
    } else if (this.is(c, VEOL) || (this.is(c, VEOL2) && extended)) {
      if (this.has(ECHO)) {
        if (this.canonHead === this.head) this.output.echoSetCanonColumn();
        this.output.echo(c);
        this.output.commitEchoes();
      }
      if (c === 0xff && this.hasInput(PARMRK)) this.queue(c);
      this.endLine(c);
    } else {
      return false;
    }
    return true;
  }

  private endLine(c: number): void {
    this.ends[this.head & MASK] = 1;
    this.queue(c);
    this.canonHead = this.head;
    this.terminal.inputArrived();
  }

  private literalNext(): void {
    this.literal = true;
    if (!this.has(ECHO)) return;
    this.finishErasing();
    if (!this.has(ECHOCTL)) return;
    this.output.echoRaw(0x5e); // ^
    this.output.echoRaw(8);
    this.output.commitEchoes();
  }

  private reprint(c: number): void {
    this.finishErasing();
    this.output.echo(c);
    this.output.echoRaw(LF);
    for (let at = this.canonHead; at < this.head; at++) this.output.echo(this.buffer[at & MASK]);
    this.output.commitEchoes();
  }

  private finishErasing(): void {
    if (!this.erasing) return;
    this.output.echoRaw(0x2f); // /
    this.erasing = false;
  }

  /** ERASE, WERASE or KILL was typed (eraser). */
  private erase(typed: number): void {
    if (this.head === this.canonHead) return;
    let kind: "erase" | "word" | "kill" = "kill";
    if (this.is(typed, VERASE)) kind = "erase";
    else if (this.is(typed, VWERASE)) kind = "word";
    else if (!this.killVisibly()) return;
    for (let seenWord = false; this.head !== this.canonHead;) {
      let at = this.head;
      do at--; while (this.output.isContinuation(this.buffer[at & MASK]) && at !== this.canonHead);
      const c = this.buffer[at & MASK];
      if (this.output.isContinuation(c)) break;
      if (kind === "word") {
        if (isAlphanumeric(c) || c === 0x5f) seenWord = true;
        else if (seenWord) break;
      }
      const count = this.head - at;
      this.head = at;
      if (this.has(ECHO)) this.echoErased(c, count, kind === "erase");
      if (kind === "erase") break;
    }
    if (this.head === this.canonHead && this.has(ECHO)) this.finishErasing();
  }

  /** KILL where the line is not wiped out character by character: false, and it is done. */
  private killVisibly(): boolean {
    if (this.has(ECHO) && this.has(ECHOK) && this.has(ECHOKE) && this.has(ECHOE)) return true;
    this.head = this.canonHead;
    if (!this.has(ECHO)) return false;
    this.finishErasing();
    this.output.echo(this.terminal.termios.cc[VKILL]);
    if (this.has(ECHOK)) this.output.echoRaw(LF);
    return false;
  }

  private echoErased(c: number, count: number, single: boolean): void {
    if (this.has(ECHOPRT)) {
      if (!this.erasing) {
        this.output.echoRaw(0x5c); // backslash
        this.erasing = true;
      }
      this.output.echo(c);
      for (let i = 1; i < count; i++) {
        this.output.echoRaw(this.buffer[(this.head + i) & MASK]);
        this.output.echoMoveBack();
      }
    } else if (single && !this.has(ECHOE)) {
      this.output.echo(this.terminal.termios.cc[VERASE]);
    } else if (c === TAB) {
      this.echoErasedTab();
    } else {
      const columns = isControl(c) ? (this.has(ECHOCTL) ? 2 : 0) : 1;
      for (let i = 0; i < columns; i++) for (const back of [8, 32, 8]) this.output.echoRaw(back);
    }
  }

  private echoErasedTab(): void {
    let columns = 0;
    for (let at = this.head; at !== this.canonHead;) {
      const c = this.buffer[--at & MASK];
      if (c === TAB) return this.output.echoEraseTab(columns, true);
      if (isControl(c)) columns += this.has(ECHOCTL) ? 2 : 0;
      else if (!this.output.isContinuation(c)) columns++;
    }
    this.output.echoEraseTab(columns, false);
  }

  /** A break condition on the line. */
  receiveBreak(): void {
    if (this.hasInput(IGNBRK)) return;
    if (this.hasInput(BRKINT)) {
      this.terminal.signal(SIGINT);
      if (!this.has(NOFLSH)) this.flushInput();
      return;
    }
    if (this.hasInput(PARMRK)) for (const c of [0xff, 0]) this.queue(c);
    this.queue(0);
    this.commitHead = this.head;
    this.terminal.inputArrived();
  }

  // ---- reading

  /** TCIFLUSH, and what signal characters do (reset_buffer_flags). */
  flushInput(): void {
    this.head = this.tail = this.canonHead = this.commitHead = 0;
    this.ends.fill(0);
    this.erasing = false;
    this.literal = false;
  }

  /** Gives a line or a part of it, or without ICANON what there is. Call it only while `available`. */
  read(into: Sink): number {
    return this.canonical ? this.readLine(into) : this.copy(into, into.prepare(Math.min(into.room, this.commitHead - this.tail)));
  }

  private readLine(into: Sink): number {
    let end = this.tail;
    while (end < this.canonHead && this.ends[end & MASK] === 0) end++;
    const found = end < this.canonHead;
    const endOfFile = found && this.buffer[end & MASK] === DISABLED;
    const n = into.prepare(Math.min(into.room, end - this.tail + (found && !endOfFile ? 1 : 0)));
    const from = this.tail;
    this.copy(into, n);
    for (let at = from; at < this.tail; at++) this.ends[at & MASK] = 0;
    // An end-of-file mark right behind what was asked for goes with it, so that it is not read as a second, empty line.
    if (endOfFile && this.tail === end) {
      this.ends[end & MASK] = 0;
      this.tail++;
    }
    return n;
  }

  private copy(into: Sink, n: number): number {
    for (let left = n; left > 0;) {
      const at = this.tail & MASK;
      const piece = Math.min(left, N_TTY_BUF_SIZE - at);
      into.put(this.buffer.subarray(at, at + piece));
      this.tail += piece;
      left -= piece;
    }
    return n;
  }
}

savable(LineDiscipline);
