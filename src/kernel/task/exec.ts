// Replacing a task's program (Linux: fs/exec.c, fs/binfmt_script.c): finding it, #! lines, and the point of no return.
import { EACCES, ELOOP, ENOEXEC, ENOENT, type Errno, failed } from "../../abi/errno.js";
import { AT_FDCWD } from "../../abi/fcntl.js";
import { RLIMIT_STACK } from "../../abi/resource.js";
import { SIGKILL, SIGSEGV, SS_DISABLE } from "../../abi/signal.js";
import { signaledStatus } from "../../abi/wait.js";
import { type ByteString, fromBytes } from "../bytestring.js";
import { AddressSpace } from "../memory/address-space.js";
import { type Loaded, Ruined, loadElf, readFile } from "../memory/elf.js";
import { argumentsRefused, setUpStack } from "../memory/stack.js";
import { enter, leave } from "../namespaces/pid.js";
import type { File } from "../vfs/file.js";
import { unchargeTask } from "../cgroups/cgroup.js";
import { unreference } from "../vfs/file-table.js";
import type { Start } from "../vfs/lookup.js";
import { openForExec } from "../vfs/open.js";
import type { Path } from "../vfs/path.js";
import type { Wait } from "../wait.js";
import type { Credentials } from "./credentials.js";
import { afterExec, gainsRights } from "./exec-credentials.js";
import { endTask, releaseVfork } from "./exit.js";
import { PC_AT, SP, reloadRegisters } from "./registers.js";
import { u64 } from "../../abi/bytes.js";
import { dropPosixTimers } from "./timers.js";
import { endProcess } from "./signals.js";
import type { Task } from "./task.js";

/** What to execute. `name` is AT_EXECFN and what a script's interpreter is told. */
export interface ExecRequest {
  readonly start: Start;
  readonly path: ByteString;
  /** AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH. */
  readonly nofollow?: boolean;
  readonly empty?: boolean;
  readonly name: ByteString;
  readonly argv: readonly ByteString[];
  readonly envp: readonly ByteString[];
  /** The script's descriptor closes on exec: its interpreter would not find it (ENOENT). */
  readonly unreachable?: boolean;
}

interface Program {
  readonly file: File;
  /** Where the file was found. */
  readonly path: Path;
  readonly argv: readonly ByteString[];
}

/** As Linux BINPRM_BUF_SIZE. */
const LINE_MAX = 256;
/** How often a script's interpreter may be a script (Linux: exec_binprm). */
const SCRIPTS_AT_MOST = 5;

/** An open executable with one reference that the caller gives back. */
function openExecutable(task: Task, start: Start, path: ByteString, how: { nofollow?: boolean; empty?: boolean }): File | Errno {
  const file = openForExec(task, start, path, how);
  if (!failed(file)) file.references++;
  return file;
}

/** The interpreter and its one argument of a "#!" line; undefined for what is no script, ENOEXEC for a bad line. */
export function parseScript(head: ByteString): { interpreter: ByteString; argument: ByteString | undefined } | undefined | Errno {
  if (!head.startsWith("#!")) return undefined;
  const newline = head.indexOf("\n");
  const cut = newline < 0 ? head.length : newline;
  // Without a newline in the first 256 bytes the interpreter's own name must have ended within them.
  const line = head.slice(2, cut).replace(/^[ \t]+/, "");
  if (newline < 0 && head.length >= LINE_MAX && !/[ \t\0]/.test(line)) return ENOEXEC;
  const text = line.split("\0", 1)[0].replace(/[ \t]+$/, "");
  const match = /^([^ \t]+)(?:[ \t]+(.*))?$/s.exec(text);
  if (match === null) return ENOEXEC;
  return { interpreter: match[1], argument: match[2] };
}

function headOf(task: Task, file: File): ByteString | Errno {
  const { pages } = file;
  if (pages === undefined || failed(pages)) return EACCES;
  const bytes = readFile(task.memory, pages, 0, LINE_MAX);
  return failed(bytes) ? bytes : fromBytes(bytes);
}

/** The program that really runs: scripts lead to their interpreters. */
function findProgram(task: Task, request: ExecRequest): Program | Errno {
  let argv = request.argv;
  let { name } = request;
  let file = openExecutable(task, request.start, request.path, request);
  for (let scripts = 0; ; scripts++) {
    if (failed(file)) return file;
    const opened: File = file;
    let keep = false;
    try {
      const head = headOf(task, opened);
      if (failed(head)) return head;
      const script = parseScript(head);
      if (failed(script)) return script;
      if (script === undefined) {
        const { path } = opened;
        if (path === undefined) return EACCES;
        keep = true;
        return { file: opened, path, argv };
      }
      if (scripts >= SCRIPTS_AT_MOST) return ELOOP;
      if (request.unreachable === true) return ENOENT;
      argv = [script.interpreter, ...(script.argument === undefined ? [] : [script.argument]), name, ...argv.slice(1)];
      name = script.interpreter;
      file = openExecutable(task, AT_FDCWD, script.interpreter, {});
    } finally {
      if (!keep) unreference(opened);
    }
  }
}

