// /proc/PID/limits, oom_score, uid_map, cgroup, sched and other short files of a task (Linux: fs/proc/base.c).
import { CAP_SYS_NICE, CAP_SYS_RESOURCE } from "../../../abi/capability.js";
import { EACCES, EINVAL, EPERM, type Errno } from "../../../abi/errno.js";
import type { ByteString } from "../../bytestring.js";
import type { Cgroup } from "../../cgroups/cgroup.js";
import type { UserNamespace } from "../../namespaces/namespaces.js";
import { numberIn } from "../../namespaces/pid.js";
import { capable } from "../../task/credentials.js";
import { A0, A7, SP, readPc, readRegister } from "../../task/registers.js";
import type { Task } from "../../task/task.js";
import { mountsText } from "../../vfs/mount.js";
import type { About } from "../pseudo/row.js";
import { hasMemory } from "./access.js";
import { writtenInteger } from "./format.js";

/** By RLIMIT_*. */
const limitNames: readonly (readonly [ByteString, ByteString])[] = [
  ["Max cpu time", "seconds"], ["Max file size", "bytes"], ["Max data size", "bytes"], ["Max stack size", "bytes"], ["Max core file size", "bytes"],
  ["Max resident set", "bytes"], ["Max processes", "processes"], ["Max open files", "files"], ["Max locked memory", "bytes"], ["Max address space", "bytes"],
  ["Max file locks", "locks"], ["Max pending signals", "signals"], ["Max msgqueue size", "bytes"], ["Max nice priority", ""], ["Max realtime priority", ""],
  ["Max realtime timeout", "us"],
];

export function limits({ target: task }: About<Task>): ByteString {
  const column = (value: number): ByteString => (value === Infinity ? "unlimited" : String(value)).padEnd(21);
  const head = `${"Limit".padEnd(26)}${"Soft Limit".padEnd(21)}${"Hard Limit".padEnd(21)}${"Units".padEnd(10)}\n`;
  return head + limitNames.map(([name, unit], resource) => {
    const { soft, hard } = task.process.rlimits[resource];
    return `${name.padEnd(26)}${column(soft)}${column(hard)}${unit === "" ? "" : unit.padEnd(10)}\n`;
  }).join("");
}

/** As Linux proc_oom_score: from 0 to 1333, the part of memory it takes and what was added to it. */
export function oomScore({ target: task }: About<Task>): ByteString {
  const { oomScoreAdjust } = task.process;
  if (!hasMemory(task) || oomScoreAdjust === -1000) return "0\n";
  const { total } = task.kernel.frames;
  const pages = task.memory.anonymousPages + task.memory.filePages + task.memory.table.tables;
  const badness = pages + Math.trunc((oomScoreAdjust * total) / 1000);
  return `${Math.max(0, Math.trunc(((1000 + Math.trunc((badness * 1000) / total)) * 2) / 3))}\n`;
}

export const oomScoreAdjust = ({ target: task }: About<Task>): ByteString => `${task.process.oomScoreAdjust}\n`;

export function setOomScoreAdjust({ target: task, reader }: About<Task>, text: ByteString): Errno | undefined {
  const value = writtenInteger(text);
  if (value === undefined || value < -1000 || value > 1000) return EINVAL;
  if (value < task.process.oomScoreAdjust && !capable(reader, CAP_SYS_RESOURCE)) return EACCES;
  task.process.oomScoreAdjust = value;
  return undefined;
}

const TASK_COMM_LEN = 16;

export function setComm({ target: task, reader }: About<Task>, text: ByteString): Errno | undefined {
  if (reader.process !== task.process) return EINVAL;
  task.comm = text.split(/[\n\0]/, 1)[0].slice(0, TASK_COMM_LEN - 1);
  return undefined;
}

const mapText = (map: UserNamespace["uidMap"]): ByteString =>
  map.map(({ inside, outside, count }) => `${[inside, outside, count].map((n) => String(n).padStart(10)).join(" ")}\n`).join("");

export const uidMap = ({ target }: About<Task>): ByteString => mapText(target.namespaces.user.uidMap);
export const gidMap = ({ target }: About<Task>): ByteString => mapText(target.namespaces.user.gidMap);

/** A map is written once: that of the initial namespace is there from the beginning. */
export const refused = (): Errno => EPERM;

function cgroupPath(group: Cgroup, root: Cgroup): ByteString {
  const names: ByteString[] = [];
  for (let at: Cgroup | undefined = group; at !== undefined && at !== root && at.parent !== undefined; at = at.parent) names.unshift(at.name);
  return `/${names.join("/")}`;
}

export const cgroup = ({ target, reader }: About<Task>): ByteString => `0::${cgroupPath(target.cgroup, reader.namespaces.cgroup.root)}\n`;

/** "device SOURCE mounted on PLACE with fstype TYPE". */
export function mountStats({ target: task }: About<Task>): ByteString {
  return mountsText(task.namespaces.mnt, task.fs.root).split("\n").filter((line) => line !== "").map((line) => {
    const [source, place, type] = line.split(" ");
    return `device ${source} mounted on ${place} with fstype ${type}\n`;
  }).join("");
}

/** The call that it is in: number, six arguments, stack pointer, program counter. */
export function syscallText({ target: task }: About<Task>): ByteString {
  if (task.state === "runnable") return "running\n";
  const hex = (value: number): ByteString => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
  const where = `${hex(readRegister(task, SP))} ${hex(readPc(task))}\n`;
  if (!task.calling) return `-1 ${where}`;
  const given = Array.from({ length: 6 }, (_, i) => hex(readRegister(task, A0 + i)));
  return `${readRegister(task, A7)} ${given.join(" ")} ${where}`;
}

/** The part of Linux's that is known here. */
export function sched({ target: task, fs }: About<Task>): ByteString {
  task.kernel.scheduler.settle();
  const line = (name: ByteString, value: number | ByteString): ByteString => `${name.padEnd(45)}:${String(value).padStart(21)}\n`;
  const runMs = (task.userNs + task.systemNs) / 1e6;
  const title = `${task.comm} (${numberIn(fs.pid, task.tid)}, #threads: ${task.process.threads.size})\n`;
  return [
    title, `${"-".repeat(67)}\n`, line("se.sum_exec_runtime", runMs.toFixed(6)), line("nr_switches", task.voluntarySwitches + task.involuntarySwitches),
    line("nr_voluntary_switches", task.voluntarySwitches), line("nr_involuntary_switches", task.involuntarySwitches), line("policy", task.policy),
    line("prio", task.realtimePriority > 0 ? 99 - task.realtimePriority : 120 + task.nice),
  ].join("");
}

export function setTimerSlack({ target: task, reader }: About<Task>, text: ByteString): Errno | undefined {
  const value = writtenInteger(text);
  if (value === undefined || value < 0) return EINVAL;
  if (task !== reader && !capable(reader, CAP_SYS_NICE)) return EPERM;
  task.timerSlackNs = value === 0 ? 50_000 : value;
  return undefined;
}

export function children({ target: task, fs }: About<Task>): ByteString {
  if (task !== task.process.leader) return "";
  return [...task.process.children].map((child) => numberIn(fs.pid, child.pid)).filter((pid) => pid > 0).map((pid) => `${pid} `).join("");
}
