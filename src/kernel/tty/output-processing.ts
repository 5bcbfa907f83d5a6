// Output of a terminal: OPOST processing and the buffered echo (Linux drivers/tty/n_tty.c, whose names are kept).
import { ECHO, ECHOCTL, ECHONL, IUTF8, OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY, XTABS } from "../../abi/termios.js";
import { savable } from "../save.js";
import { isControl, toUpper } from "./character.js";
import type { Terminal } from "./terminal.js";

const BUFFER = 4096;
const MASK = BUFFER - 1;

// An operation in the echo buffer is OP_START and one of these; any other byte after it is a control character to show as ^X.
const OP_START = 0xff;
const OP_MOVE_BACK_COL = 0x80;
const OP_SET_CANON_COL = 0x81;
const OP_ERASE_TAB = 0x82;

/** Echo is output in blocks: so many bytes at a time, and at the end of each piece of input. */
const COMMIT_WATERMARK = 256;
const BLOCK = 256;
const DISCARD_WATERMARK = BUFFER - (BLOCK + 32);

const BS = 8;
const TAB = 9;
const LF = 10;
const CR = 13;

export class OutputProcessing {
  private readonly terminal: Terminal;
  /** Where the cursor stands, as far as the terminal can know, and where the line being typed began. */
  private column = 0;
  private canonColumn = 0;
  private readonly echoes = new Uint8Array(BUFFER);
  private head = 0;
  private commit = 0;
  private mark = 0;
  private tail = 0;
  /** What is about to be handed to the terminal in one piece. */
  private readonly staged = new Uint8Array(BUFFER);
  private stagedLength = 0;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  isContinuation(c: number): boolean {
    return (this.terminal.termios.iflag & IUTF8) !== 0 && (c & 0xc0) === 0x80;
  }

  private stage(c: number): void {
    this.staged[this.stagedLength++] = c;
  }

  private hand(): void {
    if (this.stagedLength > 0) this.terminal.output(this.staged.subarray(0, this.stagedLength));
    this.stagedLength = 0;
  }

  private get space(): number {
    return Math.min(this.terminal.outputRoom, BUFFER) - this.stagedLength;
  }

  /** Puts out what there is room for; returns how many bytes of `bytes` that is. */
  write(bytes: Uint8Array): number {
    if ((this.terminal.termios.oflag & OPOST) === 0) {
      const n = Math.min(bytes.length, this.terminal.outputRoom);
      if (n > 0) this.terminal.output(bytes.subarray(0, n));
      return n;
    }
    let done = 0;
    for (let before = -1; done < bytes.length && before < done;) {
      before = done;
      for (let space = this.space; done < bytes.length; done++) {
        const used = this.character(bytes[done], space);
        if (used < 0) break;
        space -= used;
      }
      this.hand();
    }
    return done;
  }

  /** One character with OPOST; the bytes that it became, or -1 where they do not fit (do_output_char). */
  private character(c: number, space: number): number {
    if (space <= 0) return -1;
    const { oflag } = this.terminal.termios;
    switch (c) {
      case LF:
        if ((oflag & ONLRET) !== 0) this.column = 0;
        if ((oflag & ONLCR) !== 0) {
          if (space < 2) return -1;
          this.canonColumn = this.column = 0;
          this.stage(CR);
          this.stage(LF);
          return 2;
        }
        this.canonColumn = this.column;
        break;
      case CR:
        if ((oflag & ONOCR) !== 0 && this.column === 0) return 0;
        if ((oflag & OCRNL) !== 0) {
          if ((oflag & ONLRET) !== 0) this.canonColumn = this.column = 0;
          this.stage(LF);
          return 1;
        }
        this.canonColumn = this.column = 0;
        break;
      case TAB: {
        const spaces = 8 - (this.column & 7);
        if ((oflag & TABDLY) === XTABS) {
          if (space < spaces) return -1;
          this.column += spaces;
          for (let i = 0; i < spaces; i++) this.stage(32);
          return spaces;
        }
        this.column += spaces;
        break;
      }
      case BS:
        if (this.column > 0) this.column--;
        break;
      default:
        if (isControl(c)) break;
        if (!this.isContinuation(c)) this.column++;
        if ((oflag & OLCUC) !== 0) {
          this.stage(toUpper(c));
          return 1;
        }
    }
    this.stage(c);
    return 1;
  }

