// Standard output and error of the process as outputs of a machine: a reader that stands still never blocks the machine's thread.
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { HostOutput } from "../interface.js";

const load = createRequire(import.meta.url);
/** Bytes that may wait for the reader. */
const BOUND = 256 * 1024;
const RETRY_MS = 4;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/**
 * A descriptor of our own for the same pipe or terminal that never blocks; the flag of the one we were given is shared with
 * whoever gave it and stays as it is. undefined where there is no way to one (a socket, no /proc).
 */
function ownDescriptor(fd: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** A file takes all at once; what may block is written without blocking, and through libuv once it is full. */
export function openOutput(fd: number): HostOutput {
  const stat = fstatSync(fd);
  if (stat.isFile() || stat.isBlockDevice()) return new Output(fd, false);
  const own = ownDescriptor(fd);
  if (own !== undefined) return new Output(own, true, !stat.isFIFO());
  const output = new Output(fd, true);
  output.useSocket();
  return output;
}

class Output implements HostOutput {
  broken = false;
  failure: string | undefined;
  private readonly fd: number;
  private readonly own: boolean;
  private readonly retries: boolean;
  private readonly waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private socket: Socket | undefined;
  private retry: NodeJS.Timeout | undefined;
  private listener: (() => void) | undefined;
  private readonly drained: (() => void)[] = [];
  private ended = false;

  /** `retries`: what is full is tried again after a moment, because libuv can't watch it as a pipe (terminals, character devices). */
  constructor(fd: number, own: boolean, retries = false) {
    this.fd = fd;
    this.own = own;
    this.retries = retries;
  }

  get room(): number {
    return this.broken ? BOUND : Math.max(0, BOUND - this.waitingBytes);
  }

  put(bytes: Uint8Array): void {
    if (this.broken || bytes.length === 0) return;
    const left = this.waitingBytes === 0 && this.socket === undefined ? this.writeNow(bytes) : bytes;
    if (left.length === 0 || this.broken) return;
    this.waitingBytes += left.length;
    if (this.socket !== undefined) this.hand(left.slice());
    else {
      this.waiting.push(left.slice());
      this.later();
    }
  }

  listen(listener: () => void): void {
    this.listener = listener;
  }

  end(): void {
    this.ended = true;
    if (this.waitingBytes === 0) this.finish();
  }

  flushed(): Promise<void> {
    return this.waitingBytes === 0 || this.broken ? Promise.resolve() : new Promise((resolve) => this.drained.push(resolve));
  }

  /** Lets libuv watch the descriptor from now on. node:net is loaded only for readers that are slow. */
  useSocket(): void {
    const { Socket } = load("node:net") as typeof import("node:net");
    this.socket = new Socket({ fd: this.fd, readable: false, writable: true });
    this.socket.on("error", (error) => this.fail(codeOf(error)));
    for (const bytes of this.waiting.splice(0)) this.hand(bytes);
  }

  private hand(bytes: Uint8Array): void {
    this.socket?.write(bytes, () => this.wrote(bytes.length));
  }

  /** What the descriptor does not take now. */
  private writeNow(bytes: Uint8Array): Uint8Array {
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(this.fd, bytes, at, bytes.length - at);
    } catch (error) {
      if (codeOf(error) === "EINTR") return this.writeNow(bytes.subarray(at));
      if (codeOf(error) !== "EAGAIN") this.fail(codeOf(error));
    }
    return bytes.subarray(at);
  }

  private later(): void {
    if (!this.retries && this.own) this.useSocket();
    else this.retry ??= setTimeout(() => this.tryAgain(), RETRY_MS);
  }

  private tryAgain(): void {
    this.retry = undefined;
    for (let bytes = this.waiting.shift(); bytes !== undefined; bytes = this.waiting.shift()) {
      const left = this.writeNow(bytes);
      if (this.broken) return;
      if (left.length < bytes.length) this.wrote(bytes.length - left.length);
      if (left.length === 0) continue;
      this.waiting.unshift(left);
      return this.later();
    }
  }

  private wrote(count: number): void {
    this.waitingBytes -= count;
    if (this.waitingBytes === 0) this.finish();
    this.listener?.();
  }

  private fail(code: string): void {
    if (this.broken) return;
    this.broken = true;
    if (code !== "EPIPE" && code !== "ECONNRESET" && code !== "EIO") this.failure = code;
    this.waiting.length = 0;
    this.waitingBytes = 0;
    this.finish();
    this.listener?.();
  }

  private finish(): void {
    for (const resolve of this.drained.splice(0)) resolve();
    if (!this.ended) return;
    this.ended = false;
    if (this.socket !== undefined) this.socket.destroy();
    else if (this.own && this.retry === undefined) closeSync(this.fd);
  }
}
