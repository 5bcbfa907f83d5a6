// The namespaces of a task: every look-up of a name or number goes through them.
import type { ByteString } from "../bytestring.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import { savable } from "../save.js";
import { NegativeNames } from "../vfs/negative-names.js";
import type { Process } from "../task/process.js";
import type { Task } from "../task/task.js";
import type { Mount } from "../vfs/path.js";

/** Base of all kinds: `id` is the inode number that /proc/PID/ns/* shows. */
export abstract class Namespace {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

/** Mounts as one tree; the first of the list is its root. */
export class MountNamespace extends Namespace {
  readonly mounts: Mount[] = [];
  /** The file system that nobody sees, of memfd_create(2); made when it is first asked for, in the initial namespace. */
  memfd: object | undefined = undefined;
  /** The page cache of the machine's disk, likewise. */
  disk: object | undefined = undefined;
  /** Of the whole machine, in the initial namespace. */
  readonly negativeNames = new NegativeNames();
  /** And the one devtmpfs. */
  devtmpfs: object | undefined = undefined;
}

/**
 * Numbers of tasks, process groups and sessions. Each has a number in its own namespace and in each outer one; its number in
 * the initial namespace is what the kernel itself calls it by. pid.ts gives out and takes back.
 */
export class PidNamespace extends Namespace {
  readonly parent: PidNamespace | undefined;
  readonly level: number;
  readonly tasks = new Map<number, Task>();
  /** Numbers of this namespace by the global number, and the other way round; empty in the initial one, where both are the same. */
  readonly numbers = new Map<number, number>();
  readonly globals = new Map<number, number>();
  lastNumber = 0;
  /** Who inherits orphans, and whose end is the namespace's end. Only a real init is here. */
  init: Process | undefined;
  /** Whether signals from inside that init does not handle are dropped (SIGNAL_UNKILLABLE). Not so for a program that was started directly as PID 1. */
  protectsInit = false;

  constructor(id: number, parent: PidNamespace | undefined) {
    super(id);
    this.parent = parent;
    this.level = parent === undefined ? 0 : parent.level + 1;
  }
}

export class UtsNamespace extends Namespace {
  hostname: ByteString = "nestbox";
  domainname: ByteString = "(none)";
}

/** System V and POSIX IPC objects come with their calls. */
export class IpcNamespace extends Namespace {}

/** Abstract unix socket names, interfaces and ports. */
export class NetNamespace extends Namespace {
  readonly abstractSockets = new Map<ByteString, object>();
  /** In the initial one only, for the whole machine: files in messages that nobody has received yet (ipc/in-flight.ts). */
  inFlight: object | undefined = undefined;
}

/** Identity mappings: which user and group ids of the parent stand behind the ids inside. */
export class UserNamespace extends Namespace {
  readonly parent: UserNamespace | undefined;
  ownerUid = 0;
  uidMap: { inside: number; outside: number; count: number }[] = [{ inside: 0, outside: 0, count: 0xffffffff }];
  gidMap: { inside: number; outside: number; count: number }[] = [{ inside: 0, outside: 0, count: 0xffffffff }];

  constructor(id: number, parent: UserNamespace | undefined) {
    super(id);
    this.parent = parent;
  }
}

export class CgroupNamespace extends Namespace {
  readonly root: Cgroup;

  constructor(id: number, root: Cgroup) {
    super(id);
    this.root = root;
  }
}

export class TimeNamespace extends Namespace {
  monotonicOffsetNs = 0;
  boottimeOffsetNs = 0;
}

/** The set a task lives in (Linux: nsproxy and the user namespace of its credentials). Replaced as a whole, never changed. */
export interface Namespaces {
  readonly mnt: MountNamespace;
  readonly pid: PidNamespace;
  /** Where children will be numbered (unshare(CLONE_NEWPID)). */
  readonly pidForChildren: PidNamespace;
  readonly uts: UtsNamespace;
  readonly ipc: IpcNamespace;
  readonly net: NetNamespace;
  readonly user: UserNamespace;
  readonly cgroup: CgroupNamespace;
  readonly time: TimeNamespace;
}

savable(MountNamespace, PidNamespace, UtsNamespace, IpcNamespace, NetNamespace, UserNamespace, CgroupNamespace, TimeNamespace);
