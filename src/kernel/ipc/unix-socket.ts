// Unix sockets: streams, datagrams and packets in order (unix(7), Linux net/unix/af_unix.c).
import {
  EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, EMSGSIZE, ENOBUFS, ENOTCONN, ENOTTY, EOPNOTSUPP, EPERM, EPIPE, EPROTONOSUPPORT, ESOCKTNOSUPPORT, type Errno, failed,
} from "../../abi/errno.js";
import { SIOCINQ, SIOCOUTQ } from "../../abi/ioctl.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../../abi/poll.js";
import { SIGPIPE } from "../../abi/signal.js";
import {
  AF_UNIX, MSG_EOR, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_TRUNC, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM, SOMAXCONN, SO_PEERCRED,
} from "../../abi/socket.js";
import type { ByteString } from "../bytestring.js";
import type { Sink } from "../io.js";
import { numberIn } from "../namespaces/pid.js";
import { cost } from "../cgroups/costs.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import type { File, Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import { Wait, WaitQueue } from "../wait.js";
import { socketInode } from "./anonymous.js";
import { ByteQueue } from "./byte-queue.js";
import { type Carrier, InFlight } from "./in-flight.js";
import { Socket, type SocketCredentials, type Outgoing, type Received, addFamily, discard } from "./socket.js";
import { signalSelf } from "./signals.js";
import { abstractKey, addressOf, autobind, find, parseName, tie } from "./unix-address.js";

/** What a message of so many bytes counts for (Linux: skb truesize): the sk_buff, and the bytes with their shared info in a power of two, or in pages. */
function costOf(length: number): number {
  const data = length + 320;
  return 256 + (data > 4096 ? Math.ceil(data / 4096) * 4096 : 2 ** Math.ceil(Math.log2(data)));
}

/** /proc/sys/net/unix/max_dgram_qlen. */
const MAX_QUEUED_DATAGRAMS = 10;

interface Message {
  length: number;
  /** What of it counts against the sender's buffer. */
  cost: number;
  rights: readonly File[];
  readonly credentials: SocketCredentials;
  readonly sender: UnixSocket;
  readonly address: ByteString | undefined;
}

const isUnix = (object: object | undefined): object is UnixSocket => object instanceof UnixSocket;
const credentialsOf = (task: Task): SocketCredentials => ({ pid: task.process.pid, uid: task.credentials.euid, gid: task.credentials.egid });

function inFlightOf(task: Task): InFlight {
  const { net } = task.kernel.initialNamespaces;
  if (net.inFlight instanceof InFlight) return net.inFlight;
  const made = new InFlight();
  net.inFlight = made;
  return made;
}

export class UnixSocket extends Socket implements Carrier {
  boundName: ByteString | undefined = undefined;
  /** Where the name is kept: the inode of a path, or the namespace's table. */
  private boundInode: Inode | undefined = undefined;
  private readonly abstractNames: Map<ByteString, object>;
  private readonly inFlight: InFlight;
  peer: UnixSocket | undefined = undefined;
  /** Datagram sockets that are connected to this one. */
  private readonly connectedBy = new Set<UnixSocket>();
  private readonly messages: Message[] = [];
  private readonly bytes: ByteQueue;
  /** What was sent from here and not received yet, overhead included. */
  private outstanding = 0;
  /** Woken when there is room again: for datagrams from sockets that are not connected here, and for connects. */
  private readonly drained = new WaitQueue();
  private dead = false;
  private shutRead = false;
  private shutWrite = false;
  /** Connections not accepted yet; undefined: it does not listen. */
  private backlog: UnixSocket[] | undefined = undefined;
  private backlogMost = 0;
  /** Who made it or called listen, and who is at the other end (SO_PEERCRED). */
  private credentials: SocketCredentials;
  private peerCredentials: SocketCredentials | undefined = undefined;

  constructor(task: Task, type: number, flags: number) {
    super(socketInode(task), flags, AF_UNIX, type, 0);
    this.abstractNames = task.namespaces.net.abstractSockets;
    this.inFlight = inFlightOf(task);
    this.bytes = new ByteQueue(task.kernel.frames, task.cgroup);
    this.credentials = credentialsOf(task);
  }

  private get datagrams(): boolean {
    return this.type === SOCK_DGRAM;
  }

  override get listening(): boolean {
    return this.backlog !== undefined;
  }

  // ---- names and connections