  private add(c: number): void {
    this.echoes[this.head++ & MASK] = c;
  }

  /** Echoes a byte as it is (echo_char_raw). */
  echoRaw(c: number): void {
    this.add(c);
    if (c === OP_START) this.add(OP_START);
  }

  /** Echoes a byte, a control character as ^X where ECHOCTL says so (echo_char). */
  echo(c: number): void {
    if (c === OP_START || ((this.terminal.termios.lflag & ECHOCTL) !== 0 && isControl(c) && c !== TAB)) this.add(OP_START);
    this.add(c);
  }

  echoMoveBack(): void {
    this.add(OP_START);
    this.add(OP_MOVE_BACK_COL);
  }

  /** The next character typed is the first of its line. */
  echoSetCanonColumn(): void {
    this.add(OP_START);
    this.add(OP_SET_CANON_COL);
  }

  /** `columns` of other characters stand between the tab and the start of the line, or the tab before. */
  echoEraseTab(columns: number, afterTab: boolean): void {
    this.add(OP_START);
    this.add(OP_ERASE_TAB);
    this.add((columns & 7) | (afterTab ? 0x80 : 0));
  }

  /** What was echoed so far may go out (commit_echoes). */
  commitEchoes(): void {
    this.mark = this.head;
    const old = this.commit - this.tail;
    const waiting = this.head - this.tail;
    if (waiting < COMMIT_WATERMARK || waiting % BLOCK > old % BLOCK) return;
    this.commit = this.head;
    this.process();
  }

  /** Puts out what was committed (process_echoes). */
  processEchoes(): void {
    if (this.mark === this.tail) return;
    this.commit = this.mark;
    this.process();
  }

  /** At the end of a piece of input: all of it (flush_echoes). */
  flushEchoes(): void {
    if ((this.terminal.termios.lflag & (ECHO | ECHONL)) === 0 || this.commit === this.head) return;
    this.commit = this.head;
    this.process();
  }

  forgetEchoes(): void {
    this.head = this.commit = this.mark = this.tail = 0;
  }

  private process(): void {
    for (let space = this.space; this.tail < this.commit;) {
      const used = this.echoes[this.tail & MASK] === OP_START ? this.operation(space) : this.plainEcho(this.echoes[this.tail & MASK], space);
      if (used < 0) break;
      space -= used;
    }
    this.hand();
    while (this.commit - this.tail >= DISCARD_WATERMARK) {
      if (this.echoes[this.tail & MASK] !== OP_START) this.tail++;
      else this.tail += this.echoes[(this.tail + 1) & MASK] === OP_ERASE_TAB ? 3 : 2;
    }
  }

  private plainEcho(c: number, space: number): number {
    if (space <= 0) return -1;
    let used = 1;
    if ((this.terminal.termios.oflag & OPOST) !== 0) used = this.character(c, space);
    else this.stage(c);
    if (used >= 0) this.tail++;
    return used;
  }

  private operation(space: number): number {
    const operation = this.echoes[(this.tail + 1) & MASK];
    switch (operation) {
      case OP_ERASE_TAB: {
        const told = this.echoes[(this.tail + 2) & MASK];
        const columns = (told & 0x80) === 0 ? told + this.canonColumn : told;
        const back = 8 - (columns & 7);
        if (back > space) return -1;
        for (let i = 0; i < back; i++) this.stage(BS);
        this.column = Math.max(0, this.column - back);
        this.tail += 3;
        return back;
      }
      case OP_SET_CANON_COL:
        this.canonColumn = this.column;
        this.tail += 2;
        return 0;
      case OP_MOVE_BACK_COL:
        if (this.column > 0) this.column--;
        this.tail += 2;
        return 0;
      case OP_START:
        if (space < 1) return -1;
        this.stage(OP_START);
        this.column++;
        this.tail += 2;
        return 1;
      default:
        if (space < 2) return -1;
        this.stage(0x5e); // ^
        this.stage(operation ^ 0x40);
        this.column += 2;
        this.tail += 2;
        return 2;
    }
  }
}

savable(OutputProcessing);
