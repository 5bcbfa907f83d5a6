// Opening a terminal (Linux tty_open): exclusive use, locked slaves, and how it becomes the controlling one.
import { EBUSY, type Errno } from "../../abi/errno.js";
import { CAP_SYS_ADMIN } from "../../abi/capability.js";
import { O_ACCMODE, O_NOCTTY, O_WRONLY } from "../../abi/fcntl.js";
import { statusFlags } from "../drivers/status-flags.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { Inode } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { claimByOpening } from "./job-control.js";
import type { Tty } from "./tty.js";
import { TtyFile } from "./tty-file.js";

export function openTty(task: Task, tty: Tty, inode: Inode, path: Path | undefined, flags: number): TtyFile | Errno {
  if (tty.exclusive && tty.files.size > 0 && !capable(task, CAP_SYS_ADMIN)) return EBUSY;
  const file = new TtyFile(tty, inode, statusFlags(flags), path);
  if ((flags & O_NOCTTY) === 0 && (flags & O_ACCMODE) !== O_WRONLY) claimByOpening(task, tty);
  return file;
}
