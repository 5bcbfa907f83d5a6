// Bytes on their way between the machine and what is outside of it, or between the two ends of a pty: pieces in order, with a mark.
import { savable } from "../save.js";

/** More than this waits before it is taken: whoever writes sleeps. */
export const HIGH_WATER = 65536;

export class ByteBuffer {
  private pieces: Uint8Array[] = [];
  length = 0;

  get room(): number {
    return Math.max(0, HIGH_WATER - this.length);
  }

  /** Keeps a copy. Small pieces are joined, so that single characters do not cost an array each. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.length += bytes.length;
    const last = this.pieces.at(-1);
    if (last !== undefined && last.length + bytes.length <= 256) {
      const joined = new Uint8Array(last.length + bytes.length);
      joined.set(last);
      joined.set(bytes, last.length);
      this.pieces[this.pieces.length - 1] = joined;
    } else {
      this.pieces.push(bytes.slice());
    }
  }

  /** The first piece, at most n bytes, as a view that is no longer in the buffer. Empty when there is nothing. */
  shift(n: number): Uint8Array {
    const [first] = this.pieces;
    if (first === undefined) return new Uint8Array(0);
    if (first.length <= n) this.pieces.shift();
    else this.pieces[0] = first.subarray(n);
    const taken = first.subarray(0, n);
    this.length -= taken.length;
    return taken;
  }

  /** Everything, in one piece. */
  takeAll(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    this.clear();
    return all;
  }

  /** Forgets all but the first n bytes. */
  truncate(n: number): void {
    if (this.length <= n) return;
    const all = this.takeAll();
    this.push(all.subarray(0, n));
  }

  clear(): void {
    this.pieces = [];
    this.length = 0;
  }
}

savable(ByteBuffer);
