// A program that runs in a machine, as the using program holds it: streams, pid, wait, kill.
import { signalNumber } from "../system/signals.js";
import type { Connection } from "./connection.js";
import { NestboxError } from "./errors.js";
import type { ExitStatus } from "./options.js";
import { WINDOW_BYTES } from "./protocol.js";

/** What a program writes, as a stream that takes bytes from the machine only as it is read. */
class Outgoing {
  readonly stream: ReadableStream<Uint8Array>;
  private readonly waiting: Uint8Array[] = [];
  private readonly taken: (bytes: number) => void;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private wanted = false;
  private ended = false;
  private closed = false;

  constructor(taken: (bytes: number) => void, unread: () => void) {
    this.taken = taken;
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.controller = controller),
      pull: () => {
        this.wanted = true;
        this.hand();
      },
      // As closing a pipe: the program gets SIGPIPE when it writes on.
      cancel: () => {
        this.closed = true;
        unread();
      },
    }, { highWaterMark: 0 });
  }

  add(bytes: Uint8Array): void {
    this.waiting.push(bytes);
    this.hand();
  }

  end(): void {
    this.ended = true;
    this.hand();
  }

  fail(error: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.controller?.error(error);
  }

  private hand(): void {
    if (this.closed) return;
    const next = this.wanted ? this.waiting.shift() : undefined;
    if (next !== undefined) {
      this.wanted = false;
      this.controller?.enqueue(next);
      this.taken(next.length);
    } else if (this.ended && this.waiting.length === 0) {
      this.closed = true;
      this.controller?.close();
    }
  }
}

/** What the machine tells about one program. */
export interface ProcessEvents {
  output(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  outputEnded(stream: "stdout" | "stderr"): void;
  /** It took so many bytes of its input; `closed`: it will not take more. */
  inputTaken(bytes: number, closed: boolean): void;
  ended(status: ExitStatus): void;
  broken(error: NestboxError): void;
}

/** What a program reads, as a stream that accepts bytes while the program keeps up. */
export class Incoming {
  readonly stream: WritableStream<Uint8Array | string>;
  private underWay = 0;
  private closed = false;
  private proceed: (() => void) | undefined;

  constructor(connection: Connection, process: number) {
    const send = (bytes: Uint8Array<ArrayBuffer>): void => connection.post({ note: "input", process, bytes }, [bytes.buffer]);
    const end = (): void => connection.post({ note: "inputEnded", process });
    const encoder = new TextEncoder();
    this.stream = new WritableStream<Uint8Array | string>({
      write: async (chunk) => {
        // As for a pipe, the copy belongs to the program: the giver may reuse its bytes.
        const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk.slice();
        for (let at = 0; at < bytes.length; at += WINDOW_BYTES) {
          while (this.underWay >= WINDOW_BYTES && !this.closed) await new Promise<void>((resolve) => (this.proceed = resolve));
          if (this.closed) throw new NestboxError("ERR_STOPPED", "the program does not read its input any more");
          const piece = bytes.slice(at, at + WINDOW_BYTES);
          this.underWay += piece.length;
          send(piece);
        }
      },
      close: end,
      abort: end,
    });
  }

  took(bytes: number, closed: boolean): void {
    this.underWay -= bytes;
    this.closed ||= closed;
    this.proceed?.();
  }
}

export class Process {
  /** Process id inside. */
  readonly pid: number;
  /** Strings are written as UTF-8. Writing waits while the program does not read, and rejects when it never will. */
  readonly stdin: WritableStream<Uint8Array | string>;
  /** Ends when every process that holds it has ended. `for await` works. The program waits while nobody reads. */
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  private readonly id: number;
  private readonly connection: Connection;
  private readonly incoming: Incoming;
  private readonly outgoing: { readonly stdout: Outgoing; readonly stderr: Outgoing };
  private readonly status: Promise<ExitStatus>;
  private settle: { resolve(status: ExitStatus): void; reject(error: Error): void } | undefined;

  /** @internal */
  constructor(connection: Connection, id: number, pid: number) {
    this.connection = connection;
    this.id = id;
    this.pid = pid;
    this.incoming = new Incoming(connection, id);
    const outgoing = (stream: "stdout" | "stderr"): Outgoing =>
      new Outgoing((bytes) => connection.post({ note: "taken", process: id, stream, bytes }), () => connection.post({ note: "unread", process: id, stream }));
    this.outgoing = { stdout: outgoing("stdout"), stderr: outgoing("stderr") };
    this.stdin = this.incoming.stream;
    this.stdout = this.outgoing.stdout.stream;
    this.stderr = this.outgoing.stderr.stream;
    this.status = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // Who never waits is not to be killed by a machine that broke.
    this.status.catch(() => undefined);
  }

  /** Resolves when the program has ended; what it wrote may still be read then. Rejects with ERR_STOPPED or ERR_MACHINE where the machine ended first. */
  wait(): Promise<ExitStatus> {
    return this.status;
  }

  /** Sends a signal, by name or number; "SIGTERM" where none is given. Nothing happens when the program has ended. */
  kill(signal: string | number = "SIGTERM"): void {
    const number = typeof signal === "number" ? signal : signalNumber(signal);
    if (number === undefined || !Number.isInteger(number) || number < 1 || number > 64) throw new NestboxError("ERR_OPTION", `"${signal}" is no signal; write for example SIGTERM`);
    this.connection.post({ note: "kill", process: this.id, signal: number });
  }

  /** The size of its terminal, where it has one. */
  resize(rows: number, columns: number): void {
    this.connection.post({ note: "resize", process: this.id, rows, columns });
  }

  /** @internal What the machine tells about it. */
  readonly events: ProcessEvents = {
    output: (stream, bytes) => this.outgoing[stream].add(bytes),
    outputEnded: (stream) => this.outgoing[stream].end(),
    inputTaken: (bytes, closed) => this.incoming.took(bytes, closed),
    ended: (status) => {
      this.incoming.took(0, true);
      this.settle?.resolve(status);
    },
    broken: (error) => {
      this.incoming.took(0, true);
      this.outgoing.stdout.fail(error);
      this.outgoing.stderr.fail(error);
      this.settle?.reject(error);
    },
  };
}
