// /proc/PID/io and /proc/PID/task/TID/io (Linux: do_io_accounting of fs/proc/base.c).
import type { ByteString } from "../../bytestring.js";
import { type IoCounters, processIo } from "../../task/io-counters.js";
import type { Task } from "../../task/task.js";
import type { About } from "../pseudo/row.js";

/** What blocks of the disk cost is nobody's: they are read ahead for all. Nothing is ever written back. */
const text = ({ readBytes, writtenBytes, reads, writes }: IoCounters): ByteString =>
  `rchar: ${readBytes}\nwchar: ${writtenBytes}\nsyscr: ${reads}\nsyscw: ${writes}\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n`;

export const threadIoText = ({ target }: About<Task>): ByteString => text(target.io);
export const processIoText = ({ target }: About<Task>): ByteString => text(processIo(target.process));
