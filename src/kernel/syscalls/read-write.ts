// read, write and their kin, lseek, sendfile, splice and what advises or syncs.
import { EBADF, EFAULT, EINVAL, EISDIR, EOPNOTSUPP, EOVERFLOW, ESPIPE, type Errno, failed } from "../../abi/errno.js";
import * as fcntl from "../../abi/fcntl.js";
import { S_ISDIR, S_ISREG } from "../../abi/stat.js";
import type { Sink, Source } from "../io.js";
import { PipeFile } from "../ipc/pipe.js";
import { type Returned, type SystemCall, syscall } from "../syscall.js";
import { countRead, countWrite } from "../task/io-counters.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { fileRead, fileWritten } from "../vfs/notify.js";
import { mayRead, mayWrite } from "../vfs/open.js";
import { MAX_TRANSFER_BYTES } from "../vfs/regular-file.js";
import { fd, int, long, oneOf, pointer, size, uint } from "./arguments.js";
import { readVectors } from "./vectors.js";

/** Reads at the file's position and moves it. */
function readFrom(task: Task, file: File, into: Sink): Returned {
  const n = file.read(task, into, file.offset);
  countRead(task, n);
  fileRead(file, n);
  if (typeof n === "number" && file.seekable) file.offset += n;
  return n;
}

/** Writes at the file's position, or at its end with O_APPEND, and moves it. What an earlier run of the call has written is counted in. */
function writeTo(task: Task, file: File, from: Source): Returned {
  const { done } = task.resume;
  const at = (file.flags & fcntl.O_APPEND) !== 0 ? file.end : file.offset;
  const n = file.write(task, from, at);
  countWrite(task, n, done);
  fileWritten(file, n);
  if (typeof n === "number") {
    if (file.seekable) file.offset = at + n;
    return done + n;
  }
  return failed(n) && done > 0 ? done : n;
}

function readAt(task: Task, file: File, into: Sink, at: number): Returned {
  if (at < 0) return EINVAL;
  if (!file.seekable) return ESPIPE;
  const n = file.read(task, into, at);
  countRead(task, n);
  fileRead(file, n);
  return n;
}

function writeAt(task: Task, file: File, from: Source, at: number, append = false): Returned {
  if (at < 0) return EINVAL;
  if (!file.seekable) return ESPIPE;
  const n = file.write(task, from, append || (file.flags & fcntl.O_APPEND) !== 0 ? file.end : at);
  countWrite(task, n);
  fileWritten(file, n);
  return n;
}

function read(task: Task, file: File, at: number, n: number): Returned {
  if (!mayRead(file)) return EBADF;
  return n > Number.MAX_SAFE_INTEGER ? EFAULT : readFrom(task, file, task.memory.sink(at, Math.min(n, MAX_TRANSFER_BYTES)));
}

function write(task: Task, file: File, at: number, n: number): Returned {
  if (!mayWrite(file)) return EBADF;
  if (n > Number.MAX_SAFE_INTEGER) return EFAULT;
  const { done } = task.resume;
  return writeTo(task, file, task.memory.source(at + done, Math.min(n, MAX_TRANSFER_BYTES) - done));
}

function readv(task: Task, file: File, at: number, count: number): Returned {
  if (!mayRead(file)) return EBADF;
  const vectors = readVectors(task, at, count);
  return failed(vectors) ? vectors : readFrom(task, file, task.memory.sinkVector(vectors));
}

function writev(task: Task, file: File, at: number, count: number): Returned {
  if (!mayWrite(file)) return EBADF;
  const vectors = readVectors(task, at, count, task.resume.done);
  return failed(vectors) ? vectors : writeTo(task, file, task.memory.sourceVector(vectors));
}

function preadv(task: Task, file: File, at: number, count: number, offset: number): Returned {
  if (!mayRead(file)) return EBADF;
  const vectors = readVectors(task, at, count);
  return failed(vectors) ? vectors : readAt(task, file, task.memory.sinkVector(vectors), offset);
}

function pwritev(task: Task, file: File, at: number, count: number, offset: number, append = false): Returned {
  if (!mayWrite(file)) return EBADF;
  const vectors = readVectors(task, at, count);
  return failed(vectors) ? vectors : writeAt(task, file, task.memory.sourceVector(vectors), offset, append);
}

const RWF_READ = fcntl.RWF_HIPRI | fcntl.RWF_DSYNC | fcntl.RWF_SYNC | fcntl.RWF_NOWAIT;

