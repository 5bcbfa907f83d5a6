// Files inside of messages that nobody has received yet, and those among them that nobody ever can (Linux net/unix/garbage.c).
import { ETOOMANYREFS, type Errno } from "../../abi/errno.js";
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { RLIMIT_NOFILE } from "../../abi/resource.js";
import { savable } from "../save.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { discard } from "./socket.js";

/** For the whole machine, whoever sends. */
const MOST = 16384;
/** With so many in flight, those that nobody can receive are looked for before more are let in. */
const SUSPICIOUS = 64;
const MANY = 512;

/** A socket that holds messages with files in them. */
export interface Carrier extends File {
  /** Files in the messages that wait in it. */
  carried(): Iterable<File>;
  /** Throws these messages away; their files are returned for the caller to drop. */
  unload(): File[];
}

const isCarrier = (file: File): file is Carrier => "carried" in file;

export class InFlight {
  /** How often each file is in flight. */
  private readonly counts = new Map<File, number>();
  private total = 0;
  private collecting = false;
  /** Files to be dropped; each may bring more, so that they wait here and not on the engine's stack. */
  private readonly dropped: File[] = [];
  private dropping = false;
  private suspiciousAt = SUSPICIOUS;

  admit(task: Task, files: readonly File[]): Errno | undefined {
    if (files.length === 0) return undefined;
    if (this.total >= this.suspiciousAt) this.collect();
    const privileged = capable(task, CAP_SYS_RESOURCE) || capable(task, CAP_SYS_ADMIN);
    if (this.total + files.length > (privileged ? MOST : Math.min(MOST, task.process.limit(RLIMIT_NOFILE)))) return ETOOMANYREFS;
    for (const file of files) {
      file.references++;
      this.counts.set(file, (this.counts.get(file) ?? 0) + 1);
    }
    this.total += files.length;
    return undefined;
  }

  /** They were received, or their message is thrown away; the references are the caller's now. */
  landed(files: readonly File[]): void {
    for (const file of files) {
      const left = (this.counts.get(file) ?? 1) - 1;
      if (left === 0) this.counts.delete(file);
      else this.counts.set(file, left);
    }
    this.total -= files.length;
  }

  /** Gives back the references that messages held. */
  drop(files: readonly File[]): void {
    for (const file of files) this.dropped.push(file);
    if (this.dropping) return;
    this.dropping = true;
    for (let file = this.dropped.pop(); file !== undefined; file = this.dropped.pop()) discard(undefined, file);
    this.dropping = false;
  }

  /** A socket was closed. With very many in flight the next search waits until there are twice as many, for each looks at all. */
  closed(): void {
    if (this.total < MANY || this.total >= this.suspiciousAt) this.collect();
  }

  /** Drops the messages of sockets that only such messages refer to. */
  private collect(): void {
    if (this.total === 0 || this.collecting) return;
    this.collecting = true;
    const suspects = new Set<Carrier>();
    for (const [file, count] of this.counts) if (isCarrier(file) && file.references === count) suspects.add(file);
    const inner = new Map<File, number>();
    for (const socket of suspects) for (const file of socket.carried()) inner.set(file, (inner.get(file) ?? 0) + 1);
    const alive = [...suspects].filter((socket) => (inner.get(socket) ?? 0) < (this.counts.get(socket) ?? 0));
    for (let socket = alive.pop(); socket !== undefined; socket = alive.pop()) {
      if (!suspects.delete(socket)) continue;
      for (const file of socket.carried()) if (isCarrier(file)) alive.push(file);
    }
    for (const socket of suspects) this.drop(socket.unload());
    this.collecting = false;
    this.suspiciousAt = Math.max(SUSPICIOUS, this.total * 2);
  }
}

savable(InFlight);
