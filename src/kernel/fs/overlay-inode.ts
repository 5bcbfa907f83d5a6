// A file or directory of an overlay: what the layers have of it, copied up when it is about to change.
import { EINVAL, ENODATA, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EROFS, EXDEV, type Errno, failed } from "../../abi/errno.js";
import { DT_CHR } from "../../abi/dirent.js";
import { O_ACCMODE, O_RDONLY } from "../../abi/fcntl.js";
import { S_IFCHR, S_ISDIR, S_ISREG } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { DirectoryFile } from "../vfs/directory-file.js";
import type { File } from "../vfs/file.js";
import { type AttributeChange, type DirectoryEntry, Inode, type Owner, type PageCache } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { RegularFile } from "../vfs/regular-file.js";
import { copyUp } from "./overlay-copy.js";
import type { Overlay } from "./overlay.js";

const OVERLAY_XATTRS = "trusted.overlay.";
const OPAQUE = "trusted.overlay.opaque";
const root: Owner = { uid: 0, gid: 0 };

const whiteout = (inode: Inode): boolean => inode.rdev === 0 && (inode.mode & 0o170000) === S_IFCHR;

export class OverlayInode extends Inode {
  declare readonly fs: Overlay;
  upper: Inode | undefined;
  /** What lies below, the topmost first; for all but directories at most one. */
  readonly lowers: readonly Inode[];
  /** A name that it has, for copying up; undefined when that name went. */
  place: { parent: OverlayInode; name: ByteString } | undefined = undefined;
  private users = 0;
  private pinned = false;

  constructor(fs: Overlay, ino: number, upper: Inode | undefined, lowers: readonly Inode[]) {
    const real = upper ?? lowers[0];
    super(fs, ino, real.mode);
    this.upper = upper;
    this.lowers = lowers;
    this.nlink = real.nlink;
    this.sync();
    this.pin();
  }

  override get real(): Inode {
    return (this.upper ?? this.lowers[0]).real;
  }

  private get layer(): Inode {
    return this.upper ?? this.lowers[0];
  }

  override get blocks(): number {
    return this.layer.blocks;
  }

  override get pages(): PageCache | undefined {
    return this.real.pages;
  }

  /** Takes over what the layer says. The number of names is its own: names of the layers below may be hidden. */
  sync(): void {
    const { layer } = this;
    this.mode = layer.mode;
    this.uid = layer.uid;
    this.gid = layer.gid;
    this.rdev = layer.rdev;
    this.size = layer.size;
    this.atime = layer.atime;
    this.mtime = layer.mtime;
    this.ctime = layer.ctime;
    // As Linux ovl_getattr: nobody counts the directories in a merged one.
    if (S_ISDIR(this.mode)) this.nlink = this.lowers.length > (this.upper === undefined ? 1 : 0) ? 1 : layer.nlink;
  }

  override refresh(): Errno | undefined {
    const stale = this.layer.refresh();
    this.sync();
    return stale;
  }

  override opened(): void {
    this.users++;
    this.pin();
  }

  override released(): void {
    this.users--;
    this.pin();
  }

  /** The upper file must outlive its names there as long as this has names or users. */
  private pin(): void {
    if (S_ISDIR(this.mode)) return;
    const wanted = this.upper !== undefined && (this.users > 0 || this.nlink > 0);
    if (wanted && !this.pinned) this.upper?.opened();
    if (!wanted && this.pinned) this.upper?.released();
    this.pinned = wanted;
    if (this.users === 0 && this.nlink === 0) this.fs.forget(this.upper, this.lowers[0]);
  }

  unpin(): void {
    if (this.pinned) this.upper?.released();
    this.pinned = false;
  }

  /** It has been copied up as `upper`. */
  raise(upper: Inode): void {
    this.upper = upper;
    this.fs.copied(this, upper);
    this.sync();
    this.pin();
  }

  private linked(change: number): void {
    this.nlink += change;
    this.pin();
  }

  override open(task: Task, path: Path, flags: number): File | Errno {
    if (S_ISDIR(this.mode)) return new DirectoryFile(this, flags, path);
    if (!S_ISREG(this.mode)) return EINVAL;
    if ((flags & O_ACCMODE) !== O_RDONLY) {
      const refused = copyUp(task, this);
      if (refused !== undefined) return refused;
    }
    // A layer that has its own way to read (a host directory) opens the file itself.
    return this.real.pages === undefined ? this.layer.open(task, path, flags) : new RegularFile(this, flags, path);
  }

