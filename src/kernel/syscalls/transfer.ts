// sendfile, copy_file_range, splice, tee, vmsplice: bytes from file to file that never reach the program.
import { EAGAIN, EBADF, EINVAL, EISDIR, ESPIPE, EXDEV, type Errno, failed } from "../../abi/errno.js";
import * as f from "../../abi/fcntl.js";
import { S_ISDIR, S_ISREG } from "../../abi/stat.js";
import { BufferSink, BufferSource } from "../io.js";
import { PipeFile } from "../ipc/pipe.js";
import { type Returned, type SystemCall, syscall } from "../syscall.js";
import { countRead, countWrite } from "../task/io-counters.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { fileRead, fileWritten } from "../vfs/notify.js";
import { mayRead, mayWrite } from "../vfs/open.js";
import { MAX_TRANSFER_BYTES } from "../vfs/regular-file.js";
import { Wait, waitFor } from "../wait.js";
import { fd, int, looseFlags, pointer, size, uint } from "./arguments.js";
import { readVectors } from "./vectors.js";

/** What is held in the kernel's own memory at a time. */
const CHUNK_BYTES = 64 << 10;

/** One end of a transfer: where it is, and whether the file's own position moves. */
interface End {
  readonly file: File;
  at: number;
}

/** Writes a chunk; how much was taken, or why nothing was. What a pipe took before it was full counts. */
function put(task: Task, to: End, bytes: Uint8Array): Returned {
  const before = task.resume.done;
  const n = to.file.write(task, new BufferSource(bytes), to.at);
  const partly = task.resume.done - before;
  task.resume.done = before;
  fileWritten(to.file, partly > 0 ? partly : n);
  return partly > 0 ? partly : n;
}

/** Copies until the input ends, the output is full or `count` is reached. Less than `count` is a success; nothing at all is told as it is. */
function copy(task: Task, from: End, to: End, count: number): Returned {
  let total = 0;
  while (total < count) {
    const into = new BufferSink(new Uint8Array(Math.min(CHUNK_BYTES, count - total)));
    const got = from.file.read(task, into, from.at);
    if (typeof got !== "number") return total > 0 ? total : got;
    if (got === 0) break;
    const put_ = put(task, to, into.bytes.subarray(0, got));
    if (typeof put_ !== "number") return total > 0 ? total : put_;
    fileRead(from.file, put_);
    from.at += put_;
    to.at += put_;
    total += put_;
    if (put_ < got) break;
  }
  return total;
}

/** From a pipe nothing may be taken that can't be put: it is looked at, written, and then taken. */
function drain(task: Task, from: PipeFile, to: End, count: number, nonblocking: boolean): Returned {
  const { pipe } = from;
  if (pipe.bytes.length === 0) {
    if (pipe.writers === 0) return 0;
    return nonblocking || from.nonblocking ? EAGAIN : waitFor(pipe.changed);
  }
  let total = 0;
  while (total < count && pipe.bytes.length > 0) {
    const into = new BufferSink(new Uint8Array(Math.min(CHUNK_BYTES, count - total, pipe.bytes.length)));
    pipe.bytes.peek(into, 0, into.bytes.length);
    const n = put(task, to, into.bytes);
    if (typeof n !== "number") return total > 0 ? total : n;
    pipe.bytes.skip(n);
    pipe.changed.wake();
    to.at += n;
    total += n;
    if (n < into.bytes.length) break;
  }
  return total;
}

/** An end at a position in user memory, or at the file's own where `offsetAt` is 0. ESPIPE, EINVAL. */
function endOf(task: Task, file: File, offsetAt: number): End | Errno {
  if (offsetAt === 0) return { file, at: file.offset };
  if (!file.seekable) return ESPIPE;
  const at = task.memory.readU64(offsetAt);
  return at > Number.MAX_SAFE_INTEGER ? EINVAL : { file, at };
}

function keep(task: Task, end: End, offsetAt: number): void {
  if (offsetAt !== 0) task.memory.writeU64(offsetAt, end.at);
  else if (end.file.seekable) end.file.offset = end.at;
}

/** As Linux do_sendfile and vfs_copy_file_range: one read and one write. */
function countBoth(task: Task, n: Returned): void {
  countRead(task, n);
  countWrite(task, n);
}

function sendfile(task: Task, out: File, input: File, offsetAt: number, count: number): Returned {
  if (!mayRead(input) || !mayWrite(out)) return EBADF;
  if (S_ISDIR(input.inode.mode) || (out.flags & f.O_APPEND) !== 0) return EINVAL;
  if (!input.seekable) return offsetAt !== 0 ? ESPIPE : EINVAL;
  const from = endOf(task, input, offsetAt);
  if (failed(from)) return from;
  const to = { file: out, at: out.offset };
  const limit = Math.min(count, MAX_TRANSFER_BYTES);
  const n = copy(task, from, to, limit);
  countBoth(task, n);
  if (typeof n !== "number") return n;
  keep(task, from, offsetAt);
  keep(task, to, 0);
  return n;
}