function preadv2(task: Task, file: File, at: number, count: number, offset: number, _high: number, how: number): Returned {
  if ((how & ~RWF_READ) !== 0) return EOPNOTSUPP;
  return offset === -1 ? readv(task, file, at, count) : preadv(task, file, at, count, offset);
}

function pwritev2(task: Task, file: File, at: number, count: number, offset: number, _high: number, how: number): Returned {
  if ((how & ~(RWF_READ | fcntl.RWF_APPEND)) !== 0) return EOPNOTSUPP;
  const append = (how & fcntl.RWF_APPEND) !== 0;
  if (offset !== -1) return pwritev(task, file, at, count, offset, append);
  if (append && file.seekable) file.offset = file.end;
  return writev(task, file, at, count);
}

function lseek(task: Task, file: File, offset: number, whence: number): number | Errno {
  const to = file.seek(task, offset, whence);
  if (failed(to)) return to;
  if (to > Number.MAX_SAFE_INTEGER) return EOVERFLOW;
  if (file.seekable) file.offset = to;
  return to;
}

/** fallocate(2): what a type of file can't do it says itself. */
function fallocate(task: Task, file: File, how: number, offset: number, length: number): Returned {
  if (offset < 0 || length <= 0) return EINVAL;
  if (!mayWrite(file)) return EBADF;
  if (file instanceof PipeFile) return ESPIPE;
  return S_ISDIR(file.inode.mode) ? EISDIR : (file.fallocate(task, how, offset, length) ?? 0);
}

/** Nothing here is ahead of or behind its device, so advice is taken by checking it (posix_fadvise(2)). */
function fadvise(_task: Task, file: File, _offset: number, length: number, advice: number): number | Errno {
  if (file instanceof PipeFile) return ESPIPE;
  return length < 0 || advice < fcntl.POSIX_FADV_NORMAL || advice > fcntl.POSIX_FADV_NOREUSE ? EINVAL : 0;
}

function readahead(_task: Task, file: File, _offset: number, _count: number): number | Errno {
  if (!mayRead(file)) return EBADF;
  return S_ISREG(file.inode.mode) ? 0 : EINVAL;
}

export const calls: SystemCall[] = [
  syscall(63, "read", [fd, pointer, size], read),
  syscall(64, "write", [fd, pointer, size], write),
  syscall(65, "readv", [fd, pointer, int], readv),
  syscall(66, "writev", [fd, pointer, int], writev),
  syscall(67, "pread64", [fd, pointer, size, long], (task, file, at, n, offset) =>
    (mayRead(file) ? readAt(task, file, task.memory.sink(at, Math.min(n, MAX_TRANSFER_BYTES)), offset) : EBADF)),
  syscall(68, "pwrite64", [fd, pointer, size, long], (task, file, at, n, offset) =>
    (mayWrite(file) ? writeAt(task, file, task.memory.source(at, Math.min(n, MAX_TRANSFER_BYTES)), offset) : EBADF)),
  syscall(69, "preadv", [fd, pointer, int, long, long], preadv),
  syscall(70, "pwritev", [fd, pointer, int, long, long], (task, file, at, count, offset) => pwritev(task, file, at, count, offset)),
  syscall(286, "preadv2", [fd, pointer, int, long, long, uint], preadv2, "RWF_NOWAIT does not keep it from waiting"),
  syscall(287, "pwritev2", [fd, pointer, int, long, long, uint], pwritev2, "RWF_NOWAIT does not keep it from waiting"),
  syscall(62, "lseek", [fd, long, oneOf("SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE")], lseek),
  syscall(47, "fallocate", [fd, int, long, long], fallocate, "FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE are EOPNOTSUPP, as on tmpfs"),
  syscall(223, "fadvise64", [fd, long, long, int], fadvise, "the advice changes nothing"),
  syscall(213, "readahead", [fd, long, size], readahead, "reads nothing ahead"),
  syscall(82, "fsync", [fd], (task, file) => file.sync(task) ?? 0),
  syscall(83, "fdatasync", [fd], (task, file) => file.sync(task) ?? 0),
  syscall(81, "sync", [], () => 0),
  syscall(267, "syncfs", [fd], () => 0),
  syscall(84, "sync_file_range", [fd, long, long, uint], (task, file, offset, length, how) => {
    if (offset < 0 || length < 0 || (how & ~7) !== 0) return EINVAL;
    return S_ISREG(file.inode.mode) ? (file.sync(task) ?? 0) : ESPIPE;
  }),
];
