// The nodes of a machine's root filesystem: those of the tree below as far as they were looked at, and what the guest wrote over them.
import { errors } from "./protocol.js";
import type { LowerTree } from "./lower-tree.js";

export const PAGE = 4096;
export const S_IFMT = 0o170000, S_IFDIR = 0o040000, S_IFREG = 0o100000, S_IFLNK = 0o120000, S_ISGID = 0o2000;
/** FUSE's number of the root. */
export const ROOT = 1;
/** What a node costs of the room for writing, beside its bytes. */
const NODE_BYTES = 512;

export interface Time {
  sec: number;
  nsec: number;
}

/** A plain value, so that it can be saved. */
export interface Node {
  readonly number: number;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  rdev: number;
  size: number;
  atime: Time;
  mtime: Time;
  ctime: Time;
  /** Its node in the tree below, or -1; and how many of that one's bytes still show. */
  readonly lower: number;
  lowerSize: number;
  /** How often the guest knows of it. */
  lookups: number;
  /** Of a directory: by name, once it was looked into. A cookie tells where a listing goes on. */
  entries: Map<string, { node: number; cookie: number }> | undefined;
  nextCookie: number;
  /** Of a directory: the one it is in. */
  parent: number;
  target: string;
  /** Of a file: pages that were written, by their index. */
  pages: Map<number, Uint8Array>;
  xattrs: Map<string, Uint8Array> | undefined;
}

/** What is saved: everything but the tree below. */
export interface NodesState {
  nodes: Map<number, Node>;
  byLower: Map<number, number>;
  next: number;
  used: number;
}

/** Thrown from deep below; the server answers with it. */
export class Refusal {
  readonly errno: number;

  constructor(error: keyof typeof errors) {
    this.errno = errors[error];
  }
}

const refusals = new Map<keyof typeof errors, Refusal>();

export function refuse(error: keyof typeof errors): never {
  let refusal = refusals.get(error);
  if (refusal === undefined) refusals.set(error, (refusal = new Refusal(error)));
  throw refusal;
}

export const isDirectory = (node: Node): boolean => (node.mode & S_IFMT) === S_IFDIR;
export const isRegular = (node: Node): boolean => (node.mode & S_IFMT) === S_IFREG;

export class Nodes {
  readonly state: NodesState;
  private readonly lower: LowerTree;
  private readonly limitBytes: number;

  constructor(lower: LowerTree, limitBytes: number, saved?: NodesState) {
    this.lower = lower;
    this.limitBytes = limitBytes;
    this.state = saved ?? { nodes: new Map(), byLower: new Map(), next: ROOT, used: 0 };
    if (saved === undefined) this.ofLower(lower.root, ROOT);
  }

  get freeBytes(): number {
    return Math.max(0, this.limitBytes - this.state.used);
  }

  get(number: number): Node {
    return this.state.nodes.get(number) ?? refuse("ESTALE");
  }

  directory(number: number): Node {
    const node = this.get(number);
    return isDirectory(node) ? node : refuse("ENOTDIR");
  }

  private ofLower(lower: number, parent: number): Node {
    const known = this.state.byLower.get(lower);
    if (known !== undefined) return this.get(known);
    const { sec, nsec, ...attributes } = this.lower.attributes(lower);
    const time = () => ({ sec, nsec });
    const link = (attributes.mode & S_IFMT) === S_IFLNK;
    const node: Node = {
      ...attributes, number: this.state.next++, atime: time(), mtime: time(), ctime: time(), lower, lowerSize: attributes.size, lookups: 0, entries: undefined, nextCookie: 3,
      parent, target: link ? this.lower.target(lower) : "", pages: new Map(), xattrs: undefined,
    };
    this.state.nodes.set(node.number, node);
    this.state.byLower.set(lower, node.number);
    return node;
  }

  /** A node that the guest makes. */
  make(parent: Node, mode: number, owner: { uid: number; gid: number }, now: Time): Node {
    this.charge(NODE_BYTES);
    const inherits = (parent.mode & S_ISGID) !== 0;
    const node: Node = {
      number: this.state.next++, mode: inherits && (mode & S_IFMT) === S_IFDIR ? mode | S_ISGID : mode, uid: owner.uid, gid: inherits ? parent.gid : owner.gid, nlink: 1, rdev: 0, size: 0,
      atime: { ...now }, mtime: { ...now }, ctime: { ...now }, lower: -1, lowerSize: 0, lookups: 0, entries: (mode & S_IFMT) === S_IFDIR ? new Map() : undefined, nextCookie: 3,
      parent: parent.number, target: "", pages: new Map(), xattrs: new Map(),
    };
    this.state.nodes.set(node.number, node);
    return node;
  }