function copyFileRange(task: Task, input: File, inAt: number, out: File, outAt: number, count: number, how: number): Returned {
  if (how !== 0) return EINVAL;
  if (!mayRead(input) || !mayWrite(out) || (out.flags & f.O_APPEND) !== 0) return EBADF;
  if (S_ISDIR(input.inode.mode) || S_ISDIR(out.inode.mode)) return EISDIR;
  if (!S_ISREG(input.inode.mode) || !S_ISREG(out.inode.mode)) return EINVAL;
  // As Linux since 5.19: only within one type of file system.
  if (input.inode.fs.type !== out.inode.fs.type) return EXDEV;
  const from = endOf(task, input, inAt);
  if (failed(from)) return from;
  const to = endOf(task, out, outAt);
  if (failed(to)) return to;
  const limit = Math.min(count, MAX_TRANSFER_BYTES);
  if (input.inode.real === out.inode.real && from.at < to.at + limit && to.at < from.at + limit) return EINVAL;
  const n = copy(task, from, to, limit);
  countBoth(task, n);
  if (typeof n !== "number") return n;
  keep(task, from, inAt);
  keep(task, to, outAt);
  return n;
}

function splice(task: Task, input: File, inAt: number, out: File, outAt: number, count: number, how: number): Returned {
  if (!mayRead(input) || !mayWrite(out)) return EBADF;
  if ((input instanceof PipeFile && inAt !== 0) || (out instanceof PipeFile && outAt !== 0)) return ESPIPE;
  if (input instanceof PipeFile && out instanceof PipeFile && input.pipe === out.pipe) return EINVAL;
  if (!(input instanceof PipeFile) && !(out instanceof PipeFile)) return EINVAL;
  if ((out.flags & f.O_APPEND) !== 0) return EINVAL;
  if (count === 0) return 0;
  const from = endOf(task, input, inAt);
  if (failed(from)) return from;
  const to = endOf(task, out, outAt);
  if (failed(to)) return to;
  const nonblocking = (how & f.SPLICE_F_NONBLOCK) !== 0;
  const limit = Math.min(count, MAX_TRANSFER_BYTES);
  const n = input instanceof PipeFile ? drain(task, input, to, limit, nonblocking) : copy(task, from, to, Math.min(limit, CHUNK_BYTES));
  if (n instanceof Wait && nonblocking) return EAGAIN;
  if (typeof n !== "number") return n;
  keep(task, from, inAt);
  keep(task, to, outAt);
  return n;
}

function tee(task: Task, input: File, out: File, count: number, how: number): Returned {
  if (!(input instanceof PipeFile) || !(out instanceof PipeFile) || input.pipe === out.pipe) return EINVAL;
  if (!mayRead(input) || !mayWrite(out)) return EBADF;
  const { pipe } = input;
  const nonblocking = (how & f.SPLICE_F_NONBLOCK) !== 0;
  if (pipe.bytes.length === 0) return pipe.writers === 0 ? 0 : nonblocking ? EAGAIN : waitFor(pipe.changed);
  const into = new BufferSink(new Uint8Array(Math.min(CHUNK_BYTES, count, pipe.bytes.length)));
  pipe.bytes.peek(into, 0, into.bytes.length);
  const n = put(task, { file: out, at: 0 }, into.bytes);
  return n instanceof Wait && nonblocking ? EAGAIN : n;
}

/** Copies where Linux would lend pages: the same for a program that keeps to the rules of SPLICE_F_GIFT. */
function vmsplice(task: Task, file: File, at: number, count: number, _how: number): Returned {
  if (!(file instanceof PipeFile)) return EBADF;
  const { done } = task.resume;
  const vectors = readVectors(task, at, count, done);
  if (failed(vectors)) return vectors;
  if (mayWrite(file)) {
    const n = file.write(task, task.memory.sourceVector(vectors));
    return typeof n === "number" ? done + n : n;
  }
  return mayRead(file) ? file.read(task, task.memory.sinkVector(vectors)) : EBADF;
}

const spliceFlags = looseFlags("SPLICE_F_MOVE", "SPLICE_F_NONBLOCK", "SPLICE_F_MORE", "SPLICE_F_GIFT");

export const calls: SystemCall[] = [
  syscall(71, "sendfile", [fd, fd, pointer, size], sendfile),
  syscall(285, "copy_file_range", [fd, pointer, fd, pointer, size, uint], copyFileRange),
  syscall(76, "splice", [fd, pointer, fd, pointer, size, spliceFlags], splice, "copies"),
  syscall(77, "tee", [fd, fd, size, spliceFlags], tee, "copies"),
  syscall(75, "vmsplice", [fd, pointer, int, spliceFlags], vmsplice, "copies, and SPLICE_F_NONBLOCK does not keep it from waiting"),
];
