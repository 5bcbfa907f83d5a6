// The types of system call arguments: how a register becomes a value, and how a trace shows it.
import { EBADF, EFAULT, EINVAL, ENAMETOOLONG, type Errno, failed } from "../../abi/errno.js";
import * as fcntl from "../../abi/fcntl.js";
import * as inotify from "../../abi/inotify.js";
import * as mman from "../../abi/mman.js";
import * as mount from "../../abi/mount.js";
import * as poll from "../../abi/poll.js";
import * as random from "../../abi/random.js";
import * as sched from "../../abi/sched.js";
import * as signals from "../../abi/signal.js";
import * as socket from "../../abi/socket.js";
import * as time from "../../abi/time.js";
import * as wait from "../../abi/wait.js";
import type { ByteString } from "../bytestring.js";
import type { Argument } from "../syscall.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";

export const PATH_MAX = 4096;

/** A register as an unsigned 64-bit number (above 2^53 it is not exact, and out of every valid range). */
const unsigned = (raw: number): number => (raw < 0 ? raw + 2 ** 64 : raw);

const hex = (raw: number): string => `0x${unsigned(raw).toString(16)}`;

function argument<T>(name: string, decode: (task: Task, raw: number) => T | Errno, show: (task: Task, raw: number) => string): Argument<T> {
  return { name, decode, show };
}

const decimal = (_task: Task, raw: number): string => String(raw);

/** A C int. */
export const int = argument("int", (_task, raw) => raw | 0, (_task, raw) => String(raw | 0));

/** A C unsigned int. */
export const uint = argument("unsigned int", (_task, raw) => raw >>> 0, (_task, raw) => String(raw >>> 0));

/** A signed 64-bit integer: off_t, long, ssize_t. */
export const long = argument("long", (_task, raw) => raw, decimal);

/** size_t: never negative. */
export const size = argument("size_t", (_task, raw) => unsigned(raw), (_task, raw) => String(unsigned(raw)));

/** A user address, not looked at. 0 is NULL. */
export const pointer = argument("pointer", (_task, raw) => unsigned(raw), (_task, raw) => (raw === 0 ? "NULL" : hex(raw)));

/** A descriptor number, whether or not it is open. */
export const slot = argument("fd", (_task, raw) => raw | 0, (_task, raw) => String(raw | 0));

/** A directory descriptor of the *at calls, AT_FDCWD included; not looked at. */
export const dirfd = argument("dirfd", (_task, raw) => raw | 0, (_task, raw) => ((raw | 0) === fcntl.AT_FDCWD ? "AT_FDCWD" : String(raw | 0)));

/** An open file (EBADF otherwise), those opened with O_PATH included (Linux: fdget_raw). */
export const anyFd = argument<File>("fd", (task, raw) => task.files.get(raw | 0), (_task, raw) => String(raw | 0));

/** An open file (EBADF otherwise); one opened with O_PATH counts as none, as for nearly all calls. */
export const fd = argument<File>("fd", (task, raw) => {
  const file = task.files.get(raw | 0);
  return failed(file) || (file.flags & fcntl.O_PATH) === 0 ? file : EBADF;
}, (_task, raw) => String(raw | 0));

function quote(text: ByteString): string {
  const body = text.replace(/[\\"\n\t\r]|[^ -~]/g, (c) => {
    if (c === "\n") return "\\n";
    if (c === "\t") return "\\t";
    if (c === "\r") return "\\r";
    if (c === "\\" || c === '"') return `\\${c}`;
    return `\\${c.charCodeAt(0).toString(8)}`;
  });
  return `"${body}"`;
}

/** What is at an address, for a trace that must neither fail nor fault. */
function peek(task: Task, raw: number, read: (at: number) => string): string {
  if (raw === 0) return "NULL";
  try {
    return read(unsigned(raw));
  } catch {
    return hex(raw);
  }
}

const showString = (task: Task, raw: number): string => peek(task, raw, (at) => quote(task.memory.readString(at, PATH_MAX)));

function readPath(task: Task, raw: number): ByteString | Errno {
  const text = task.memory.readString(unsigned(raw), PATH_MAX);
  return text.length >= PATH_MAX ? ENAMETOOLONG : text;
}

/** A path name of the guest: EFAULT, ENAMETOOLONG. The empty one is for the call to judge. */
export const path = argument<ByteString>("path", readPath, showString);

/** A path that may be NULL (utimensat, fanotify_mark). */
export const optionalPath = argument<ByteString | undefined>("path", (task, raw) => (raw === 0 ? undefined : readPath(task, raw)), showString);

/** Another string of the guest: at most PATH_MAX bytes, else EINVAL (file system types, xattr names, keys). */
export const string = argument<ByteString>("string", (task, raw) => {
  const text = task.memory.readString(unsigned(raw), PATH_MAX);
  return text.length >= PATH_MAX ? EINVAL : text;
}, showString);

/** A string that may be NULL. */
export const optionalString = argument<ByteString | undefined>("string", (task, raw) => (raw === 0 ? undefined : string.decode(task, raw)), showString);

