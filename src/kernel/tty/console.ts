// The machine's console: a terminal whose other end is outside of the machine (a person's terminal, a test, a page).
import { makedev } from "../../abi/stat.js";
import { ByteBuffer, HIGH_WATER } from "../ipc/byte-buffer.js";
import { savable } from "../save.js";
import { Tty } from "./tty.js";

/** The console as the outside sees it. Between slices the outside types, and takes what was put out. */
export interface ConsolePort {
  /** Bytes typed. All are kept; while `inputBacklog` is high the outside should stop reading from the person. */
  input(bytes: Uint8Array): void;
  /** Bytes typed that no program has made room for yet. */
  readonly inputBacklog: number;
  /** Bytes put out and not taken yet. Beyond 64 KiB programs that write sleep until some are taken. */
  readonly outputPending: number;
  /** Takes all that was put out. */
  takeOutput(): Uint8Array;
  /** The window has that size now; the foreground group gets SIGWINCH if it changed. */
  resize(rows: number, columns: number): void;
  /** The line is cut: SIGHUP to the session's leader, EOF and EIO for all who have it open. */
  hangup(): void;
}

export class ConsoleTty extends Tty implements ConsolePort {
  private readonly buffer = new ByteBuffer();

  constructor() {
    super("console", makedev(5, 1));
  }

  override get outputRoom(): number {
    return this.stopped ? 0 : this.buffer.room;
  }

  override output(bytes: Uint8Array): void {
    this.buffer.push(bytes);
  }

  override get outputPending(): number {
    return this.buffer.length;
  }

  /** What the outside has not taken is as good as sent: a signal's flush must not eat what a program said before it. */
  override flushOutput(): void {}

  input(bytes: Uint8Array): void {
    this.type(bytes);
  }

  get inputBacklog(): number {
    return this.backlogBytes;
  }

  takeOutput(): Uint8Array {
    const full = this.buffer.length > HIGH_WATER / 2;
    const bytes = this.buffer.takeAll();
    if (full) this.outputTaken();
    else this.discipline.output.processEchoes();
    return bytes;
  }

  resize(rows: number, columns: number): void {
    this.setWinsize({ rows, columns, xpixel: 0, ypixel: 0 });
  }
}

savable(ConsoleTty);
