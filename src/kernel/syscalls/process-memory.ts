// process_vm_readv and process_vm_writev: bytes between the caller's memory and another process's (Linux: mm/process_vm_access.c).
import { EFAULT, EINVAL, EPERM, ESRCH, type Errno, failed } from "../../abi/errno.js";
import { hasMemory, mayLookInto } from "../fs/proc/access.js";
import type { Sink, Source } from "../io.js";
import type { AddressSpace } from "../memory/address-space.js";
import { PAGE_SIZE } from "../memory/layout.js";
import type { Iovec } from "../memory/user.js";
import { taskByNumber } from "../namespaces/pid.js";
import { type Returned, type SystemCall, syscall } from "../syscall.js";
import type { Task } from "../task/task.js";
import { pid, pointer, size } from "./arguments.js";
import { readVectors } from "./vectors.js";

/** The pieces with their addresses as they are: what is bad in them shows only when it is reached. */
function* pagesOf(vectors: readonly Iovec[]): Generator<Iovec> {
  for (const { base, length } of vectors) {
    for (let done = 0; done < length;) {
      const piece = Math.min(length - done, PAGE_SIZE - ((base + done) % PAGE_SIZE));
      yield { base: base + done, length: piece };
      done += piece;
    }
  }
}

/** Fills `into` from the other memory; how much of the piece was there at both ends. */
function receive(other: AddressSpace, { base, length }: Iovec, into: Sink): number {
  const bytes = other.read(base, Math.min(length, into.room));
  const n = into.prepare(bytes.length);
  into.put(bytes.subarray(0, n));
  return n;
}

function send(other: AddressSpace, { base, length }: Iovec, from: Source): number {
  const bytes = new Uint8Array(from.prepare(Math.min(length, from.left)));
  for (let done = 0; done < bytes.length;) {
    const piece = from.take(bytes.length - done);
    bytes.set(piece, done);
    done += piece.length;
  }
  other.write(base, bytes);
  return bytes.length;
}

/** Goes through the other process's pages. A fault makes the result shorter; it is EFAULT only where nothing was done. */
function eachPage(remote: readonly Iovec[], move: (piece: Iovec) => number): number | Errno {
  let done = 0;
  try {
    for (const piece of pagesOf(remote)) {
      const n = move(piece);
      done += n;
      if (n < piece.length) break;
    }
  } catch (thrown) {
    if (thrown !== EFAULT || done === 0) throw thrown;
  }
  return done;
}

function transfer(task: Task, number: number, localAt: number, localCount: number, remoteAt: number, remoteCount: number, how: number, write: boolean): Returned {
  if (how !== 0) return EINVAL;
  const local = readVectors(task, localAt, localCount);
  if (failed(local) || local.length === 0) return failed(local) ? local : 0;
  const remote = readVectors(task, remoteAt, remoteCount);
  if (failed(remote) || remote.length === 0) return failed(remote) ? remote : 0;
  const target = taskByNumber(task.namespaces.pid, number);
  if (target === undefined || !hasMemory(target)) return ESRCH;
  if (!mayLookInto(task, target, task.credentials.uid, task.credentials.gid)) return EPERM;
  const { memory: other } = target;
  if (write) {
    const from = task.memory.sourceVector(local);
    return eachPage(remote, (piece) => send(other, piece, from));
  }
  const into = task.memory.sinkVector(local);
  return eachPage(remote, (piece) => receive(other, piece, into));
}

export const calls: SystemCall[] = [
  syscall(270, "process_vm_readv", [pid, pointer, size, pointer, size, size], (task, number, local, n, remote, m, how) => transfer(task, number, local, n, remote, m, how, false)),
  syscall(271, "process_vm_writev", [pid, pointer, size, pointer, size, size], (task, number, local, n, remote, m, how) => transfer(task, number, local, n, remote, m, how, true)),
];