  override lookup(task: Task, name: ByteString): Inode | Errno {
    let upper: Inode | undefined;
    if (this.upper !== undefined) {
      const found = this.upper.lookup(task, name);
      if (!failed(found)) {
        if (whiteout(found)) return ENOENT;
        if (!S_ISDIR(found.mode)) return this.child(name, found, []);
        upper = found;
        if (this.fs.isOpaque(task, found)) return this.child(name, upper, []);
      } else if (found !== ENOENT) return found;
    }
    const lowers = this.lookupBelow(task, name, upper !== undefined);
    if (failed(lowers)) return lowers;
    return upper === undefined && lowers.length === 0 ? ENOENT : this.child(name, upper, lowers);
  }

  /** What the lower layers have by a name: directories that merge, or one file. */
  private lookupBelow(task: Task, name: ByteString, directoryAbove: boolean): Inode[] | Errno {
    const found: Inode[] = [];
    for (const lower of this.lowers) {
      const inode = lower.lookup(task, name);
      if (inode === ENOENT) continue;
      if (failed(inode)) return inode;
      if (whiteout(inode)) break;
      if (!S_ISDIR(inode.mode)) {
        if (found.length === 0 && !directoryAbove) found.push(inode);
        break;
      }
      found.push(inode);
      if (this.fs.isOpaque(task, inode)) break;
    }
    return found;
  }

  private child(name: ByteString, upper: Inode | undefined, lowers: readonly Inode[]): OverlayInode {
    const inode = this.fs.inodeFor(upper, lowers);
    inode.place = { parent: this, name };
    return inode;
  }

  private lowerHas(task: Task, name: ByteString): boolean {
    const found = this.lookupBelow(task, name, false);
    return !failed(found) && found.length > 0;
  }

  /** The upper directory, made if need be, with no whiteout at `name`. `hid` tells whether there was one. */
  private prepared(task: Task, name: ByteString): { upper: Inode; hid: boolean } | Errno {
    const refused = copyUp(task, this);
    if (refused !== undefined) return refused;
    const { upper } = this;
    if (upper === undefined) return EROFS;
    const there = upper.lookup(task, name);
    if (failed(there)) return there === ENOENT ? { upper, hid: false } : there;
    if (!whiteout(there)) return { upper, hid: false };
    const stuck = upper.unlink(task, name, there);
    return stuck ?? { upper, hid: true };
  }

  private made(name: ByteString, inode: Inode | Errno): Inode | Errno {
    if (failed(inode)) return inode;
    this.sync();
    return this.child(name, inode, []);
  }

  override create(task: Task, name: ByteString, mode: number, owner: Owner, rdev: number): Inode | Errno {
    // As Linux: a whiteout can't be made by hand inside an overlay.
    if ((mode & 0o170000) === S_IFCHR && rdev === 0) return EPERM;
    const into = this.prepared(task, name);
    return failed(into) ? into : this.made(name, into.upper.create(task, name, mode, owner, rdev));
  }

  override tmpfile(task: Task, mode: number, owner: Owner): Inode | Errno {
    const refused = copyUp(task, this);
    if (refused !== undefined) return refused;
    const inode = this.upper?.tmpfile(task, mode, owner) ?? EROFS;
    return failed(inode) ? inode : this.fs.inodeFor(inode, []);
  }

  override mkdir(task: Task, name: ByteString, mode: number, owner: Owner): Inode | Errno {
    const into = this.prepared(task, name);
    if (failed(into)) return into;
    const inode = into.upper.mkdir(task, name, mode, owner);
    if (!failed(inode) && into.hid) makeOpaque(task, inode);
    return this.made(name, inode);
  }

  override symlink(task: Task, name: ByteString, target: ByteString, owner: Owner): Inode | Errno {
    const into = this.prepared(task, name);
    return failed(into) ? into : this.made(name, into.upper.symlink(task, name, target, owner));
  }

  override link(task: Task, name: ByteString, existing: Inode): Errno | undefined {
    if (!(existing instanceof OverlayInode)) return EXDEV;
    const refused = copyUp(task, existing);
    if (refused !== undefined) return refused;
    const into = this.prepared(task, name);
    if (failed(into)) return into;
    if (existing.upper === undefined) return EROFS;
    const failure = into.upper.link(task, name, existing.upper);
    if (failure !== undefined) return failure;
    existing.linked(1);
    existing.sync();
    this.sync();
    return undefined;
  }

