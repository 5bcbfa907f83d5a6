// Running a program to its end: its input is given, its output collected within bounds, its time limited.
import type { HostTimer } from "../host/interface.js";
import type { Connection } from "./connection.js";
import { NestboxError } from "./errors.js";
import { DEFAULT_OUTPUT_BYTES, type ExitStatus, type RunProgramOptions, type RunResult } from "./options.js";
import { Incoming, type ProcessEvents } from "./process.js";

type Limits = Pick<RunProgramOptions, "timeoutMs" | "maxOutputBytes" | "signal" | "stdin">;

const SIGKILL = 9;

/** Throws NestboxError with ERR_OPTION. */
export function checkLimits({ timeoutMs, maxOutputBytes, stdin }: Limits): void {
  if (timeoutMs !== undefined && !(timeoutMs > 0)) throw new NestboxError("ERR_OPTION", `timeoutMs: ${timeoutMs} must be more than 0`);
  if (maxOutputBytes !== undefined && !(maxOutputBytes >= 0)) throw new NestboxError("ERR_OPTION", `maxOutputBytes: ${maxOutputBytes} must be at least 0`);
  const streams = typeof stdin === "object" && (stdin instanceof Uint8Array || stdin instanceof ReadableStream || Symbol.asyncIterator in stdin);
  if (stdin !== undefined && typeof stdin !== "string" && !streams) throw new NestboxError("ERR_OPTION", "stdin: must be text, bytes or a stream of them");
}

/** One program that runs to its end. What background processes write after that is not waited for. */
export class Run implements ProcessEvents {
  private readonly connection: Connection;
  private readonly process: number;
  private readonly incoming: Incoming;
  private readonly chunks: { readonly stdout: Uint8Array[]; readonly stderr: Uint8Array[] } = { stdout: [], stderr: [] };
  private left: number;
  private timedOut = false;
  private truncated = false;
  private settle: { resolve(status: ExitStatus): void; reject(error: unknown): void } | undefined;

  constructor(connection: Connection, process: number, maxOutputBytes = DEFAULT_OUTPUT_BYTES) {
    this.connection = connection;
    this.process = process;
    this.left = maxOutputBytes;
    this.incoming = new Incoming(connection, process);
  }

  /** Rejects with the reason of the AbortSignal, with the error of the stream that it reads, or where the machine ended. */
  async toEnd(timer: HostTimer, { timeoutMs, signal, stdin }: Limits): Promise<RunResult<Uint8Array>> {
    const ended = new Promise<ExitStatus>((resolve, reject) => (this.settle = { resolve, reject }));
    const kill = (): void => this.kill();
    const cancel = timeoutMs === undefined ? undefined : timer.after(timeoutMs, () => {
      this.timedOut = true;
      kill();
    });
    signal?.addEventListener("abort", kill, { once: true });
    if (signal?.aborted) kill();
    try {
      this.give(stdin).catch((error: unknown) => this.stopReading(error));
      const status = await ended;
      signal?.throwIfAborted();
      const [stdout, stderr] = [concatenated(this.chunks.stdout), concatenated(this.chunks.stderr)];
      return { ...status, stdout, stderr, timedOut: this.timedOut && status.signal === "SIGKILL", truncated: this.truncated };
    } finally {
      cancel?.();
      signal?.removeEventListener("abort", kill);
      // What background processes write later is let go.
      this.left = 0;
      this.truncated = true;
    }
  }

  output(stream: "stdout" | "stderr", bytes: Uint8Array): void {
    this.connection.post({ note: "taken", process: this.process, stream, bytes: bytes.length });
    const kept = bytes.length <= this.left ? bytes : bytes.slice(0, this.left);
    this.left -= kept.length;
    if (kept.length > 0) this.chunks[stream].push(kept);
    if (kept.length === bytes.length || this.truncated) return;
    this.truncated = true;
    this.kill();
  }

  outputEnded(): void {}

  inputTaken(bytes: number, closed: boolean): void {
    this.incoming.took(bytes, closed);
  }

  ended(status: ExitStatus): void {
    this.incoming.took(0, true);
    this.settle?.resolve(status);
  }

  broken(error: NestboxError): void {
    this.incoming.took(0, true);
    this.settle?.reject(error);
  }

  private kill(): void {
    this.connection.post({ note: "kill", process: this.process, signal: SIGKILL });
  }

  /** A program need not read all that it is given, but it must not take a broken stream for a whole one. */
  private stopReading(error: unknown): void {
    if (error instanceof NestboxError && error.code === "ERR_STOPPED") return;
    this.kill();
    this.settle?.reject(error);
  }

  private async give(stdin: Limits["stdin"]): Promise<void> {
    if (stdin === undefined) return;
    if (stdin instanceof ReadableStream) return stdin.pipeTo(this.incoming.stream);
    const writer = this.incoming.stream.getWriter();
    if (typeof stdin === "string" || stdin instanceof Uint8Array) await writer.write(stdin);
    else for await (const chunk of stdin) await writer.write(chunk);
    await writer.close();
  }
}

function concatenated(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
