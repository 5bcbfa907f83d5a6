// Mounts: attaching, detaching, binding and moving them, and what /proc/mounts tells of them (Linux: fs/namespace.c, mount_namespaces(7)).
import { EBUSY, EINVAL, ELOOP, ENOENT, ENOSPC, ENOTDIR, type Errno, failed } from "../../abi/errno.js";
import * as flag from "../../abi/mount.js";
import { S_ISDIR, major, minor } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import type { Kernel } from "../kernel.js";
import { MountNamespace } from "../namespaces/namespaces.js";
import type { FileSystem } from "./inode.js";
import { Dentry, Mount, Path, type Propagation } from "./path.js";

/** As Linux sysctl fs.mount-max. */
const MOUNTS_AT_MOST = 100_000;

/** The flags that belong to one mount and not to its file system. */
export const MOUNT_FLAGS =
  flag.MS_RDONLY | flag.MS_NOSUID | flag.MS_NODEV | flag.MS_NOEXEC | flag.MS_NOATIME | flag.MS_NODIRATIME | flag.MS_RELATIME | flag.MS_STRICTATIME | flag.MS_NOSYMFOLLOW;

/** A mount of the whole file system, attached nowhere. */
export function newMount(kernel: Kernel, fs: FileSystem, flags: number): Mount {
  return new Mount(kernel.nextNumber("mount"), fs, rootDentry(fs), flags & MOUNT_FLAGS);
}

/** All mounts of a file system share its tree of names. */
function rootDentry(fs: FileSystem): Dentry {
  fs.rootDentry ??= new Dentry("", undefined, fs.root);
  return fs.rootDentry;
}

/** Makes the file system the root of the namespace, as the boot does. */
export function mountRoot(kernel: Kernel, namespace: MountNamespace, fs: FileSystem, flags = 0): Path {
  const mount = newMount(kernel, fs, flags);
  namespace.mounts.unshift(mount);
  return new Path(mount, mount.root);
}

function inTree(namespace: MountNamespace, mount: Mount): boolean {
  return namespace.mounts.includes(mount);
}

/** Puts a mount (and what is mounted in it) upon a place of the namespace. */
export function attach(namespace: MountNamespace, mount: Mount, at: Path): Errno | undefined {
  if (!inTree(namespace, at.mount)) return EINVAL;
  if (at.dentry.deleted) return ENOENT;
  if (S_ISDIR(at.inode.mode) !== S_ISDIR(mount.root.inode?.mode ?? 0)) return ENOTDIR;
  const all = [...subtree(mount)];
  if (namespace.mounts.length + all.length > MOUNTS_AT_MOST) return ENOSPC;
  hang(mount, at);
  for (const each of all) if (!inTree(namespace, each)) namespace.mounts.push(each);
  return undefined;
}

function hang(mount: Mount, at: Path): void {
  mount.parent = at.mount;
  mount.at = at.dentry;
  at.mount.children.set(at.dentry, mount);
  at.dentry.mounted++;
}

function unhang(mount: Mount): void {
  const { parent, at } = mount;
  if (parent === undefined || at === undefined) return;
  if (parent.children.get(at) === mount) parent.children.delete(at);
  at.mounted--;
  mount.parent = mount.at = undefined;
}

/** The mount and all below it, outer ones first. */
export function* subtree(mount: Mount): Generator<Mount> {
  yield mount;
  for (const below of mount.children.values()) yield* subtree(below);
}

/** Whether a task has its root, its working directory or an open file on one of the mounts. */
function inUse(kernel: Kernel, mounts: ReadonlySet<Mount>): boolean {
  for (const task of kernel.initialNamespaces.pid.tasks.values()) {
    if (mounts.has(task.fs.root.mount) || mounts.has(task.fs.cwd.mount)) return true;
    for (const [, { file }] of task.files.entries()) if (file.path !== undefined && mounts.has(file.path.mount)) return true;
    if (task.process.executable !== undefined && mounts.has(task.process.executable.mount)) return true;
  }
  return false;
}

/** umount2(2): EBUSY where it is in use, unless `detach`. The place must be a mount's root. */
export function unmount(kernel: Kernel, namespace: MountNamespace, at: Path, detach: boolean): Errno | undefined {
  const { mount } = at;
  if (at.dentry !== mount.root || !inTree(namespace, mount)) return EINVAL;
  if (mount.parent === undefined) return detach ? EINVAL : EBUSY;
  if (!detach && mount.children.size > 0) return EBUSY;
  const all = new Set(subtree(mount));
  const busy = inUse(kernel, all);
  if (busy && !detach) return EBUSY;
  removeMounts(kernel, namespace, mount, busy);
  return undefined;
}

function removeMounts(_kernel: Kernel, namespace: MountNamespace, mount: Mount, busy: boolean): void {
  const all = [...subtree(mount)].reverse();
  for (const each of all) {
    unhang(each);
    const at = namespace.mounts.indexOf(each);
    if (at >= 0) namespace.mounts.splice(at, 1);
    letGo(each.fs, busy);
  }
}

