// FUSE requests about names: looking them up, making, linking, renaming and removing them, listing a directory.
import type { FuseServer, Operation } from "./server.js";
import { isDirectory, type Node, refuse, S_IFDIR, S_IFLNK, S_IFMT, type Time } from "./nodes.js";
import { opcodes } from "./protocol.js";

const NAME_MAX = 255, LINK_MAX = 65000, TARGET_MAX = 4095;
const NOREPLACE = 1, EXCHANGE = 2;
const KINDS = new Set([0o010000, 0o020000, 0o060000, 0o100000, 0o140000]);

/** A name that can stand in a directory. */
function checked(name: string): string {
  if (name.length > NAME_MAX) refuse("ENAMETOOLONG");
  return name === "" || name === "." || name === ".." || name.includes("/") ? refuse("EINVAL") : name;
}

function changed(directory: Node, now: Time): void {
  directory.mtime = { ...now };
  directory.ctime = { ...now };
}

function add(server: FuseServer, directory: Node, name: string, node: Node): void {
  const entries = server.nodes.entries(directory);
  // The order of the map is that of the cookies.
  entries.delete(name);
  entries.set(name, { node: node.number, cookie: directory.nextCookie++ });
  if (isDirectory(node)) {
    node.parent = directory.number;
    directory.nlink++;
  }
}

function take(server: FuseServer, directory: Node, name: string, node: Node): void {
  server.nodes.entries(directory).delete(name);
  if (isDirectory(node)) directory.nlink--;
}

const lookup: Operation = (server, { header, body }, reply) => {
  const directory = server.nodes.directory(header.node);
  server.entry(server.nodes.child(directory, body.text()) ?? refuse("ENOENT"), reply);
};

/** Makes a node under a name that is not there yet. */
function create(server: FuseServer, request: Parameters<Operation>[1], name: string, mode: number): Node {
  const directory = server.nodes.directory(request.header.node);
  if (server.nodes.child(directory, checked(name)) !== undefined) refuse("EEXIST");
  // A directory that was removed takes nothing any more.
  if (directory.nlink === 0) refuse("ENOENT");
  const now = server.now();
  const node = server.nodes.make(directory, mode, request.header, now);
  if (isDirectory(node)) node.nlink = 2;
  add(server, directory, name, node);
  changed(directory, now);
  return node;
}

const mknod: Operation = (server, request, reply) => {
  const mode = request.body.u32(), rdev = request.body.u32();
  request.body.skip(8);
  if (!KINDS.has(mode & S_IFMT)) refuse("EINVAL");
  const node = create(server, request, request.body.text(), mode & (S_IFMT | 0o7777));
  node.rdev = rdev;
  server.entry(node, reply);
};

const mkdir: Operation = (server, request, reply) => {
  const mode = request.body.u32();
  request.body.skip(4);
  server.entry(create(server, request, request.body.text(), S_IFDIR | (mode & 0o7777)), reply);
};

const symlink: Operation = (server, request, reply) => {
  const name = request.body.text(), target = request.body.text();
  if (target.length === 0 || target.length > TARGET_MAX) refuse("EINVAL");
  const node = create(server, request, name, S_IFLNK | 0o777);
  node.target = target;
  node.size = target.length;
  server.entry(node, reply);
};

const link: Operation = (server, { header, body }, reply) => {
  const node = server.nodes.get(body.u64()), directory = server.nodes.directory(header.node), name = checked(body.text());
  if (isDirectory(node)) refuse("EPERM");
  if (node.nlink >= LINK_MAX) refuse("EMLINK");
  if (node.nlink === 0 || directory.nlink === 0) refuse("ENOENT");
  if (server.nodes.child(directory, name) !== undefined) refuse("EEXIST");
  const now = server.now();
  node.nlink++;
  node.ctime = { ...now };
  add(server, directory, name, node);
  changed(directory, now);
  server.entry(node, reply);
};

function remove(server: FuseServer, directory: Node, name: string, node: Node): void {
  const now = server.now();
  if (isDirectory(node) && server.nodes.entries(node).size > 0) refuse("ENOTEMPTY");
  take(server, directory, name, node);
  node.nlink = isDirectory(node) ? 0 : node.nlink - 1;
  node.ctime = { ...now };
  changed(directory, now);
  server.nodes.reap(node);
}

