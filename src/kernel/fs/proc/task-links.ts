// /proc/PID/exe, cwd, root, ns/*, fd/* and fdinfo/*: links that lead to a place without a text (Linux: fs/proc/fd.c, namespaces.c).
import { EACCES, ENOENT, type Errno, failed } from "../../../abi/errno.js";
import { O_ACCMODE, O_CLOEXEC, O_RDONLY, O_WRONLY } from "../../../abi/fcntl.js";
import type { ByteString } from "../../bytestring.js";
import { PipeFile } from "../../ipc/pipe.js";
import type { Namespace } from "../../namespaces/namespaces.js";
import { savable } from "../../save.js";
import type { Task } from "../../task/task.js";
import type { File } from "../../vfs/file.js";
import { nameFrom, pathOf } from "../../vfs/mount.js";
import { Dentry, Mount, Path } from "../../vfs/path.js";
import { wired } from "../../wires.js";
import { NamespaceFileSystem, type NamespaceKind } from "../nsfs.js";
import { type About, type DirectoryRow, type FileRow, type LinkRow, type Row, directory, file, link } from "../pseudo/row.js";
import { guarded, hasMemory, mayLookInto } from "./access.js";

/** A descriptor of a task. */
export class DescriptorOf {
  readonly task: Task;
  readonly fd: number;

  constructor(task: Task, fd: number) {
    this.task = task;
    this.fd = fd;
  }

  get file(): File | Errno {
    return this.task.files.get(this.fd);
  }
}

/** A link to a place that the task has. */
function placeLink(name: ByteString, of: (task: Task) => Path | undefined): LinkRow<Task> {
  const place = ({ target, reader }: About<Task>): Path | Errno => (mayLookInto(reader, target) ? (of(target) ?? ENOENT) : EACCES);
  return link<Task>(name, (about) => {
    const path = place(about);
    return failed(path) ? path : pathOf(path, about.reader.fs.root);
  }, { follow: place });
}

/** In /proc/PID and /proc/PID/task/TID alike. */
export const placeLinks: readonly Row<Task>[] = [
  placeLink("cwd", (task) => (hasMemory(task) ? task.fs.cwd : undefined)),
  placeLink("root", (task) => (hasMemory(task) ? task.fs.root : undefined)),
  placeLink("exe", (task) => (hasMemory(task) ? task.process.executable : undefined)),
];

const nsfs = wired("nsfs", new NamespaceFileSystem());

function namespaceLink(name: ByteString, kind: NamespaceKind, of: (task: Task) => Namespace): LinkRow<Task> {
  return link<Task>(name, ({ target, reader }) => (mayLookInto(reader, target) ? `${kind}:[${of(target).id}]` : EACCES), {
    follow: ({ target, reader }) => (mayLookInto(reader, target) ? nsfs.place(kind, of(target)) : EACCES),
  });
}

export const namespaceDirectory: DirectoryRow<Task> = directory("ns", [
  namespaceLink("cgroup", "cgroup", ({ namespaces }) => namespaces.cgroup),
  namespaceLink("ipc", "ipc", ({ namespaces }) => namespaces.ipc),
  namespaceLink("mnt", "mnt", ({ namespaces }) => namespaces.mnt),
  namespaceLink("net", "net", ({ namespaces }) => namespaces.net),
  namespaceLink("pid", "pid", ({ namespaces }) => namespaces.pid),
  namespaceLink("pid_for_children", "pid", ({ namespaces }) => namespaces.pidForChildren),
  namespaceLink("time", "time", ({ namespaces }) => namespaces.time),
  namespaceLink("time_for_children", "time", ({ namespaces }) => namespaces.time),
  namespaceLink("user", "user", ({ namespaces }) => namespaces.user),
  namespaceLink("uts", "uts", ({ namespaces }) => namespaces.uts),
], { mode: 0o511 });

/** A file that stands in no tree shows a name of its kind; one reopened through here has the path that `placeOf` made. */
export function describeFile(open: File, root: Path): ByteString {
  const { path } = open;
  if (path === undefined) return open.describe();
  const hidden = path.mount.parent === undefined && path.dentry === path.mount.root && nameFrom(path, root) === undefined;
  return hidden && path.dentry.name !== "" ? path.dentry.name : pathOf(path, root);
}

/** Where opening the link leads: for files without a path a place of their own, in no tree. */
function placeOf(open: File): Path {
  if (open.path !== undefined) return open.path;
  const { inode } = open;
  // What opening a FIFO by name finds behind its inode (ipc/fifo.ts).
  if (inode.attached === undefined && open instanceof PipeFile) inode.attached = open.pipe;
  const dentry = new Dentry(open.describe(), undefined, inode);
  return new Path(new Mount(0, inode.fs, dentry, 0), dentry);
}

function descriptor(about: About<DescriptorOf>): File | Errno {
  const { target, reader } = about;
  if (!mayLookInto(reader, target.task)) return EACCES;
  const open = target.file;
  return failed(open) ? ENOENT : open;
}

const descriptorLink: LinkRow<DescriptorOf> = wired("proc/descriptor", link<DescriptorOf>("", (about) => {
  const open = descriptor(about);
  return failed(open) ? open : describeFile(open, about.reader.fs.root);
}, {
  // As Linux proc_fd_instantiate.
  size: 64,
  follow(about) {
    const open = descriptor(about);
    return failed(open) ? open : placeOf(open);
  },
  modeNow({ target }) {
    const open = target.file;
    if (failed(open)) return 0;
    const access = open.flags & O_ACCMODE;
    return (access === O_WRONLY ? 0 : 0o500) | (access === O_RDONLY ? 0 : 0o300);
  },
}));

const descriptorInformation: FileRow<DescriptorOf> = wired("proc/fdinfo", file<DescriptorOf>("", (about) => {
  const open = descriptor(about);
  if (failed(open)) throw open;
  const { task, fd } = about.target;
  const flags = open.flags | (task.files.descriptor(fd)?.closeOnExec === true ? O_CLOEXEC : 0);
  return `pos:\t${open.offset}\nflags:\t0${flags.toString(8)}\nmnt_id:\t${open.path?.mount.id ?? 0}\nino:\t${open.inode.ino}\n`;
}, { mode: 0o400 }));

/** The entries of fd and fdinfo: decimal numbers of open descriptors. */
function descriptors(row: Row<DescriptorOf>): DirectoryRow<Task>["entries"] {
  return {
    *names({ target }) {
      for (const [fd] of target.files.entries()) yield String(fd);
    },
    find({ target }, name) {
      const fd = /^(0|[1-9]\d{0,9})$/.test(name) ? Number(name) : -1;
      return target.files.descriptor(fd) === undefined ? undefined : { row, target: new DescriptorOf(target, fd) };
    },
  };
}

export const fileDirectories: readonly Row<Task>[] = [
  directory("fd", [], { mode: 0o500, entries: descriptors(descriptorLink), sizeNow: (task) => [...task.files.entries()].length }),
  directory("fdinfo", [], { mode: 0o555, entries: descriptors(descriptorInformation), ...guarded }),
];

savable(DescriptorOf);