type ConstantsOf<M> = { [K in keyof M]: M[K] extends number ? K : never }[keyof M];
type ConstantName = ConstantsOf<typeof fcntl> | ConstantsOf<typeof inotify> | ConstantsOf<typeof mman> | ConstantsOf<typeof mount> | ConstantsOf<typeof poll> | ConstantsOf<typeof random>
  | ConstantsOf<typeof sched> | ConstantsOf<typeof signals> | ConstantsOf<typeof socket> | ConstantsOf<typeof time> | ConstantsOf<typeof wait>;

const constants: Readonly<Record<string, unknown>> = { ...fcntl, ...inotify, ...mman, ...mount, ...poll, ...random, ...sched, ...signals, ...socket, ...time, ...wait };

function valueOf(name: ConstantName): number {
  const value = constants[name];
  if (typeof value !== "number") throw new Error(`${name} is no flag`);
  return value >>> 0;
}

function shower(names: readonly ConstantName[]): (task: Task, raw: number) => string {
  const known = names.map((name) => ({ name, value: valueOf(name) })).sort((a, b) => b.value - a.value);
  return (_task, raw) => {
    const parts: string[] = [];
    let rest = raw >>> 0;
    for (const { name, value } of known) {
      if (value === 0 || (rest & value) >>> 0 !== value) continue;
      parts.unshift(name);
      rest = (rest & ~value) >>> 0;
    }
    if (rest !== 0) parts.push(hex(rest));
    if (parts.length > 0) return parts.join("|");
    return known.find(({ value }) => value === 0)?.name ?? "0";
  };
}

/** A set of flags, as an unsigned 32-bit number; any other bit is EINVAL. */
export function flags(...names: ConstantName[]): Argument<number> {
  const all = names.reduce((set, name) => set | valueOf(name), 0);
  return argument("flags", (_task, raw) => ((raw & ~all) === 0 ? raw >>> 0 : EINVAL), shower(names));
}

/** A set of flags of which the call judges unknown ones itself (or ignores them, as open does). */
export function looseFlags(...names: ConstantName[]): Argument<number> {
  return argument("flags", (_task, raw) => raw >>> 0, shower(names));
}

/** One of several values, as a signed int; any other is for the call to judge. */
export function oneOf(...names: ConstantName[]): Argument<number> {
  const byValue = new Map(names.map((name) => [valueOf(name) | 0, name]));
  return argument("int", (_task, raw) => raw | 0, (_task, raw) => byValue.get(raw | 0) ?? hex(raw | 0));
}

/** O_* of open, shown with its access mode. */
export const openFlags = looseFlags("O_RDONLY", "O_WRONLY", "O_RDWR", "O_CREAT", "O_EXCL", "O_NOCTTY", "O_TRUNC", "O_APPEND", "O_NONBLOCK", "O_DSYNC", "O_SYNC",
  "O_DIRECT", "O_LARGEFILE", "O_DIRECTORY", "O_NOFOLLOW", "O_NOATIME", "O_CLOEXEC", "O_PATH", "O_TMPFILE");

/** A signal number, any int. 0 and bad ones are for the call to judge. */
export const signal = argument("signal", (_task, raw) => raw | 0, (_task, raw) => ((raw | 0) >= 1 && (raw | 0) <= 64 ? signals.signalName(raw | 0) : String(raw | 0)));

/** Permission bits, with the type bits of mknod; the umask is for the call to apply. */
export const mode = argument("mode", (_task, raw) => raw & 0xffff, (_task, raw) => `0${(raw & 0xffff).toString(8)}`);

/** uid_t, gid_t; 0xffffffff (-1) is "leave as it is" where a call says so. */
export const id = argument("id", (_task, raw) => raw >>> 0, (_task, raw) => String(raw | 0));

/** pid_t of the caller's pid namespace. */
export const pid = argument("pid", (_task, raw) => raw | 0, (_task, raw) => String(raw | 0));

/** Seconds and nanoseconds, checked: EFAULT, and EINVAL where they make no time. */
export interface TimespecValue {
  sec: number;
  nsec: number;
}

function readTimespec(task: Task, at: number): TimespecValue | Errno {
  const view = task.memory.read(at, 16);
  const data = new DataView(view.buffer, view.byteOffset, 16);
  const { seconds: sec, nanoseconds: nsec } = time.decodeTimespec(data, 0);
  return sec < 0 || nsec < 0 || nsec >= 1e9 ? EINVAL : { sec, nsec };
}

const showTimespec = (task: Task, raw: number): string => peek(task, raw, (at) => {
  const view = task.memory.read(at, 16);
  const { seconds, nanoseconds } = time.decodeTimespec(new DataView(view.buffer, view.byteOffset, 16), 0);
  return `{tv_sec=${seconds}, tv_nsec=${nanoseconds}}`;
});

/** A struct timespec that must be there. */
export const timespec = argument<TimespecValue>("timespec", (task, raw) => (raw === 0 ? EFAULT : readTimespec(task, unsigned(raw))), showTimespec);

/** A relative struct timespec in nanoseconds; NULL is undefined, which waits for ever. For ppoll, pselect6, futex and so on. */
export const timeout = argument<number | undefined>("timespec", (task, raw) => {
  if (raw === 0) return undefined;
  const value = readTimespec(task, unsigned(raw));
  return failed(value) ? value : value.sec * 1e9 + value.nsec;
}, showTimespec);
