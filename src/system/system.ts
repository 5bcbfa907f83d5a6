// The one interface that stands for a bare-metal, a virtual and a container system alike: the thing a program runs in.
import type { HostInput, HostOutput } from "../host/interface.js";
import type { Happening } from "../kernel/happening.js";
import type { Box } from "./inspection.js";

export type { Happening } from "../kernel/happening.js";
export type { Box } from "./inspection.js";

/** A terminal: what is typed goes in, what the program shows comes out, and it has a size. */
export interface TerminalStreams {
  readonly kind: "terminal";
  readonly input: HostInput | undefined;
  readonly output: HostOutput;
  readonly rows: number;
  readonly columns: number;
  /** Erasing a character that was typed erases all of its bytes (IUTF8). */
  readonly utf8: boolean;
}

/** Three separate streams. Without input the program reads from /dev/null; without an output what it writes goes to /dev/null. */
export interface PipeStreams {
  readonly kind: "pipes";
  readonly input: HostInput | undefined;
  readonly output: HostOutput | undefined;
  readonly error: HostOutput | undefined;
}

/** What to run. Strings are ordinary JavaScript strings; inside they are UTF-8. */
export interface Program {
  /** A path, or a name that is looked for in the directories of PATH. */
  readonly file: string;
  /** The arguments after the program's own name. */
  readonly args: readonly string[];
  /** On top of the image's variables. */
  readonly env: Readonly<Record<string, string>>;
  /** The image's own (usually "/") where it is not given. */
  readonly workdir?: string;
  /** "name", "name:group", "1000", "1000:1000"; the image's own (usually root) where it is not given. */
  readonly user?: string;
  readonly streams: TerminalStreams | PipeStreams;
}

/** How a program ended: by itself with a code, or by a signal's number. */
export type Ending = { readonly code: number; readonly signal?: undefined } | { readonly signal: number; readonly code?: undefined };

export interface RunningProgram {
  /** In the system's own pid namespace. */
  readonly pid: number;
  /** Resolves as soon as it has ended. */
  readonly exited: Promise<Ending>;
  /** Resolves when it has ended and what it wrote was taken by the outside. */
  readonly ended: Promise<Ending>;
  /** Sends a signal, by number. Nothing happens where it has ended. */
  kill(signal: number): void;
  /** Of its terminal: SIGWINCH follows where the size differs. Nothing happens without a terminal. */
  resize(rows: number, columns: number): void;
  /** The line to its terminal is cut, as by closing a terminal's window. Nothing happens without a terminal. */
  hangUp(): void;
}

/** Why a program did not start: what the shell's 126 and 127 say. */
export class StartError extends Error {
  readonly reason: "not-found" | "not-executable" | "bad-option";
  /** The program that was asked for. */
  readonly file: string;

  constructor(reason: StartError["reason"], file: string, message: string) {
    super(message);
    this.reason = reason;
    this.file = file;
  }
}

/** A file of the system refused something: Linux's name of the error. */
export class FileError extends Error {
  /** "ENOENT" and so on. */
  readonly errno: string;
  readonly path: string;

  constructor(errno: string, path: string) {
    super(`${errno}: ${path}`);
    this.errno = errno;
    this.path = path;
  }
}

export interface FileFacts {
  readonly kind: "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket";
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly mtimeMs: number;
}

/** Files of a system, reached from outside with all rights. Paths are absolute. Errors are FileErrors. */
export interface SystemFiles {
  read(path: string): Uint8Array;
  /** Makes the file or replaces what is in it. */
  write(path: string, bytes: Uint8Array, mode?: number): void;
  /** `parents`: makes what is missing on the way, and is content where it is there. */
  mkdir(path: string, options: { parents: boolean; mode?: number }): void;
  /** Names without "." and "..", sorted. */
  readdir(path: string): string[];
  /** `recursive`: with everything in it. */
  remove(path: string, options: { recursive: boolean }): void;
  /** Of the thing itself, not of what a link points at, unless `follow`. */
  stat(path: string, options: { follow: boolean }): FileFacts;
}

export interface System {
  readonly shape: "bare-metal" | "virtual" | "container";
  /** The kernel that its processes run on. */
  readonly kernel: "nestbox" | "debian";
  readonly files: SystemFiles;
  /** Starts a program; rejects with a StartError where there is none. */
  spawn(program: Program): Promise<RunningProgram>;
  /** Makes a system inside of this one. */
  container(): Promise<System>;
  vm(): Promise<System>;
  /** Resolves when every task waits for something, or after a moment. */
  settled(): Promise<void>;
  /** The boxes from the real hardware inwards to the processes, read from the running system now. */
  inspect(): Box;
  snapshot(): Promise<Uint8Array>;
  /** Tells everything that happens from now on, until what is returned is called. */
  watch(listener: (happening: Happening) => void): () => void;
  /** Ends every program in it and gives back what it held. */
  stop(): Promise<void>;
}

/** What this version does not have yet. */
export class NotYet extends Error {
  constructor(what: string) {
    super(`${what} is not in this version: so far there is the bare-metal system with the kernel nestbox`);
  }
}
