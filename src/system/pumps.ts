// What moves bytes between programs and the outside: the outer ends of pipes and of terminals.
import { failed } from "../abi/errno.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../abi/poll.js";
import type { HostInput, HostOutput } from "../host/interface.js";
import { BufferSink, BufferSource } from "../kernel/io.js";
import type { Task } from "../kernel/task/task.js";
import type { ConsolePort } from "../kernel/tty/console.js";
import type { File } from "../kernel/vfs/file.js";
import { unreference } from "../kernel/vfs/file-table.js";

const PIECE = 65536;

export interface Pump {
  /** Moves what can be moved now; whether anything was. */
  move(): boolean;
  /** Nothing waits in it, or nobody will ever take it. */
  readonly drained: boolean;
  /** It will never move anything again. */
  readonly done: boolean;
  /** Lets go of its ends. */
  close(): void;
}

/** From a pipe (or a pseudo-terminal's master) to the outside. */
export class OutputPump implements Pump {
  done = false;
  private readonly task: Task;
  private readonly file: File;
  private readonly output: HostOutput;
  private readonly buffer = new Uint8Array(PIECE);

  /** `file` is open for reading without blocking; the pump takes a reference. */
  constructor(task: Task, file: File, output: HostOutput) {
    this.task = task;
    this.file = file;
    this.output = output;
    file.references++;
  }

  get drained(): boolean {
    return this.done || (this.file.poll(this.task) & POLLIN) === 0;
  }

  move(): boolean {
    let moved = false;
    while (!this.done) {
      if (this.output.broken) {
        this.close();
        return true;
      }
      const events = this.file.poll(this.task);
      if ((events & (POLLIN | POLLHUP)) === 0) return moved;
      const room = Math.min(this.output.room, PIECE);
      if (room === 0) return moved;
      const sink = new BufferSink(this.buffer.subarray(0, room));
      const got = this.file.read(this.task, sink, 0);
      if (typeof got !== "number" || got === 0) {
        // The end of a pipe is 0, that of a terminal EIO.
        if (got === 0 || failed(got)) this.close();
        return moved;
      }
      this.output.put(this.buffer.subarray(0, got));
      moved = true;
    }
    return moved;
  }

  close(): void {
    if (this.done) return;
    this.done = true;
    this.output.end();
    unreference(this.file);
  }
}

/** From the outside to a pipe. */
export class InputPump implements Pump {
  done = false;
  readonly drained = true;
  private readonly task: Task;
  private readonly file: File;
  private readonly input: HostInput;
  /** Taken from the outside, with no room in the pipe yet. */
  private held: Uint8Array | undefined;

  /** `file` is open for writing without blocking; the pump takes a reference. */
  constructor(task: Task, file: File, input: HostInput) {
    this.task = task;
    this.file = file;
    this.input = input;
    file.references++;
  }

  move(): boolean {
    let moved = false;
    while (!this.done) {
      const events = this.file.poll(this.task);
      // Asked first: writing to a pipe without a reader would send a signal.
      if ((events & POLLERR) !== 0) {
        this.input.close();
        this.close();
        return true;
      }
      if ((events & POLLOUT) === 0) return moved;
      const bytes = this.held ?? this.input.take(PIECE);
      if (bytes === undefined) return moved;
      if (bytes === "end") {
        this.close();
        return true;
      }
      const wrote = this.file.write(this.task, new BufferSource(bytes), 0);
      const count = typeof wrote === "number" ? wrote : 0;
      this.held = count < bytes.length ? bytes.subarray(count) : undefined;
      if (count === 0) return moved;
      moved = true;
    }
    return moved;
  }

  close(): void {
    if (this.done) return;
    this.done = true;
    unreference(this.file);
  }
}

/** Between the board's console and the outside, both ways. */
export class ConsolePump implements Pump {
  done = false;
  private readonly port: ConsolePort;
  private readonly input: HostInput | undefined;
  private readonly output: HostOutput;
  private inputEnded = false;

  constructor(port: ConsolePort, input: HostInput | undefined, output: HostOutput) {
    this.port = port;
    this.input = input;
    this.output = output;
  }

  get drained(): boolean {
    return this.done || this.output.broken || this.port.outputPending === 0;
  }

  move(): boolean {
    if (this.done) return false;
    const out = this.moveOut();
    return this.moveIn() || out;
  }

  private moveOut(): boolean {
    if (this.port.outputPending === 0) return false;
    if (this.output.broken) {
      this.port.takeOutput();
      return true;
    }
    // The console holds about one window at most, so what is taken at once is bounded.
    if (this.output.room === 0) return false;
    this.output.put(this.port.takeOutput());
    return true;
  }

  private moveIn(): boolean {
    if (this.input === undefined || this.inputEnded || this.port.inputBacklog >= PIECE) return false;
    const bytes = this.input.take(PIECE - this.port.inputBacklog);
    if (bytes === undefined) return false;
    if (bytes === "end") {
      this.inputEnded = true;
      this.port.hangup();
      return true;
    }
    this.port.input(bytes);
    return true;
  }

  close(): void {
    if (this.done) return;
    this.done = true;
    this.output.end();
  }
}
