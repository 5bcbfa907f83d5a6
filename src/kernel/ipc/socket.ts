// A socket as the socket calls see it, whatever its family (Linux: struct socket and proto_ops), and the table of families.
import { EAFNOSUPPORT, EINVAL, ENOPROTOOPT, ENOTTY, EOPNOTSUPP, EPERM, type Errno } from "../../abi/errno.js";
import { CAP_NET_ADMIN } from "../../abi/capability.js";
import { O_RDWR } from "../../abi/fcntl.js";
import {
  MSG_DONTWAIT, SO_ACCEPTCONN, SO_BROADCAST, SO_DOMAIN, SO_ERROR, SO_KEEPALIVE, SO_LINGER, SO_PASSCRED, SO_PRIORITY, SO_PROTOCOL, SO_RCVBUF, SO_RCVBUFFORCE, SO_RCVLOWAT, SO_RCVTIMEO_NEW,
  SO_RCVTIMEO_OLD, SO_REUSEADDR, SO_SNDBUF, SO_SNDBUFFORCE, SO_SNDTIMEO_NEW, SO_SNDTIMEO_OLD, SO_TIMESTAMP, SO_TYPE,
} from "../../abi/socket.js";
import { decodeTimeval, encodeTimeval } from "../../abi/time.js";
import type { Sink, Source } from "../io.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import { cost } from "../cgroups/costs.js";
import { unreference } from "../vfs/file-table.js";
import type { Wait } from "../wait.js";
import { wired } from "../wires.js";

/** Who a message is from, as SCM_CREDENTIALS tells; `pid` is the number in the initial pid namespace. */
export interface SocketCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A message to send. */
export interface Outgoing {
  readonly from: Source;
  /** struct sockaddr of the destination; undefined: where it is connected to. */
  readonly address: Uint8Array | undefined;
  /** MSG_*. */
  readonly flags: number;
  readonly rights: readonly File[];
  readonly credentials: SocketCredentials | undefined;
}

/** A message that was received into the caller's sink. */
export interface Received {
  /** What the call returns: bytes put, or the message's true length with MSG_TRUNC. */
  readonly n: number;
  /** MSG_TRUNC, MSG_EOR of msg_flags. */
  readonly flags: number;
  readonly address: Uint8Array | undefined;
  /** References are the receiver's to install or to drop. */
  readonly rights: readonly File[];
  readonly credentials: SocketCredentials | undefined;
}

export const isReceived = (result: Received | Errno | Wait): result is Received => "rights" in result;

const DEFAULT_BUFFER = 212992;
const MIN_SEND = 4608;
const MIN_RECEIVE = 2304;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function intBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  view(bytes).setInt32(0, value, true);
  return bytes;
}

export abstract class Socket extends File {
  override get cost(): number {
    return cost.socket;
  }

  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  error: Errno | undefined = undefined;
  sendBuffer = DEFAULT_BUFFER;
  receiveBuffer = DEFAULT_BUFFER;
  /** SO_RCVTIMEO, SO_SNDTIMEO; undefined: for ever. */
  receiveTimeoutNs: number | undefined = undefined;
  sendTimeoutNs: number | undefined = undefined;
  passCredentials = false;
  /** Options that are remembered and mean nothing here, by SO_*. */
  private readonly remembered = new Map<number, Uint8Array>();

  constructor(inode: Inode, flags: number, family: number, type: number, protocol: number) {
    super(inode, O_RDWR | flags);
    this.family = family;
    this.type = type;
    this.protocol = protocol;
  }

  abstract bind(task: Task, address: Uint8Array): Errno | Wait | undefined;
  abstract connect(task: Task, address: Uint8Array): Errno | Wait | undefined;
  abstract listen(task: Task, backlog: number): Errno | undefined;
  /** A new socket for the next connection; `flags` may hold O_NONBLOCK. */
  abstract accept(task: Task, flags: number): Socket | Errno | Wait;
  abstract name(): Uint8Array;
  abstract peerName(): Uint8Array | Errno;
  /** Bytes sent by this run of the call. A stream that has to wait in the middle adds them to task.resume.done instead. */
  abstract send(task: Task, message: Outgoing): Transfer;
  abstract receive(task: Task, into: Sink, flags: number): Received | Errno | Wait;
  abstract shutdown(task: Task, how: number): Errno | undefined;
  abstract get listening(): boolean;

  override read(task: Task, into: Sink): Transfer {
    const received = this.receive(task, into, 0);
    if (!isReceived(received)) return received;
    for (const file of received.rights) discard(task, file);
    return received.n;
  }

  override write(task: Task, from: Source): Transfer {
    return this.send(task, { from, address: undefined, flags: 0, rights: [], credentials: undefined });
  }

  override ioctl(_task: Task, _command: number, _argument: number): number | Errno | Wait {
    return ENOTTY;
  }

  override describe(): string {
    return `socket:[${this.inode.ino}]`;
  }

  protected waits(flags: number): boolean {
    return !this.nonblocking && (flags & MSG_DONTWAIT) === 0;
  }

  /** Takes the pending error, as SO_ERROR and the next call do. */
  takeError(): Errno | undefined {
    const { error } = this;
    this.error = undefined;
    return error;
  }

