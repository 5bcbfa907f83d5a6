// `nestbox run`: one program in a machine in this thread, as if it were a program of this computer.
import { fstatSync } from "node:fs";
import { openHere, openOutput, openStandardInput, signalNumber, StartError, timer, type Ending, type MachineOptions, type RunningProgram, type System } from "../../sdk/here.js";
import type { Given } from "./arguments.js";
import { Failure, NOT_EXECUTABLE, NOT_FOUND, TIMED_OUT } from "./failure.js";
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
  if (onTerminal && given.has("interactive") && !process.stdin.isTTY) throw new Failure("-t needs a terminal as standard input, and this is none; leave -t away");
  const machine = machineOptions(given);
  const system = await open(machine);
  const streams = openStreams(onTerminal, given.has("interactive"));
  const restore = onTerminal ? await rawTerminal(given.has("interactive")) : () => undefined;
  try {
    const terminalEnv: Record<string, string> = onTerminal ? { TERM: process.env["TERM"] ?? "xterm" } : {};
    const running = await system.spawn({ file, args, env: { ...terminalEnv, ...env }, workdir, user, streams }).catch((error: unknown) => {
      throw startFailure(error, machine, args);
    });
    if (onTerminal) process.on("SIGWINCH", () => running.resize(process.stdout.rows || 24, process.stdout.columns || 80));
    return await follow(running, timeoutMs);
  } finally {
    restore();
  }
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

function openStreams(onTerminal: boolean, interactive: boolean): ProgramStreams {
  const input = interactive ? openStandardInput() : undefined;
  const output = openOutput(1);
  if (!onTerminal) return { kind: "pipes", input, output, error: sameFile(1, 2) ? output : openOutput(2) };
  return { kind: "terminal", input, output, rows: process.stdout.rows || 24, columns: process.stdout.columns || 80 };
}

/** After 2>&1: what is written to both keeps its order then. */
function sameFile(a: number, b: number): boolean {
  const [one, other] = [fstatSync(a), fstatSync(b)];
  return one.ino === other.ino && one.dev === other.dev;
}

/** Every key goes to the program, until what is returned is called or the process ends, however it ends. */
async function rawTerminal(interactive: boolean): Promise<() => void> {
  const { stdin } = process;
  if (!interactive || !stdin.isTTY) return () => undefined;
  const { spawnSync } = await import("node:child_process");
  stdin.setRawMode(true);
  // Node's raw mode still makes \r\n of \n on output, which the terminal inside does already. Where stty is missing, it stays so.
  spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
  const restore = (): void => {
    try {
      stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  };
  process.on("exit", restore);
  return restore;
}

/** Waits for the end, hands signals on, keeps the time limit. */
async function follow(running: RunningProgram, timeoutMs: number | undefined): Promise<number> {
  let over: ((status: number) => void) | undefined;
  const cutShort = new Promise<number>((resolve) => (over = resolve));
  let ended = false;
  let timedOut = false;
  void running.exited.then(() => (ended = true));
  for (const name of FORWARDED) {
    const number = signalNumber(name) ?? 0;
    process.on(name, () => {
      // The program is gone and its reader stands still: nobody else can be meant.
      if (ended) over?.(128 + number);
      else running.kill(number);
    });
  }
  const cancel = timeoutMs === undefined ? undefined : timer.after(timeoutMs, () => {
    timedOut = true;
    running.kill(signalNumber("SIGKILL") ?? 9);
    timer.after(LAST_WORDS_MS, () => over?.(TIMED_OUT));
  });
  const status = await Promise.race([running.ended.then(statusOf), cutShort]);
  cancel?.();
  return timedOut ? TIMED_OUT : status;
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

function remedy(file: string, image: string | undefined, args: readonly string[]): string {
  if (image === undefined && LIKE_AN_IMAGE.test(file) && (args.length > 0 || /[:/]/.test(file))) {
    return `was --image ${file} meant? (${["nestbox run --image", file, "--", ...args].join(" ")})`;
  }
  if (file.startsWith("/")) return "the path is looked up inside the image; -v shows directories of this computer there";
  return `choose an image that has it, for example --image deb:${file.replaceAll(/[^a-z0-9+.-]/g, "") || "PACKAGE"}`;
}
