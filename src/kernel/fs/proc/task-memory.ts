// /proc/PID/cmdline, environ, auxv and mem: what is read from the memory of a process (Linux: fs/proc/base.c).
import { EFAULT, EIO, EINVAL } from "../../../abi/errno.js";
import { type ByteString, fromBytes } from "../../bytestring.js";
import type { Sink, Source } from "../../io.js";
import type { AddressSpace } from "../../memory/address-space.js";
import { PAGE_SIZE, TASK_SIZE } from "../../memory/layout.js";
import type { Task } from "../../task/task.js";
import type { Transfer } from "../../vfs/file.js";
import type { About } from "../pseudo/row.js";
import { hasMemory } from "./access.js";

/** The bytes up to the first page that is not there. */
function readable(space: AddressSpace, from: number, to: number): ByteString {
  let text = "";
  try {
    for (let at = from; at < to;) {
      const n = Math.min(to - at, PAGE_SIZE - (at % PAGE_SIZE));
      text += fromBytes(space.read(at, n));
      at += n;
    }
  } catch (thrown) {
    if (thrown !== EFAULT) throw thrown;
  }
  return text;
}

export function cmdline({ target: task }: About<Task>): ByteString {
  if (!hasMemory(task)) return "";
  const { argumentsStart, argumentsEnd, environmentEnd } = task.memory.marks;
  if (argumentsEnd <= argumentsStart) return "";
  const text = readable(task.memory, argumentsStart, argumentsEnd);
  if (text === "" || text.endsWith("\0")) return text;
  // As get_mm_cmdline: a program that wrote a title over its arguments (no NUL at their end) may have gone on into its environment.
  const longer = readable(task.memory, argumentsStart, Math.max(argumentsEnd, environmentEnd));
  const end = longer.indexOf("\0");
  return end < 0 ? longer : longer.slice(0, Math.max(end, 0));
}

export function environ({ target: task }: About<Task>): ByteString {
  if (!hasMemory(task)) return "";
  const { environmentStart, environmentEnd } = task.memory.marks;
  return environmentEnd > environmentStart ? readable(task.memory, environmentStart, environmentEnd) : "";
}

export const auxv = ({ target: task }: About<Task>): Uint8Array => (hasMemory(task) ? task.memory.auxv : new Uint8Array(0));

const COPY = 4096;

/** Reading at an address; EIO where nothing is mapped. */
export function readMemory({ target: task }: About<Task>, into: Sink, at: number): Transfer {
  if (!hasMemory(task)) return 0;
  if (at < 0) return EINVAL;
  let done = 0;
  while (into.room > 0) {
    const n = into.prepare(Math.min(into.room, COPY - ((at + done) % COPY)));
    if (at + done + n > TASK_SIZE) return done > 0 ? done : EIO;
    try {
      into.put(task.memory.read(at + done, n));
    } catch (thrown) {
      if (thrown !== EFAULT) throw thrown;
      return done > 0 ? done : EIO;
    }
    done += n;
  }
  return done;
}

export function writeMemory({ target: task }: About<Task>, from: Source, at: number): Transfer {
  if (!hasMemory(task)) return 0;
  let done = 0;
  while (from.left > 0) {
    let left = from.prepare(Math.min(from.left, COPY));
    try {
      while (left > 0) {
        const piece = from.take(left).slice();
        task.memory.write(at + done, piece);
        done += piece.length;
        left -= piece.length;
      }
    } catch (thrown) {
      if (thrown !== EFAULT) throw thrown;
      return done > 0 ? done : EIO;
    }
  }
  return done;
}
