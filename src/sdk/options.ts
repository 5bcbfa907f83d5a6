// What one can ask of the SDK: options of machines and of programs, with their defaults.
import { NestboxError } from "./errors.js";

/** A directory of this computer that is shown inside. */
export interface MountOption {
  /** Path on this computer. */
  host: string;
  /** Absolute path inside; made where it is missing. */
  guest: string;
  readOnly?: boolean;
}

/** How far the fetching of an image is. */
export interface PullProgress {
  /** `index` and `packages` count bytes, `unpack` counts packages. */
  stage: "index" | "packages" | "unpack";
  /** Names of what is under way. */
  what: string[];
  done: number;
  total: number;
}

export interface MachineOptions {
  /** The systems around a program, from the outside in. So far: "bare-metal" (or "bare"), which is the default. */
  in?: string;
  /** So far: "nestbox", which is the default. */
  kernel?: string;
  /** `deb:PACKAGE,PACKAGE…` or `dir:PATH`. It is fetched where it is not here yet. Default: "deb:busybox-static". In a browser: the address of a disk. */
  image?: string;
  /** Memory of the board in bytes, 16 MiB to 4 GiB. Default: 1 GiB; it is only used as far as programs touch it. */
  memory?: number;
  /** Share of a processor, 0.01 to 1. Default: 1. */
  cpus?: number;
  /** How many tasks there may be at once. Default: 4096. */
  pidsLimit?: number;
  /** Default: "nestbox". */
  hostname?: string;
  /** Refuses changes to the root file system with EROFS. Default: false. */
  readOnly?: boolean;
  /** Directories of this computer to show inside. Default: none. Not in a browser. */
  mounts?: readonly MountOption[];
  /** Told while an image is fetched. */
  onProgress?: (progress: PullProgress) => void;
  /** Gives up booting, or stops the machine later. */
  signal?: AbortSignal;
}

export interface ProgramOptions {
  /** On top of the image's variables. */
  env?: Readonly<Record<string, string>>;
  /** Absolute path. Default: the image's own, usually "/". */
  workdir?: string;
  /** "name", "name:group" or numbers. Default: the image's own, usually root. */
  user?: string;
}

export interface SpawnOptions extends ProgramOptions {
  /** Runs the program on a terminal of that size; `stdout` is then what the terminal shows and `stderr` stays empty. */
  terminal?: { rows: number; columns: number; /** Sets TERM. Default: "xterm". */ type?: string };
  /** Kills the program (SIGKILL) when it is aborted. */
  signal?: AbortSignal;
}

export interface RunProgramOptions extends ProgramOptions {
  /** What it reads from standard input; Node's streams are AsyncIterables. An error of the stream kills the program and is the promise's. Default: nothing. */
  stdin?: string | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;
  /** Kills it (SIGKILL) after so many milliseconds; the result says `timedOut`. Default: no limit. */
  timeoutMs?: number;
  /** Bytes of standard output and standard error together that are kept; a program that writes more is killed and the result says `truncated`. Default: 64 MiB. */
  maxOutputBytes?: number;
  /** "bytes" gives `stdout` and `stderr` as Uint8Arrays. Default: "utf8". */
  encoding?: "utf8" | "bytes";
  /** Kills it; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

export type RunOptions = MachineOptions & RunProgramOptions;

/** How a program ended. Exactly one of the two is not null. */
export interface ExitStatus {
  /** 0 to 255. */
  code: number | null;
  /** The name of the signal that killed it, such as "SIGKILL". */
  signal: string | null;
}

export interface RunResult<Output = string> extends ExitStatus {
  stdout: Output;
  stderr: Output;
  /** It was killed because `timeoutMs` had passed. */
  timedOut: boolean;
  /** It was killed because it wrote more than `maxOutputBytes`. */
  truncated: boolean;
}

export const DEFAULT_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The part of the options that goes to the machine's thread. */
export interface MachineSettings {
  readonly image: string | undefined;
  readonly memory: number | undefined;
  readonly cpus: number;
  readonly pidsLimit: number;
  readonly hostname: string;
  readonly readOnly: boolean;
  readonly mounts: readonly { readonly host: string; readonly guest: string; readonly readOnly: boolean }[];
}

const SMALLEST_MEMORY = 16 * 1024 * 1024;
const LARGEST_MEMORY = 4 * 1024 ** 3;
/** So that what a program eats does not bring down the computer around it. */
const DEFAULT_MEMORY = 1024 ** 3;

function demand(condition: boolean, message: string): void {
  if (!condition) throw new NestboxError("ERR_OPTION", message);
}

/** Throws NestboxError with ERR_OPTION or ERR_NOT_YET. */
export function checkShape(path: string | undefined, kernel: string | undefined): void {
  const shapes = (path ?? "bare-metal").split("/");
  const wrong = shapes.find((shape) => !/^(bare|bare-metal|container|virtual|vm)$/.test(shape));
  demand(wrong === undefined, `in: "${wrong ?? ""}" is no system; there are bare-metal, virtual and container, joined by /`);
  if (shapes.length > 1 || !shapes[0].startsWith("bare")) {
    throw new NestboxError("ERR_NOT_YET", `in: "${path ?? ""}" is not in this version, which has the bare-metal system; leave it away or write bare-metal`);
  }
  demand(kernel === undefined || kernel === "nestbox" || kernel === "debian", `kernel: "${kernel ?? ""}" is unknown; there are nestbox and debian`);
  if (kernel === "debian") throw new NestboxError("ERR_NOT_YET", `kernel: "debian" is not in this version, which has nestbox`);
}

/** With the defaults filled in. Throws NestboxError with ERR_OPTION. */
export function machineSettings(options: MachineOptions): MachineSettings {
  checkShape(options.in, options.kernel);
  const { memory = DEFAULT_MEMORY, cpus = 1, pidsLimit = 4096, hostname = "nestbox", mounts = [] } = options;
  demand(memory >= SMALLEST_MEMORY && memory <= LARGEST_MEMORY, `memory: ${memory} bytes; the board takes 16 MiB to 4 GiB`);
  demand(cpus >= 0.01 && cpus <= 1, `cpus: ${cpus}; the board has 1 processor, so 0.01 to 1`);
  demand(Number.isInteger(pidsLimit) && pidsLimit >= 1, `pidsLimit: ${pidsLimit} is no number of at least 1`);
  demand(/^[A-Za-z0-9._-]{1,64}$/.test(hostname), `hostname: "${hostname}" must be 1 to 64 letters, digits, dots and dashes`);
  for (const { guest } of mounts) demand(guest.startsWith("/") && guest !== "/", `mounts: "${guest}" must be an absolute path below /`);
  return {
    image: options.image, memory, cpus, pidsLimit, hostname, readOnly: options.readOnly ?? false,
    mounts: mounts.map(({ host, guest, readOnly = false }) => ({ host, guest, readOnly })),
  };
}
