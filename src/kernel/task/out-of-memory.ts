// Who ends when memory is exhausted: the process that has most of it, not whoever asks next (Linux: mm/oom_kill.c).
import { SIGKILL } from "../../abi/signal.js";
import { signaledStatus } from "../../abi/wait.js";
import { FRAME_SIZE } from "../memory/frames.js";
import type { Process } from "./process.js";
import { endProcess } from "./signals.js";
import type { Task } from "./task.js";

const ERROR = 3;
const KB = FRAME_SIZE / 1024;
/** OOM_SCORE_ADJ_MIN: never chosen. */
const NEVER = -1000;

/** As Linux oom_badness, in pages; and besides what its open files hold, which a bomb of pipes would else keep while others end for it. */
function badness(process: Process, total: number): number {
  const { memory, files } = process.leader;
  let held = 0;
  for (const [, { file }] of files.entries()) held += file.heldFrames;
  return memory.anonymousPages + memory.filePages + memory.table.tables + held + Math.trunc((process.oomScoreAdjust * total) / 1000);
}

/** The process that ends. undefined: one is ending already, and what it has will be free. */
function choose(task: Task): Process | undefined {
  const { frames, initialNamespaces } = task.kernel;
  let worst = task.process;
  let most = -Infinity;
  for (const { process } of initialNamespaces.pid.tasks.values()) {
    if (process.ended || process.leader.memory.table.tables === 0) continue;
    if (process.exiting) {
      if (process !== task.process) return undefined;
      continue;
    }
    if (process.oomScoreAdjust === NEVER) continue;
    const points = badness(process, frames.total);
    if (points <= most) continue;
    most = points;
    worst = process;
  }
  return worst;
}

/** The task found no memory for what it can't do without. It tries again when others have had their turn. */
export function outOfMemory(task: Task): void {
  const { log, clock, scheduler, frames } = task.kernel;
  scheduler.yield();
  // Others may have ended since.
  if (!frames.short(task.cgroup)) return;
  const victim = choose(task);
  if (victim === undefined) return;
  const { memory, comm, credentials } = victim.leader;
  const now = clock.monotonicNs();
  log.add(`${task.comm} invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP), order=0, oom_score_adj=${task.process.oomScoreAdjust}`, now, ERROR + 1);
  log.add(
    `Out of memory: Killed process ${victim.pid} (${comm}) total-vm:${memory.totalPages * KB}kB, anon-rss:${memory.anonymousPages * KB}kB, file-rss:${memory.filePages * KB}kB, `
    + `shmem-rss:0kB, UID:${credentials.uid} pgtables:${memory.table.tables * KB}kB oom_score_adj:${victim.oomScoreAdjust}`, now, ERROR,
  );
  endProcess(victim, signaledStatus(SIGKILL));
}
