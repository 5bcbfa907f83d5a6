// The two ends of a transfer: a Sink that a read fills and a Source that a write empties, in user memory or in the kernel's own.

/** Where a read puts its bytes. Nothing after a successful `prepare(n)` can fault for these n bytes. */
export interface Sink {
  /** Bytes that still fit. */
  readonly room: number;
  /** Faults in up to n bytes for writing; returns how many of them are there (at least 1 if n > 0), or throws EFAULT. */
  prepare(n: number): number;
  /** Copies all of `bytes` (at most `room`, at most what was prepared). */
  put(bytes: Uint8Array): void;
}

/** Where a write takes its bytes from. */
export interface Source {
  /** Bytes not yet taken. */
  readonly left: number;
  /** Faults in up to n bytes for reading; returns how many of them are there (at least 1 if n > 0), or throws EFAULT. */
  prepare(n: number): number;
  /** The next bytes: at least 1, at most n (a page's end cuts it short), as a view that holds until the next call. */
  take(n: number): Uint8Array;
}

/** A kernel buffer as a Sink. */
export class BufferSink implements Sink {
  readonly bytes: Uint8Array;
  filled = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get room(): number {
    return this.bytes.length - this.filled;
  }

  prepare(n: number): number {
    return Math.min(n, this.room);
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.filled);
    this.filled += bytes.length;
  }
}

/** A kernel buffer as a Source. */
export class BufferSource implements Source {
  readonly bytes: Uint8Array;
  taken = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.taken;
  }

  prepare(n: number): number {
    return Math.min(n, this.left);
  }

  take(n: number): Uint8Array {
    const view = this.bytes.subarray(this.taken, this.taken + n);
    this.taken += view.length;
    return view;
  }
}
