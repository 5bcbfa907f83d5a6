// The kernel's copies from and to user memory (Linux: uaccess and iov_iter), page by page through the process's own page table.
import { EFAULT } from "../../abi/errno.js";
import type { ByteString } from "../bytestring.js";
import type { Sink, Source } from "../io.js";
import type { AddressSpace } from "./address-space.js";
import { FRAME_SIZE } from "./frames.js";
import { PAGE_SIZE, TASK_SIZE } from "./layout.js";

/** One piece of a scattered transfer (struct iovec). */
export interface Iovec {
  readonly base: number;
  readonly length: number;
}

/** As access_ok: a range that reaches beyond user addresses is refused before anything is copied. */
function checkRange(at: number, n: number): void {
  if (n > 0 && !(at >= 0 && n <= TASK_SIZE && at + n <= TASK_SIZE)) throw EFAULT;
}

/** Offset within its page. User addresses are below 2^38, too large for bit operators, and % on such numbers is slow. */
const within = (at: number): number => at - Math.floor(at / PAGE_SIZE) * PAGE_SIZE;

/** Bytes from `at` to the end of its page, at most `n`. */
const chunk = (at: number, n: number): number => Math.min(n, PAGE_SIZE - within(at));

/** Position in the machine's memory of a user byte, faulted in. */
function place(space: AddressSpace, at: number, write: boolean): number {
  const page = Math.floor(at / PAGE_SIZE);
  return space.frameFor(page, write) * FRAME_SIZE + at - page * PAGE_SIZE;
}

export function read(space: AddressSpace, at: number, n: number): Uint8Array {
  checkRange(at, n);
  const { u8 } = space.kernel.frames.memory;
  // Faulting in comes first, so that a hostile length costs nothing before it is refused.
  for (let page = Math.floor(at / PAGE_SIZE); page * PAGE_SIZE < at + n; page++) space.frameFor(page, false);
  const bytes = new Uint8Array(n);
  for (let done = 0; done < n;) {
    const from = place(space, at + done, false);
    const length = chunk(at + done, n - done);
    bytes.set(u8.subarray(from, from + length), done);
    done += length;
  }
  return bytes;
}

/** All or nothing as far as faults go: every page is there before the first byte changes. */
export function write(space: AddressSpace, at: number, bytes: Uint8Array): void {
  checkRange(at, bytes.length);
  for (let page = Math.floor(at / PAGE_SIZE); page * PAGE_SIZE < at + bytes.length; page++) space.frameFor(page, true);
  put(space, at, bytes);
}

/** Copies to pages that are there and writable. */
function put(space: AddressSpace, at: number, bytes: Uint8Array): void {
  const { memory } = space.kernel.frames;
  for (let done = 0; done < bytes.length;) {
    const to = place(space, at + done, true);
    const length = chunk(at + done, bytes.length - done);
    memory.u8.set(length === bytes.length ? bytes : bytes.subarray(done, done + length), to);
    memory.dirtied(Math.floor(to / FRAME_SIZE));
    done += length;
  }
}

export function readString(space: AddressSpace, at: number, max: number): ByteString {
  const { u8 } = space.kernel.frames.memory;
  let text = "";
  while (text.length < max) {
    checkRange(at, 1);
    const from = place(space, at, false);
    const limit = from + chunk(at, max - text.length);
    let end = from;
    while (end < limit && u8[end] !== 0) end++;
    text += text8(u8, from, end);
    if (end < limit) return text;
    at += limit - from;
  }
  return text;
}

function text8(u8: Uint8Array, from: number, end: number): ByteString {
  let text = "";
  if (end - from < 64) {
    for (let i = from; i < end; i++) text += String.fromCharCode(u8[i]);
    return text;
  }
  return String.fromCharCode(...u8.subarray(from, end));
}

export function readU32(space: AddressSpace, at: number): number {
  checkRange(at, 4);
  const from = place(space, at, false);
  const { u8, u32 } = space.kernel.frames.memory;
  if ((from & 3) === 0) return u32[from >>> 2];
  if (within(from) <= FRAME_SIZE - 4) return (u8[from] | (u8[from + 1] << 8) | (u8[from + 2] << 16) | (u8[from + 3] << 24)) >>> 0;
  const bytes = read(space, at, 4);
  return (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24)) >>> 0;
}

