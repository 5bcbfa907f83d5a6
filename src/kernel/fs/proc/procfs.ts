// procfs (proc(5)): processes as directories, as seen through one pid namespace, and files of the whole machine.
import { ENOENT } from "../../../abi/errno.js";
import { PROC_SUPER_MAGIC } from "../../../abi/mount.js";
import type { Kernel } from "../../kernel.js";
import type { PidNamespace } from "../../namespaces/namespaces.js";
import { numberIn } from "../../namespaces/pid.js";
import { savable } from "../../save.js";
import { Task } from "../../task/task.js";
import type { Owner } from "../../vfs/inode.js";
import { PseudoFileSystem } from "../pseudo/inode.js";
import { type DirectoryRow, directory, file, link, wireRows } from "../pseudo/row.js";
import { registerFileSystem, unnamedDevice } from "../types.js";
import { sysctlDirectory } from "./sysctl.js";
import { systemRows, terminalDrivers } from "./system.js";
import { DescriptorOf } from "./task-links.js";
import { processDirectory, taskNamed } from "./task-rows.js";

/** System V objects; the lines that name their columns. */
const sysvipc: DirectoryRow<undefined> = directory("sysvipc", [
  file("msg", () => "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n"),
  file("sem", () => "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"),
  file("shm", () => "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n"),
]);

const top: DirectoryRow<undefined> = wireRows("", directory<undefined>("proc", [
  link("self", ({ fs, reader }) => {
    const pid = numberIn(fs.pid, reader.process.pid);
    return pid === 0 ? ENOENT : String(pid);
  }),
  link("thread-self", ({ fs, reader }) => {
    const pid = numberIn(fs.pid, reader.process.pid);
    return pid === 0 ? ENOENT : `${pid}/task/${numberIn(fs.pid, reader.tid)}`;
  }),
  link("mounts", () => "self/mounts"),
  link("net", () => "self/net"),
  directory("bus", []),
  directory("fs", []),
  directory("irq", []),
  ...systemRows,
  sysctlDirectory,
  sysvipc,
  directory("tty", [file("drivers", terminalDrivers), directory("driver", []), directory("ldisc", [])]),
], {
  entries: {
    /** Processes; threads that lead none are found by their number, too, but not listed. */
    *names({ fs }) {
      for (const number of [...fs.pid.tasks.keys()].sort((a, b) => a - b)) {
        const task = fs.pid.tasks.get(number);
        if (task !== undefined && task === task.process.leader) yield String(number);
      }
    },
    find({ fs }, name) {
      const task = taskNamed(fs.pid, name);
      return task === undefined ? undefined : { row: processDirectory, target: task };
    },
  },
}));

const root: Owner = { uid: 0, gid: 0 };

export class ProcFileSystem extends PseudoFileSystem {
  override readonly type = "proc";
  protected override readonly magic = PROC_SUPER_MAGIC;
  override source = "proc";

  constructor(kernel: Kernel, device: number, pid: PidNamespace) {
    super(kernel, device, top, pid);
  }

  /** As Linux proc_lookup_de. */
  override get namesAreFixed(): boolean {
    return true;
  }

  /** As Linux proc_fill_super. */
  override get blockSize(): number {
    return 1024;
  }

  /** As Linux task_dump_owner: what tells of a process that may not be looked into is root's, but for world-readable directories. */
  override owner(target: unknown, mode: number): Owner {
    const task = target instanceof DescriptorOf ? target.task : target;
    if (!(task instanceof Task)) return root;
    const open = (mode & 0o170777) === 0o040555;
    if (!open && task.process.dumpable !== 1) return root;
    return { uid: task.credentials.euid, gid: task.credentials.egid };
  }

  override gone(target: unknown): boolean {
    if (target instanceof DescriptorOf) return target.task.state === "dead" || target.task.files.descriptor(target.fd) === undefined;
    return target instanceof Task && target.state === "dead";
  }

  override same(a: unknown, b: unknown): boolean {
    return a === b || (a instanceof DescriptorOf && b instanceof DescriptorOf && a.task === b.task && a.fd === b.fd);
  }
}

registerFileSystem({ name: "proc", nodev: true, mount: (task) => new ProcFileSystem(task.kernel, unnamedDevice(task.kernel), task.namespaces.pid) });

savable(ProcFileSystem);
