// The forms in which ioctl(2) carries termios: struct termios, termios2 with speeds, and System V's termio.
import { B38400, BOTHER, CBAUD, NCCS, TERMIOS_BYTES, type Termios, decodeTermios, encodeTermios } from "../../abi/termios.js";
import type { Task } from "../task/task.js";

const TERMIOS2_BYTES = TERMIOS_BYTES + 8;
const TERMIO_BYTES = 18;
const TERMIO_CHARACTERS = 8;

/** Baud by the low bits of c_cflag, as B0 to B38400 and B57600 to B4000000. */
const low = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const high = [0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000];

function baud(cflag: number): number {
  const code = cflag & CBAUD;
  if (code === BOTHER) return low[B38400];
  return (code & BOTHER) === 0 ? low[code] : high[code & ~BOTHER];
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function writeTermios(task: Task, at: number, termios: Termios): number {
  const bytes = new Uint8Array(TERMIOS_BYTES);
  encodeTermios(view(bytes), 0, termios);
  task.memory.write(at, bytes);
  return 0;
}

export const readTermios = (task: Task, at: number): Termios => decodeTermios(view(task.memory.read(at, TERMIOS_BYTES)), 0);

export function writeTermios2(task: Task, at: number, termios: Termios): number {
  const bytes = new Uint8Array(TERMIOS2_BYTES);
  encodeTermios(view(bytes), 0, termios);
  view(bytes).setUint32(TERMIOS_BYTES, baud(termios.cflag), true);
  view(bytes).setUint32(TERMIOS_BYTES + 4, baud(termios.cflag), true);
  task.memory.write(at, bytes);
  return 0;
}

export const readTermios2 = (task: Task, at: number): Termios => decodeTermios(view(task.memory.read(at, TERMIOS2_BYTES)), 0);

export function writeTermio(task: Task, at: number, termios: Termios): number {
  const bytes = new Uint8Array(TERMIO_BYTES);
  [termios.iflag, termios.oflag, termios.cflag, termios.lflag].forEach((flags, i) => view(bytes).setUint16(2 * i, flags, true));
  bytes[8] = termios.line;
  bytes.set(termios.cc.subarray(0, TERMIO_CHARACTERS), 9);
  task.memory.write(at, bytes);
  return 0;
}

/** The upper halves of the flags and the further characters stay as they are. */
export function readTermio(task: Task, at: number, now: Termios): Termios {
  const bytes = task.memory.read(at, TERMIO_BYTES);
  const flags = (i: number, before: number): number => ((before & 0xffff0000) | view(bytes).getUint16(2 * i, true)) >>> 0;
  const cc = new Uint8Array(NCCS);
  cc.set(now.cc);
  cc.set(bytes.subarray(9, 9 + TERMIO_CHARACTERS));
  return { iflag: flags(0, now.iflag), oflag: flags(1, now.oflag), cflag: flags(2, now.cflag), lflag: flags(3, now.lflag), line: bytes[8], cc };
}
