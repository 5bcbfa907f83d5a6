// signalfd(2): signals read like a file (Linux fs/signalfd.c).
import { EAGAIN, EINVAL } from "../../abi/errno.js";
import { O_RDWR } from "../../abi/fcntl.js";
import { POLLIN } from "../../abi/poll.js";
import type { Siginfo } from "../../abi/siginfo.js";
import type { Sink } from "../io.js";
import { savable } from "../save.js";
import { takeSignal } from "../task/attention.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import { type WaitQueue, waitFor } from "../wait.js";
import { anonInode } from "./anonymous.js";

/** struct signalfd_siginfo. */
const RECORD = 128;

export class SignalFile extends File {
  /** Signals that it takes: bit n-1 is signal n. */
  mask: bigint;
  /** The process that made it is told of by its queue; who reads takes its own signals. */
  override readonly ready: WaitQueue;

  constructor(task: Task, inode: Inode, flags: number, mask: bigint) {
    super(inode, flags);
    this.mask = mask;
    this.ready = task.process.signalled;
  }

  override read(task: Task, into: Sink): Transfer {
    if (into.room < RECORD) return EINVAL;
    let done = 0;
    while (into.room >= RECORD && this.poll(task) !== 0 && into.prepare(RECORD) === RECORD) {
      const info = takeSignal(task, ~this.mask);
      if (info === undefined) break;
      into.put(record(info));
      done += RECORD;
    }
    if (done > 0) return done;
    return this.nonblocking ? EAGAIN : waitFor(task.process.signalled);
  }

  override poll(task: Task): number {
    return ((task.pending.set | task.process.pending.set) & this.mask) !== 0n ? POLLIN : 0;
  }

  override describe(): string {
    return "anon_inode:[signalfd]";
  }
}

function record(info: Siginfo): Uint8Array {
  const bytes = new Uint8Array(RECORD);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, info.signo, true);
  view.setInt32(4, info.errno ?? 0, true);
  view.setInt32(8, info.code, true);
  if (info.kind === "kill" || info.kind === "queued" || info.kind === "child") {
    view.setUint32(12, info.pid, true);
    view.setUint32(16, info.uid, true);
  }
  if (info.kind === "child") {
    view.setInt32(40, info.status, true);
    view.setBigUint64(56, BigInt(info.utimeTicks), true);
    view.setBigUint64(64, BigInt(info.stimeTicks), true);
  } else if (info.kind === "queued" || info.kind === "timer") {
    view.setInt32(44, Number(BigInt.asIntN(32, info.value)), true);
    view.setBigUint64(48, BigInt.asUintN(64, info.value), true);
    if (info.kind === "timer") {
      view.setUint32(24, info.timerId, true);
      view.setUint32(32, info.overrun, true);
    }
  } else if (info.kind === "fault") {
    view.setBigUint64(72, BigInt(info.addr), true);
  }
  return bytes;
}

/** `flags` may hold O_NONBLOCK. */
export const openSignals = (task: Task, mask: bigint, flags: number): SignalFile => new SignalFile(task, anonInode(task), O_RDWR | flags, mask);

savable(SignalFile);
