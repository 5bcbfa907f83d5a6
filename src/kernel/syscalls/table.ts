// All system calls by number: every family's rows, and a missing one for each number of Linux that no family defines.
import { SYS } from "../../abi/syscall-numbers.js";
import { type SystemCall, missing } from "../syscall.js";
import { calls as attributes } from "./attributes.js";
import { calls as credentials } from "./credentials.js";
import { calls as descriptor } from "./descriptor.js";
import { calls as directory } from "./directory.js";
import { calls as epoll } from "./epoll.js";
import { calls as event } from "./event.js";
import { calls as exec } from "./exec.js";
import { calls as futex } from "./futex.js";
import { calls as inotify } from "./inotify.js";
import { calls as ioctl } from "./ioctl.js";
import { calls as link } from "./link.js";
import { calls as memory } from "./memory.js";
import { calls as misc } from "./misc.js";
import { calls as mount } from "./mount.js";
import { calls as open } from "./open.js";
import { calls as pipe } from "./pipe.js";
import { calls as poll } from "./poll.js";
import { calls as prctl } from "./prctl.js";
import { calls as process } from "./process.js";
import { calls as processMemory } from "./process-memory.js";
import { calls as readWrite } from "./read-write.js";
import { calls as resource } from "./resource.js";
import { calls as sched } from "./sched.js";
import { calls as signal } from "./signal.js";
import { calls as socket } from "./socket.js";
import { calls as stat } from "./stat.js";
import { calls as time } from "./time.js";
import { calls as transfer } from "./transfer.js";
import { calls as uname } from "./uname.js";
import { calls as xattr } from "./xattr.js";

const families: readonly (readonly SystemCall[])[] = [
  attributes, credentials, descriptor, directory, epoll, event, exec, futex, inotify, ioctl, link, memory, misc, mount, open,
  pipe, poll, prctl, process, processMemory, readWrite, resource, sched, signal, socket, stat, time, transfer, uname, xattr,
];

function collect(): (SystemCall | undefined)[] {
  const rows: (SystemCall | undefined)[] = Array.from({ length: Math.max(...Object.values(SYS)) + 1 }, () => undefined);
  for (const call of families.flat()) {
    const taken = rows[call.number];
    if (taken !== undefined) throw new Error(`${taken.name} and ${call.name} are both number ${call.number}`);
    rows[call.number] = call;
  }
  for (const [name, number] of Object.entries(SYS)) rows[number] ??= missing(number, name);
  return rows;
}

/** Dense: the index is the number; undefined where Linux has none. */
export const table: readonly (SystemCall | undefined)[] = collect();
