// `nestbox run`: one program in a machine in this thread, as if it were a program of this computer.
import { fstatSync } from "node:fs";
import { openHere, openOutput, openStandardInput, signalNumber, StartError, timer, type Ending, type MachineOptions, type RunningProgram, type System } from "../../sdk/here.js";
import type { Given } from "./arguments.js";
import { Failure, NOT_EXECUTABLE, NOT_FOUND, TIMED_OUT } from "./failure.js";
import { unwritten } from "./say.js";
import { machineOptions, programSettings, variables } from "./settings.js";

type ProgramStreams = Parameters<System["spawn"]>[0]["streams"];

/** Those that a person, a shell or a supervisor sends; what the program makes of them is its own matter. */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
/** After a timeout, so long for a slow reader to take what was written. */
const LAST_WORDS_MS = 500;

export async function run(given: Given): Promise<number> {
  const [file, ...args] = given.operands;
  if (file === undefined) throw new Failure("run needs a program, for example: nestbox run -- uname -a");
  const { workdir, user, timeoutMs } = programSettings(given);
  const env = variables(given);
  const onTerminal = given.has("tty");
  const interactive = given.has("interactive");
  // Docker's words, which scripts and people look for.
  if (onTerminal && interactive && !process.stdin.isTTY) throw new Failure("the input device is not a TTY; leave -t away, or give a terminal as standard input");
  const machine = machineOptions(given);
  const system = await open(machine);
  const signals = new Signals();
  const terminal = onTerminal ? await import("./terminal.js") : undefined;
  const persons = interactive && terminal !== undefined ? new terminal.PersonsTerminal() : undefined;
  try {
    persons?.takeOver();
    const streams = openStreams(interactive, terminal && { ...terminal.terminalSize(), utf8: persons?.utf8 ?? false });
    const terminalEnv: Record<string, string> = onTerminal ? { TERM: process.env["TERM"] ?? "xterm" } : {};
    const running = await system.spawn({ file, args, env: { ...terminalEnv, ...env }, workdir, user, streams }).catch((error: unknown) => {
      throw startFailure(error, machine, args);
    });
    if (terminal !== undefined) followSize(running, terminal.terminalSize);
    // Only by its end does a terminal tell that it was closed.
    if (persons !== undefined) for (const end of ["end", "error", "close"]) process.stdin.on(end, () => running.hangUp());
    const status = await Promise.race([follow(running, timeoutMs), signals.handTo(running)]);
    checkWritten(streams);
    return status;
  } finally {
    persons?.giveBack();
  }
}

function followSize(running: RunningProgram, size: () => { rows: number; columns: number }): void {
  const resize = (): void => {
    const { rows, columns } = size();
    running.resize(rows, columns);
  };
  // While this process was stopped nobody told it.
  process.on("SIGWINCH", resize).on("SIGCONT", resize);
}

/** Only an image that has to be fetched loads what tells about it. */
async function open(options: MachineOptions): Promise<System> {
  let teller: Promise<import("./progress.js").PullTeller> | undefined;
  try {
    return await openHere({
      ...options,
      onProgress(progress) {
        teller ??= import("./progress.js").then(({ tellPull }) => tellPull(options.image ?? "the default image"));
        void teller.then(({ onProgress }) => onProgress(progress));
      },
    });
  } finally {
    (await teller)?.done();
  }
}

function openStreams(interactive: boolean, terminal: { rows: number; columns: number; utf8: boolean } | undefined): ProgramStreams {
  const input = interactive ? openStandardInput() : undefined;
  const output = openOutput(1);
  if (terminal !== undefined) return { kind: "terminal", input, output, ...terminal };
  return { kind: "pipes", input, output, error: sameFile(1, 2) ? output : openOutput(2) };
}

