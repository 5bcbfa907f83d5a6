// What moves bytes between programs and the outside: the outer ends of pipes and of terminals.
import { EIO, failed } from "../abi/errno.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../abi/poll.js";
import type { HostInput, HostOutput } from "../host/interface.js";
import { BufferSink, BufferSource } from "../kernel/io.js";
import type { Task } from "../kernel/task/task.js";
import type { File } from "../kernel/vfs/file.js";
import { unreference } from "../kernel/vfs/file-table.js";

const PIECE = 65536;

export interface Pump {
  /** Moves what can be moved now; whether anything was. */
  move(): boolean;
  /** It will never move anything again. */
  readonly done: boolean;
  /** Lets go of its end. */
  close(): void;
}

/** From a pipe, or a pseudo-terminal's master, to the outside. */
export class OutputPump implements Pump {
  done = false;
  private readonly task: Task;
  private readonly file: File;
  private readonly output: HostOutput;
  /** Bytes that wait in the pipe or terminal. */
  private readonly waiting: () => number;
  private readonly buffer = new Uint8Array(PIECE);
  private movedBytes = 0;

  /** `file` is open for reading without blocking; the pump takes a reference. */
  constructor(task: Task, file: File, output: HostOutput, waiting: () => number) {
    this.task = task;
    this.file = file;
    this.output = output;
    this.waiting = waiting;
    file.references++;
  }

  /** Whether all that waits now has gone out, asked of the function that is returned: others may go on writing for ever. */
  untilNow(): () => boolean {
    const until = this.movedBytes + this.waiting();
    return () => this.done || this.movedBytes >= until;
  }

  move(): boolean {
    let moved = false;
    while (!this.done) {
      if (this.output.broken) {
        this.close();
        return true;
      }
      if ((this.file.poll(this.task) & (POLLIN | POLLHUP)) === 0) return moved;
      const room = Math.min(this.output.room, PIECE);
      if (room === 0) return moved;
      const got = this.file.read(this.task, new BufferSink(this.buffer.subarray(0, room)), 0);
      // A terminal that nobody has open at the moment may be opened again.
      if (got === EIO) return moved;
      if (typeof got !== "number" || got === 0) {
        if (got === 0 || failed(got)) this.close();
        return moved;
      }
      this.movedBytes += got;
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

/** From the outside to a pipe or a pseudo-terminal's master. */
export class InputPump implements Pump {
  done = false;
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
    this.input.close();
    unreference(this.file);
  }
}
