// The bare-metal system: programs on our kernel, on a board of its own, in the thread that made it.
import { failed } from "../abi/errno.js";
import { SIGKILL } from "../abi/signal.js";
import { WEXITSTATUS, WIFEXITED, WTERMSIG } from "../abi/wait.js";
import { encodeUtf8 } from "../kernel/bytestring.js";
import type { Happening } from "../kernel/happening.js";
import { Credentials } from "../kernel/task/credentials.js";
import type { Process } from "../kernel/task/process.js";
import { unreference } from "../kernel/vfs/file-table.js";
import { Wait } from "../kernel/wait.js";
import { assemble, makePath, type Assembled, type BareMetalOptions } from "./assemble.js";
import { GuestFiles } from "./files.js";
import { inspect } from "./inspect.js";
import type { Box } from "./inspection.js";
import { MachineLoop, type Driven } from "./machine-loop.js";
import { environment, environmentBlock, findProgram, refusal } from "./program.js";
import type { Pump } from "./pumps.js";
import { openPipes, openTerminal, type OpenStreams } from "./streams.js";
import { NotYet, StartError, type Ending, type Program, type RunningProgram, type System } from "./system.js";
import { findUser, type User } from "./users.js";

/** Real nanoseconds that a slice should take, and the budgets (instructions) between which that is aimed at. */
const SLICE_NS = 4e6;
const SMALLEST_BUDGET = 50_000;
const LARGEST_BUDGET = 4_000_000;
/** `settled` does not wait for longer, for a machine that never rests. */
const SETTLE_MS = 200;

/** A program whose end somebody waits for. */
interface Watched {
  readonly process: Process;
  readonly streams: OpenStreams;
  readonly exited: (ending: Ending) => void;
  readonly ended: (ending: Ending) => void;
  /** Set when it has ended: what still has to go out. */
  leaving: { readonly ending: Ending; readonly gone: readonly (() => boolean)[] } | undefined;
}

/** Rejects with an Error that says what is wrong with the image. */
export async function bareMetal(options: BareMetalOptions): Promise<System> {
  return new BareMetalSystem(options, await assemble(options));
}

class BareMetalSystem implements System, Driven {
  readonly shape = "bare-metal";
  readonly kernel = "nestbox";
  readonly files: GuestFiles;
  private readonly options: BareMetalOptions;
  private readonly machine: Assembled;
  private readonly loop: MachineLoop;
  private readonly bootedNs: number;
  private readonly programs = new Set<Watched>();
  private readonly pumps = new Set<Pump>();
  private readonly listeners = new Set<(happening: Happening) => void>();
  private budget = 500_000;
  private idle = true;
  private stopped = false;

  constructor(options: BareMetalOptions, machine: Assembled) {
    this.options = options;
    this.machine = machine;
    const { clock, timer } = options.host;
    this.bootedNs = clock.monotonicNs();
    this.files = new GuestFiles(machine.kernel.kernelTask);
    this.loop = new MachineLoop({ driven: this, timer, clock, share: options.cpus, failed: (error) => this.broke(error) });
  }

  spawn(program: Program): Promise<RunningProgram> {
    // Whoever asks wrongly gets a rejection, not an exception.
    return new Promise((resolve) => resolve(this.start(program)));
  }

  container(): Promise<System> {
    return Promise.reject(new NotYet("a container"));
  }

  vm(): Promise<System> {
    return Promise.reject(new NotYet("a virtual machine"));
  }

  snapshot(): Promise<Uint8Array> {
    return Promise.reject(new NotYet("a snapshot"));
  }

  inspect(): Box {
    return inspect({ host: this.options.host, board: this.machine.board, kernel: this.machine.kernel, image: this.options.image.ref });
  }