/** The program has ended well, and yet what it wrote is lost: nobody else would tell. */
function checkWritten(streams: ProgramStreams): void {
  const error = streams.kind === "pipes" ? streams.error : undefined;
  if (streams.output?.failure !== undefined) throw unwritten(1, streams.output.failure);
  if (error?.failure !== undefined) throw unwritten(2, error.failure);
}

/** After 2>&1: what is written to both keeps its order then. */
function sameFile(a: number, b: number): boolean {
  const [one, other] = [fstatSync(a), fstatSync(b)];
  return one.ino === other.ino && one.dev === other.dev;
}

/** Signals that this process gets are the program's, from the first to the last moment of it; before and after they end this process. */
class Signals {
  private running: RunningProgram | undefined;
  private end: (status: number) => void = () => undefined;
  private readonly ended = new Promise<number>((resolve) => (this.end = resolve));

  constructor() {
    for (const name of FORWARDED) process.on(name, () => this.arrived(signalNumber(name) ?? 0));
  }

  private arrived(number: number): void {
    if (this.running === undefined) this.end(128 + number);
    else this.running.kill(number);
  }

  /** Resolves with the status when a signal ended this process and no program. */
  handTo(running: RunningProgram): Promise<number> {
    this.running = running;
    // The program is gone and its reader stands still: nobody else can be meant.
    void running.exited.then(() => (this.running = undefined));
    return this.ended;
  }
}

/** Waits for the end, keeps the time limit. */
async function follow(running: RunningProgram, timeoutMs: number | undefined): Promise<number> {
  if (timeoutMs === undefined) return statusOf(await running.ended);
  let timedOut = false;
  let cancel = (): void => undefined;
  const overdue = new Promise<Ending>((resolve) => {
    cancel = timer.after(timeoutMs, () => {
      timedOut = true;
      const signal = signalNumber("SIGKILL") ?? 9;
      running.kill(signal);
      timer.after(LAST_WORDS_MS, () => resolve({ signal }));
    });
  });
  const ending = await Promise.race([running.ended, overdue]);
  cancel();
  return timedOut ? TIMED_OUT : statusOf(ending);
}

const statusOf = (ending: Ending): number => (ending.signal === undefined ? ending.code : 128 + ending.signal);

/** "alpine", "debian:12", "docker.io/library/busybox": a name that docker's users write where the image stands. */
const LIKE_AN_IMAGE = /^(deb:|dir:|oci:)|^[a-z0-9]+([._/-][a-z0-9]+)*(:[\w.-]+)?(@sha256:[0-9a-f]+)?$/;

function startFailure(error: unknown, { image }: MachineOptions, args: readonly string[]): unknown {
  if (!(error instanceof StartError)) return error;
  if (error.reason === "bad-option") return new Failure(error.message);
  if (error.reason === "not-executable") return new Failure(error.message, NOT_EXECUTABLE);
  return new Failure(`${error.message}; ${remedy(error.file, image, args)}`, NOT_FOUND);
}

/** Programs whose Debian packages have other names. */
const PACKAGES: Readonly<Record<string, string>> = { sh: "dash", awk: "mawk", vi: "vim-tiny", ps: "procps", top: "procps", python: "python3", node: "nodejs", cc: "gcc" };

function remedy(file: string, image: string | undefined, args: readonly string[]): string {
  // Behind an image's name stands a program, and no option.
  if (image === undefined && LIKE_AN_IMAGE.test(file) && (/[:/]/.test(file) || /^[^-]/.test(args[0] ?? ""))) {
    return `was --image ${file} meant? (${["nestbox run --image", file, "--", ...args].join(" ")})`;
  }
  if (file.startsWith("/")) return "the path is looked up inside the image; -v shows directories of this computer there";
  const wanted = PACKAGES[file] ?? (file.replaceAll(/[^a-z0-9+.-]/g, "").replace(/^[+.-]+/, "") || "PACKAGE");
  return `choose an image that has it, for example --image ${image?.startsWith("deb:") ? `${image},` : "deb:"}${wanted}`;
}