/** One mount of the file system less; with the last it ends, unless somebody still uses what it detached from. */
function letGo(fs: FileSystem, busy: boolean): void {
  fs.mounts--;
  if (fs.mounts === 0 && !busy) fs.unmounted();
}

/** A mount that was made and never attached, with those in it. */
export function discard(mount: Mount): void {
  for (const each of subtree(mount)) {
    if (each.at !== undefined) each.at.mounted--;
    letGo(each.fs, false);
  }
}

/** The last task of a namespace went: all its mounts go. */
export function dissolve(kernel: Kernel, namespace: MountNamespace): void {
  const root = namespace.mounts[0];
  if (root !== undefined) removeMounts(kernel, namespace, root, false);
}

/** A copy of the mount at a place (MS_BIND), with all mounted below it if `recursive`. */
export function bind(kernel: Kernel, from: Path, recursive: boolean): Mount {
  const { mount: original } = from;
  const copy = copyOf(kernel, original, from.dentry);
  if (recursive) {
    for (const [at, below] of original.children) {
      if (!isBelow(at, from.dentry) || below.propagation === "unbindable") continue;
      hang(bind(kernel, new Path(below, below.root), true), new Path(copy, at));
    }
  }
  return copy;
}

function copyOf(kernel: Kernel, original: Mount, root: Dentry): Mount {
  const copy = new Mount(kernel.nextNumber("mount"), original.fs, root, original.flags);
  copy.propagation = original.propagation;
  return copy;
}

