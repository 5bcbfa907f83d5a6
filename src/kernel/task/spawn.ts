// A process made from nothing: what the outside starts, as Linux starts init.
import { EAGAIN, ENOMEM, type Errno, failed } from "../../abi/errno.js";
import { AT_FDCWD } from "../../abi/fcntl.js";
import type { ByteString } from "../bytestring.js";
import { type Cgroup, chargeTask, unchargeTask } from "../cgroups/cgroup.js";
import type { Kernel } from "../kernel.js";
import { AddressSpace } from "../memory/address-space.js";
import type { Namespaces } from "../namespaces/namespaces.js";
import { allocateNumber, enter } from "../namespaces/pid.js";
import type { File } from "../vfs/file.js";
import { FileTable } from "../vfs/file-table.js";
import { FsContext } from "../vfs/fs-context.js";
import { DIRECTORY, lookup } from "../vfs/lookup.js";
import { Path } from "../vfs/path.js";
import { Wait } from "../wait.js";
import type { Credentials } from "./credentials.js";
import { execute } from "./exec.js";
import { reap } from "./exit.js";
import { type ControllingTerminal, ProcessGroup, Session } from "./process-group.js";
import { Process } from "./process.js";
import { type Rlimit, initialRlimits } from "./rlimits.js";
import { SignalActions } from "./signal-actions.js";
import { Task } from "./task.js";

export interface SpawnRequest {
  /** A path; PATH is not searched. */
  readonly file: ByteString;
  readonly argv: readonly ByteString[];
  readonly envp: readonly ByteString[];
  /** Working directory. */
  readonly cwd: ByteString;
  /** Descriptors 0, 1, 2, …; a reference is taken to each only if the program starts. */
  readonly files: readonly (File | undefined)[];
  readonly credentials: Credentials;
  /** Becomes the controlling terminal of the new session, with the process in its foreground. */
  readonly terminal?: ControllingTerminal;
  /** The initial ones where they are not given. */
  readonly namespaces?: Namespaces;
  readonly root?: Path;
  readonly cgroup?: Cgroup;
  readonly rlimits?: readonly Rlimit[];
  /** It is its pid namespace's init: it inherits orphans, and with it all others end. */
  readonly init?: boolean;
}

function fileTable(files: readonly (File | undefined)[], payer: Cgroup): FileTable {
  const table = new FileTable(payer);
  files.forEach((file, fd) => {
    if (file !== undefined) table.install(file, false, fd + 1, fd);
  });
  return table;
}

/** In a session and group of its own, without a program yet. */
function make(kernel: Kernel, request: SpawnRequest, memory: AddressSpace): Task {
  const namespaces = request.namespaces ?? kernel.initialNamespaces;
  const [mount] = namespaces.mnt.mounts;
  const root = request.root ?? new Path(mount, mount.root);
  const tid = allocateNumber(kernel, namespaces.pid);
  const session = new Session(tid);
  const group = new ProcessGroup(tid, session);
  const rlimits = request.rlimits?.map((limit) => ({ ...limit })) ?? initialRlimits(Math.floor(kernel.maxTasks / 2));
  const task = new Task(kernel, tid, {
    process: (leader) => new Process(kernel, tid, { leader, parent: undefined, group, actions: new SignalActions(), rlimits, exitSignal: 0 }),
    memory, files: fileTable(request.files, request.cgroup ?? kernel.rootCgroup), fs: new FsContext(root, root, 0o022), credentials: request.credentials, namespaces,
    cgroup: request.cgroup ?? kernel.rootCgroup,
  });
  const { process } = task;
  memory.task = task;
  process.threads.add(task);
  group.members.add(process);
  session.leader = process;
  kernel.sessions.set(tid, session);
  kernel.groups.set(tid, group);
  enter(task, namespaces.pid);
  task.startNs = kernel.clock.monotonicNs();
  return task;
}

/** As if it had never been. The files stay open: the caller may ask again. */
function undo(task: Task, request: SpawnRequest, lastNumber: number): void {
  const { process } = task;
  process.threads.delete(task);
  task.files.abandon();
  task.memory.release();
  reap(process);
  task.namespaces.pid.lastNumber = lastNumber;
}

function begin(task: Task, request: SpawnRequest): Errno | Wait | undefined {
  const cwd = lookup(task, AT_FDCWD, request.cwd, DIRECTORY);
  if (failed(cwd)) return cwd;
  task.fs.cwd = cwd;
  try {
    return execute(task, { start: AT_FDCWD, path: request.file, name: request.file, argv: request.argv, envp: request.envp });
  } catch (thrown) {
    if (thrown instanceof Wait || failed(thrown)) return thrown;
    throw thrown;
  }
}

/** The started task; an error as of chdir(2) and execve(2), with nothing left behind; or a Wait, after which the caller asks again. */
export function spawn(kernel: Kernel, request: SpawnRequest): Task | Errno | Wait {
  const namespaces = request.namespaces ?? kernel.initialNamespaces;
  const cgroup = request.cgroup ?? kernel.rootCgroup;
  if (kernel.initialNamespaces.pid.tasks.size >= kernel.maxTasks || !chargeTask(cgroup)) return EAGAIN;
  const memory = AddressSpace.create(kernel, cgroup, undefined);
  if (failed(memory)) {
    unchargeTask(cgroup);
    return ENOMEM;
  }
  const { lastNumber } = namespaces.pid;
  const task = make(kernel, request, memory);
  const outcome = begin(task, request);
  if (outcome !== undefined) {
    undo(task, request, lastNumber);
    return outcome;
  }
  const { terminal } = request;
  const { process } = task;
  if (terminal !== undefined) {
    terminal.session = process.group.session;
    terminal.foreground = process.group;
    process.group.session.terminal = terminal;
  }
  if (request.init === true) namespaces.pid.init = process;
  kernel.forks++;
  kernel.watch?.({ at: "task.forked", parent: 0, child: task.tid, thread: false });
  kernel.scheduler.enqueue(task);
  return task;
}
