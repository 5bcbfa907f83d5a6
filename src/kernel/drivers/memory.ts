// The character devices of major 1 (mem(4), null(4), random(4), full(4)): null, zero, full, random, urandom, kmsg.
import { EAGAIN, EFAULT, EINVAL, ENOSPC, EPERM, EPIPE, type Errno } from "../../abi/errno.js";
import { SEEK_END, SEEK_SET } from "../../abi/fcntl.js";
import { RNDGETENTCNT } from "../../abi/ioctl.js";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { type ByteString, fromBytes, toBytes } from "../bytestring.js";
import type { DeviceDriver, DeviceTable } from "../devices.js";
import type { Sink, Source } from "../io.js";
import type { KernelLog, LogRecord } from "../log.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { type WaitQueue, waitFor } from "../wait.js";
import { wired } from "../wires.js";
import { statusFlags } from "./status-flags.js";

const CHUNK = 65536;
const zeros = new Uint8Array(CHUNK);

function skip(from: Source): number {
  const n = from.left;
  while (from.left > 0) from.take(from.prepare(Math.min(from.left, CHUNK)));
  return n;
}

/** Pieces from `next` until the sink is full. */
function fill(into: Sink, next: (n: number) => Uint8Array): number {
  let done = 0;
  while (into.room > 0) {
    const n = into.prepare(Math.min(into.room, CHUNK));
    into.put(next(n));
    done += n;
  }
  return done;
}

/** Any position will do (null_lseek, full's). */
class MemoryFile extends File {
  override seek(_task: Task, _offset: number, _whence: number): number | Errno {
    return 0;
  }
}

export class NullFile extends MemoryFile {
  override read(): Transfer {
    return 0;
  }

  /** Nothing is looked at: even a bad address is no error. */
  override write(_task: Task, from: Source): Transfer {
    return from.left;
  }
}

export class ZeroFile extends MemoryFile {
  /** No pages of its own: mmap makes anonymous ones. */
  override get pages(): undefined {
    return undefined;
  }

  override read(_task: Task, into: Sink): Transfer {
    return fill(into, (n) => zeros.subarray(0, n));
  }

  override write(_task: Task, from: Source): Transfer {
    return from.left;
  }
}

export class FullFile extends ZeroFile {
  override write(): Transfer {
    return ENOSPC;
  }
}

export class RandomFile extends MemoryFile {
  override read(task: Task, into: Sink): Transfer {
    return fill(into, (n) => {
      const bytes = new Uint8Array(n);
      task.kernel.entropy.fill(bytes);
      return bytes;
    });
  }

  /** Mixed in by Linux; the board's entropy needs nothing mixed in. */
  override write(_task: Task, from: Source): Transfer {
    return skip(from);
  }

  override ioctl(task: Task, command: number, argument: number): number | Errno {
    if (command !== RNDGETENTCNT) return command >>> 8 === 0x52 ? EPERM : EINVAL;
    task.memory.writeI32(argument, 256);
    return 0;
  }
}

/** /dev/kmsg: a record of the kernel's log per read, a record per write (Documentation/ABI/testing/dev-kmsg). */
export class KmsgFile extends File {
  override readonly ready: WaitQueue;
  /** The next record to read. */
  private next: number;

  constructor(log: KernelLog, inode: Inode, flags: number, path?: Path) {
    super(inode, flags, path);
    this.ready = log.written;
    this.next = log.records[0]?.sequence ?? log.sequence;
  }

  override read(task: Task, into: Sink): Transfer {
    const { log } = task.kernel;
    const first = log.records[0]?.sequence ?? log.sequence;
    if (this.next < first) {
      this.next = first;
      return EPIPE;
    }
    const record = log.records[this.next - first];
    if (record === undefined) return this.nonblocking ? EAGAIN : waitFor(log.written);
    const line = toBytes(KmsgFile.line(record));
    if (line.length > into.room) return EINVAL;
    if (into.prepare(line.length) < line.length) return EFAULT;
    into.put(line);
    this.next++;
    return line.length;
  }

  private static line({ priority, sequence, us, text }: LogRecord): ByteString {
    return `${priority},${sequence},${us},-;${text.replace(/[^ -~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}\n`;
  }

  override write(task: Task, from: Source): Transfer {
    const n = from.left;
    if (n > 1024 - 32) return EINVAL;
    let text = "";
    while (from.left > 0) text += fromBytes(from.take(from.prepare(from.left)));
    const prefix = /^<(\d+)>/.exec(text);
    // Programs can't speak as the kernel: facility 0 becomes user (1).
    const given = prefix === null ? 4 : Number(prefix[1]);
    const priority = (given & ~7) === 0 ? given | 8 : given;
    task.kernel.log.add(text.slice(prefix?.[0].length ?? 0).replace(/\n$/, ""), task.kernel.clock.monotonicNs(), priority);
    return n;
  }

  override seek(task: Task, offset: number, whence: number): number | Errno {
    const { log } = task.kernel;
    if (offset !== 0) return EINVAL;
    if (whence === SEEK_SET) this.next = log.records[0]?.sequence ?? log.sequence;
    else if (whence === SEEK_END) this.next = log.sequence;
    else return EINVAL;
    return 0;
  }

  override poll(task: Task): number {
    return (this.next < task.kernel.log.sequence ? POLLIN | POLLRDNORM : 0) | POLLOUT | POLLWRNORM;
  }
}

const nullDriver: DeviceDriver = wired("driver.null", { open: (_task, inode, path, flags) => new NullFile(inode, statusFlags(flags), path) });
const zeroDriver: DeviceDriver = wired("driver.zero", { open: (_task, inode, path, flags) => new ZeroFile(inode, statusFlags(flags), path) });
const fullDriver: DeviceDriver = wired("driver.full", { open: (_task, inode, path, flags) => new FullFile(inode, statusFlags(flags), path) });
const randomDriver: DeviceDriver = wired("driver.random", { open: (_task, inode, path, flags) => new RandomFile(inode, statusFlags(flags), path) });
const kmsgDriver: DeviceDriver = wired("driver.kmsg", {
  open: (task, inode, path, flags) => new KmsgFile(task.kernel.log, inode, statusFlags(flags), path),
});

export function registerMemoryDevices(devices: DeviceTable): void {
  devices.register("character", 1, 3, 1, "mem", nullDriver);
  devices.register("character", 1, 5, 1, "mem", zeroDriver);
  devices.register("character", 1, 7, 1, "mem", fullDriver);
  devices.register("character", 1, 8, 2, "mem", randomDriver);
  devices.register("character", 1, 11, 1, "mem", kmsgDriver);
}

savable(NullFile, ZeroFile, FullFile, RandomFile, KmsgFile);
