// Giving a new file its descriptor, or giving it up where none is free.
import { O_CLOEXEC } from "../../abi/fcntl.js";
import { RLIMIT_NOFILE } from "../../abi/resource.js";
import { type Errno, failed } from "../../abi/errno.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { forgetWriter } from "../vfs/writers.js";

/** The lowest free descriptor, close-on-exec if `flags` has O_CLOEXEC; where there is none the file is released. */
export function install(task: Task, file: File, flags: number): number | Errno {
  const fd = task.files.install(file, (flags & O_CLOEXEC) !== 0, task.process.limit(RLIMIT_NOFILE));
  if (failed(fd)) {
    forgetWriter(file);
    file.release();
  }
  return fd;
}

/** Two at once; the numbers are written to user memory at `at`. Nothing stays open where anything fails. */
export function installPair(task: Task, files: readonly [File, File], flags: number, at: number): number | Errno {
  const first = install(task, files[0], flags);
  if (failed(first)) {
    files[1].release();
    return first;
  }
  const second = install(task, files[1], flags);
  if (failed(second)) {
    task.files.close(task, first);
    return second;
  }
  try {
    const pair = new Int32Array([first, second]);
    task.memory.write(at, new Uint8Array(pair.buffer));
  } catch (fault) {
    task.files.close(task, first);
    task.files.close(task, second);
    throw fault;
  }
  return 0;
}
