// The rows that procfs and sysfs are made of: each file, directory or link is one constant, found again by its name in saved state.
import type { Errno } from "../../../abi/errno.js";
import type { ByteString } from "../../bytestring.js";
import type { Sink, Source } from "../../io.js";
import type { Task } from "../../task/task.js";
import type { Transfer } from "../../vfs/file.js";
import type { Path } from "../../vfs/path.js";
import { wired } from "../../wires.js";
import type { PseudoFileSystem } from "./inode.js";

/** What a row is asked about: the target (a task, a descriptor of it, a device), by whom, and in which mount. */
export interface About<T> {
  readonly fs: PseudoFileSystem;
  readonly target: T;
  readonly reader: Task;
}

/** Content made when it is read from the beginning. Methods may throw an Errno or a Wait. */
export interface FileRow<T> {
  readonly kind: "file";
  readonly name: ByteString;
  /** Permission bits. */
  readonly mode: number;
  show?(about: About<T>): ByteString | Uint8Array;
  /** What was written at once; the whole of it is taken. */
  write?(about: About<T>, text: ByteString): Errno | undefined;
  /** Instead of `show` and `write`: transfers at any position. */
  readAt?(about: About<T>, into: Sink, at: number): Transfer;
  writeAt?(about: About<T>, from: Source, at: number): Transfer;
  /** Asked when it is opened, beyond the mode bits. */
  mayOpen?(about: About<T>, flags: number): Errno | undefined;
}

export interface LinkRow<T> {
  readonly kind: "link";
  readonly name: ByteString;
  readonly mode: number;
  /** st_size, where Linux tells one. */
  readonly size?: number;
  modeNow?(about: About<T>): number;
  text(about: About<T>): ByteString | Errno;
  /** For magic links: where it leads without a text. */
  follow?(about: About<T>): Path | Errno;
}

/** Entries that come and go. */
export interface Entries<T> {
  names(about: About<T>): Iterable<ByteString>;
  find(about: About<T>, name: ByteString): Found | undefined;
}

export interface DirectoryRow<T> {
  readonly kind: "directory";
  readonly name: ByteString;
  readonly mode: number;
  readonly rows: readonly Row<T>[];
  readonly entries?: Entries<T>;
  /** st_size, where Linux tells one. */
  sizeNow?(target: T): number;
  /** st_nlink, where the directories below come and go. */
  linksNow?(target: T): number;
  mayOpen?(about: About<T>): Errno | undefined;
}

export type Row<T> = FileRow<T> | LinkRow<T> | DirectoryRow<T>;

/** A row about another target. */
export interface Found {
  readonly row: Row<never>;
  readonly target: unknown;
}

export function file<T>(name: ByteString, show: (about: About<T>) => ByteString | Uint8Array, more: Partial<FileRow<T>> = {}): FileRow<T> {
  return { kind: "file", name, mode: 0o444, show, ...more };
}

export function directory<T>(name: ByteString, rows: readonly Row<T>[], more: Partial<DirectoryRow<T>> = {}): DirectoryRow<T> {
  return { kind: "directory", name, mode: 0o555, rows, ...more };
}

export function link<T>(name: ByteString, text: (about: About<T>) => ByteString | Errno, more: Partial<LinkRow<T>> = {}): LinkRow<T> {
  return { kind: "link", name, mode: 0o777, text, ...more };
}

const named = new Set<object>();

/** Names a row and all below it for saved state, each once. */
export function wireRows<T, R extends Row<T>>(prefix: string, row: R): R {
  if (named.has(row)) return row;
  named.add(row);
  const name = `${prefix}/${row.name}`;
  wired<object>(name, row);
  if (row.kind === "directory") for (const below of row.rows) wireRows(name, below);
  return row;
}
