// An open file of procfs or sysfs: its content is made when it is read from the beginning and kept for this opening (Linux: seq_file).
import { EINVAL, EIO, ENOMEM, ESRCH, type Errno } from "../../../abi/errno.js";
import { SEEK_CUR, SEEK_SET } from "../../../abi/fcntl.js";
import { type ByteString, fromBytes, toBytes } from "../../bytestring.js";
import type { Cgroup } from "../../cgroups/cgroup.js";
import type { Sink, Source } from "../../io.js";
import { savable } from "../../save.js";
import type { Task } from "../../task/task.js";
import { File, type Transfer } from "../../vfs/file.js";
import type { Path } from "../../vfs/path.js";
import type { PseudoRegular } from "./inode.js";

/** What one write(2) takes at most. */
const WRITE_AT_MOST = 65536;

export class PseudoFile extends File {
  declare readonly inode: PseudoRegular;
  private content: Uint8Array | undefined = undefined;

  constructor(inode: PseudoRegular, flags: number, path: Path) {
    super(inode, flags, path);
    inode.opened();
  }

  override get seekable(): boolean {
    return true;
  }

  override read(task: Task, into: Sink, at: number): Transfer {
    const { inode } = this;
    if (inode.fs.gone(inode.target)) return ESRCH;
    if (inode.row.readAt !== undefined) return inode.row.readAt(inode.about(task), into, at);
    if (inode.row.show === undefined) return EIO;
    if (at === 0 || this.content === undefined) {
      const made = inode.row.show(inode.about(task));
      const refused = this.hold(typeof made === "string" ? toBytes(made) : made, task.cgroup);
      if (refused !== undefined) return refused;
    }
    return this.give(into, at);
  }

  /** The content is charged to who reads: a long one of a process with many mappings is megabytes. */
  private hold(content: Uint8Array, payer: Cgroup): Errno | undefined {
    this.forget();
    if (!this.keep(payer, content.length)) return ENOMEM;
    this.content = content;
    return undefined;
  }

  private forget(): void {
    if (this.content !== undefined) this.giveBack(this.content.length);
    this.content = undefined;
  }

  private give(into: Sink, at: number): number {
    const content = this.content ?? new Uint8Array(0);
    const wanted = Math.min(into.room, content.length - at);
    if (wanted <= 0) return 0;
    const n = into.prepare(wanted);
    into.put(content.subarray(at, at + n));
    return n;
  }

  override write(task: Task, from: Source, at: number): Transfer {
    const { inode } = this;
    if (inode.fs.gone(inode.target)) return ESRCH;
    if (inode.row.writeAt !== undefined) return inode.row.writeAt(inode.about(task), from, at);
    if (inode.row.write === undefined) return EIO;
    if (from.left === 0) return 0;
    const text = takeText(from);
    return inode.row.write(inode.about(task), text) ?? text.length;
  }

  override seek(_task: Task, offset: number, whence: number): number | Errno {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) return EINVAL;
    const to = whence === SEEK_SET ? offset : this.offset + offset;
    return to < 0 ? EINVAL : to;
  }

  override release(): void {
    this.forget();
    this.inode.released();
  }
}

function takeText(from: Source): ByteString {
  let left = from.prepare(Math.min(from.left, WRITE_AT_MOST));
  let text = "";
  while (left > 0) {
    const piece = from.take(left);
    text += fromBytes(piece);
    left -= piece.length;
  }
  return text;
}

savable(PseudoFile);