  override unlink(task: Task, name: ByteString, inode: Inode): Errno | undefined {
    const removed = this.remove(task, name, inode);
    if (removed === undefined && inode instanceof OverlayInode) inode.linked(-1);
    return removed;
  }

  override rmdir(task: Task, name: ByteString, inode: Inode): Errno | undefined {
    if (!(inode instanceof OverlayInode)) return ENOENT;
    const refused = inode.mayGo(task);
    if (refused !== undefined) return refused;
    const removed = this.remove(task, name, inode);
    if (removed === undefined) this.fs.forget(inode.upper, inode.lowers[0]);
    return removed;
  }

  /** ENOTEMPTY unless there are only whiteouts in it, which then go. */
  private mayGo(task: Task): Errno | undefined {
    const entries = this.list(task);
    if (failed(entries)) return entries;
    if (entries.length > 0) return ENOTEMPTY;
    const hidden = this.upper?.list(task) ?? [];
    if (failed(hidden)) return hidden;
    for (const { name } of hidden) {
      const inode = this.upper?.lookup(task, name);
      if (inode === undefined || failed(inode)) continue;
      const stuck = this.upper?.unlink(task, name, inode);
      if (stuck !== undefined) return stuck;
    }
    return undefined;
  }

  /** Takes a name away: from the upper layer, and by a whiteout from those below. */
  private remove(task: Task, name: ByteString, inode: Inode): Errno | undefined {
    const refused = copyUp(task, this);
    if (refused !== undefined) return refused;
    const { upper } = this;
    if (upper === undefined || !(inode instanceof OverlayInode)) return EROFS;
    const there = upper.lookup(task, name);
    if (!failed(there)) {
      const stuck = S_ISDIR(there.mode) ? upper.rmdir(task, name, there) : upper.unlink(task, name, there);
      if (stuck !== undefined) return stuck;
    }
    if (this.lowerHas(task, name)) {
      const hidden = upper.create(task, name, S_IFCHR, root, 0);
      if (failed(hidden)) return hidden;
    }
    if (inode.place?.parent === this && inode.place.name === name) inode.place = undefined;
    this.sync();
    return undefined;
  }

  override rename(task: Task, name: ByteString, inode: Inode, to: Inode, newName: ByteString, replaced: Inode | undefined, exchange: boolean): Errno | undefined {
    if (!(inode instanceof OverlayInode) || !(to instanceof OverlayInode)) return EXDEV;
    const other = replaced instanceof OverlayInode ? replaced : undefined;
    // Without redirect_dir a directory of the lower layers stays where it is: programs then copy it.
    if (inode.isLowerDirectory || (exchange && other?.isLowerDirectory === true)) return EXDEV;
    const refused = copyUp(task, this) ?? copyUp(task, to) ?? copyUp(task, inode) ?? (exchange && other !== undefined ? copyUp(task, other) : undefined);
    if (refused !== undefined) return refused;
    if (exchange) return other === undefined ? ENOENT : this.swap(task, name, inode, to, newName, other);
    if (other !== undefined) {
      const kept = S_ISDIR(other.mode) ? to.rmdir(task, newName, other) : to.unlink(task, newName, other);
      if (kept !== undefined) return kept;
    }
    const into = to.prepared(task, newName);
    if (failed(into)) return into;
    return this.move(task, name, inode, to, newName);
  }

  private move(task: Task, name: ByteString, inode: OverlayInode, to: OverlayInode, newName: ByteString): Errno | undefined {
    const from = this.upper;
    const into = to.upper;
    if (from === undefined || into === undefined || inode.upper === undefined) return EROFS;
    if (S_ISDIR(inode.mode) && to.lowerHas(task, newName)) makeOpaque(task, inode.upper);
    // A file that was copied up under another of its names has no entry here yet.
    const listed = from.lookup(task, name) === inode.upper;
    const failure = listed ? from.rename(task, name, inode.upper, into, newName, undefined, false) : into.link(task, newName, inode.upper);
    if (failure !== undefined) return failure;
    if (this.lowerHas(task, name)) {
      const hidden = from.create(task, name, S_IFCHR, root, 0);
      if (failed(hidden)) return hidden;
    }
    inode.place = { parent: to, name: newName };
    this.sync();
    to.sync();
    inode.sync();
    return undefined;
  }