  /** getsockopt(2) at SOL_SOCKET. */
  getOption(_task: Task, name: number): Uint8Array | Errno {
    switch (name) {
      case SO_TYPE: return intBytes(this.type);
      case SO_DOMAIN: return intBytes(this.family);
      case SO_PROTOCOL: return intBytes(this.protocol);
      case SO_ERROR: return intBytes(this.takeError()?.number ?? 0);
      case SO_ACCEPTCONN: return intBytes(this.listening ? 1 : 0);
      case SO_SNDBUF: return intBytes(this.sendBuffer);
      case SO_RCVBUF: return intBytes(this.receiveBuffer);
      case SO_PASSCRED: return intBytes(this.passCredentials ? 1 : 0);
      case SO_RCVTIMEO_OLD: case SO_RCVTIMEO_NEW: return timeoutBytes(this.receiveTimeoutNs);
      case SO_SNDTIMEO_OLD: case SO_SNDTIMEO_NEW: return timeoutBytes(this.sendTimeoutNs);
      case SO_RCVLOWAT: return this.remembered.get(name) ?? intBytes(1);
      case SO_LINGER: return this.remembered.get(name) ?? new Uint8Array(8);
      case SO_REUSEADDR: case SO_KEEPALIVE: case SO_BROADCAST: case SO_PRIORITY: case SO_TIMESTAMP: return this.remembered.get(name) ?? intBytes(0);
      default: return ENOPROTOOPT;
    }
  }

  /** setsockopt(2) at SOL_SOCKET. */
  setOption(task: Task, name: number, value: Uint8Array): Errno | undefined {
    if (value.length < 4) return EINVAL;
    const number = view(value).getInt32(0, true);
    switch (name) {
      case SO_SNDBUFFORCE: case SO_RCVBUFFORCE:
        if (!capable(task, CAP_NET_ADMIN)) return EPERM;
        return this.setBuffer(name === SO_SNDBUFFORCE, number);
      case SO_SNDBUF: case SO_RCVBUF:
        return this.setBuffer(name === SO_SNDBUF, Math.min(Math.max(number, 0), DEFAULT_BUFFER));
      case SO_PASSCRED:
        this.passCredentials = number !== 0;
        return undefined;
      case SO_RCVTIMEO_OLD: case SO_RCVTIMEO_NEW: case SO_SNDTIMEO_OLD: case SO_SNDTIMEO_NEW:
        return this.setTimeout(name === SO_RCVTIMEO_OLD || name === SO_RCVTIMEO_NEW, value);
      case SO_RCVLOWAT: case SO_LINGER: case SO_REUSEADDR: case SO_KEEPALIVE: case SO_BROADCAST: case SO_PRIORITY: case SO_TIMESTAMP:
        this.remembered.set(name, name === SO_LINGER ? value.slice(0, 8) : intBytes(number));
        return undefined;
      case SO_TYPE: case SO_DOMAIN: case SO_PROTOCOL: case SO_ERROR: case SO_ACCEPTCONN: return ENOPROTOOPT;
      default: return ENOPROTOOPT;
    }
  }

  /** Linux doubles what is asked for, to pay for its own bookkeeping. */
  private setBuffer(sending: boolean, size: number): undefined {
    if (sending) this.sendBuffer = Math.max(2 * size, MIN_SEND);
    else this.receiveBuffer = Math.max(2 * size, MIN_RECEIVE);
    this.ready.wake();
    return undefined;
  }

  private setTimeout(receiving: boolean, value: Uint8Array): Errno | undefined {
    if (value.length < 16) return EINVAL;
    const { seconds, nanoseconds } = decodeTimeval(view(value), 0);
    const ns = seconds < 0 ? 0 : seconds * 1e9 + nanoseconds;
    const timeout = ns === 0 ? undefined : ns;
    if (receiving) this.receiveTimeoutNs = timeout;
    else this.sendTimeoutNs = timeout;
    return undefined;
  }

  /** Options of other levels. */
  getLevelOption(_task: Task, _level: number, _name: number): Uint8Array | Errno { return EOPNOTSUPP; }
  setLevelOption(_task: Task, _level: number, _name: number, _value: Uint8Array): Errno | undefined { return EOPNOTSUPP; }
}

function timeoutBytes(ns: number | undefined): Uint8Array {
  const bytes = new Uint8Array(16);
  encodeTimeval(view(bytes), 0, { seconds: Math.floor((ns ?? 0) / 1e9), nanoseconds: (ns ?? 0) % 1e9 });
  return bytes;
}

/** Gives back a reference that a message held. */
export function discard(task: Task | undefined, file: File): void {
  if (task !== undefined) file.closed(task);
  unreference(file);
}

/** A protocol family (Linux: net_proto_family); `flags` may hold O_NONBLOCK. */
export interface SocketFamily {
  create(task: Task, type: number, protocol: number, flags: number): Socket | Errno;
  pair(task: Task, type: number, protocol: number, flags: number): [Socket, Socket] | Errno;
}

const families = new Map<number, SocketFamily>();

/** Makes a family known by its AF_* number. */
export function addFamily(number: number, name: string, family: SocketFamily): void {
  families.set(number, wired(`socket.${name}`, family));
}

export const familyOf = (number: number): SocketFamily | Errno => families.get(number) ?? EAFNOSUPPORT;
