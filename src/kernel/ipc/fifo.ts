// Opening a FIFO by its name (fifo(7), Linux fs/pipe.c fifo_open): each end waits for the other.
import { EACCES, ENXIO, type Errno } from "../../abi/errno.js";
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../../abi/fcntl.js";
import type { Task } from "../task/task.js";
import { File } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { type Wait, waitFor } from "../wait.js";
import { isPipe } from "./anonymous.js";
import { Pipe, PipeFile } from "./pipe.js";

/** The pipe behind the inode. It stays with it; empty, it holds no frames. */
function pipeOf(task: Task, inode: Inode): Pipe {
  const { real } = inode;
  if (real.attached instanceof Pipe) return real.attached;
  const pipe = new Pipe(task);
  real.attached = pipe;
  return pipe;
}

/** Whether the task still sleeps in its open(2): a signal may have ended that call. */
const stillWaits = (task: Task, pipe: Pipe): boolean => task.state === "waiting" && task.wait?.queues.includes(pipe.changed) === true;

/**
 * Opens the file of everyone who waits for somebody like us. It is done by the one who comes and not by the sleeper when it
 * runs again, because we may write before that, and there must be a reader then.
 */
function openWaiting(pipe: Pipe, inode: Inode, access: number): void {
  for (const [task, opening] of pipe.opening) {
    if (opening.file !== undefined) continue;
    if (!stillWaits(task, pipe)) {
      pipe.opening.delete(task);
    } else if ((opening.flags & O_ACCMODE) !== access) {
      opening.file = new PipeFile(pipe, inode, opening.flags, opening.path);
    }
  }
}

export function openFifo(task: Task, inode: Inode, path: Path | undefined, flags: number): File | Errno | Wait {
  // /dev/stdin and the like where the other end is outside of the machine: there is only the one open file.
  if (inode.attached instanceof File) return (inode.attached.flags & O_ACCMODE) === (flags & O_ACCMODE) ? inode.attached : EACCES;
  const pipe = pipeOf(task, inode);
  // As Linux: a pipe that is opened again through /proc/self/fd waits for nobody.
  if (isPipe(inode)) return new PipeFile(pipe, inode, flags, path);
  const opened = pipe.opening.get(task)?.file;
  pipe.opening.delete(task);
  if (opened !== undefined) return opened;
  const access = flags & O_ACCMODE;
  openWaiting(pipe, inode, access);
  const nonblocking = (flags & O_NONBLOCK) !== 0;
  const alone = access === O_RDONLY ? pipe.writers === 0 : access === O_WRONLY && pipe.readers === 0;
  if (!alone || (access === O_RDONLY && nonblocking)) return new PipeFile(pipe, inode, flags, path);
  if (nonblocking) return ENXIO;
  pipe.opening.set(task, { flags, path, file: undefined });
  return waitFor(pipe.changed);
}
