// From a path name to a place in the tree (Linux: fs/namei.c, path_resolution(7)).
import { EACCES, EAGAIN, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV, type Errno, failed } from "../../abi/errno.js";
import { AT_FDCWD, NAME_MAX, RESOLVE_BENEATH, RESOLVE_CACHED, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from "../../abi/fcntl.js";
import { MS_NOATIME, MS_NOSYMFOLLOW, MS_RDONLY } from "../../abi/mount.js";
import { S_ISDIR, S_ISLNK, S_ISVTX, S_IWOTH } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import type { Credentials } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { Inode } from "./inode.js";
import { type Dentry, type Mount, Path } from "./path.js";
import { MAY_EXEC, permission } from "./permission.js";

/** A symbolic link at the end is not followed. */
export const NOFOLLOW = 1;
/** The result must be a directory: ENOTDIR. */
export const DIRECTORY = 2;
/** An empty path is the directory descriptor itself (AT_EMPTY_PATH). */
export const EMPTY = 4;

/** As Linux MAXSYMLINKS. */
const LINKS_AT_MOST = 40;

/** Where a walk begins: a directory descriptor, AT_FDCWD, or a path of the kernel's own. */
export type Start = number | Path;

/** A name about to be made, removed or opened: the directory it is in and what stands there now. */
export interface Place {
  readonly parent: Path;
  /** "" for "/", and "." and ".." as they are: not a name that can be made or removed. */
  readonly name: ByteString;
  /** The path ended in a slash, so it means a directory. */
  readonly slash: boolean;
  /** What is there, mounts upon it crossed; undefined for nothing. */
  readonly existing: Path | undefined;
}

export const isPlainName = (name: ByteString): boolean => name !== "" && name !== "." && name !== "..";

/** The directory that relative paths of a call begin in: ENOTDIR, EBADF. */
export function startOf(task: Task, start: Start): Path | Errno {
  if (typeof start !== "number") return start;
  if (start === AT_FDCWD) return task.fs.cwd;
  const file = task.files.get(start);
  if (failed(file)) return file;
  return file.path ?? ENOTDIR;
}

/** What `name` is in a directory; a negative dentry for nothing. `directory` is known to be one. */
export function child(task: Task, directory: Dentry, inode: Inode, name: ByteString): Dentry | Errno {
  const known = directory.children.get(name);
  if (known !== undefined && (inode.fs.remembersNames || known.mounted > 0)) return known;
  if (name.length > NAME_MAX) return ENAMETOOLONG;
  if (directory.deleted) return ENOENT;
  const found = inode.lookup(task, name);
  if (failed(found)) {
    if (found !== ENOENT) return found;
    if (inode.fs.remembersNames) {
      const nothing = directory.remember(name, undefined);
      task.kernel.initialNamespaces.mnt.negativeNames.add(nothing);
      return nothing;
    }
    known?.forget();
    return ENOENT;
  }
  if (known !== undefined) {
    if (known.inode === found) return known;
    known.forget();
  }
  return directory.remember(name, found);
}

/** One walk along a path. It lives for one call only. */
class Walk {
  private readonly task: Task;
  private readonly credentials: Credentials;
  private readonly resolve: number;
  private root: Path;
  mount: Mount;
  dentry: Dentry;
  /** The last component, not yet looked up, and whether slashes follow it. */
  last: ByteString = "";
  slash = false;
  private links = 0;
  private directoryChecked: Dentry | undefined;

  constructor(task: Task, credentials: Credentials, start: Path, resolve: number) {
    this.task = task;
    this.credentials = credentials;
    this.resolve = resolve;
    this.root = (resolve & (RESOLVE_IN_ROOT | RESOLVE_BENEATH)) !== 0 ? start : task.fs.root;
    this.mount = start.mount;
    this.dentry = start.dentry;
  }

  /** Walks all components but the last, whose name is left in `last`. */
  toParent(text: ByteString): Errno | undefined {
    let rest = text;
    let at = 0;
    for (;;) {
      if (at === 0 && rest.charCodeAt(0) === 47) {
        const error = this.toRoot();
        if (error !== undefined) return error;
      }
      while (rest.charCodeAt(at) === 47) at++;
      if (at === rest.length) {
        this.last = "";
        this.slash = true;
        return undefined;
      }
      const denied = this.maySearch();
      if (denied !== undefined) return denied;
      const end = rest.indexOf("/", at);
      const name = end < 0 ? rest.substring(at) : rest.substring(at, end);
      let next = end < 0 ? rest.length : end;
      while (rest.charCodeAt(next) === 47) next++;
      if (next === rest.length) {
        this.last = name;
        this.slash = end >= 0;
        return undefined;
      }
      const target = this.step(name, true);
      if (typeof target === "object") return target;
      if (target === undefined) at = next;
      else {
        rest = `${target}/${rest.substring(next)}`;
        at = 0;
      }
    }
  }

  /** "/" of the task, or of RESOLVE_IN_ROOT; RESOLVE_BENEATH refuses it. */
  private toRoot(): Errno | undefined {
    if ((this.resolve & RESOLVE_BENEATH) !== 0) return EXDEV;
    if ((this.resolve & RESOLVE_NO_XDEV) !== 0 && this.mount !== this.root.mount) return EXDEV;
    this.mount = this.root.mount;
    this.dentry = this.root.dentry;
    return undefined;
  }

  private maySearch(): Errno | undefined {
    if (this.directoryChecked === this.dentry) return undefined;
    const { inode } = this.dentry;
    if (inode === undefined) return ENOENT;
    if (!S_ISDIR(inode.mode)) return ENOTDIR;
    const denied = permission(this.credentials, inode, MAY_EXEC);
    if (denied === undefined) this.directoryChecked = this.dentry;
    return denied;
  }

  /**
   * Goes to `name`. The text of a symbolic link is returned for the caller to walk, if `follow`; undefined: done.
   * A name that is nothing is ENOENT. `trailing`: it is the end of the path.
   */
  step(name: ByteString, follow: boolean, trailing = false): ByteString | Errno | undefined {
    if (name === "" || name === ".") return undefined;
    if (name === "..") return this.up();
    const found = this.find(name);
    if (failed(found)) return found;
    const { inode } = found;
    if (inode === undefined) return ENOENT;
    if (S_ISLNK(inode.mode) && follow && found.mounted === 0) return this.link(found, inode, trailing);
    this.dentry = found;
    return this.cross();
  }

  /** The dentry of a name in the current directory, negative for nothing; ENOENT where nothing is remembered. */
  find(name: ByteString): Dentry | Errno {
    const directory = this.dentry;
    const { inode } = directory;
    if (inode === undefined) return ENOENT;
    if (!S_ISDIR(inode.mode)) return ENOTDIR;
    if ((this.resolve & RESOLVE_CACHED) !== 0 && !directory.children.has(name)) return EAGAIN;
    return child(this.task, directory, inode, name);
  }

  /** On to what is mounted here. */
  private cross(): Errno | undefined {
    while (this.dentry.mounted > 0) {
      const upon = this.mount.children.get(this.dentry);
      if (upon === undefined) break;
      if ((this.resolve & RESOLVE_NO_XDEV) !== 0) return EXDEV;
      this.mount = upon;
      this.dentry = upon.root;
    }
    return undefined;
  }

  private up(): Errno | undefined {
    let { mount, dentry } = this;
    const { root } = this;
    while (!(dentry === root.dentry && mount === root.mount) && dentry === mount.root && mount.parent !== undefined && mount.at !== undefined) {
      if ((this.resolve & RESOLVE_NO_XDEV) !== 0) return EXDEV;
      dentry = mount.at;
      mount = mount.parent;
    }
    const top = dentry === root.dentry && mount === root.mount;
    if (top && (this.resolve & RESOLVE_BENEATH) !== 0) return EXDEV;
    this.mount = mount;
    this.dentry = top || dentry === mount.root ? dentry : (dentry.parent ?? dentry);
    return this.cross();
  }

  private link(dentry: Dentry, inode: Inode, trailing: boolean): ByteString | Errno | undefined {
    if (trailing && !this.mayFollow(inode)) return EACCES;
    if (++this.links > LINKS_AT_MOST || (this.resolve & RESOLVE_NO_SYMLINKS) !== 0) return ELOOP;
    if ((this.mount.flags & MS_NOSYMFOLLOW) !== 0) return ELOOP;
    const jump = inode.follow(this.task);
    if (failed(jump)) return jump;
    if (jump !== undefined) return this.jump(jump);
    const target = inode.readlink(this.task);
    if (failed(target)) return target;
    if ((this.mount.flags & (MS_RDONLY | MS_NOATIME)) === 0) touchLink(this.task, dentry, inode);
    return target === "" ? ENOENT : target;
  }

  /** As fs.protected_symlinks, which Debian's kernel has set: in a sticky directory of all one's own links and its owner's are followed only. */
  private mayFollow(link: Inode): boolean {
    const { inode: directory } = this.dentry;
    if (directory === undefined || (directory.mode & (S_ISVTX | S_IWOTH)) !== (S_ISVTX | S_IWOTH)) return true;
    return link.uid === this.credentials.fsuid || link.uid === directory.uid;
  }

  /** A magic link leads to a place without a text. */
  private jump(to: Path): Errno | undefined {
    if ((this.resolve & RESOLVE_NO_MAGICLINKS) !== 0) return ELOOP;
    if ((this.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) !== 0) return EXDEV;
    if ((this.resolve & RESOLVE_NO_XDEV) !== 0 && this.mount !== to.mount) return EXDEV;
    this.mount = to.mount;
    this.dentry = to.dentry;
    return undefined;
  }

  /** Walks the last component too, following links at its end if `follow` or slashes came after it. */
  toEnd(text: ByteString, follow: boolean, directory: boolean): Path | Errno {
    let mustBeDirectory = directory;
    for (let rest = text; ;) {
      const error = this.toParent(rest);
      if (error !== undefined) return error;
      mustBeDirectory ||= this.slash;
      const target = this.step(this.last, follow || this.slash, true);
      if (typeof target === "object") return target;
      if (target === undefined) break;
      rest = this.slash ? `${target}/` : target;
    }
    const { inode } = this.dentry;
    if (inode === undefined) return ENOENT;
    return mustBeDirectory && !S_ISDIR(inode.mode) ? ENOTDIR : new Path(this.mount, this.dentry);
  }

  /** What stands at the last component, links followed as open(O_CREAT) does if `follow`. */
  toPlace(text: ByteString, follow: boolean): Place | Errno {
    for (let rest = text; ;) {
      const error = this.toParent(rest);
      if (error !== undefined) return error;
      const parent = new Path(this.mount, this.dentry);
      const { last: name, slash } = this;
      const inode = this.dentry.inode;
      if (inode === undefined) return ENOENT;
      if (!S_ISDIR(inode.mode)) return ENOTDIR;
      const target = this.step(name, follow, true);
      if (target === ENOENT && isPlainName(name)) return name.length > NAME_MAX ? ENAMETOOLONG : { parent, name, slash, existing: undefined };
      if (typeof target === "object") return target;
      if (target === undefined) return { parent, name, slash, existing: new Path(this.mount, this.dentry) };
      rest = slash ? `${target}/` : target;
    }
  }
}

/** As Linux relatime: a link's access time follows at most once after each change. */
function touchLink(task: Task, _dentry: Dentry, inode: Inode): void {
  const { atime, ctime } = inode;
  if (atime.sec < ctime.sec || (atime.sec === ctime.sec && atime.nsec <= ctime.nsec)) inode.touched(task.kernel.clock.realtime());
}

export interface LookupOptions {
  /** RESOLVE_* of openat2(2). */
  resolve?: number;
  /** Whose permissions count, where it is not the task's (access(2)). */
  credentials?: Credentials;
}

const noOptions: LookupOptions = {};

/** Where a path leads. `flags` are NOFOLLOW, DIRECTORY, EMPTY. */
export function lookup(task: Task, start: Start, path: ByteString, flags = 0, { resolve = 0, credentials = task.credentials }: LookupOptions = noOptions): Path | Errno {
  if (path === "") return emptyPath(task, start, flags);
  const from = path.charCodeAt(0) === 47 && (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) === 0 ? task.fs.root : startOf(task, start);
  if (failed(from)) return from;
  return new Walk(task, credentials, from, resolve).toEnd(path, (flags & NOFOLLOW) === 0, (flags & DIRECTORY) !== 0);
}

function emptyPath(task: Task, start: Start, flags: number): Path | Errno {
  if ((flags & EMPTY) === 0) return ENOENT;
  const from = startOf(task, start);
  if (failed(from) || (flags & DIRECTORY) === 0) return from;
  return S_ISDIR(from.inode.mode) ? from : ENOTDIR;
}

/** The directory and name that a path ends in, for making, removing and renaming. The last name's links are followed only if `follow`. */
export function place(task: Task, start: Start, path: ByteString, follow = false, resolve = 0): Place | Errno {
  if (path === "") return ENOENT;
  const from = path.charCodeAt(0) === 47 && (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) === 0 ? task.fs.root : startOf(task, start);
  if (failed(from)) return from;
  return new Walk(task, task.credentials, from, resolve).toPlace(path, follow);
}

/** The dentry for a place where nothing is, about to be filled: the remembered negative one or a new one. */
export function fillPlace(parent: Path, name: ByteString, inode: Inode): Path {
  const known = parent.dentry.children.get(name);
  if (known !== undefined && known.inode === undefined) {
    known.inode = inode;
    return new Path(parent.mount, known);
  }
  return new Path(parent.mount, parent.dentry.remember(name, inode));
}

/** May the task search the directory at `path`, as chdir and chroot ask? */
export function maySearch(task: Task, path: Path): Errno | undefined {
  if (!S_ISDIR(path.inode.mode)) return ENOTDIR;
  return permission(task.credentials, path.inode, MAY_EXEC) === undefined ? undefined : EACCES;
}
