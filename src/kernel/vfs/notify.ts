// Tells those who watch a file or a directory what happens to it (Linux: fs/notify; inotify(7) watches are the only kind so far).
import { O_ACCMODE, O_PATH, O_RDONLY } from "../../abi/fcntl.js";
import {
  IN_ACCESS, IN_ATTRIB, IN_CLOSE_NOWRITE, IN_CLOSE_WRITE, IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_ISDIR, IN_MODIFY, IN_MOVE_SELF, IN_MOVED_FROM,
  IN_MOVED_TO, IN_OPEN,
} from "../../abi/inotify.js";
import { S_ISDIR } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import type { Task } from "../task/task.js";
import type { File } from "./file.js";
import type { AttributeChange, Inode } from "./inode.js";
import type { Dentry } from "./path.js";

/** What happened, to a watched inode or to the entry `name` of a watched directory. */
export interface FileEvent {
  /** One IN_* event, with IN_ISDIR where it is about a directory. */
  readonly mask: number;
  readonly name: ByteString;
  /** Joins the two halves of a rename, else 0. */
  readonly cookie: number;
  /** The entry is not in the directory any more. */
  readonly unlinked: boolean;
}

/** Someone's interest in an inode. */
export interface Watcher {
  happened(event: FileEvent): void;
}

const bitsOf = (inode: Inode): number => (S_ISDIR(inode.mode) ? IN_ISDIR : 0);

function tell(inode: Inode | undefined, mask: number, name: ByteString = "", cookie = 0, unlinked = false): void {
  if (inode?.watchers === undefined) return;
  for (const watcher of [...inode.watchers]) watcher.happened({ mask, name, cookie, unlinked });
}

/** To the directory that it is in, then to itself (fsnotify_parent). */
function tellBoth(dentry: Dentry, event: number): void {
  const { inode, parent } = dentry;
  if (inode === undefined || (inode.watchers === undefined && parent?.inode?.watchers === undefined)) return;
  const mask = event | bitsOf(inode);
  tell(parent?.inode, mask, dentry.name, 0, dentry.deleted);
  tell(inode, mask);
}

function tellFile({ path, inode }: File, event: number): void {
  if (path === undefined) tell(inode, event | bitsOf(inode));
  else tellBoth(path.dentry, event);
}

/** `result` is what a call returns that moved bytes. */
export function fileRead(file: File, result: unknown): void {
  if (typeof result === "number" && result > 0) tellFile(file, IN_ACCESS);
}

export function fileWritten(file: File, result: unknown): void {
  if (typeof result === "number" && result > 0) tellFile(file, IN_MODIFY);
}

export function fileOpened(file: File, truncated: boolean): void {
  if ((file.flags & O_PATH) !== 0) return;
  tellFile(file, IN_OPEN);
  if (truncated) tellFile(file, IN_MODIFY);
}

/** The last descriptor of it went. */
export function fileClosed(file: File): void {
  if ((file.flags & O_PATH) === 0) tellFile(file, (file.flags & O_ACCMODE) === O_RDONLY ? IN_CLOSE_NOWRITE : IN_CLOSE_WRITE);
  const inode = file.path?.dentry.inode;
  if (inode?.nlink === 0) tell(inode, IN_DELETE_SELF);
}

/** As Linux fsnotify_change: both times are utimes(2)'s, one alone comes from reading or writing. */
export function attributesChanged(on: { readonly dentry: Dentry } | undefined, inode: Inode, change: AttributeChange): void {
  const { mode, uid, gid, atime, mtime } = change;
  const whole = mode !== undefined || uid !== undefined || gid !== undefined || (atime !== undefined && mtime !== undefined);
  const event = whole ? IN_ATTRIB : atime !== undefined ? IN_ACCESS : mtime !== undefined ? IN_MODIFY : 0;
  if (event === 0) return;
  if (on === undefined) tell(inode, event | bitsOf(inode));
  else tellBoth(on.dentry, event);
}

export function xattrChanged(on: { readonly dentry: Dentry } | undefined, inode: Inode): void {
  if (on === undefined) tell(inode, IN_ATTRIB | bitsOf(inode));
  else tellBoth(on.dentry, IN_ATTRIB);
}

export function directoryListed(file: File): void {
  tellFile(file, IN_ACCESS);
}

export function sizeChanged(on: { readonly dentry: Dentry } | undefined, inode: Inode): void {
  if (on === undefined) tell(inode, IN_MODIFY);
  else tellBoth(on.dentry, IN_MODIFY);
}

export function created(directory: Inode, name: ByteString, inode: Inode): void {
  tell(directory, IN_CREATE | bitsOf(inode), name);
}

/** An existing file got a further name. */
export function linked(directory: Inode, name: ByteString, inode: Inode): void {
  tell(inode, IN_ATTRIB);
  created(directory, name, inode);
}

/** The name went; with the last one, unless somebody has it open, the file. */
export function removed(task: Task, directory: Inode, name: ByteString, inode: Inode): void {
  if (!S_ISDIR(inode.mode)) tell(inode, IN_ATTRIB);
  tell(directory, IN_DELETE | bitsOf(inode), name);
  goneWithoutName(task, inode);
}

export function renamed(task: Task, from: { directory: Inode; name: ByteString }, to: { directory: Inode; name: ByteString }, inode: Inode, replaced: Inode | undefined): void {
  const watched = [from.directory, to.directory, inode, replaced].some((each) => each?.watchers !== undefined);
  if (!watched) return;
  const cookie = task.kernel.nextNumber("inode");
  tell(from.directory, IN_MOVED_FROM | bitsOf(inode), from.name, cookie);
  tell(to.directory, IN_MOVED_TO | bitsOf(inode), to.name, cookie);
  tell(replaced, IN_ATTRIB);
  tell(inode, IN_MOVE_SELF);
  if (replaced !== undefined) goneWithoutName(task, replaced);
}

function goneWithoutName(task: Task, inode: Inode): void {
  if (inode.watchers === undefined) return;
  const gone = S_ISDIR(inode.mode) || inode.nlink === 0;
  if (gone && !isOpen(task, inode)) tell(inode, IN_DELETE_SELF);
}

/** Asked for watched files only, so a look at all descriptors will do. */
function isOpen(task: Task, inode: Inode): boolean {
  for (const each of task.kernel.initialNamespaces.pid.tasks.values()) {
    for (const [, { file }] of each.files.entries()) if (file.path?.dentry.inode === inode) return true;
  }
  return false;
}