function isBelow(dentry: Dentry, ancestor: Dentry): boolean {
  for (let at: Dentry | undefined = dentry; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}

/** MS_MOVE. */
export function moveMount(namespace: MountNamespace, from: Path, to: Path): Errno | undefined {
  const { mount } = from;
  if (from.dentry !== mount.root || mount.parent === undefined || !inTree(namespace, mount) || !inTree(namespace, to.mount)) return EINVAL;
  if (S_ISDIR(to.inode.mode) !== S_ISDIR(from.inode.mode)) return ENOTDIR;
  for (let at: Mount | undefined = to.mount; at !== undefined; at = at.parent) if (at === mount) return ELOOP;
  unhang(mount);
  hang(mount, to);
  return undefined;
}

/** MS_SHARED and its kin, for one mount or all below it. */
export function propagate(at: Path, kind: Propagation, recursive: boolean): Errno | undefined {
  if (at.dentry !== at.mount.root) return EINVAL;
  for (const mount of recursive ? subtree(at.mount) : [at.mount]) mount.propagation = kind;
  return undefined;
}

/**
 * A copy of a namespace for CLONE_NEWNS. `moved` gives the place in the copy of a place in the original, for the root and
 * working directory of the task that changes over.
 */
export function copyNamespace(kernel: Kernel, from: MountNamespace): { namespace: MountNamespace; moved: (path: Path) => Path } {
  const namespace = new MountNamespace(kernel.nextNumber("namespace"));
  const copies = new Map<Mount, Mount>();
  for (const mount of from.mounts) {
    const copy = copyOf(kernel, mount, mount.root);
    copies.set(mount, copy);
    namespace.mounts.push(copy);
  }
  for (const [mount, copy] of copies) {
    const parent = mount.parent && copies.get(mount.parent);
    if (parent !== undefined && mount.at !== undefined) hang(copy, new Path(parent, mount.at));
  }
  const moved = (path: Path): Path => new Path(copies.get(path.mount) ?? path.mount, path.dentry);
  return { namespace, moved };
}

/**
 * pivot_root(2): the mount at `newRoot` becomes the namespace's root, the old one goes to `putOld` below it. Tasks whose root
 * or working directory was the old root move along.
 */
export function pivotRoot(kernel: Kernel, namespace: MountNamespace, root: Path, newRoot: Path, putOld: Path): Errno | undefined {
  const mount = newRoot.mount;
  const old = root.mount;
  if (!inTree(namespace, mount) || !inTree(namespace, old) || !inTree(namespace, putOld.mount)) return EINVAL;
  if (newRoot.dentry !== mount.root || root.dentry !== old.root || mount.parent === undefined) return EINVAL;
  if (mount === old || putOld.mount === old) return EBUSY;
  if (!reaches(putOld, newRoot) || !reaches(newRoot, root)) return EINVAL;
  const above = old.parent === undefined || old.at === undefined ? undefined : new Path(old.parent, old.at);
  unhang(mount);
  unhang(old);
  if (above !== undefined) hang(mount, above);
  hang(old, putOld);
  if (above === undefined) {
    namespace.mounts.splice(namespace.mounts.indexOf(mount), 1);
    namespace.mounts.unshift(mount);
  }
  for (const task of kernel.initialNamespaces.pid.tasks.values()) {
    if (task.fs.root.is(root)) task.fs.root = newRoot;
    if (task.fs.cwd.is(root)) task.fs.cwd = newRoot;
  }
  return undefined;
}

/** Whether `path` is `top` or below it, over mounts. */
export function reaches(path: Path, top: Path): boolean {
  let { mount, dentry } = path;
  for (;;) {
    if (mount === top.mount && dentry === top.dentry) return true;
    if (dentry !== mount.root) {
      if (dentry.parent === undefined) return false;
      dentry = dentry.parent;
    } else {
      if (mount.parent === undefined || mount.at === undefined) return false;
      dentry = mount.at;
      mount = mount.parent;
    }
  }
}

/** The name of a place as seen from `root`; `undefined` where it can't be reached from there (Linux: d_path, __d_path). */
export function nameFrom(path: Path, root: Path): ByteString | undefined {
  const names: ByteString[] = [];
  let { mount, dentry } = path;
  while (mount !== root.mount || dentry !== root.dentry) {
    if (dentry !== mount.root) {
      if (dentry.parent === undefined) return undefined;
      names.push(dentry.name);
      dentry = dentry.parent;
    } else {
      if (mount.parent === undefined || mount.at === undefined) return undefined;
      dentry = mount.at;
      mount = mount.parent;
    }
  }
  return `/${names.reverse().join("/")}`;
}

/** The name for /proc: " (deleted)" follows where the name is gone, and from the mount's root where `root` does not reach. */
export function pathOf(path: Path, root: Path): ByteString {
  const name = nameFrom(path, root) ?? nameInMount(path);
  return path.dentry.deleted ? `${name} (deleted)` : name;
}

/** The name within the file system, as mountinfo's field "root" has it. */
export function nameInMount(path: Path): ByteString {
  const names: ByteString[] = [];
  for (let at: Dentry | undefined = path.dentry; at?.parent !== undefined; at = at.parent) names.push(at.name);
  return `/${names.reverse().join("/")}`;
}

const mountOptions: readonly (readonly [number, ByteString])[] = [
  [flag.MS_NOSUID, "nosuid"], [flag.MS_NODEV, "nodev"], [flag.MS_NOEXEC, "noexec"], [flag.MS_NOATIME, "noatime"], [flag.MS_NODIRATIME, "nodiratime"],
  [flag.MS_NOSYMFOLLOW, "nosymfollow"],
];

function shownOptions(mount: Mount): ByteString {
  const names = mountOptions.filter(([bit]) => (mount.flags & bit) !== 0).map(([, name]) => name);
  if ((mount.flags & (flag.MS_NOATIME | flag.MS_STRICTATIME)) === 0) names.push("relatime");
  return [(mount.flags & flag.MS_RDONLY) !== 0 ? "ro" : "rw", ...names].join(",");
}

const escaped = (text: ByteString): ByteString => text.replace(/[ \t\n\\#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);

/** Mounts that can be reached from `root`, in the order of their making, with where they are. */
function* visible(namespace: MountNamespace, root: Path): Generator<{ mount: Mount; at: ByteString }> {
  for (const mount of namespace.mounts) {
    const at = nameFrom(new Path(mount, mount.root), root);
    if (at !== undefined) yield { mount, at };
    else if (mount === root.mount) yield { mount, at: "/" };
  }
}

/** /proc/PID/mounts. */
export function mountsText(namespace: MountNamespace, root: Path): ByteString {
  let text = "";
  for (const { mount, at } of visible(namespace, root)) {
    const options = shownOptions(mount);
    const readOnly = mount.fs.readOnly && options.startsWith("rw") ? `ro${options.slice(2)}` : options;
    text += `${escaped(mount.fs.source)} ${escaped(at)} ${mount.fs.type} ${readOnly}${mount.fs.options} 0 0\n`;
  }
  return text;
}

/** /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export function mountInfoText(namespace: MountNamespace, root: Path): ByteString {
  let text = "";
  for (const { mount, at } of visible(namespace, root)) {
    const { fs } = mount;
    const parent = mount.parent?.id ?? mount.id;
    const inner = escaped(nameInMount(new Path(mount, mount.root)));
    const super_ = `${fs.readOnly ? "ro" : "rw"}${fs.options}`;
    const kind = { private: "", shared: `shared:${mount.id} `, slave: "", unbindable: "unbindable " }[mount.propagation];
    text += `${mount.id} ${parent} ${major(fs.device)}:${minor(fs.device)} ${inner} ${escaped(at)} ${shownOptions(mount)} ${kind}- ${fs.type} ${escaped(fs.source)} ${super_}\n`;
  }
  return text;
}

/** A remount of a mount alone (MS_REMOUNT|MS_BIND) or with its file system. */
export function remount(at: Path, flags: number, data: ByteString): Errno | undefined {
  if (at.dentry !== at.mount.root) return EINVAL;
  if ((flags & flag.MS_BIND) === 0) {
    const refused = at.mount.fs.reconfigure(data);
    if (failed(refused)) return refused;
    at.mount.fs.readOnly = (flags & flag.MS_RDONLY) !== 0;
  }
  at.mount.flags = flags & MOUNT_FLAGS;
  return undefined;
}
