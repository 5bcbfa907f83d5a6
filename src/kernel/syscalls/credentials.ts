// Users, groups and capabilities (credentials(7), capabilities(7)).
import * as cap from "../../abi/capability.js";
import { EINVAL, EPERM, ESRCH } from "../../abi/errno.js";
import { SECBIT_KEEP_CAPS, SECBIT_NO_SETUID_FIXUP } from "../../abi/prctl.js";
import { type Returned, syscall } from "../syscall.js";
import { ALL_CAPABILITIES, type CredentialFields, type Credentials, capabilityBit, capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { id, int, pointer } from "./arguments.js";

/** (uid_t) -1: leave it as it is. */
const KEEP = 0xffffffff;
const NGROUPS_MAX = 65536;

/** What the file system user may do by itself (Linux: CAP_FS_SET). */
const FILE_CAPABILITIES = [cap.CAP_CHOWN, cap.CAP_MKNOD, cap.CAP_DAC_OVERRIDE, cap.CAP_DAC_READ_SEARCH, cap.CAP_FOWNER, cap.CAP_FSETID, cap.CAP_LINUX_IMMUTABLE, cap.CAP_MAC_OVERRIDE]
  .reduce((set, capability) => set | capabilityBit(capability), 0n);

/** Capabilities follow user ids from and to 0 (Linux: cap_task_fix_setuid). */
function fixed(old: Credentials, change: Partial<CredentialFields>): Credentials {
  const now = old.with(change);
  if ((old.securebits & SECBIT_NO_SETUID_FIXUP) !== 0) return now;
  let { permitted, effective, ambient } = now;
  const wasRoot = old.uid === 0 || old.euid === 0 || old.suid === 0;
  if (wasRoot && now.uid !== 0 && now.euid !== 0 && now.suid !== 0) {
    if ((old.securebits & SECBIT_KEEP_CAPS) === 0) permitted = effective = 0n;
    ambient = 0n;
  }
  if (old.euid === 0 && now.euid !== 0) effective = 0n;
  if (old.euid !== 0 && now.euid === 0) effective = permitted;
  return now.with({ permitted, effective, ambient });
}

/** Takes new ids; what the process may be asked changes with them (Linux: commit_creds). */
function commit(task: Task, now: Credentials): 0 {
  const old = task.credentials;
  if (now.euid !== old.euid || now.egid !== old.egid || now.fsuid !== old.fsuid || now.fsgid !== old.fsgid || (now.permitted & ~old.permitted) !== 0n) {
    task.process.dumpable = 0;
    task.parentDeathSignal = 0;
  }
  task.credentials = now;
  return 0;
}

function setuid(task: Task, uid: number): Returned {
  const old = task.credentials;
  if (uid === KEEP) return EINVAL;
  if (capable(task, cap.CAP_SETUID)) return commit(task, fixed(old, { uid, euid: uid, suid: uid, fsuid: uid }));
  if (uid !== old.uid && uid !== old.suid) return EPERM;
  return commit(task, fixed(old, { euid: uid, fsuid: uid }));
}

function setgid(task: Task, gid: number): Returned {
  const old = task.credentials;
  if (gid === KEEP) return EINVAL;
  if (capable(task, cap.CAP_SETGID)) return commit(task, old.with({ gid, egid: gid, sgid: gid, fsgid: gid }));
  if (gid !== old.gid && gid !== old.sgid) return EPERM;
  return commit(task, old.with({ egid: gid, fsgid: gid }));
}

function setreuid(task: Task, real: number, effective: number): Returned {
  const old = task.credentials;
  const free = capable(task, cap.CAP_SETUID);
  if (!free && real !== KEEP && real !== old.uid && real !== old.euid) return EPERM;
  if (!free && effective !== KEEP && ![old.uid, old.euid, old.suid].includes(effective)) return EPERM;
  const uid = real === KEEP ? old.uid : real;
  const euid = effective === KEEP ? old.euid : effective;
  const suid = real !== KEEP || (effective !== KEEP && effective !== old.uid) ? euid : old.suid;
  return commit(task, fixed(old, { uid, euid, suid, fsuid: euid }));
}

function setregid(task: Task, real: number, effective: number): Returned {
  const old = task.credentials;
  const free = capable(task, cap.CAP_SETGID);
  if (!free && real !== KEEP && real !== old.gid && real !== old.egid) return EPERM;
  if (!free && effective !== KEEP && ![old.gid, old.egid, old.sgid].includes(effective)) return EPERM;
  const gid = real === KEEP ? old.gid : real;
  const egid = effective === KEEP ? old.egid : effective;
  const sgid = real !== KEEP || (effective !== KEEP && effective !== old.gid) ? egid : old.sgid;
  return commit(task, old.with({ gid, egid, sgid, fsgid: egid }));
}

function setresuid(task: Task, real: number, effective: number, saved: number): Returned {
  const old = task.credentials;
  const may = (to: number): boolean => to === KEEP || [old.uid, old.euid, old.suid].includes(to);
  if (!capable(task, cap.CAP_SETUID) && !(may(real) && may(effective) && may(saved))) return EPERM;
  const euid = effective === KEEP ? old.euid : effective;
  return commit(task, fixed(old, { uid: real === KEEP ? old.uid : real, euid, suid: saved === KEEP ? old.suid : saved, fsuid: euid }));
}

function setresgid(task: Task, real: number, effective: number, saved: number): Returned {
  const old = task.credentials;
  const may = (to: number): boolean => to === KEEP || [old.gid, old.egid, old.sgid].includes(to);
  if (!capable(task, cap.CAP_SETGID) && !(may(real) && may(effective) && may(saved))) return EPERM;
  const egid = effective === KEEP ? old.egid : effective;
  return commit(task, old.with({ gid: real === KEEP ? old.gid : real, egid, sgid: saved === KEEP ? old.sgid : saved, fsgid: egid }));
}

/** Always answers the old one; capabilities over files follow from and to 0. */
/** -1 as an id: nobody's. */
const INVALID_ID = 0xffffffff;

function setfsuid(task: Task, uid: number): number {
  const old = task.credentials;
  if (uid === INVALID_ID) return old.fsuid;
  if (![old.uid, old.euid, old.suid, old.fsuid].includes(uid) && !capable(task, cap.CAP_SETUID)) return old.fsuid;
  let { effective } = old;
  if ((old.securebits & SECBIT_NO_SETUID_FIXUP) === 0) {
    if (old.fsuid === 0 && uid !== 0) effective &= ~FILE_CAPABILITIES;
    if (old.fsuid !== 0 && uid === 0) effective |= old.permitted & FILE_CAPABILITIES;
  }
  commit(task, old.with({ fsuid: uid, effective }));
  return old.fsuid;
}

function setfsgid(task: Task, gid: number): number {
  const old = task.credentials;
  if (gid === INVALID_ID) return old.fsgid;
  if ([old.gid, old.egid, old.sgid, old.fsgid].includes(gid) || capable(task, cap.CAP_SETGID)) commit(task, old.with({ fsgid: gid }));
  return old.fsgid;
}

function write3(task: Task, ids: readonly [number, number, number], at: readonly [number, number, number]): 0 {
  ids.forEach((value, i) => task.memory.writeU32(at[i], value));
  return 0;
}

function getgroups(task: Task, count: number, at: number): Returned {
  const { groups } = task.credentials;
  if (count < 0) return EINVAL;
  if (count === 0) return groups.length;
  if (groups.length > count) return EINVAL;
  task.memory.write(at, new Uint8Array(Uint32Array.from(groups).buffer));
  return groups.length;
}

function setgroups(task: Task, count: number, at: number): Returned {
  if (!capable(task, cap.CAP_SETGID)) return EPERM;
  if (count < 0 || count > NGROUPS_MAX) return EINVAL;
  const bytes = task.memory.read(at, 4 * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const groups = Array.from({ length: count }, (_, i) => view.getUint32(4 * i, true));
  if (groups.includes(KEEP)) return EINVAL;
  task.credentials = task.credentials.with({ groups: groups.sort((a, b) => a - b) });
  return 0;
}

/** How many 32-bit words per set the header's version means; 0 for an unknown one, after the preferred one was written back. */
function words(task: Task, headerAt: number): number {
  const version = task.memory.readU32(headerAt);
  if (version === cap._LINUX_CAPABILITY_VERSION_1) return cap._LINUX_CAPABILITY_U32S_1;
  if (version === cap._LINUX_CAPABILITY_VERSION_2 || version === cap._LINUX_CAPABILITY_VERSION_3) return cap._LINUX_CAPABILITY_U32S_3;
  task.memory.writeU32(headerAt, cap._LINUX_CAPABILITY_VERSION_3);
  return 0;
}

function capget(task: Task, headerAt: number, dataAt: number): Returned {
  const count = words(task, headerAt);
  if (count === 0) return dataAt === 0 ? 0 : EINVAL;
  const number = task.memory.readI32(headerAt + 4);
  if (number < 0) return EINVAL;
  const target = number === 0 ? task : task.namespaces.pid.tasks.get(number);
  if (target === undefined) return ESRCH;
  if (dataAt === 0) return 0;
  const { effective, permitted, inheritable } = target.credentials;
  for (let word = 0; word < count; word++) {
    [effective, permitted, inheritable].forEach((set, i) => task.memory.writeU32(dataAt + 12 * word + 4 * i, Number((set >> BigInt(32 * word)) & 0xffffffffn)));
  }
  return 0;
}

function capset(task: Task, headerAt: number, dataAt: number): Returned {
  const count = words(task, headerAt);
  if (count === 0) return EINVAL;
  const number = task.memory.readI32(headerAt + 4);
  if (number !== 0 && task.namespaces.pid.tasks.get(number) !== task) return EPERM;
  const set = (i: number): bigint => {
    let value = 0n;
    for (let word = 0; word < count; word++) value |= BigInt(task.memory.readU32(dataAt + 12 * word + 4 * i)) << BigInt(32 * word);
    return value & ALL_CAPABILITIES;
  };
  const [effective, permitted, inheritable] = [set(0), set(1), set(2)];
  const old = task.credentials;
  const mayInherit = capable(task, cap.CAP_SETPCAP) ? old.inheritable | old.permitted | old.bounding : old.inheritable | old.permitted;
  if ((inheritable & ~mayInherit) !== 0n || (inheritable & ~(old.inheritable | old.bounding)) !== 0n) return EPERM;
  if ((permitted & ~old.permitted) !== 0n || (effective & ~permitted) !== 0n) return EPERM;
  return commit(task, old.with({ effective, permitted, inheritable, ambient: old.ambient & permitted & inheritable }));
}

export const calls = [
  syscall(90, "capget", [pointer, pointer], capget),
  syscall(91, "capset", [pointer, pointer], capset),
  syscall(143, "setregid", [id, id], setregid),
  syscall(144, "setgid", [id], setgid),
  syscall(145, "setreuid", [id, id], setreuid),
  syscall(146, "setuid", [id], setuid),
  syscall(147, "setresuid", [id, id, id], setresuid),
  syscall(148, "getresuid", [pointer, pointer, pointer], (task, a, b, c) => write3(task, [task.credentials.uid, task.credentials.euid, task.credentials.suid], [a, b, c])),
  syscall(149, "setresgid", [id, id, id], setresgid),
  syscall(150, "getresgid", [pointer, pointer, pointer], (task, a, b, c) => write3(task, [task.credentials.gid, task.credentials.egid, task.credentials.sgid], [a, b, c])),
  syscall(151, "setfsuid", [id], setfsuid),
  syscall(152, "setfsgid", [id], setfsgid),
  syscall(158, "getgroups", [int, pointer], getgroups),
  syscall(159, "setgroups", [int, pointer], setgroups),
  syscall(174, "getuid", [], (task) => task.credentials.uid),
  syscall(175, "geteuid", [], (task) => task.credentials.euid),
  syscall(176, "getgid", [], (task) => task.credentials.gid),
  syscall(177, "getegid", [], (task) => task.credentials.egid),
];
