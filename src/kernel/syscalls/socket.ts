// The socket calls (Linux net/socket.c): addresses and messages between user memory and the families of ipc/.
import { EAGAIN, EBADF, EINVAL, EMSGSIZE, ENOTSOCK, type Errno, failed } from "../../abi/errno.js";
import { O_NONBLOCK, UIO_MAXIOV } from "../../abi/fcntl.js";
import {
  MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, MSG_WAITALL, MSG_WAITFORONE, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, SOCK_TYPE_MASK, SOL_SOCKET,
} from "../../abi/socket.js";
import "../ipc/unix-socket.js";
import { formControl, parseControl } from "../ipc/control-message.js";
import { install, installPair } from "../ipc/install.js";
import { Socket, familyOf, isReceived } from "../ipc/socket.js";
import type { Sink, Source } from "../io.js";
import { type Argument, type Returned, syscall, type SystemCall } from "../syscall.js";
import type { Task } from "../task/task.js";
import { Wait } from "../wait.js";
import { fd, flags, int, looseFlags, oneOf, pointer, size, timeout, uint } from "./arguments.js";
import { readVectors } from "./vectors.js";

const MSGHDR_BYTES = 56;
const MMSGHDR_BYTES = 64;
const MAX_ADDRESS = 128;
const MAX_CONTROL = 65536;

/** A descriptor that is a socket: EBADF, ENOTSOCK. */
const socket: Argument<Socket> = {
  name: "socket",
  decode: (task, raw) => {
    const file = fd.decode(task, raw);
    if (failed(file)) return EBADF;
    return file instanceof Socket ? file : ENOTSOCK;
  },
  show: fd.show,
};

const message = looseFlags("MSG_OOB", "MSG_PEEK", "MSG_DONTROUTE", "MSG_TRUNC", "MSG_DONTWAIT", "MSG_EOR", "MSG_WAITALL", "MSG_NOSIGNAL", "MSG_MORE", "MSG_CMSG_CLOEXEC");
const families = oneOf("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_ALG", "AF_VSOCK");
const types = looseFlags("SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_SEQPACKET", "SOCK_CLOEXEC", "SOCK_NONBLOCK");

// ---- addresses

function readAddress(task: Task, at: number, length: number): Uint8Array | Errno {
  return length < 0 || length > MAX_ADDRESS ? EINVAL : task.memory.read(at, length).slice();
}

/** Writes as much as fits and tells the true length (move_addr_to_user). */
function writeAddress(task: Task, address: Uint8Array, at: number, lengthAt: number): Errno | 0 {
  const room = task.memory.readI32(lengthAt);
  if (room < 0) return EINVAL;
  if (room > 0) task.memory.write(at, address.subarray(0, room));
  task.memory.writeI32(lengthAt, address.length);
  return 0;
}

// ---- making sockets

function splitType(type: number): { kind: number; how: number } | Errno {
  const how = type & ~SOCK_TYPE_MASK;
  return (how & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) !== 0 ? EINVAL : { kind: type & SOCK_TYPE_MASK, how };
}

function create(task: Task, number: number, type: number, protocol: number): Returned {
  const split = splitType(type);
  if (failed(split)) return split;
  const family = familyOf(number);
  if (failed(family)) return family;
  const made = family.create(task, split.kind, protocol, split.how & O_NONBLOCK);
  return failed(made) ? made : install(task, made, split.how);
}

function socketpair(task: Task, number: number, type: number, protocol: number, at: number): Returned {
  const split = splitType(type);
  if (failed(split)) return split;
  const family = familyOf(number);
  if (failed(family)) return family;
  const pair = family.pair(task, split.kind, protocol, split.how & O_NONBLOCK);
  return failed(pair) ? pair : installPair(task, pair, split.how, at);
}

function accept(task: Task, listener: Socket, at: number, lengthAt: number, how: number): Returned {
  if (at !== 0 && task.memory.readI32(lengthAt) < 0) return EINVAL;
  const accepted = listener.accept(task, how & O_NONBLOCK);
  if (!(accepted instanceof Socket)) return accepted;
  const peer = accepted.peerName();
  const number = install(task, accepted, how);
  if (failed(number) || at === 0) return number;
  const bad = writeAddress(task, failed(peer) ? new Uint8Array(2) : peer, at, lengthAt);
  if (bad === 0) return number;
  task.files.close(task, number);
  return bad;
}

// ---- sending

/** Adds what earlier runs of the call have sent. */
function total(task: Task, result: Returned): Returned {
  const { done } = task.resume;
  if (typeof result === "number") return done + result;
  return failed(result) && done > 0 ? done : result;
}

function sendto(task: Task, to: Socket, at: number, length: number, how: number, addressAt: number, addressLength: number): Returned {
  const address = addressAt === 0 ? undefined : readAddress(task, addressAt, addressLength);
  if (failed(address)) return address;
  const { done } = task.resume;
  const from = task.memory.source(at + done, Math.min(length, 0x7ffff000) - done);
  return total(task, to.send(task, { from, address, flags: how, rights: [], credentials: undefined }));
}