  private swap(task: Task, name: ByteString, inode: OverlayInode, to: OverlayInode, newName: ByteString, other: OverlayInode): Errno | undefined {
    const from = this.upper;
    const into = to.upper;
    if (from === undefined || into === undefined || inode.upper === undefined || other.upper === undefined) return EROFS;
    const absent = this.entered(task, name, inode) ?? to.entered(task, newName, other);
    if (absent !== undefined) return absent;
    if (S_ISDIR(inode.mode) && to.lowerHas(task, newName)) makeOpaque(task, inode.upper);
    if (S_ISDIR(other.mode) && this.lowerHas(task, name)) makeOpaque(task, other.upper);
    const failure = from.rename(task, name, inode.upper, into, newName, other.upper, true);
    if (failure !== undefined) return failure;
    inode.place = { parent: to, name: newName };
    other.place = { parent: this, name };
    this.sync();
    to.sync();
    return undefined;
  }

  /** Makes sure that the upper directory has the entry itself. */
  private entered(task: Task, name: ByteString, inode: OverlayInode): Errno | undefined {
    if (this.upper === undefined || inode.upper === undefined) return EROFS;
    return this.upper.lookup(task, name) === inode.upper ? undefined : this.upper.link(task, name, inode.upper);
  }

  private get isLowerDirectory(): boolean {
    return S_ISDIR(this.mode) && this.lowers.length > 0;
  }

  override list(task: Task): DirectoryEntry[] | Errno {
    if (!S_ISDIR(this.mode)) return ENOTDIR;
    /** Undefined where a whiteout hides what is below. */
    const found = new Map<ByteString, DirectoryEntry | undefined>();
    let lowest: DirectoryEntry[] = [];
    for (const layer of this.upper === undefined ? this.lowers : [this.upper, ...this.lowers]) {
      const entries = layer.list(task);
      if (failed(entries)) return entries;
      lowest = entries;
      for (const entry of entries) if (!found.has(entry.name)) found.set(entry.name, this.shown(task, layer, entry));
    }
    // As Linux ovl_dir_read_merged: the names of the lowest layer come first, in its order.
    const order = new Set([...lowest.map(({ name }) => name), ...found.keys()]);
    return [...order].flatMap((name) => found.get(name) ?? []);
  }

  private shown(task: Task, layer: Inode, entry: DirectoryEntry): DirectoryEntry | undefined {
    const inode = layer === this.upper || entry.type === DT_CHR ? layer.lookup(task, entry.name) : undefined;
    if (inode === undefined || failed(inode)) return { ...entry, ino: this.fs.number(layer, entry.ino) };
    return whiteout(inode) ? undefined : { ...entry, ino: this.fs.known(inode)?.ino ?? this.fs.number(inode) };
  }

  override readlink(task: Task): ByteString | Errno {
    return this.layer.readlink(task);
  }

  override touched(): void {}

  /** Runs a change on the upper inode, after copying it up. */
  private raised(task: Task, upTo = Infinity): Inode | Errno {
    return copyUp(task, this, upTo) ?? this.upper ?? EROFS;
  }

  override truncate(task: Task, size: number): Errno | undefined {
    const upper = this.raised(task, size);
    if (failed(upper)) return upper;
    const failure = upper.truncate(task, size);
    this.sync();
    return failure;
  }

  override setAttributes(task: Task, change: AttributeChange): Errno | undefined {
    const upper = this.raised(task);
    if (failed(upper)) return upper;
    const failure = upper.setAttributes(task, change);
    this.sync();
    return failure;
  }

  override getxattr(task: Task, name: ByteString): Uint8Array | Errno {
    return name.startsWith(OVERLAY_XATTRS) ? ENODATA : this.layer.getxattr(task, name);
  }

  override setxattr(task: Task, name: ByteString, value: Uint8Array, flags: number): Errno | undefined {
    if (name.startsWith(OVERLAY_XATTRS)) return EPERM;
    const upper = this.raised(task);
    return failed(upper) ? upper : upper.setxattr(task, name, value, flags);
  }

  override removexattr(task: Task, name: ByteString): Errno | undefined {
    if (failed(this.getxattr(task, name))) return ENODATA;
    const upper = this.raised(task);
    return failed(upper) ? upper : upper.removexattr(task, name);
  }

  override listxattr(task: Task): ByteString[] | Errno {
    const names = this.layer.listxattr(task);
    return failed(names) ? names : names.filter((name) => !name.startsWith(OVERLAY_XATTRS));
  }
}

function makeOpaque(task: Task, directory: Inode): void {
  directory.setxattr(task, OPAQUE, new Uint8Array([0x79]), 0);
}

savable(OverlayInode);
