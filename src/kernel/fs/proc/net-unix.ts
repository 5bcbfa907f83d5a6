// /proc/net/unix (unix(7), Linux net/unix/af_unix.c unix_seq_show): the unix sockets of a network namespace that a task has open.
import type { ByteString } from "../../bytestring.js";
import { UnixSocket } from "../../ipc/unix-socket.js";
import type { Task } from "../../task/task.js";
import type { About } from "../pseudo/row.js";

const SO_ACCEPTCON = 0x10000;
const SS_UNCONNECTED = 1;
const SS_CONNECTED = 3;

const hex = (value: number, digits: number): ByteString => value.toString(16).toUpperCase().padStart(digits, "0");

function line(socket: UnixSocket): ByteString {
  const { listening, boundName, inode } = socket;
  const state = socket.peer === undefined ? SS_UNCONNECTED : SS_CONNECTED;
  // Abstract names begin with "@", which stands for the NUL.
  const name = boundName === undefined ? "" : ` ${boundName.replace(/\0/g, "@")}`;
  const facts = `${hex(socket.references + 1, 8)} 00000000 ${hex(listening ? SO_ACCEPTCON : 0, 8)} ${hex(socket.type, 4)} ${hex(state, 2)}`;
  return `${"0".repeat(16)}: ${facts} ${String(inode.ino).padStart(5)}${name}\n`;
}

export function unixSockets({ target }: About<Task>): ByteString {
  const found = new Set<UnixSocket>();
  for (const task of target.kernel.initialNamespaces.pid.tasks.values()) {
    if (task.namespaces.net !== target.namespaces.net) continue;
    for (const [, { file }] of task.files.entries()) if (file instanceof UnixSocket) found.add(file);
  }
  return `Num       RefCount Protocol Flags    Type St Inode Path\n${[...found].map(line).join("")}`;
}