const removal = (wantsDirectory: boolean): Operation => (server, { header, body }) => {
  const directory = server.nodes.directory(header.node), name = body.text();
  const node = server.nodes.child(directory, name) ?? refuse("ENOENT");
  if (isDirectory(node) !== wantsDirectory) refuse(wantsDirectory ? "ENOTDIR" : "EISDIR");
  remove(server, directory, name, node);
};

/** Whether a directory lies in `ancestor`, or is it. */
function within(server: FuseServer, directory: Node, ancestor: Node): boolean {
  for (let at = directory; ; at = server.nodes.get(at.parent)) {
    if (at === ancestor) return true;
    if (at.parent === at.number) return false;
  }
}

function move(server: FuseServer, from: Node, name: string, to: Node, newName: string, flags: number): void {
  const { nodes } = server;
  const node = nodes.child(from, name) ?? refuse("ENOENT"), there = nodes.child(to, checked(newName));
  if ((flags & ~(NOREPLACE | EXCHANGE)) !== 0 || flags === (NOREPLACE | EXCHANGE)) refuse("EINVAL");
  if (there !== undefined && (flags & NOREPLACE) !== 0) refuse("EEXIST");
  if (to.nlink === 0) refuse("ENOENT");
  if (isDirectory(node) && within(server, to, node)) refuse("EINVAL");
  if (there === node) return;
  const now = server.now();
  if ((flags & EXCHANGE) !== 0) {
    const other = there ?? refuse("ENOENT");
    if (isDirectory(other) && within(server, from, other)) refuse("EINVAL");
    take(server, to, newName, other);
    add(server, from, name, other);
    other.ctime = { ...now };
  } else {
    if (there !== undefined) {
      if (isDirectory(there) !== isDirectory(node)) refuse(isDirectory(there) ? "EISDIR" : "ENOTDIR");
      remove(server, to, newName, there);
    }
  }
  // In an exchange the name is taken over by the other, which stands there already.
  if ((flags & EXCHANGE) === 0) take(server, from, name, node);
  else if (isDirectory(node)) from.nlink--;
  add(server, to, newName, node);
  node.ctime = { ...now };
  changed(from, now);
  changed(to, now);
}

const rename: Operation = (server, { header, body }) => {
  const to = server.nodes.directory(body.u64());
  move(server, server.nodes.directory(header.node), body.text(), to, body.text(), 0);
};

const rename2: Operation = (server, { header, body }) => {
  const to = server.nodes.directory(body.u64()), flags = body.u32();
  body.skip(4);
  move(server, server.nodes.directory(header.node), body.text(), to, body.text(), flags);
};

/** struct fuse_dirent; "." and ".." have the cookies 1 and 2. */
const readdir: Operation = ({ nodes }, { header, body, room }, reply) => {
  const directory = nodes.directory(header.node);
  body.skip(8);
  const offset = body.u64(), size = Math.min(body.u32(), room);
  const put = (name: string, node: Node, cookie: number): boolean => {
    if (cookie <= offset) return true;
    const padding = -(24 + name.length) & 7;
    if (reply.length + 24 + name.length + padding > size) return false;
    reply.u64(node.number).u64(cookie).u32(name.length).u32((node.mode & S_IFMT) >> 12).text(name).zeros(padding);
    return true;
  };
  if (!put(".", directory, 1) || !put("..", nodes.state.nodes.get(directory.parent) ?? directory, 2)) return;
  for (const [name, { node, cookie }] of nodes.entries(directory)) if (!put(name, nodes.get(node), cookie)) return;
};

export const directoryOperations: readonly (readonly [number, Operation])[] = [
  [opcodes.LOOKUP, lookup], [opcodes.MKNOD, mknod], [opcodes.MKDIR, mkdir], [opcodes.SYMLINK, symlink], [opcodes.LINK, link], [opcodes.UNLINK, removal(false)], [opcodes.RMDIR, removal(true)],
  [opcodes.RENAME, rename], [opcodes.RENAME2, rename2], [opcodes.READDIR, readdir],
];