  watch(listener: (happening: Happening) => void): () => void {
    this.listeners.add(listener);
    this.machine.kernel.listen((happening) => this.tell(happening));
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.machine.kernel.listen(undefined);
    };
  }

  async settled(): Promise<void> {
    const { clock, timer } = this.options.host;
    const until = clock.monotonicNs() + SETTLE_MS * 1e6;
    do await new Promise<void>((resolve) => timer.soon(resolve)); while (!this.idle && clock.monotonicNs() < until);
  }

  stop(): Promise<void> {
    this.end({ signal: SIGKILL });
    return Promise.resolve();
  }

  // ---- starting

  private start(program: Program): RunningProgram {
    const { file } = program;
    if (this.stopped) throw new Error("the system was stopped");
    const { config, ref } = this.options.image;
    const user = this.user(file, program.user ?? config.user);
    const env = environment(config.env, program.env, user.home, this.options.hostname);
    const cwd = this.workdir(file, program.workdir ?? (config.workdir || "/"));
    const envp = environmentBlock(file, env);
    const path = findProgram(this.machine.kernel.kernelTask, file, env["PATH"] ?? "", ref, cwd);
    const streams = this.openStreams(program, user);
    const task = this.machine.kernel.spawn({
      file: path, argv: [file, ...program.args].map(encodeUtf8), envp, cwd: encodeUtf8(cwd), files: streams.files,
      credentials: Credentials.of(user.uid, user.gid, user.groups), ...(streams.terminal === undefined ? {} : { terminal: streams.terminal }),
    });
    if (failed(task) || task instanceof Wait) {
      this.forget(streams);
      throw task instanceof Wait ? new Error("the disk did not answer at once") : refusal(task, this.files, file, path);
    }
    return this.follow(task.process, task.tid, streams);
  }

  private user(file: string, wanted: string): User {
    const text = (path: string): string => {
      try {
        return new TextDecoder().decode(this.files.read(path));
      } catch {
        return "";
      }
    };
    const user = findUser(wanted, text("/etc/passwd"), text("/etc/group"));
    if (typeof user === "string") throw new StartError("bad-option", file, user);
    return user;
  }

  /** Made where it is missing, as docker does. */
  private workdir(file: string, path: string): string {
    if (!path.startsWith("/")) throw new StartError("bad-option", file, `the working directory ${path} must be an absolute path`);
    try {
      makePath(this.machine.kernel.kernelTask, path);
    } catch (error) {
      throw new StartError("bad-option", file, error instanceof Error ? error.message : String(error));
    }
    if (this.files.stat(path, { follow: true }).kind !== "directory") throw new StartError("bad-option", file, `the working directory ${path} is not a directory inside`);
    return path;
  }

  private openStreams(program: Program, user: User): OpenStreams {
    const task = this.machine.kernel.kernelTask;
    const { streams } = program;
    const opened = streams.kind === "pipes" ? openPipes(task, streams) : openTerminal(task, this.machine.devpts, user.uid, streams);
    for (const pump of opened.pumps) this.pumps.add(pump);
    const poke = (): void => this.loop.poke();
    streams.input?.listen(poke);
    streams.output?.listen(poke);
    if (streams.kind === "pipes") streams.error?.listen(poke);
    return opened;
  }

  /** It did not start: nothing of its streams stays. */
  private forget(streams: OpenStreams): void {
    for (const pump of streams.pumps) {
      pump.close();
      this.pumps.delete(pump);
    }
    for (const file of new Set(streams.files)) {
      file.references++;
      unreference(file);
    }
  }

  private follow(process: Process, pid: number, streams: OpenStreams): RunningProgram {
    let exited: (ending: Ending) => void = () => undefined;
    let ended: (ending: Ending) => void = () => undefined;
    const running: RunningProgram = {
      pid,
      exited: new Promise((resolve) => (exited = resolve)),
      ended: new Promise((resolve) => (ended = resolve)),
      kill: (signal) => {
        if (process.ended || this.stopped) return;
        this.machine.kernel.signal(process.leader, signal);
        this.loop.poke();
      },
      resize: (rows, columns) => {
        streams.resize(rows, columns);
        this.loop.poke();
      },
      hangUp: () => {
        streams.hangUp();
        this.loop.poke();
      },
    };
    this.programs.add({ process, streams, exited, ended, leaving: undefined });
    this.loop.poke();
    return running;
  }

  // ---- what the loop drives

  slice(): boolean {
    const { kernel } = this.machine;
    const { clock } = this.options.host;
    const begun = clock.monotonicNs();
    kernel.clock.synchronise(begun - this.bootedNs);
    const state = kernel.step(this.budget);
    const tookNs = Math.max(1, clock.monotonicNs() - begun);
    if (state === "busy") this.budget = Math.min(LARGEST_BUDGET, Math.max(SMALLEST_BUDGET, Math.round(this.budget * Math.min(2, Math.max(0.25, SLICE_NS / tookNs)))));
    this.idle = state === "idle";
    return state === "busy";
  }

  exchange(): boolean {
    const { kernel, console } = this.machine;
    let moved = false;
    for (const pump of this.pumps) {
      moved = pump.move() || moved;
      if (pump.done) this.pumps.delete(pump);
    }
    // The console is the serial port; nobody is at the other end of its line, and a program that writes there must not wait for ever.
    if (console.outputPending > 0) for (const byte of console.takeOutput()) this.machine.board.serial.store(0, 1, byte);
    for (const process of kernel.takeEnded()) this.exited(process);
    for (const program of this.programs) this.leave(program);
    if (kernel.power !== "on") this.end({ code: 0 });
    return moved;
  }

  dueInNs(): number {
    const { kernel } = this.machine;
    return Math.max(0, kernel.nextDeadlineNs() - kernel.clock.monotonicNs());
  }

  private exited(process: Process): void {
    for (const program of this.programs) {
      if (program.process !== process) continue;
      const ending: Ending = WIFEXITED(process.exitStatus) ? { code: WEXITSTATUS(process.exitStatus) } : { signal: WTERMSIG(process.exitStatus) };
      program.leaving = { ending, gone: program.streams.outputs.map((pump) => pump.untilNow()) };
      program.streams.ended();
      program.exited(ending);
    }
  }

  /** A program has ended for the outside when what it wrote has gone out. */
  private leave(program: Watched): void {
    const { leaving, streams } = program;
    if (leaving === undefined || !leaving.gone.every((gone) => gone())) return;
    this.programs.delete(program);
    // The terminal goes with its program; pipes end when the last who has them open ends.
    if (streams.terminal !== undefined) for (const pump of streams.pumps) pump.close();
    void streams.flushed().then(() => program.ended(leaving.ending));
  }

  private tell(happening: Happening): void {
    for (const listener of this.listeners) listener(happening);
  }

  // ---- ending

  /** The kernel itself failed: a fault of ours, and nothing goes on. */
  private broke(error: unknown): void {
    this.end({ signal: SIGKILL });
    throw error;
  }

  private end(ending: Ending): void {
    if (this.stopped) return;
    this.stopped = true;
    this.loop.stop();
    for (const pump of this.pumps) pump.close();
    this.pumps.clear();
    for (const program of this.programs) {
      program.exited(ending);
      program.ended(ending);
    }
    this.programs.clear();
    this.options.image.disk.close();
    for (const { directory } of this.options.mounts) directory.release();
  }
}
