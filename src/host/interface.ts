// What the outside gives to a machine: time, entropy, disks, directories, streams. Types only, so that every room may name them.

export interface HostClock {
  /** Milliseconds since 1970 (UTC); may jump when somebody sets the clock. */
  realtimeMs(): number;
  /** Nanoseconds since some fixed moment; never goes back. */
  monotonicNs(): number;
}

export interface HostEntropy {
  /** Fills all of it with bytes that nobody can predict. */
  fill(into: Uint8Array): void;
}

/** A read-only disk in blocks of 4096 bytes. */
export interface HostDisk {
  readonly blocks: number;
  /** Reads `count` blocks from `block` on into the front of `into`. Beyond the end there are zeros. Throws where the host can't read. */
  readSync(block: number, count: number, into: Uint8Array): void;
  close(): void;
}

/** A call that the host refused: the name of the Linux errno ("ENOENT", "EACCES"); what has no name there is "EIO". */
export interface HostFailure {
  readonly failure: string;
}

/** Seconds since 1970 and nanoseconds below one second. */
export interface HostTime {
  readonly sec: number;
  readonly nsec: number;
}

export interface HostStat {
  /** Sockets, FIFOs and devices are "special": they are listed and told about, and never opened. */
  readonly kind: "file" | "directory" | "symlink" | "special";
  /** Permission bits, without the type. */
  readonly mode: number;
  /** Identity of the file on its host file system, as far as numbers hold it. */
  readonly ino: number;
  readonly nlink: number;
  /** Bytes. */
  readonly size: number;
  /** 512-byte units. */
  readonly blocks: number;
  readonly atime: HostTime;
  readonly mtime: HostTime;
  readonly ctime: HostTime;
}

export interface HostDirectoryEntry {
  readonly name: string;
  readonly kind: HostStat["kind"];
}

/** Names below the directory, one by one, each a string of one character per byte. Empty: the directory itself. Never "", "." or "..", never with a slash. */
export type HostPath = readonly string[];

/** Fields that are given change. Owners are not the host's matter: one guest owner stands for the host's user. */
export interface HostChange {
  readonly mode?: number;
  readonly atime?: HostTime;
  readonly mtime?: HostTime;
}

/**
 * A directory of the host that a guest may see. Nothing in it leads out: links are never followed, special files never opened.
 * Every call answers at once. A handle stays good while its file is renamed or removed, until `close`.
 */
export interface HostDirectory {
  /** Whether writing is refused with EROFS, whatever the guest asks. */
  readonly readOnly: boolean;
  stat(path: HostPath): HostStat | HostFailure;
  list(path: HostPath): readonly HostDirectoryEntry[] | HostFailure;
  readlink(path: HostPath): string | HostFailure;
  /** Opens a regular file. `create` makes it with that mode where it is missing; `exclusive` fails with EEXIST where it is there. A handle, at least 0. */
  open(path: HostPath, how: { readonly write: boolean; readonly create?: { readonly mode: number; readonly exclusive: boolean } }): number | HostFailure;
  /** Bytes read into the front of `into`; 0 at the end of the file. */
  read(handle: number, at: number, into: Uint8Array): number | HostFailure;
  /** Bytes written, at least one of those given. */
  write(handle: number, at: number, bytes: Uint8Array): number | HostFailure;
  handleStat(handle: number): HostStat | HostFailure;
  truncate(handle: number, size: number): HostFailure | undefined;
  sync(handle: number): HostFailure | undefined;
  close(handle: number): void;
  mkdir(path: HostPath, mode: number): HostFailure | undefined;
  symlink(path: HostPath, target: string): HostFailure | undefined;
  /** A second name for the regular file `existing`. */
  link(path: HostPath, existing: HostPath): HostFailure | undefined;
  unlink(path: HostPath): HostFailure | undefined;
  rmdir(path: HostPath): HostFailure | undefined;
  /** Replaces what stands at `to`, as rename(2) does. */
  rename(from: HostPath, to: HostPath): HostFailure | undefined;
  change(path: HostPath, change: HostChange): HostFailure | undefined;
  /** Space of the file system below, in bytes. */
  space(): { readonly total: number; readonly free: number };
  /** The machine is gone: closes all that is open. */
  release(): void;
}

/**
 * Bytes from the outside to a program. The machine takes what is there whenever the program has room, so a program
 * that reads slowly slows its source down.
 */
export interface HostInput {
  /** The bytes at hand, at most `most`; undefined while there are none; "end" when there will be none. */
  take(most: number): Uint8Array | "end" | undefined;
  /** Calls `listener` whenever `take` may answer otherwise than before. Reading from the host begins with it. */
  listen(listener: () => void): void;
  /** The program will not read any more. */
  close(): void;
}

/** Bytes from a program to the outside. */
export interface HostOutput {
  /** Bytes that it takes now without growing beyond its bound; 0 while the reader is slow. */
  readonly room: number;
  /** Nobody will ever read what is written: the program gets SIGPIPE. */
  readonly broken: boolean;
  /** Why it is broken where that is not a reader that went away: "ENOSPC". */
  readonly failure?: string;
  /** Takes at most `room` bytes; the caller may reuse the array afterwards. */
  put(bytes: Uint8Array): void;
  /** Calls `listener` when `room` has grown or the reader went away. */
  listen(listener: () => void): void;
  /** The program will not write any more; what was put is still delivered. */
  end(): void;
  /** Resolves when all that was put is delivered or will never be. */
  flushed(): Promise<void>;
}

/** A place where a machine can run beside the program that uses it: a thread that speaks messages. */
export interface HostWorker {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Messages, and once at most "failed" with what went wrong. */
  listen(message: (message: unknown) => void, failed: (error: Error) => void): void;
  /** Whether the thread keeps the using program alive. */
  hold(alive: boolean): void;
  terminate(): Promise<void>;
}

/** The timers of the machine's own thread, for its loop. */
export interface HostTimer {
  /** Runs `work` after what else is waiting in the host's event loop has run. */
  soon(work: () => void): void;
  /** Runs `work` after `ms` milliseconds; returns what cancels it. */
  after(ms: number, work: () => void): () => void;
}

/** What a machine says about the computer that it runs on: the outermost boxes. */
export interface HostFacts {
  /** "AMD EPYC 7571", or what the host tells. */
  readonly processor: string;
  readonly processors: number;
  /** Of the processor: "x64", "arm64". */
  readonly architecture: string;
  /** Bytes; undefined where the host does not tell (a browser). */
  readonly memoryBytes: number | undefined;
  /** "Linux 6.1.0", "a browser's tab". */
  readonly platform: string;
  /** "Node 20.11.0 (V8 11.3)", the browser's name. */
  readonly engine: string;
  /** Of the process that runs the machine; undefined in a browser. */
  readonly pid: number | undefined;
}

/** All of it together, as a machine is given it. */
export interface Host {
  readonly clock: HostClock;
  readonly entropy: HostEntropy;
  readonly timer: HostTimer;
  readonly facts: () => HostFacts;
}
