// What a using program and the thread of its machine say to each other; the same in Node and in a browser.
import type { NestboxErrorCode } from "./errors.js";
import type { MachineSettings, PullProgress } from "./options.js";
import type { Happening } from "../system/system.js";

/** Bytes of one stream that may be under way without the receiver having taken them. */
export const WINDOW_BYTES = 256 * 1024;

export interface SpawnRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string | undefined;
  readonly user: string | undefined;
  readonly terminal: { readonly rows: number; readonly columns: number } | undefined;
  /** Without it the program reads from /dev/null. */
  readonly stdin: boolean;
  /** Its end is told after all its output, which somebody collects; otherwise at once, whether anybody reads or not. */
  readonly collected: boolean;
}

export type Call =
  | { do: "boot"; settings: MachineSettings }
  | { do: "spawn"; program: SpawnRequest }
  | { do: "readFile"; path: string }
  | { do: "writeFile"; path: string; bytes: Uint8Array; mode: number | undefined }
  | { do: "mkdir"; path: string; parents: boolean; mode: number | undefined }
  | { do: "readdir"; path: string }
  | { do: "remove"; path: string; recursive: boolean }
  | { do: "stat"; path: string; follow: boolean }
  | { do: "inspect" }
  | { do: "stop" };

/** To the machine's thread. A call is answered, a note is not. `process` is the number that `spawn` answered with. */
export type ToMachine =
  | { call: number; what: Call }
  | { note: "input"; process: number; bytes: Uint8Array }
  | { note: "inputEnded"; process: number }
  | { note: "taken"; process: number; stream: "stdout" | "stderr"; bytes: number }
  | { note: "unread"; process: number; stream: "stdout" | "stderr" }
  | { note: "kill"; process: number; signal: number }
  | { note: "resize"; process: number; rows: number; columns: number }
  | { note: "watch"; on: boolean };

export interface TransportedError {
  readonly code: NestboxErrorCode;
  readonly message: string;
  readonly errno?: string;
  readonly path?: string;
}

export type FromMachine =
  | { answer: number; value: unknown }
  | { answer: number; error: TransportedError }
  | { tell: "output"; process: number; stream: "stdout" | "stderr"; bytes: Uint8Array }
  | { tell: "outputEnded"; process: number; stream: "stdout" | "stderr" }
  /** The program took so many bytes of its input; `closed`: it will not take any more. */
  | { tell: "inputTaken"; process: number; bytes: number; closed: boolean }
  | { tell: "ended"; process: number; code: number | null; signal: string | null }
  /** Nothing more will be told of it. */
  | { tell: "gone"; process: number }
  | { tell: "progress"; progress: PullProgress }
  | { tell: "happenings"; happenings: Happening[] }
  | { tell: "broken"; message: string };