  override bind(task: Task, address: Uint8Array): Errno | undefined {
    const name = parseName(address);
    if (failed(name)) return name;
    if (this.boundName !== undefined) return name === "" ? undefined : EINVAL;
    const tied = tie(task, this, name);
    if (failed(tied)) return tied;
    if (name !== "") this.boundName = name;
    this.boundInode = tied;
    return undefined;
  }

  override name(): Uint8Array {
    return addressOf(this.boundName);
  }

  override peerName(): Uint8Array | Errno {
    return this.peer === undefined ? ENOTCONN : addressOf(this.peer.boundName);
  }

  override listen(task: Task, backlog: number): Errno | undefined {
    if (this.datagrams) return EOPNOTSUPP;
    if (this.boundName === undefined || this.peer !== undefined) return EINVAL;
    this.backlog ??= [];
    this.backlogMost = backlog < 0 || backlog > SOMAXCONN ? SOMAXCONN : backlog;
    this.credentials = credentialsOf(task);
    this.drained.wake();
    return undefined;
  }

  /** The two become each other's ends. */
  join(other: UnixSocket): void {
    this.peer = other;
    other.peer = this;
    this.peerCredentials = other.credentials;
    other.peerCredentials = this.credentials;
  }

  override connect(task: Task, address: Uint8Array): Errno | Wait | undefined {
    if (this.datagrams) return this.connectDatagram(task, address);
    const name = parseName(address);
    if (failed(name)) return name;
    const listener = find(task, name, this.type, isUnix);
    if (failed(listener)) return listener;
    if (listener.backlog === undefined || listener.shutRead) return ECONNREFUSED;
    if (this.backlog !== undefined) return EINVAL;
    if (this.peer !== undefined) return EISCONN;
    if (listener.backlog.length > listener.backlogMost) return this.waitOr(task, this.sendTimeoutNs, 0, EAGAIN, [listener.drained]);
    if (this.passCredentials && this.boundName === undefined) autobind(task, this);
    this.credentials = credentialsOf(task);
    const accepted = new UnixSocket(task, this.type, 0);
    accepted.boundName = listener.boundName;
    accepted.credentials = listener.credentials;
    accepted.passCredentials = listener.passCredentials;
    this.join(accepted);
    listener.backlog.push(accepted);
    listener.ready.wake();
    return undefined;
  }

  private connectDatagram(task: Task, address: Uint8Array): Errno | undefined {
    const unspecified = address.length >= 2 && (address[0] | (address[1] << 8)) === 0;
    if (!unspecified) {
      const name = parseName(address);
      const target = failed(name) ? name : find(task, name, this.type, isUnix);
      if (failed(target)) return target;
      if (!target.accepts(this)) return EPERM;
      this.peer?.connectedBy.delete(this);
      this.peer = target;
      target.connectedBy.add(this);
    } else {
      this.peer?.connectedBy.delete(this);
      this.peer = undefined;
    }
    this.ready.wake();
    return undefined;
  }

  /** A datagram socket that is connected takes messages from its peer only. */
  private accepts(sender: UnixSocket): boolean {
    return this.peer === undefined || this.peer === sender;
  }

  override accept(task: Task, flags: number): Socket | Errno | Wait {
    if (this.datagrams) return EOPNOTSUPP;
    if (this.backlog === undefined) return EINVAL;
    const next = this.backlog.shift();
    if (next === undefined) return this.shutRead ? EINVAL : this.waitOr(task, this.receiveTimeoutNs, 0, EAGAIN);
    next.flags |= flags;
    this.drained.wake();
    return next;
  }

  /** Sleeps unless the call or the file says not to, until the timeout of the socket. */
  private waitOr(task: Task, timeoutNs: number | undefined, flags: number, otherwise: Errno, queues: readonly WaitQueue[] = [this.ready]): Errno | Wait {
    if (!this.waits(flags)) return otherwise;
    const until = task.deadline(timeoutNs);
    if (task.kernel.clock.monotonicNs() >= until) return otherwise;
    return new Wait(queues, until, timeoutNs === undefined ? "restart" : "never");
  }

  // ---- sending