  /** Takes room for writing; ENOSPC where there is none. */
  charge(bytes: number): void {
    if (this.state.used + bytes > this.limitBytes) refuse("ENOSPC");
    this.state.used += bytes;
  }

  /** Removes the node if no name leads to it and the guest has forgotten it. */
  reap(node: Node): void {
    if (node.nlink > 0 || node.lookups > 0) return;
    this.dropPages(node, 0);
    if (node.lower < 0) this.state.used -= NODE_BYTES;
    this.state.nodes.delete(node.number);
  }

  entries(directory: Node): Map<string, { node: number; cookie: number }> {
    if (directory.entries !== undefined) return directory.entries;
    const entries = new Map<string, { node: number; cookie: number }>();
    for (const [name, lower] of this.lower.entries(directory.lower)) entries.set(name, { node: this.ofLower(lower, directory.number).number, cookie: directory.nextCookie++ });
    directory.entries = entries;
    return entries;
  }

  child(directory: Node, name: string): Node | undefined {
    const entry = this.entries(directory).get(name);
    return entry === undefined ? undefined : this.get(entry.node);
  }

  xattrs(node: Node): Map<string, Uint8Array> {
    node.xattrs ??= new Map(node.lower < 0 ? [] : this.lower.xattrs(node.lower));
    return node.xattrs;
  }

  /** Fills `into` with the file's bytes from `at` on. */
  read(node: Node, at: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const index = Math.floor((at + done) / PAGE), offset = (at + done) % PAGE;
      const piece = into.subarray(done, done + PAGE - offset);
      const page = node.pages.get(index);
      if (page !== undefined) piece.set(page.subarray(offset, offset + piece.length));
      else this.readLower(node, at + done, piece);
      done += piece.length;
    }
  }

  private readLower(node: Node, at: number, into: Uint8Array): void {
    const shown = Math.max(0, Math.min(into.length, node.lowerSize - at));
    if (shown > 0) this.lower.read(node.lower, at, into.subarray(0, shown));
    into.fill(0, shown);
  }

  /** The page of a file that is about to be written. */
  private writable(node: Node, index: number): Uint8Array {
    const known = node.pages.get(index);
    if (known !== undefined) return known;
    this.charge(PAGE);
    const page = new Uint8Array(PAGE);
    this.readLower(node, index * PAGE, page);
    node.pages.set(index, page);
    return page;
  }

  write(node: Node, at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const index = Math.floor((at + done) / PAGE), offset = (at + done) % PAGE;
      const piece = bytes.subarray(done, done + PAGE - offset);
      this.writable(node, index).set(piece, offset);
      done += piece.length;
      node.size = Math.max(node.size, at + done);
    }
  }

  /** Puts zeros over a range. */
  clear(node: Node, from: number, to: number): void {
    for (let at = from; at < to;) {
      const index = Math.floor(at / PAGE), end = Math.min(to, (index + 1) * PAGE);
      const whole = at % PAGE === 0 && end - at === PAGE;
      if (whole && at >= node.lowerSize) {
        if (node.pages.delete(index)) this.state.used -= PAGE;
      } else if (node.pages.has(index) || at < node.lowerSize) this.writable(node, index).fill(0, at % PAGE, at % PAGE + end - at);
      at = end;
    }
  }

  resize(node: Node, size: number): void {
    if (size < node.size) {
      this.dropPages(node, Math.ceil(size / PAGE));
      // The rest of the last page must read as zeros when the file grows again.
      node.pages.get(Math.floor(size / PAGE))?.fill(0, size % PAGE);
      node.lowerSize = Math.min(node.lowerSize, size);
    }
    node.size = size;
  }

  private dropPages(node: Node, from: number): void {
    for (const index of node.pages.keys()) {
      if (index < from) continue;
      node.pages.delete(index);
      this.state.used -= PAGE;
    }
  }
}