interface Image {
  readonly space: AddressSpace;
  readonly loaded: Loaded;
  readonly sp: number;
}

/** The new program in an address space of its own; the old one is untouched. */
function load(task: Task, program: Program, request: ExecRequest, credentials: Credentials): Image | Errno | Ruined {
  const given = { argv: program.argv, envp: request.envp, name: request.name };
  const refused = argumentsRefused(given, task.process.limit(RLIMIT_STACK));
  if (refused !== undefined) return refused;
  const space = AddressSpace.create(task.kernel, task.cgroup, task);
  if (failed(space)) return space;
  let done = false;
  try {
    const loaded = loadElf(space, program.file, (path) => openForExec(task, AT_FDCWD, path));
    if (failed(loaded) || loaded instanceof Ruined) return loaded;
    const { time } = task.namespaces;
    const vdso = task.kernel.vdso.mapInto(space, time !== task.kernel.initialNamespaces.time);
    if (vdso !== undefined) return new Ruined(vdso);
    const sp = setUpStack(space, loaded, given, credentials, gainsRights(task.credentials, credentials));
    if (failed(sp)) return new Ruined(sp);
    done = true;
    return { space, loaded, sp };
  } finally {
    if (!done) space.release();
  }
}

/** Executes for the task. undefined: registers and memory are the new program's. A Wait is thrown, with nothing changed. */
export function execute(task: Task, request: ExecRequest): Errno | Wait | undefined {
  const program = findProgram(task, request);
  if (failed(program)) return program;
  try {
    const credentials = afterExec(task, program.path);
    if (failed(credentials)) return credentials;
    const image = load(task, program, request, credentials);
    if (failed(image)) return image;
    if (image instanceof Ruined) {
      endProcess(task.process, signaledStatus(SIGSEGV));
      return undefined;
    }
    become(task, image, program, request, credentials);
    return undefined;
  } finally {
    unreference(program.file);
  }
}

/** The point of no return. */
function become(task: Task, image: Image, program: Program, request: ExecRequest, credentials: Credentials): void {
  const { process, kernel } = task;
  endOtherThreads(task);
  process.threadUsage.maxRssPages = process.maxRss();
  const before = task.memory;
  task.memory = image.space;
  image.space.runs(program.file.inode);
  before.release();
  releaseVfork(task);
  if (kernel.scheduler.onHart === task) image.space.enter(task);
  unshare(task);
  process.actions.reset();
  task.files.closeOnExec(task);
  setRegisters(task, image);
  resetTask(task);
  const changed = credentials.euid !== task.credentials.euid || credentials.egid !== task.credentials.egid;
  process.dumpable = changed ? 0 : 1;
  if (changed || credentials.permitted !== task.credentials.permitted) task.parentDeathSignal = 0;
  task.credentials = credentials;
  process.executable = program.path;
  process.executedName = request.name;
  process.executed = true;
  dropPosixTimers(process);
  const shown = request.name === "" || request.name.endsWith("/") ? program.path.dentry.name : request.name;
  task.comm = shown.slice(shown.lastIndexOf("/") + 1).slice(0, 15);
  kernel.watch?.({ at: "task.executed", task: task.tid, file: request.name, arguments: program.argv });
}

/** All other threads end at once; the one that execs becomes the leader and takes its number (Linux: de_thread). */
function endOtherThreads(task: Task): void {
  const { process } = task;
  for (const thread of [...process.threads]) if (thread !== task) endTask(thread);
  const { leader } = process;
  if (leader === task) return;
  leave(task, task.namespaces.pid);
  leader.state = "dead";
  unchargeTask(leader.cgroup);
  task.tid = process.pid;
  process.leader = task;
  enter(task, task.namespaces.pid);
}

/** What was shared with other processes is from now on its own. */
function unshare(task: Task): void {
  const { process } = task;
  if (task.files.users > 1) {
    const copy = task.files.copy(task.cgroup);
    // Too late for an error: the old program is gone.
    if (failed(copy)) return endProcess(process, signaledStatus(SIGKILL));
    task.files.users--;
    task.files = copy;
  }
  if (process.actions.users > 1) {
    process.actions.users--;
    process.actions = process.actions.copy();
  }
}

function setRegisters(task: Task, image: Image): void {
  const view = new DataView(task.registers.buffer);
  task.registers.fill(0);
  u64(view, PC_AT, image.loaded.entry);
  u64(view, 8 * SP, image.sp);
  reloadRegisters(task);
}

function resetTask(task: Task): void {
  task.alternateStack = { sp: 0, size: 0, flags: SS_DISABLE };
  task.clearChildTid = 0;
  task.robustList = 0;
  task.rseq = { address: 0, length: 0, signature: 0 };
  task.restoredMask = undefined;
  task.calling = false;
  task.wait = undefined;
}