  override send(task: Task, message: Outgoing): Transfer {
    if ((message.flags & MSG_OOB) !== 0) return EOPNOTSUPP;
    if (this.datagrams) return this.sendDatagram(task, message);
    if (message.address !== undefined && this.type === SOCK_STREAM) return this.peer === undefined ? EOPNOTSUPP : EISCONN;
    const { peer } = this;
    if (peer === undefined) return ENOTCONN;
    if (this.shutWrite || peer.dead || peer.shutRead) {
      if ((message.flags & MSG_NOSIGNAL) === 0) signalSelf(task, SIGPIPE);
      return EPIPE;
    }
    return this.type === SOCK_STREAM ? this.sendStream(task, peer, message) : this.sendPacket(task, peer, message);
  }

  private sendStream(task: Task, peer: UnixSocket, message: Outgoing): Transfer {
    const { from } = message;
    if (from.left === 0) return 0;
    const room = this.sendBuffer - this.outstanding;
    if (room > 0) {
      const prepared = from.prepare(Math.min(from.left, room));
      const rights = task.resume.done === 0 ? message.rights : [];
      const refused = this.inFlight.admit(task, rights);
      if (refused !== undefined) return refused;
      const sent = peer.bytes.append(from, prepared);
      if (sent === 0) return this.notSent(rights);
      peer.arrived({ length: sent, cost: costOf(sent), rights, credentials: message.credentials ?? credentialsOf(task), sender: this, address: this.boundName });
      if (from.left === 0 || sent < prepared) return sent;
      if (!this.waits(message.flags)) return sent;
      task.resume.done += sent;
    }
    return this.waitOr(task, this.sendTimeoutNs, message.flags, EAGAIN);
  }

  private notSent(rights: readonly File[]): Errno {
    this.inFlight.landed(rights);
    for (const file of rights) discard(undefined, file);
    return ENOBUFS;
  }

  private sendDatagram(task: Task, message: Outgoing): Transfer {
    let target: UnixSocket | Errno | undefined = this.peer;
    if (message.address !== undefined) {
      const name = parseName(message.address);
      target = failed(name) ? name : find(task, name, this.type, isUnix);
    }
    if (target === undefined) return ENOTCONN;
    if (failed(target)) return target;
    if (target.dead) {
      if (target === this.peer) this.peer = undefined;
      return ECONNREFUSED;
    }
    if (!target.accepts(this)) return EPERM;
    if (this.shutWrite || target.shutRead) {
      if (this.shutWrite && (message.flags & MSG_NOSIGNAL) === 0) signalSelf(task, SIGPIPE);
      return EPIPE;
    }
    if (this.passCredentials && this.boundName === undefined) autobind(task, this);
    if (target.peer !== this && target.messages.length > MAX_QUEUED_DATAGRAMS) {
      return this.waitOr(task, this.sendTimeoutNs, message.flags, EAGAIN, [target.drained]);
    }
    return this.sendPacket(task, target, message);
  }

