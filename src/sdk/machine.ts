// A machine that runs in a thread of its own, as the using program holds it.
import type { HostTimer, HostWorker } from "../host/interface.js";
import type { Box, FileFacts, Happening } from "../system/system.js";
import { checkLimits, Run } from "./collect.js";
import { Connection } from "./connection.js";
import { NestboxError } from "./errors.js";
import { machineSettings, type MachineOptions, type RunProgramOptions, type RunResult, type SpawnOptions } from "./options.js";
import { Process, type ProcessEvents } from "./process.js";
import type { FromMachine, SpawnRequest } from "./protocol.js";

declare global {
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** Facts about a file inside. Times in milliseconds since 1970, sizes in bytes. */
export type FileStat = FileFacts;

/** How long the machine's thread may take to stop by itself before it is ended. */
const STOP_MS = 2000;

export class Machine {
  private readonly worker: HostWorker;
  private readonly timer: HostTimer;
  private readonly connection: Connection;
  private readonly processes = new Map<number, ProcessEvents>();
  /** What was told about processes before `spawn` was answered. */
  private readonly early = new Map<number, ((process: ProcessEvents) => void)[]>();
  private readonly listeners = new Set<(happening: Happening) => void>();
  private readonly onProgress: MachineOptions["onProgress"];
  private stopping: Promise<void> | undefined;

  private constructor(worker: HostWorker, timer: HostTimer, options: MachineOptions) {
    this.worker = worker;
    this.timer = timer;
    this.onProgress = options.onProgress;
    this.connection = new Connection(worker, (message) => this.told(message));
  }

  /** @internal Boots in the worker that is given. */
  static async boot(worker: () => HostWorker, timer: HostTimer, options: MachineOptions): Promise<Machine> {
    const settings = machineSettings(options);
    const { signal } = options;
    signal?.throwIfAborted();
    const machine = new Machine(worker(), timer, options);
    const abort = (): void => void machine.stop();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await machine.connection.call({ do: "boot", settings });
    } catch (error) {
      await machine.stop();
      signal?.throwIfAborted();
      throw error;
    }
    return machine;
  }

  /** Runs a program to its end and collects what it writes. Rejects with NestboxError (ERR_NOT_FOUND, ERR_NOT_EXECUTABLE, …) or the abort reason. */
  run(program: string, args: readonly string[], options: RunProgramOptions & { encoding: "bytes" }): Promise<RunResult<Uint8Array>>;
  run(program: string, args?: readonly string[], options?: RunProgramOptions): Promise<RunResult>;
  async run(program: string, args: readonly string[] = [], options: RunProgramOptions = {}): Promise<RunResult | RunResult<Uint8Array>> {
    checkLimits(options);
    options.signal?.throwIfAborted();
    const { process } = await this.start(program, args, options, { stdin: options.stdin !== undefined, collected: true });
    const run = new Run(this.connection, process, options.maxOutputBytes);
    const ended = run.toEnd(this.timer, options);
    this.attach(process, run);
    const result = await ended;
    return options.encoding === "bytes" ? result : decoded(result);
  }

  /** Starts a program. Rejects with NestboxError: ERR_NOT_FOUND, ERR_NOT_EXECUTABLE, ERR_OPTION. */
  async spawn(program: string, args: readonly string[] = [], options: SpawnOptions = {}): Promise<Process> {
    options.signal?.throwIfAborted();
    const started = await this.start(program, args, options, { stdin: true, collected: false }, options.terminal);
    const process = new Process(this.connection, started.process, started.pid);
    this.attach(started.process, process.events);
    const { signal } = options;
    if (signal !== undefined) {
      const kill = (): void => process.kill("SIGKILL");
      if (signal.aborted) kill();
      signal.addEventListener("abort", kill, { once: true });
      const forget = (): void => signal.removeEventListener("abort", kill);
      process.wait().then(forget, forget);
    }
    return process;
  }

  /** The whole file, which is no device and of at most 1 GiB. Rejects with ERR_FILE; `errno` is Linux's name of the error. Paths inside are absolute. */
  readFile(path: string): Promise<Uint8Array>;
  readFile(path: string, encoding: "utf8"): Promise<string>;
  async readFile(path: string, encoding?: "utf8"): Promise<Uint8Array | string> {
    const bytes = await this.connection.call<Uint8Array>({ do: "readFile", path });
    return encoding === "utf8" ? new TextDecoder().decode(bytes) : bytes;
  }

  /** Makes the file (permissions 0o644 where `mode` is not given), or replaces what is in it. */
  async writeFile(path: string, data: string | Uint8Array, options: { mode?: number } = {}): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    await this.connection.call({ do: "writeFile", path, bytes, mode: options.mode });
  }

  async mkdir(path: string, options: { recursive?: boolean; mode?: number } = {}): Promise<void> {
    await this.connection.call({ do: "mkdir", path, parents: options.recursive ?? false, mode: options.mode });
  }

  /** Names, sorted. */
  readdir(path: string): Promise<string[]> {
    return this.connection.call({ do: "readdir", path });
  }

  async remove(path: string, options: { recursive?: boolean } = {}): Promise<void> {
    await this.connection.call({ do: "remove", path, recursive: options.recursive ?? false });
  }

  /** Of what a link points at; with `follow: false` of the link itself. */
  stat(path: string, options: { follow?: boolean } = {}): Promise<FileStat> {
    return this.connection.call({ do: "stat", path, follow: options.follow ?? true });
  }

  /** The boxes from the real hardware inwards to the processes, read from the running machine now. */
  inspect(): Promise<Box> {
    return this.connection.call({ do: "inspect" });
  }

  /** Tells everything that happens in the machine until what is returned is called. It costs speed. */
  watch(listener: (happening: Happening) => void): () => void {
    if (this.listeners.size === 0) this.connection.post({ note: "watch", on: true });
    this.listeners.add(listener);
    return () => {
      if (this.listeners.delete(listener) && this.listeners.size === 0) this.connection.post({ note: "watch", on: false });
    };
  }

  /** Ends every program and gives back all that the machine held. */
  stop(): Promise<void> {
    this.stopping ??= this.halt();
    return this.stopping;
  }

  /** For `await using`, where the engine knows it. */
  declare [Symbol.asyncDispose]: () => Promise<void>;

  private async halt(): Promise<void> {
    let cancel: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (cancel = this.timer.after(STOP_MS, resolve)));
    await Promise.race([this.connection.call({ do: "stop" }).catch(() => undefined), late]);
    cancel();
    this.connection.break(new NestboxError("ERR_STOPPED", "the machine was stopped"));
    await this.worker.terminate();
  }

  private async start(
    file: string, args: readonly string[], options: SpawnOptions | RunProgramOptions, how: Pick<SpawnRequest, "stdin" | "collected">, terminal?: SpawnOptions["terminal"],
  ): Promise<{ process: number; pid: number }> {
    checkWords(file, args, options.env);
    const env = terminal === undefined ? { ...options.env } : { TERM: terminal.type ?? "xterm", ...options.env };
    const program = {
      file, args: [...args], env, workdir: options.workdir, user: options.user, ...how,
      terminal: terminal === undefined ? undefined : { rows: terminal.rows, columns: terminal.columns },
    };
    return this.connection.call({ do: "spawn", program });
  }

  private attach(id: number, events: ProcessEvents): void {
    this.processes.set(id, events);
    for (const tell of this.early.get(id) ?? []) tell(events);
    this.early.delete(id);
  }

  private told(message: Exclude<FromMachine, { answer: number }>): void {
    switch (message.tell) {
      case "progress": return this.onProgress?.(message.progress);
      case "happenings":
        for (const happening of message.happenings) for (const listener of this.listeners) listener(happening);
        return;
      case "broken": {
        const error = this.connection.broken ?? new NestboxError("ERR_MACHINE", message.message);
        for (const process of this.processes.values()) process.broken(error);
        return;
      }
      case "output": return this.tell(message.process, (process) => process.output(message.stream, message.bytes));
      case "outputEnded": return this.tell(message.process, (process) => process.outputEnded(message.stream));
      case "inputTaken": return this.tell(message.process, (process) => process.inputTaken(message.bytes, message.closed));
      case "gone": return this.tell(message.process, () => this.processes.delete(message.process));
      case "ended": return this.tell(message.process, (process) => process.ended({ code: message.code, signal: message.signal }));
      default: return message satisfies never;
    }
  }

  private tell(id: number, event: (process: ProcessEvents) => void): void {
    const process = this.processes.get(id);
    if (process !== undefined) return event(process);
    const waiting = this.early.get(id);
    if (waiting === undefined) this.early.set(id, [event]);
    else waiting.push(event);
  }
}

const isText = (value: unknown): boolean => typeof value === "string";

/** For callers whose compiler did not check. Throws NestboxError with ERR_OPTION. */
function checkWords(file: unknown, args: unknown, env: Readonly<Record<string, unknown>> = {}): void {
  if (!isText(file)) throw new NestboxError("ERR_OPTION", "the program must be a string, for example \"uname\"");
  if (!Array.isArray(args) || !args.every(isText)) throw new NestboxError("ERR_OPTION", `the arguments of ${String(file)} must be an array of strings`);
  const wrong = Object.keys(env).find((name) => !isText(env[name]));
  if (wrong !== undefined) throw new NestboxError("ERR_OPTION", `env: ${wrong} must be a string`);
}

// Older engines have no such symbol (Node before 20.4, browsers).
if ((Symbol.asyncDispose as symbol | undefined) !== undefined) {
  Object.defineProperty(Machine.prototype, Symbol.asyncDispose, { value: Machine.prototype.stop, configurable: true, writable: true });
}

function decoded({ stdout, stderr, ...rest }: RunResult<Uint8Array>): RunResult {
  const decoder = new TextDecoder();
  return { ...rest, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
