// FUSE requests about one node: its attributes, its bytes, its extended attributes.
import type { Operation } from "./server.js";
import { isDirectory, isRegular, type Node, refuse, S_IFLNK, S_IFMT } from "./nodes.js";
import { opcodes } from "./protocol.js";

const MODE = 1 << 0, UID = 1 << 1, GID = 1 << 2, SIZE = 1 << 3, ATIME = 1 << 4, MTIME = 1 << 5, ATIME_NOW = 1 << 7, MTIME_NOW = 1 << 8, CTIME = 1 << 10;
const MAX_FILE_BYTES = 2 ** 43;
const KEEP_SIZE = 1, PUNCH_HOLE = 2, ZERO_RANGE = 16;
const XATTR_CREATE = 1, XATTR_REPLACE = 2;
const XATTR_NAME_MAX = 255, XATTR_SIZE_MAX = 65536;

const regular = (node: Node): Node => (isRegular(node) ? node : refuse(isDirectory(node) ? "EISDIR" : "EINVAL"));

const getattr: Operation = (server, { header }, reply) => server.attributes(server.nodes.get(header.node), reply);

const setattr: Operation = (server, { header, body }, reply) => {
  const node = server.nodes.get(header.node);
  const valid = body.u32();
  body.skip(12);
  const size = body.u64();
  body.skip(8);
  const [atime, mtime, ctime] = [body.seconds(), body.seconds(), body.seconds()], [atimeNs, mtimeNs, ctimeNs] = [body.u32(), body.u32(), body.u32()];
  const mode = body.u32();
  body.skip(4);
  const uid = body.u32(), gid = body.u32();
  const now = server.now();
  const time = (sec: number, nsec: number) => (Math.abs(sec) < 2 ** 52 && nsec < 1e9 ? { sec, nsec } : refuse("EINVAL"));
  if ((valid & SIZE) !== 0) {
    if (size > MAX_FILE_BYTES) refuse("EFBIG");
    server.nodes.resize(regular(node), size);
    node.mtime = { ...now };
  }
  if ((valid & MODE) !== 0) node.mode = (node.mode & S_IFMT) | (mode & 0o7777);
  if ((valid & UID) !== 0) node.uid = uid;
  if ((valid & GID) !== 0) node.gid = gid;
  if ((valid & ATIME) !== 0) node.atime = (valid & ATIME_NOW) !== 0 ? { ...now } : time(atime, atimeNs);
  if ((valid & MTIME) !== 0) node.mtime = (valid & MTIME_NOW) !== 0 ? { ...now } : time(mtime, mtimeNs);
  node.ctime = (valid & CTIME) !== 0 ? time(ctime, ctimeNs) : now;
  server.attributes(node, reply);
};

const readlink: Operation = ({ nodes }, { header }, reply) => {
  const node = nodes.get(header.node);
  if ((node.mode & S_IFMT) !== S_IFLNK) refuse("EINVAL");
  reply.text(node.target);
};

const read: Operation = ({ nodes }, { header, body, room }, reply) => {
  const node = regular(nodes.get(header.node));
  body.skip(8);
  const offset = body.u64(), size = body.u32();
  const count = Math.max(0, Math.min(size, room, node.size - offset));
  const bytes = new Uint8Array(count);
  nodes.read(node, offset, bytes);
  reply.data(bytes);
};

const write: Operation = (server, { header, body }, reply) => {
  const node = regular(server.nodes.get(header.node));
  body.skip(8);
  const offset = body.u64(), size = body.u32();
  body.skip(20);
  const bytes = body.data(size);
  if (bytes.length < size) refuse("EINVAL");
  if (offset + size > MAX_FILE_BYTES) refuse("EFBIG");
  server.nodes.write(node, offset, bytes);
  node.mtime = server.now();
  node.ctime = { ...node.mtime };
  reply.u32(size).u32(0);
};

const fallocate: Operation = (server, { header, body }) => {
  const node = regular(server.nodes.get(header.node));
  body.skip(8);
  const offset = body.u64(), end = offset + body.u64(), mode = body.u32();
  if (end > MAX_FILE_BYTES) refuse("EFBIG");
  if ((mode & ~(KEEP_SIZE | PUNCH_HOLE | ZERO_RANGE)) !== 0) refuse("EOPNOTSUPP");
  if ((mode & (PUNCH_HOLE | ZERO_RANGE)) !== 0) server.nodes.clear(node, offset, Math.min(end, node.size));
  else if (end - offset > server.nodes.freeBytes) refuse("ENOSPC");
  if ((mode & KEEP_SIZE) === 0 && end > node.size) server.nodes.resize(node, end);
  node.mtime = server.now();
  node.ctime = { ...node.mtime };
};

const statfs: Operation = ({ nodes }, _request, reply) => {
  const blocks = Math.ceil((nodes.state.used + nodes.freeBytes) / 4096), free = Math.floor(nodes.freeBytes / 4096);
  reply.u64(blocks).u64(free).u64(free).u64(nodes.state.nodes.size + free).u64(free).u32(4096).u32(255).u32(4096).zeros(28);
};

/** Answers with the bytes, or with how many they are to who has no room yet. */
const sized = (bytes: Uint8Array, size: number, reply: Parameters<Operation>[2]) => {
  if (size === 0) reply.u32(bytes.length).u32(0);
  else if (size < bytes.length) refuse("ERANGE");
  else reply.data(bytes);
};

const getxattr: Operation = ({ nodes }, { header, body }, reply) => {
  const size = body.u32();
  body.skip(4);
  sized(nodes.xattrs(nodes.get(header.node)).get(body.text()) ?? refuse("ENODATA"), size, reply);
};

const listxattr: Operation = ({ nodes }, { header, body }, reply) => {
  const names = [...nodes.xattrs(nodes.get(header.node)).keys()].map((name) => `${name}\0`).join("");
  sized(Uint8Array.from(names, (each) => each.charCodeAt(0)), body.u32(), reply);
};

const setxattr: Operation = (server, { header, body }) => {
  const node = server.nodes.get(header.node);
  const size = body.u32(), flags = body.u32(), name = body.text(), value = body.data(size);
  if (value.length < size || name.length === 0 || name.length > XATTR_NAME_MAX) refuse("EINVAL");
  if (size > XATTR_SIZE_MAX) refuse("E2BIG");
  const xattrs = server.nodes.xattrs(node);
  if ((flags & XATTR_CREATE) !== 0 && xattrs.has(name)) refuse("EEXIST");
  if ((flags & XATTR_REPLACE) !== 0 && !xattrs.has(name)) refuse("ENODATA");
  server.nodes.charge(name.length + size);
  xattrs.set(name, value.slice());
  node.ctime = server.now();
};

const removexattr: Operation = (server, { header, body }) => {
  const node = server.nodes.get(header.node);
  if (!server.nodes.xattrs(node).delete(body.text())) refuse("ENODATA");
  node.ctime = server.now();
};

export const fileOperations: readonly (readonly [number, Operation])[] = [
  [opcodes.GETATTR, getattr], [opcodes.SETATTR, setattr], [opcodes.READLINK, readlink], [opcodes.READ, read], [opcodes.WRITE, write], [opcodes.FALLOCATE, fallocate], [opcodes.STATFS, statfs],
  [opcodes.GETXATTR, getxattr], [opcodes.LISTXATTR, listxattr], [opcodes.SETXATTR, setxattr], [opcodes.REMOVEXATTR, removexattr],
];
