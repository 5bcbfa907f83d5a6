// What images need from the outside, as one interface: files, hashes, HTTP, the clock and the host's Debian settings.

export interface FileStat {
  kind: "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket";
  /** Permission bits with setuid, setgid and sticky. */
  mode: number;
  size: number;
  /** Nanoseconds since the epoch. */
  mtimeNs: bigint;
  nlink: number;
  device: number;
  inode: number;
  rdevMajor: number;
  rdevMinor: number;
}

export interface OpenFile {
  size: number;
  /** Fewer bytes than asked for only at the end of the file. */
  read(at: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface NewFile extends OpenFile {
  write(at: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
}

/** Errors carry Linux's names in `code`: ENOENT, ENOSPC, EACCES. */
export interface ImageFiles {
  readFile(path: string): Promise<Uint8Array>;
  /** For reading, never through a link, never waiting for a FIFO's writer. */
  open(path: string): Promise<OpenFile>;
  /** Fails with EEXIST where the file is there. */
  create(path: string): Promise<NewFile>;
  rename(from: string, to: string): Promise<void>;
  /** No error where nothing is there. */
  remove(path: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  /** Names, sorted; empty where the directory isn't there. */
  list(path: string): Promise<string[]>;
  lstat(path: string): Promise<FileStat | undefined>;
  readLink(path: string): Promise<string>;
  realPath(path: string): Promise<string>;
  /** Makes renames in that directory last through a power cut. */
  syncDirectory(path: string): Promise<void>;
}

export interface Hasher {
  update(bytes: Uint8Array): void;
  hex(): string;
}

export interface HttpReply {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | undefined>;
  body: AsyncIterable<Uint8Array>;
  /** Drops the rest of the body. */
  abandon(): void;
}

export interface Mirror {
  /** No slash at the end. */
  url: string;
  /** Where it was read from, for messages. */
  origin: string;
}

export interface ImageHost {
  /** The store's directory. */
  store: string;
  files: ImageFiles;
  /** A name for this process that another one can ask `alive` about. */
  owner: string;
  /** Whether the process of that name may still run; true where that can't be told. */
  alive(owner: string): boolean;
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  sha256(): Hasher;
  gunzip(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /**
   * Follows redirects. Rejects with a `code` where the connection fails (ECONNREFUSED, ENOTFOUND …) or stands still (ETIMEDOUT);
   * the body's iteration rejects where the transfer is cut off (ECONNRESET).
   */
  get(url: string, headers: Record<string, string>): Promise<HttpReply>;
  /** Debian mirrors in the order of preference. */
  debianMirrors(): Promise<Mirror[]>;
  /** Files of OpenPGP keys that Debian's release files may be signed with, binary or armored. */
  debianKeyrings(): Promise<Uint8Array[]>;
}