interface Header {
  nameAt: number;
  nameLength: number;
  vectorAt: number;
  vectors: number;
  controlAt: number;
  controlLength: number;
}

function readHeader(task: Task, at: number): Header {
  const { memory } = task;
  return {
    nameAt: memory.readU64(at), nameLength: memory.readI32(at + 8), vectorAt: memory.readU64(at + 16), vectors: memory.readU64(at + 24),
    controlAt: memory.readU64(at + 32), controlLength: memory.readU64(at + 40),
  };
}

function sendOne(task: Task, to: Socket, at: number, how: number): Returned {
  const { nameAt, nameLength, vectorAt, vectors, controlAt, controlLength } = readHeader(task, at);
  if (vectors > UIO_MAXIOV) return EMSGSIZE;
  if (nameLength < 0) return EINVAL;
  const address = nameAt === 0 || nameLength === 0 ? undefined : readAddress(task, nameAt, Math.min(nameLength, MAX_ADDRESS));
  if (failed(address)) return address;
  if (controlLength > MAX_CONTROL) return EINVAL;
  const control = parseControl(task, controlAt === 0 ? new Uint8Array(0) : task.memory.read(controlAt, controlLength).slice());
  if (failed(control)) return control;
  const pieces = readVectors(task, vectorAt, vectors, task.resume.done);
  if (failed(pieces)) return pieces;
  const from: Source = task.memory.sourceVector(pieces);
  return total(task, to.send(task, { from, address, flags: how, ...control }));
}

/** Several messages in one call; once some are sent, an error or a wait ends it with their count. */
function sendMany(task: Task, to: Socket, at: number, count: number, how: number): Returned {
  let sent = 0;
  for (; sent < Math.min(count, UIO_MAXIOV); sent++) {
    const record = at + sent * MMSGHDR_BYTES;
    const result = sendOne(task, to, record, sent === 0 ? how : how | MSG_DONTWAIT);
    if (typeof result !== "number") return sent > 0 ? sent : result;
    task.resume.done = 0;
    task.memory.writeI32(record + MSGHDR_BYTES, result);
  }
  return sent;
}

// ---- receiving

interface Arrival {
  n: number;
  flags: number;
  address: Uint8Array | undefined;
  control: Uint8Array;
}

/** One receive, MSG_WAITALL of streams included. `room`: bytes for control messages. */
function receive(task: Task, from: Socket, into: Sink, how: number, room: number): Arrival | Errno | Wait {
  if ((how & MSG_ERRQUEUE) !== 0) return EAGAIN; // no family here keeps a queue of errors
  const wanted = into.room;
  const before = task.resume.done;
  const result = from.receive(task, into, how);
  if (!isReceived(result)) return failed(result) && before > 0 ? { n: before, flags: 0, address: undefined, control: new Uint8Array(0) } : result;
  const all = (how & MSG_WAITALL) !== 0 && (how & (MSG_PEEK | MSG_DONTWAIT)) === 0 && from.type === SOCK_STREAM && !from.nonblocking;
  if (all && result.n > 0 && result.n < wanted && result.rights.length === 0) {
    task.resume.done += result.n;
    return new Wait([from.ready]);
  }
  const control = formControl(task, result, from.passCredentials, how, room);
  return { n: before + result.n, flags: result.flags | control.flags | (how & MSG_CMSG_CLOEXEC), address: result.address, control: control.bytes };
}

function recvfrom(task: Task, from: Socket, at: number, length: number, how: number, addressAt: number, lengthAt: number): Returned {
  const { done } = task.resume;
  if (addressAt !== 0 && task.memory.readI32(lengthAt) < 0) return EINVAL;
  const arrival = receive(task, from, task.memory.sink(at + done, Math.min(length, 0x7ffff000) - done), how, 0);
  if (!("control" in arrival)) return arrival;
  if (addressAt !== 0) writeAddress(task, arrival.address ?? new Uint8Array(0), addressAt, lengthAt);
  return arrival.n;
}

function receiveOne(task: Task, from: Socket, at: number, how: number): Returned {
  const { memory } = task;
  const { nameAt, nameLength, vectorAt, vectors, controlAt, controlLength } = readHeader(task, at);
  if (vectors > UIO_MAXIOV) return EMSGSIZE;
  if (nameLength < 0) return EINVAL;
  const pieces = readVectors(task, vectorAt, vectors, task.resume.done);
  if (failed(pieces)) return pieces;
  const room = controlAt === 0 ? 0 : Math.min(controlLength, MAX_CONTROL);
  // All that will be written is faulted in first: what was received can't be given back.
  memory.sink(at, MSGHDR_BYTES).prepare(MSGHDR_BYTES);
  if (room > 0) memory.sink(controlAt, room).prepare(room);
  const arrival = receive(task, from, memory.sinkVector(pieces), how, room);
  if (!("control" in arrival)) return arrival;
  if (nameAt !== 0) {
    const address = arrival.address ?? new Uint8Array(0);
    memory.write(nameAt, address.subarray(0, nameLength));
    memory.writeI32(at + 8, address.length);
  }
  if (arrival.control.length > 0) memory.write(controlAt, arrival.control);
  memory.writeU64(at + 40, arrival.control.length);
  memory.writeI32(at + 48, arrival.flags);
  return arrival.n;
}

