// The machine's side of the protocol: a system that is asked and told by messages. Knows no kind of thread.
import { FileError, NotYet, StartError, type Program, type RunningProgram, type System } from "../system/system.js";
import { signalName } from "../system/signals.js";
import type { Happening } from "../system/system.js";
import { NestboxError } from "./errors.js";
import type { OpenSystem, Platform } from "./platform.js";
import type { Call, FromMachine, SpawnRequest, ToMachine, TransportedError } from "./protocol.js";
import { RemoteInput, RemoteOutput } from "./remote-streams.js";

export type Post = (message: FromMachine, transfer?: ArrayBuffer[]) => void;

interface Served {
  /** Of its end and the ends of its outputs, those that are still to come. */
  awaited: number;
  running: RunningProgram | undefined;
  readonly input: RemoteInput;
  readonly stdout: RemoteOutput;
  readonly stderr: RemoteOutput;
}

/** An error as it goes over the wire. */
export function transported(error: unknown): TransportedError {
  if (error instanceof NestboxError) return { code: error.code, message: error.message, errno: error.errno, path: error.path };
  if (error instanceof FileError) return { code: "ERR_FILE", message: error.message, errno: error.errno, path: error.path };
  if (error instanceof NotYet) return { code: "ERR_NOT_YET", message: error.message };
  if (error instanceof StartError) {
    const codes = { "not-found": "ERR_NOT_FOUND", "not-executable": "ERR_NOT_EXECUTABLE", "bad-option": "ERR_OPTION" } as const;
    return { code: codes[error.reason], message: error.message };
  }
  return { code: "ERR_MACHINE", message: error instanceof Error ? error.message : String(error) };
}

/** Answers messages until the machine stops. */
export class Server {
  private readonly platform: Platform;
  private readonly open: OpenSystem;
  private readonly post: Post;
  private readonly processes = new Map<number, Served>();
  private nextProcess = 1;
  private system: System | undefined;
  private unwatch: (() => void) | undefined;
  private happenings: Happening[] = [];

  constructor(platform: Platform, open: OpenSystem, post: Post) {
    this.platform = platform;
    this.open = open;
    this.post = post;
  }

  receive(message: ToMachine): void {
    if ("call" in message) {
      this.answer(message.what).then(
        (value) => this.post({ answer: message.call, value }),
        (error: unknown) => this.post({ answer: message.call, error: transported(error) }),
      );
    } else if (message.note === "watch") {
      this.watch(message.on);
    } else {
      const served = this.processes.get(message.process);
      if (served !== undefined) this.note(served, message);
    }
  }

  private note(served: Served, message: Exclude<ToMachine, { call: number } | { note: "watch" }>): void {
    switch (message.note) {
      case "input": return served.input.add(message.bytes);
      case "inputEnded": return served.input.end();
      case "taken": return served[message.stream].taken(message.bytes);
      case "unread": return served[message.stream].unread();
      case "kill": return served.running?.kill(message.signal);
      case "resize": return served.running?.resize(message.rows, message.columns);
      default: return message satisfies never;
    }
  }

  private async answer(call: Call): Promise<unknown> {
    if (call.do === "boot") {
      this.system = await this.open(this.platform, call.settings, (progress) => this.post({ tell: "progress", progress }));
      return undefined;
    }
    const { system } = this;
    if (system === undefined) throw new NestboxError("ERR_STOPPED", "the machine was stopped");
    switch (call.do) {
      case "spawn": return this.spawn(system, call.program);
      case "readFile": return system.files.read(call.path);
      case "writeFile": return system.files.write(call.path, call.bytes, call.mode);
      case "mkdir": return system.files.mkdir(call.path, { parents: call.parents, mode: call.mode });
      case "readdir": return system.files.readdir(call.path);
      case "remove": return system.files.remove(call.path, { recursive: call.recursive });
      case "stat": return system.files.stat(call.path, { follow: call.follow });
      case "inspect": return system.inspect();
      case "stop":
        this.system = undefined;
        return system.stop();
      default: return call satisfies never;
    }
  }

  private async spawn(system: System, request: SpawnRequest): Promise<{ process: number; pid: number }> {
    const process = this.nextProcess++;
    const post: Post = (message, transfer) => {
      if (!this.processes.has(process)) return;
      this.post(message, transfer);
      if ("tell" in message && message.tell === "outputEnded") this.settled(process);
    };
    const served: Served = {
      awaited: request.terminal === undefined ? 3 : 2, running: undefined,
      input: new RemoteInput(post, process), stdout: new RemoteOutput(post, process, "stdout"), stderr: new RemoteOutput(post, process, "stderr"),
    };
    const input = request.stdin ? served.input : undefined;
    const streams: Program["streams"] = request.terminal === undefined
      ? { kind: "pipes", input, output: served.stdout, error: served.stderr }
      : { kind: "terminal", input: served.input, output: served.stdout, ...request.terminal, utf8: true };
    const { file, args, env, workdir, user } = request;
    this.processes.set(process, served);
    try {
      served.running = await system.spawn({ file, args, env, workdir, user, streams });
    } catch (error) {
      this.processes.delete(process);
      throw error;
    }
    (request.collected ? served.running.ended : served.running.exited).then(
      ({ code, signal }) => {
        this.inOrder({ tell: "ended", process, code: code ?? null, signal: signal === undefined ? null : signalName(signal) });
        this.settled(process);
      },
      (error: unknown) => this.post({ tell: "broken", message: transported(error).message }),
    );
    return { process, pid: served.running.pid };
  }

  /** Forgets a program that has ended and that nobody writes for any more. */
  private settled(process: number): void {
    const served = this.processes.get(process);
    if (served === undefined || --served.awaited > 0) return;
    this.processes.delete(process);
    this.post({ tell: "gone", process });
  }

  /** Happenings go in parcels: one message for each would cost more than what it tells. */
  private watch(on: boolean): void {
    if (!on || this.system === undefined) {
      this.unwatch?.();
      this.unwatch = undefined;
      return;
    }
    this.unwatch ??= this.system.watch((happening) => {
      this.happenings.push(happening);
      if (this.happenings.length > 1) return;
      this.platform.host.timer.soon(() => this.tellHappenings());
    });
  }

  private tellHappenings(): void {
    if (this.happenings.length > 0) this.post({ tell: "happenings", happenings: this.happenings.splice(0) });
  }

  /** After what happened before it. */
  private inOrder(message: FromMachine): void {
    this.tellHappenings();
    this.post(message);
  }
}
