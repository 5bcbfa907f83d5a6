// What belongs to no family: random numbers, facts of the system, its log, its end.
import { CAP_SYSLOG, CAP_SYS_ADMIN, CAP_SYS_BOOT } from "../../abi/capability.js";
import { EBADF, EINVAL, EPERM, ESRCH, type Errno, failed } from "../../abi/errno.js";
import * as p from "../../abi/prctl.js";
import { GRND_INSECURE, GRND_RANDOM } from "../../abi/random.js";
import { SYSINFO_BYTES, encodeSysinfo } from "../../abi/resource.js";
import { toBytes } from "../bytestring.js";
import type { Sink } from "../io.js";
import { KernelLog, LOG_BUFFER_BYTES, type LogRecord } from "../log.js";
import { type Returned, syscall } from "../syscall.js";
import { AS_SET } from "../task/as-set.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { waitFor } from "../wait.js";
import { flags, int, pid, pointer, size, uint } from "./arguments.js";
import { mayAttach } from "./process.js";

/** One call gives at most this much; more is asked for again. */
const RANDOM_CHUNK = 4096;

function getrandom(task: Task, at: number, length: number, how: number): Returned {
  if ((how & (GRND_INSECURE | GRND_RANDOM)) === (GRND_INSECURE | GRND_RANDOM)) return EINVAL;
  const wanted = Math.min(length, 0x7fffffff);
  const sink: Sink = task.memory.sink(at, wanted);
  let done = 0;
  const chunk = new Uint8Array(Math.min(RANDOM_CHUNK, wanted));
  while (done < wanted) {
    const room = sink.prepare(Math.min(wanted - done, RANDOM_CHUNK));
    const bytes = chunk.subarray(0, Math.min(room, chunk.length));
    task.kernel.entropy.fill(bytes);
    sink.put(bytes);
    done += bytes.length;
  }
  return done;
}

function sysinfo(task: Task, at: number): Returned {
  const { frames, clock, initialNamespaces, scheduler } = task.kernel;
  const bytes = new Uint8Array(SYSINFO_BYTES);
  const load = scheduler.loads.map((value) => Math.floor(value * 65536));
  encodeSysinfo(new DataView(bytes.buffer), 0, {
    uptimeSeconds: Math.ceil((clock.monotonicNs() + task.namespaces.time.boottimeOffsetNs) / 1e9), loads: [load[0], load[1], load[2]], totalram: frames.total * 4096,
    freeram: (frames.total - frames.used) * 4096, sharedram: 0, bufferram: 0, totalswap: 0, freeswap: 0, procs: initialNamespaces.pid.tasks.size, memUnit: 1,
  });
  task.memory.write(at, bytes);
  return 0;
}

// syslog(2)
const READ = 2;
const READ_ALL = 3;
const READ_CLEAR = 4;
const CLEAR = 5;
const SIZE_UNREAD = 9;
const SIZE_BUFFER = 10;

/** The newest records that fit, whole, in order. */
function lastLines(records: readonly LogRecord[], room: number): string {
  const lines: string[] = [];
  let left = room;
  for (let i = records.length - 1; i >= 0; i--) {
    const line = KernelLog.line(records[i]);
    if (line.length > left) break;
    left -= line.length;
    lines.unshift(line);
  }
  return lines.join("");
}

function readUnread(task: Task, at: number, room: number): Returned {
  const { log } = task.kernel;
  let text = "";
  let next = log.readFrom;
  for (const record of log.records) {
    if (record.sequence < log.readFrom) continue;
    const line = KernelLog.line(record);
    if (text.length + line.length > room) break;
    text += line;
    next = record.sequence + 1;
  }
  if (text === "") return waitFor(log.written);
  task.memory.write(at, toBytes(text));
  log.readFrom = next;
  return text.length;
}

