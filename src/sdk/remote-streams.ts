// Streams of a program in the machine's thread whose other ends are in the using program.
import type { HostInput, HostOutput } from "../host/interface.js";
import { WINDOW_BYTES, type FromMachine } from "./protocol.js";

type Post = (message: FromMachine, transfer?: ArrayBuffer[]) => void;

/** Gives the reader at most a window of bytes that it has not taken yet. */
export class RemoteOutput implements HostOutput {
  broken = false;
  private room_ = WINDOW_BYTES;
  private readonly post: Post;
  private readonly process: number;
  private readonly stream: "stdout" | "stderr";
  private listener: (() => void) | undefined;

  constructor(post: Post, process: number, stream: "stdout" | "stderr") {
    this.post = post;
    this.process = process;
    this.stream = stream;
  }

  get room(): number {
    return this.broken ? WINDOW_BYTES : this.room_;
  }

  put(given: Uint8Array): void {
    if (this.broken) return;
    const bytes = given.slice();
    this.room_ -= bytes.length;
    this.post({ tell: "output", process: this.process, stream: this.stream, bytes }, [bytes.buffer]);
  }

  taken(bytes: number): void {
    this.room_ += bytes;
    this.listener?.();
  }

  /** The reader cancelled its stream. */
  unread(): void {
    this.broken = true;
    this.listener?.();
  }

  listen(listener: () => void): void {
    this.listener = listener;
  }

  end(): void {
    this.post({ tell: "outputEnded", process: this.process, stream: this.stream });
  }

  /** What was posted arrives before anything posted later. */
  flushed(): Promise<void> {
    return Promise.resolve();
  }
}

/** Holds what the using program wrote until the program inside takes it. */
export class RemoteInput implements HostInput {
  private readonly waiting: Uint8Array[] = [];
  private ended = false;
  private readonly post: Post;
  private readonly process: number;
  private listener: (() => void) | undefined;

  constructor(post: Post, process: number) {
    this.post = post;
    this.process = process;
  }

  add(bytes: Uint8Array): void {
    this.waiting.push(bytes);
    this.listener?.();
  }

  end(): void {
    this.ended = true;
    this.listener?.();
  }

  take(most: number): Uint8Array | "end" | undefined {
    const first = this.waiting.shift();
    if (first === undefined) return this.ended ? "end" : undefined;
    const bytes = first.subarray(0, most);
    if (bytes.length < first.length) this.waiting.unshift(first.subarray(most));
    this.post({ tell: "inputTaken", process: this.process, bytes: bytes.length, closed: false });
    return bytes;
  }

  listen(listener: () => void): void {
    this.listener = listener;
    listener();
  }

  close(): void {
    this.waiting.length = 0;
    this.post({ tell: "inputTaken", process: this.process, bytes: 0, closed: true });
  }
}