function receiveMany(task: Task, from: Socket, at: number, count: number, how: number, timeoutAt: number): Returned {
  const relative = timeout.decode(task, timeoutAt);
  if (failed(relative)) return relative;
  const until = relative === undefined ? Infinity : task.kernel.clock.monotonicNs() + relative;
  let received = 0;
  for (; received < Math.min(count, UIO_MAXIOV); received++) {
    const record = at + received * MMSGHDR_BYTES;
    // As Linux, the timeout is looked at only after a message; here no message after the first is waited for.
    const result = receiveOne(task, from, record, (how & ~MSG_WAITFORONE) | (received > 0 ? MSG_DONTWAIT : 0));
    if (typeof result !== "number") return received > 0 ? received : result;
    task.memory.writeI32(record + MSGHDR_BYTES, result);
    if (task.kernel.clock.monotonicNs() >= until) return received + 1;
  }
  return received;
}

// ---- options

function getsockopt(task: Task, from: Socket, level: number, name: number, at: number, lengthAt: number): Returned {
  const room = task.memory.readI32(lengthAt);
  if (room < 0) return EINVAL;
  const value = level === SOL_SOCKET ? from.getOption(task, name) : from.getLevelOption(task, level, name);
  if (failed(value)) return value;
  const told = value.subarray(0, room);
  task.memory.write(at, told);
  task.memory.writeI32(lengthAt, told.length);
  return 0;
}

function setsockopt(task: Task, to: Socket, level: number, name: number, at: number, length: number): Returned {
  if (length < 0) return EINVAL;
  const value = task.memory.read(at, Math.min(length, 4096)).slice();
  return (level === SOL_SOCKET ? to.setOption(task, name, value) : to.setLevelOption(task, level, name, value)) ?? 0;
}

function name(task: Task, address: Uint8Array | Errno, at: number, lengthAt: number): Returned {
  return failed(address) ? address : writeAddress(task, address, at, lengthAt);
}

export const calls: SystemCall[] = [
  syscall(198, "socket", [families, types, int], create, "AF_UNIX alone: AF_INET, AF_INET6, AF_NETLINK and the others are EAFNOSUPPORT"),
  syscall(199, "socketpair", [families, types, int, pointer], socketpair),
  syscall(200, "bind", [socket, pointer, int], (task, to, at, length) => {
    const address = readAddress(task, at, length);
    return failed(address) ? address : (to.bind(task, address) ?? 0);
  }),
  syscall(201, "listen", [socket, int], (task, on, backlog) => on.listen(task, backlog) ?? 0),
  syscall(202, "accept", [socket, pointer, pointer], (task, on, at, lengthAt) => accept(task, on, at, lengthAt, 0)),
  syscall(242, "accept4", [socket, pointer, pointer, flags("SOCK_CLOEXEC", "SOCK_NONBLOCK")], accept),
  syscall(203, "connect", [socket, pointer, int], (task, from, at, length) => {
    const address = readAddress(task, at, length);
    return failed(address) ? address : (from.connect(task, address) ?? 0);
  }),
  syscall(204, "getsockname", [socket, pointer, pointer], (task, of, at, lengthAt) => name(task, of.name(), at, lengthAt)),
  syscall(205, "getpeername", [socket, pointer, pointer], (task, of, at, lengthAt) => name(task, of.peerName(), at, lengthAt)),
  syscall(206, "sendto", [socket, pointer, size, message, pointer, int], sendto),
  syscall(207, "recvfrom", [socket, pointer, size, message, pointer, pointer], recvfrom),
  syscall(208, "setsockopt", [socket, int, int, pointer, int], setsockopt, "options that need a network are not there"),
  syscall(209, "getsockopt", [socket, int, int, pointer, pointer], getsockopt, "options that need a network are not there"),
  syscall(210, "shutdown", [socket, oneOf("SHUT_RD", "SHUT_WR", "SHUT_RDWR")], (task, of, how) => of.shutdown(task, how) ?? 0),
  syscall(211, "sendmsg", [socket, pointer, message], sendOne),
  syscall(212, "recvmsg", [socket, pointer, message], receiveOne),
  syscall(243, "recvmmsg", [socket, pointer, uint, message, pointer], receiveMany, "waits for the first message only, as with MSG_WAITFORONE"),
  syscall(269, "sendmmsg", [socket, pointer, uint, message], sendMany, "waits for the first message only"),
];