  /** A whole message or nothing. */
  private sendPacket(task: Task, target: UnixSocket, message: Outgoing): Transfer {
    const { from } = message;
    const length = from.left;
    if (length > this.sendBuffer - 32) return EMSGSIZE;
    if (this.outstanding >= this.sendBuffer) return this.waitOr(task, this.sendTimeoutNs, message.flags, EAGAIN);
    const whole = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const piece = from.take(from.prepare(length - at));
      whole.set(piece, at);
      at += piece.length;
    }
    const refused = this.inFlight.admit(task, message.rights);
    if (refused !== undefined) return refused;
    if (!target.keep(task.cgroup, cost.message)) return this.notSent(message.rights);
    if (!target.bytes.appendAll(whole)) {
      target.giveBack(cost.message);
      return this.notSent(message.rights);
    }
    target.arrived({ length, cost: costOf(length), rights: message.rights, credentials: message.credentials ?? credentialsOf(task), sender: this, address: this.boundName });
    return length;
  }

  /** The bytes are in `bytes`; the message joins the last one of a stream where nothing tells them apart. */
  private arrived(message: Message): void {
    const last = this.messages.at(-1);
    const { pid, uid, gid } = message.credentials;
    if (this.type === SOCK_STREAM && last !== undefined && last.sender === message.sender && last.rights.length === 0 && message.rights.length === 0
      && last.credentials.pid === pid && last.credentials.uid === uid && last.credentials.gid === gid) {
      last.length += message.length;
      last.cost += message.cost;
    } else {
      this.messages.push(message);
    }
    message.sender.outstanding += message.cost;
    this.ready.wake();
  }

  // ---- receiving

  override receive(task: Task, into: Sink, flags: number): Received | Errno | Wait {
    if ((flags & MSG_OOB) !== 0) return EOPNOTSUPP;
    if (this.type !== SOCK_DGRAM && this.peer === undefined) return this.type === SOCK_STREAM ? EINVAL : ENOTCONN;
    if (this.messages.length === 0 || this.type !== SOCK_STREAM) {
      const error = this.takeError();
      if (error !== undefined) return error;
    }
    if (this.messages.length === 0) {
      if (this.shutRead || this.peer?.dead === true && !this.datagrams) return nothing;
      return this.waitOr(task, this.receiveTimeoutNs, flags, EAGAIN);
    }
    return this.type === SOCK_STREAM ? this.receiveStream(into, (flags & MSG_PEEK) !== 0) : this.receivePacket(into, flags);
  }

  /** Bytes of one sender, up to and with the first message that has files in it. */
  private receiveStream(into: Sink, peeking: boolean): Received {
    const [first] = this.messages;
    const wanted = into.prepare(into.room);
    let rights: readonly File[] = [];
    let n = 0;
    for (let i = 0; n < wanted && i < this.messages.length;) {
      const message = this.messages[i];
      const { pid, uid, gid } = message.credentials;
      if (message.sender !== first.sender || (this.passCredentials && (pid !== first.credentials.pid || uid !== first.credentials.uid || gid !== first.credentials.gid))) break;
      const piece = Math.min(wanted - n, message.length);
      if (peeking) this.bytes.peek(into, n, piece);
      else this.bytes.take(into, piece);
      n += piece;
      if (message.rights.length > 0) {
        rights = this.claim(message, peeking);
        if (!peeking) this.consumed(message, piece);
        break;
      }
      if (peeking) i++;
      else this.consumed(message, piece);
    }
    return { n, flags: 0, address: this.type === SOCK_STREAM ? undefined : addressOf(first.address), rights, credentials: first.credentials };
  }

  private receivePacket(into: Sink, flags: number): Received {
    const [message] = this.messages;
    const { length } = message;
    const n = into.room === 0 ? 0 : into.prepare(Math.min(into.room, length));
    const peeking = (flags & MSG_PEEK) !== 0;
    const rights = this.claim(message, peeking);
    this.bytes.peek(into, 0, n);
    if (!peeking) {
      this.bytes.skip(length);
      this.consumed(message, length);
    }
    const short = n < length;
    const told = (short ? MSG_TRUNC : 0) | (this.type === SOCK_SEQPACKET ? MSG_EOR : 0);
    const address = this.datagrams && message.address !== undefined ? addressOf(message.address) : undefined;
    return { n: short && (flags & MSG_TRUNC) !== 0 ? length : n, flags: told, address, rights, credentials: message.credentials };
  }

  /** The files of a message, with references for the receiver. */
  private claim(message: Message, peeking: boolean): readonly File[] {
    const { rights } = message;
    if (peeking) {
      for (const file of rights) file.references++;
    } else {
      this.inFlight.landed(rights);
      message.rights = [];
    }
    return rights;
  }

  /** So many bytes of the first message are out of `bytes`. */
  private consumed(message: Message, n: number): void {
    const { sender } = message;
    const full = this.messages.length > MAX_QUEUED_DATAGRAMS;
    const paid = n === message.length ? message.cost : Math.floor((message.cost * n) / message.length);
    message.length -= n;
    message.cost -= paid;
    sender.outstanding -= paid;
    if (message.length === 0) {
      this.messages.shift();
      if (this.type !== SOCK_STREAM) this.giveBack(cost.message);
    }
    sender.ready.wake();
    if (!this.datagrams || !full) return;
    this.drained.wake();
    for (const other of this.connectedBy) other.ready.wake();
  }

  // ---- ends

  override shutdown(_task: Task, how: number): Errno | undefined {
    if (how !== SHUT_RD && how !== SHUT_WR && how !== SHUT_RDWR) return EINVAL;
    if (how !== SHUT_WR) this.shutRead = true;
    if (how !== SHUT_RD) this.shutWrite = true;
    const { peer } = this;
    if (peer !== undefined && !this.datagrams) {
      if (how !== SHUT_WR) peer.shutWrite = true;
      if (how !== SHUT_RD) peer.shutRead = true;
      peer.ready.wake();
    }
    this.ready.wake();
    return undefined;
  }

  override get heldFrames(): number {
    return this.bytes.frameCount;
  }

  override release(): void {
    if (this.dead) return;
    this.dead = true;
    const key = this.boundName === undefined ? "" : abstractKey(this.type, this.boundName);
    if (this.abstractNames.get(key) === this) this.abstractNames.delete(key);
    if (this.boundInode?.attached === this) this.boundInode.attached = undefined;
    const unread = this.messages.length > 0;
    const files = this.unload();
    this.leavePeer(unread);
    for (const waiting of this.backlog ?? []) {
      if (waiting.peer !== undefined) waiting.peer.error = ECONNRESET;
      waiting.release();
    }
    this.backlog = undefined;
    this.drained.wake();
    this.inFlight.drop(files);
    this.inFlight.closed();
  }

  private leavePeer(unread: boolean): void {
    const { peer } = this;
    for (const other of this.connectedBy) other.ready.wake();
    if (peer === undefined) return;
    peer.connectedBy.delete(this);
    if (this.datagrams) {
      peer.ready.wake();
      return;
    }
    peer.shutRead = peer.shutWrite = true;
    if (unread) peer.error = ECONNRESET;
    peer.ready.wake();
  }

  *carried(): Generator<File> {
    for (const { rights } of this.messages) yield* rights;
  }

  unload(): File[] {
    const files = [...this.carried()];
    this.inFlight.landed(files);
    for (const { sender, cost } of this.messages) {
      sender.outstanding -= cost;
      sender.ready.wake();
    }
    this.messages.length = 0;
    this.bytes.clear();
    return files;
  }

  // ---- the rest

  override poll(): number {
    let events = 0;
    const connects = !this.datagrams;
    if (this.backlog !== undefined) return this.backlog.length > 0 ? POLLIN | POLLRDNORM : 0;
    if (this.error !== undefined) events |= POLLERR;
    if (this.shutRead) events |= POLLRDHUP | POLLIN | POLLRDNORM;
    if (this.shutRead && this.shutWrite) events |= POLLHUP;
    if (this.messages.length > 0) events |= POLLIN | POLLRDNORM;
    if (connects && this.peer === undefined) events |= POLLHUP;
    const { peer } = this;
    const clogged = this.datagrams && peer !== undefined && peer.peer !== this && peer.messages.length > MAX_QUEUED_DATAGRAMS;
    if (this.outstanding * 4 <= this.sendBuffer && !clogged) events |= POLLOUT | POLLWRNORM | POLLWRBAND;
    return events;
  }

  override ioctl(task: Task, command: number, at: number): number | Errno {
    if (command === SIOCINQ) {
      if (this.backlog !== undefined) return EINVAL;
      task.memory.writeI32(at, this.type === SOCK_STREAM ? this.bytes.length : (this.messages[0]?.length ?? 0));
      return 0;
    }
    if (command !== SIOCOUTQ) return ENOTTY;
    task.memory.writeI32(at, this.outstanding);
    return 0;
  }

  override getOption(task: Task, name: number): Uint8Array | Errno {
    if (name !== SO_PEERCRED) return super.getOption(task, name);
    const bytes = new Int32Array([0, -1, -1]);
    if (this.peerCredentials !== undefined) {
      bytes.set([numberIn(task.namespaces.pid, this.peerCredentials.pid), this.peerCredentials.uid, this.peerCredentials.gid]);
    }
    return new Uint8Array(bytes.buffer);
  }
}

const nothing: Received = { n: 0, flags: 0, address: undefined, rights: [], credentials: undefined };

function make(task: Task, type: number, protocol: number, flags: number): UnixSocket | Errno {
  if (protocol !== 0 && protocol !== AF_UNIX) return EPROTONOSUPPORT;
  // As Linux: a raw unix socket is a datagram one.
  const kind = type === SOCK_RAW ? SOCK_DGRAM : type;
  if (kind !== SOCK_STREAM && kind !== SOCK_DGRAM && kind !== SOCK_SEQPACKET) return ESOCKTNOSUPPORT;
  return new UnixSocket(task, kind, flags);
}

addFamily(AF_UNIX, "unix", {
  create: make,
  pair: (task, type, protocol, flags) => {
    const first = make(task, type, protocol, flags);
    const second = make(task, type, protocol, flags);
    if (failed(first)) return first;
    if (failed(second)) return second;
    first.join(second);
    return [first, second];
  },
});

savable(UnixSocket);