export function writeU32(space: AddressSpace, at: number, value: number): void {
  if ((within(at) & 3) !== 0) return write(space, at, new Uint8Array([value, value >>> 8, value >>> 16, value >>> 24]));
  checkRange(at, 4);
  const to = place(space, at, true);
  const { memory } = space.kernel.frames;
  memory.u32[to >>> 2] = value;
  memory.dirtied(Math.floor(to / FRAME_SIZE));
}

/** The low 64 bits of an integer; a negative one in two's complement. */
export function writeU64(space: AddressSpace, at: number, value: number): void {
  const high = Math.floor(value / 2 ** 32) >>> 0;
  if ((within(at) & 7) === 0) {
    // Within one page: the second word can't fault.
    writeU32(space, at, value >>> 0);
    writeU32(space, at + 4, high);
    return;
  }
  write(space, at, new Uint8Array([value, value >>> 8, value >>> 16, value >>> 24, high, high >>> 8, high >>> 16, high >>> 24]));
}

/** A position in user memory that moves through one range or several. */
class UserRange {
  protected readonly space: AddressSpace;
  private readonly vectors: readonly Iovec[];
  /** The next of `vectors` to come. */
  private next = 0;
  protected at: number;
  /** Left of the piece that `at` is in, and in all. */
  protected here: number;
  protected total: number;

  constructor(space: AddressSpace, at: number, n: number, vectors: readonly Iovec[] = none) {
    checkRange(at, n);
    this.space = space;
    this.vectors = vectors;
    this.at = at;
    this.here = n;
    this.total = n;
    for (const { base, length } of vectors) {
      checkRange(base, length);
      this.total += length;
    }
    if (n === 0) this.enter();
  }

  /** Goes on to the next piece that is not empty, where this one is used up. */
  private enter(): void {
    while (this.here === 0 && this.next < this.vectors.length) {
      const { base, length } = this.vectors[this.next++];
      this.at = base;
      this.here = length;
    }
  }

  protected advance(n: number): void {
    this.at += n;
    this.here -= n;
    this.total -= n;
    if (this.here === 0) this.enter();
  }

  /** Faults in up to n bytes; how many are there. A fault later than the first byte only cuts it short. */
  protected faultIn(n: number, write: boolean): number {
    const wanted = Math.min(n, this.total);
    let done = 0;
    try {
      let left = Math.min(this.here, wanted);
      done = this.faultPiece(this.at, left, write, 0);
      for (let i = this.next; done < wanted; i++) {
        const { base, length } = this.vectors[i];
        left = Math.min(length, wanted - done);
        done = this.faultPiece(base, left, write, done);
      }
    } catch (thrown) {
      if (thrown !== EFAULT || this.reached === 0) throw thrown;
      return this.reached;
    }
    return done;
  }

  /** Bytes known to be there, of the `faultIn` that runs. */
  private reached = 0;

  private faultPiece(at: number, n: number, write: boolean, before: number): number {
    this.reached = before;
    for (let done = 0; done < n;) {
      this.space.frameFor(Math.floor((at + done) / PAGE_SIZE), write);
      done += chunk(at + done, n - done);
      this.reached = before + done;
    }
    return before + n;
  }
}

const none: readonly Iovec[] = [];

export class UserSink extends UserRange implements Sink {
  get room(): number {
    return this.total;
  }

  prepare(n: number): number {
    return this.faultIn(n, true);
  }

  put(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const length = Math.min(this.here, bytes.length - done);
      if (length === 0) throw EFAULT;
      put(this.space, this.at, length === bytes.length ? bytes : bytes.subarray(done, done + length));
      this.advance(length);
      done += length;
    }
  }
}

export class UserSource extends UserRange implements Source {
  get left(): number {
    return this.total;
  }

  prepare(n: number): number {
    return this.faultIn(n, false);
  }

  take(n: number): Uint8Array {
    const from = place(this.space, this.at, false);
    const length = chunk(this.at, Math.min(n, this.here));
    this.advance(length);
    return this.space.kernel.frames.memory.u8.subarray(from, from + length);
  }
}