function syslog(task: Task, action: number, at: number, length: number): Returned {
  const { log } = task.kernel;
  const harmless = action === READ_ALL || action === SIZE_BUFFER;
  if (!harmless && !capable(task, CAP_SYSLOG, task.kernel.initialNamespaces.user) && !capable(task, CAP_SYS_ADMIN, task.kernel.initialNamespaces.user)) return EPERM;
  const unread = log.records.filter((record) => record.sequence >= log.readFrom);
  switch (action) {
    case 0:
    case 1:
    case 6:
    case 7:
      return 0;
    case READ:
      if (at === 0 || length < 0) return EINVAL;
      return length === 0 ? 0 : readUnread(task, at, length);
    case READ_ALL:
    case READ_CLEAR: {
      if (at === 0 || length < 0) return EINVAL;
      const text = lastLines(log.records.filter((record) => record.sequence >= log.clearedAt), length);
      task.memory.write(at, toBytes(text));
      if (action === READ_CLEAR) log.clearedAt = log.sequence;
      return text.length;
    }
    case CLEAR:
      log.clearedAt = log.sequence;
      return 0;
    case 8:
      return length < 1 || length > 8 ? EINVAL : 0;
    case SIZE_UNREAD:
      return unread.reduce((sum, record) => sum + KernelLog.line(record).length, 0);
    case SIZE_BUFFER:
      return LOG_BUFFER_BYTES;
    default:
      return EINVAL;
  }
}

const MAGICS = [p.LINUX_REBOOT_MAGIC2, 0x05121996, 0x16041998, 0x20112000];

function reboot(task: Task, magic: number, magic2: number, command: number): Returned {
  if (!capable(task, CAP_SYS_BOOT, task.kernel.initialNamespaces.user)) return EPERM;
  if (magic !== p.LINUX_REBOOT_MAGIC1 || !MAGICS.includes(magic2)) return EINVAL;
  switch (command) {
    case p.LINUX_REBOOT_CMD_CAD_ON:
    case p.LINUX_REBOOT_CMD_CAD_OFF:
      return 0;
    case p.LINUX_REBOOT_CMD_RESTART:
    case p.LINUX_REBOOT_CMD_RESTART2:
      task.kernel.powerOff("restart");
      return AS_SET;
    case p.LINUX_REBOOT_CMD_HALT:
    case p.LINUX_REBOOT_CMD_POWER_OFF:
      task.kernel.powerOff("off");
      return AS_SET;
    default:
      return EINVAL;
  }
}

function target(task: Task, number: number): Task | Errno {
  const found = task.namespaces.pid.tasks.get(number);
  if (found === undefined) return ESRCH;
  return mayAttach(task, found.process) ? found : EPERM;
}

function kcmp(task: Task, first: number, second: number, kind: number, a: number, b: number): Returned {
  const one = target(task, first);
  const other = target(task, second);
  if (failed(one)) return one;
  if (failed(other)) return other;
  const same = (x: object, y: object): number => (x === y ? 0 : 3);
  switch (kind) {
    case p.KCMP_FILE: {
      const file = one.files.get(a);
      const against = other.files.get(b);
      return failed(file) || failed(against) ? EBADF : same(file, against);
    }
    case p.KCMP_VM:
      return same(one.memory, other.memory);
    case p.KCMP_FILES:
      return same(one.files, other.files);
    case p.KCMP_FS:
      return same(one.fs, other.fs);
    case p.KCMP_SIGHAND:
      return same(one.process.actions, other.process.actions);
    case p.KCMP_IO:
    case p.KCMP_SYSVSEM:
      return 3;
    default:
      return EINVAL;
  }
}

export const calls = [
  syscall(92, "personality", [uint], (task, to) => {
    const old = task.process.personality;
    if (to !== 0xffffffff) task.process.personality = to;
    return old;
  }, "remembered; only UNAME26 acts"),
  syscall(116, "syslog", [int, pointer, int], syslog, "the console's level is not kept"),
  syscall(142, "reboot", [uint, uint, uint, pointer], (task, magic, magic2, command) => reboot(task, magic, magic2, command), "no suspend, kexec or Ctrl-Alt-Del"),
  syscall(179, "sysinfo", [pointer], sysinfo, "no shared or buffer memory"),
  syscall(272, "kcmp", [pid, pid, int, size, size], kcmp, "different objects have no order (3); no KCMP_EPOLL_TFD"),
  syscall(278, "getrandom", [pointer, size, flags("GRND_NONBLOCK", "GRND_RANDOM", "GRND_INSECURE")], getrandom),
];
