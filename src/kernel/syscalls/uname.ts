// Names of the system and the host (uts_namespaces(7)).
import { CAP_SYS_ADMIN } from "../../abi/capability.js";
import { EINVAL, EPERM } from "../../abi/errno.js";
import { UNAME26 } from "../../abi/prctl.js";
import { HOST_NAME_MAX, UTSNAME_BYTES, encodeUtsname } from "../../abi/utsname.js";
import { fromBytes } from "../bytestring.js";
import { MACHINE, RELEASE, SYSNAME, VERSION } from "../release.js";
import { type Returned, syscall } from "../syscall.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { int, pointer } from "./arguments.js";

/** As Linux override_release: version 6.12 shows as 2.6.72. */
const RELEASE_26 = `2.6.${60 + Number(RELEASE.split(".")[1])}${RELEASE.slice(RELEASE.indexOf("-"))}`;

function uname(task: Task, at: number): Returned {
  const { hostname, domainname } = task.namespaces.uts;
  const bytes = new Uint8Array(UTSNAME_BYTES);
  encodeUtsname(new DataView(bytes.buffer), 0, {
    sysname: SYSNAME, nodename: hostname, release: (task.process.personality & UNAME26) !== 0 ? RELEASE_26 : RELEASE, version: VERSION, machine: MACHINE, domainname,
  });
  task.memory.write(at, bytes);
  return 0;
}

function setName(task: Task, which: "hostname" | "domainname", at: number, length: number): Returned {
  if (!capable(task, CAP_SYS_ADMIN)) return EPERM;
  if (length < 0 || length > HOST_NAME_MAX) return EINVAL;
  const text = fromBytes(task.memory.read(at, length));
  task.namespaces.uts[which] = text.split("\0", 1)[0];
  return 0;
}

export const calls = [
  syscall(160, "uname", [pointer], uname),
  syscall(161, "sethostname", [pointer, int], (task, at, length) => setName(task, "hostname", at, length)),
  syscall(162, "setdomainname", [pointer, int], (task, at, length) => setName(task, "domainname", at, length)),
];
