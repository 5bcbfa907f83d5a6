// Who may look into a process (ptrace(2), "Ptrace access mode checking").
import { CAP_SYS_PTRACE } from "../../../abi/capability.js";
import { EACCES, type Errno } from "../../../abi/errno.js";
import { capable } from "../../task/credentials.js";
import type { Task } from "../../task/task.js";
import type { About } from "../pseudo/row.js";

/** PTRACE_MODE_READ_FSCREDS, or with the real ids PTRACE_MODE_ATTACH_REALCREDS. */
export function mayLookInto(reader: Task, target: Task, asUid = reader.credentials.fsuid, asGid = reader.credentials.fsgid): boolean {
  if (reader.process === target.process) return true;
  const { uid, euid, suid, gid, egid, sgid, permitted } = target.credentials;
  const same = [uid, euid, suid].every((id) => id === asUid) && [gid, egid, sgid].every((id) => id === asGid);
  if (same && target.process.dumpable === 1 && (permitted & ~reader.credentials.permitted) === 0n) return true;
  return capable(reader, CAP_SYS_PTRACE, target.namespaces.user);
}

/** For rows whose content is the owner's own matter: EACCES for others. */
export const guarded = {
  mayOpen: ({ reader, target }: About<Task>): Errno | undefined => (mayLookInto(reader, target) ? undefined : EACCES),
};

/** Whether it still has memory: one that ended has none (Linux: task->mm). */
export const hasMemory = (task: Task): boolean => task.state !== "zombie" && task.state !== "dead";
