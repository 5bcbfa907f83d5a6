// An open directory: a copy of its entries, so that positions stay what they were while it changes (Linux: fs/readdir.c).
import { EINVAL, EISDIR, ENOMEM, type Errno, failed } from "../../abi/errno.js";
import { DT_DIR } from "../../abi/dirent.js";
import { SEEK_CUR, SEEK_SET } from "../../abi/fcntl.js";
import { cost } from "../cgroups/costs.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File } from "./file.js";
import type { DirectoryEntry, Inode } from "./inode.js";
import type { Path } from "./path.js";

export class DirectoryFile extends File {
  private copy: DirectoryEntry[] | undefined = undefined;

  constructor(inode: Inode, flags: number, path?: Path) {
    super(inode, flags, path);
    inode.opened();
  }

  override get seekable(): boolean {
    return true;
  }

  override read(): Errno {
    return EISDIR;
  }

  override entries(task: Task): DirectoryEntry[] | Errno {
    if (this.copy === undefined || this.offset === 0) {
      const listed = this.inode.list(task);
      if (failed(listed)) return listed;
      const bytes = cost.entry * (listed.length - (this.copy?.length ?? 0));
      if (bytes < 0) this.giveBack(-bytes);
      else if (!this.keep(task.cgroup, bytes)) return ENOMEM;
      this.copy = [{ name: ".", ino: this.inode.ino, type: DT_DIR }, { name: "..", ino: this.parentNumber(), type: DT_DIR }, ...listed];
    }
    return this.offset === 0 ? this.copy : this.copy.slice(this.offset);
  }

  /** As Linux parent_ino: within the file system; its root is its own parent. */
  private parentNumber(): number {
    return this.path?.dentry.parent?.inode?.ino ?? this.inode.ino;
  }

  override seek(_task: Task, offset: number, whence: number): number | Errno {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) return EINVAL;
    const to = whence === SEEK_SET ? offset : this.offset + offset;
    return to < 0 || to > 0x7fffffff ? EINVAL : to;
  }

  override sync(): Errno | undefined {
    return undefined;
  }

  override release(): void {
    this.inode.released();
  }
}

savable(DirectoryFile);
