// The files of /proc/PID and /proc/PID/task/TID (Linux: tgid_base_stuff and tid_base_stuff of fs/proc/base.c).
import { type ByteString } from "../../bytestring.js";
import { numberIn, taskByNumber } from "../../namespaces/pid.js";
import type { Task } from "../../task/task.js";
import { mountInfoText, mountsText } from "../../vfs/mount.js";
import { type DirectoryRow, type FileRow, type Row, directory, file, wireRows } from "../pseudo/row.js";
import { guarded, hasMemory } from "./access.js";
import { netDirectory } from "./net.js";
import * as limits from "./task-limits.js";
import { fileDirectories, namespaceDirectory, placeLinks } from "./task-links.js";
import { maps, smaps, smapsRollup } from "./task-maps.js";
import { processIoText, threadIoText } from "./task-io.js";
import { auxv, cmdline, environ, readMemory, writeMemory } from "./task-memory.js";
import { processStat, statm, threadStat } from "./task-stat.js";
import { status } from "./task-status.js";
import { wchan } from "./wchan.js";

const secret = { mode: 0o400, ...guarded } as const;

const memoryFile: FileRow<Task> = { kind: "file", name: "mem", mode: 0o600, ...guarded, readAt: readMemory, writeAt: writeMemory };

/** In both. */
const common: readonly Row<Task>[] = [
  ...fileDirectories,
  namespaceDirectory,
  netDirectory,
  ...placeLinks,
  file<Task>("environ", environ, secret),
  file<Task>("auxv", auxv, secret),
  file<Task>("status", status),
  file<Task>("personality", ({ target }) => `${target.process.personality.toString(16).padStart(8, "0")}\n`, secret),
  file<Task>("limits", limits.limits),
  file<Task>("sched", limits.sched),
  file<Task>("comm", ({ target }) => `${target.comm}\n`, { mode: 0o644, write: limits.setComm }),
  file<Task>("syscall", limits.syscallText, secret),
  file<Task>("cmdline", cmdline),
  file<Task>("statm", statm),
  file<Task>("maps", maps, guarded),
  memoryFile,
  file<Task>("mounts", ({ target }) => (hasMemory(target) ? mountsText(target.namespaces.mnt, target.fs.root) : "")),
  file<Task>("mountinfo", ({ target }) => (hasMemory(target) ? mountInfoText(target.namespaces.mnt, target.fs.root) : "")),
  file<Task>("smaps", smaps, guarded),
  file<Task>("smaps_rollup", smapsRollup, guarded),
  file<Task>("wchan", wchan),
  file<Task>("cgroup", limits.cgroup),
  file<Task>("oom_score", limits.oomScore),
  file<Task>("oom_score_adj", limits.oomScoreAdjust, { mode: 0o644, write: limits.setOomScoreAdjust }),
  file<Task>("loginuid", () => "4294967295", { mode: 0o644 }),
  file<Task>("sessionid", () => "4294967295"),
  file<Task>("uid_map", limits.uidMap, { mode: 0o644, write: limits.refused }),
  file<Task>("gid_map", limits.gidMap, { mode: 0o644, write: limits.refused }),
  file<Task>("projid_map", limits.gidMap, { mode: 0o644, write: limits.refused }),
  file<Task>("setgroups", () => "allow\n", { mode: 0o644, write: limits.refused }),
];

export const threadDirectory: DirectoryRow<Task> = wireRows("proc", directory<Task>("TID", [
  ...common,
  file<Task>("stat", threadStat),
  file<Task>("children", limits.children),
  file<Task>("io", threadIoText, secret),
]));

const threads: DirectoryRow<Task> = directory<Task>("task", [], {
  linksNow: (task) => 2 + threadsOf(task).size,
  entries: {
    *names({ target, fs }) {
      for (const thread of threadsOf(target)) yield String(numberIn(fs.pid, thread.tid));
    },
    find({ target, fs }, name) {
      const task = taskNamed(fs.pid, name);
      return task?.process === target.process ? { row: threadDirectory, target: task } : undefined;
    },
  },
});

/** A leader that ended before the others is there too. */
function threadsOf({ process }: Task): Set<Task> {
  return new Set([process.leader, ...process.threads]);
}

/** The task that a decimal number names. */
export function taskNamed(namespace: Parameters<typeof taskByNumber>[0], name: ByteString): Task | undefined {
  return /^[1-9]\d{0,9}$/.test(name) ? taskByNumber(namespace, Number(name)) : undefined;
}

export const processDirectory: DirectoryRow<Task> = wireRows("proc", directory<Task>("PID", [
  threads,
  ...common,
  file<Task>("stat", processStat),
  file<Task>("mountstats", limits.mountStats, secret),
  file<Task>("io", processIoText, secret),
  // What a core dump would hold (core(5)); none is written.
  file<Task>("coredump_filter", () => "00000033\n", { mode: 0o644, write: limits.refused }),
  file<Task>("timerslack_ns", ({ target }) => `${target.timerSlackNs}\n`, { mode: 0o666, write: limits.setTimerSlack }),
]));
