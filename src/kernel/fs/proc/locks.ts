// /proc/locks (proc_locks(5), Linux fs/locks.c): advisory locks on files that some task has open.
import { major, minor } from "../../../abi/stat.js";
import type { ByteString } from "../../bytestring.js";
import { numberIn } from "../../namespaces/pid.js";
import type { Task } from "../../task/task.js";
import { FileTable } from "../../vfs/file-table.js";
import type { Inode } from "../../vfs/inode.js";
import type { About } from "../pseudo/row.js";

/** Inodes with locks, and for each file a task that has it open. */
function lockedInodes(tasks: Iterable<Task>): { inodes: Set<Inode>; holders: Map<object, Task> } {
  const inodes = new Set<Inode>();
  const holders = new Map<object, Task>();
  for (const task of tasks) {
    for (const [, { file }] of task.files.entries()) {
      if (file.inode.locks === undefined) continue;
      inodes.add(file.inode);
      if (!holders.has(file)) holders.set(file, task);
      if (!holders.has(task.files)) holders.set(task.files, task);
    }
  }
  return { inodes, holders };
}

export function locks({ fs }: About<undefined>): ByteString {
  const { inodes, holders } = lockedInodes(fs.kernel.initialNamespaces.pid.tasks.values());
  const lines: ByteString[] = [];
  const add = (kind: ByteString, exclusive: boolean, holder: Task | undefined, inode: Inode, start: number, last: ByteString): void => {
    const pid = holder === undefined ? -1 : numberIn(fs.pid, holder.process.pid);
    const { device } = inode.fs;
    const place = `${major(device).toString(16).padStart(2, "0")}:${minor(device).toString(16).padStart(2, "0")}:${inode.ino}`;
    lines.push(`${lines.length + 1}: ${kind.padEnd(6)} ADVISORY  ${exclusive ? "WRITE" : "READ "} ${pid} ${place} ${start} ${last}\n`);
  };
  for (const inode of inodes) {
    const { ranges, whole } = inode.locks ?? { ranges: [], whole: new Map() };
    for (const { owner, exclusive, start, end } of ranges) {
      const posix = owner instanceof FileTable;
      add(posix ? "POSIX" : "OFDLCK", exclusive, posix ? holders.get(owner) : undefined, inode, start, end === Infinity ? "EOF" : String(end - 1));
    }
    for (const [owner, kind] of whole) add("FLOCK", kind === "exclusive", holders.get(owner), inode, 0, "EOF");
  }
  return lines.join("");
}
