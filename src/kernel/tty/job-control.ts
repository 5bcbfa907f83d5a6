// Who may use a terminal: foreground and background groups, and how a terminal becomes a session's own (Linux tty_jobctrl.c).
import { EIO, EPERM, type Errno } from "../../abi/errno.js";
import { CAP_SYS_ADMIN } from "../../abi/capability.js";
import { SIGTTIN, SIG_IGN } from "../../abi/signal.js";
import { signalGroup } from "../ipc/signals.js";
import { capable } from "../task/credentials.js";
import type { Process } from "../task/process.js";
import { signalBit } from "../task/signal-queue.js";
import type { Task } from "../task/task.js";
import { Wait } from "../wait.js";
import type { Tty } from "./tty.js";

const isLeader = (process: Process): boolean => process.group.session.leader === process;

/**
 * A background process may not read, and with TOSTOP or for changes of mode not write: its group gets the signal and the
 * call begins anew once it is continued (__tty_check_change). undefined: go on.
 */
export function checkChange(task: Task, tty: Tty, signal: number): Errno | Wait | undefined {
  const { process } = task;
  const { group } = process;
  if (group.session.terminal !== tty || tty.foreground === undefined || tty.foreground === group) return undefined;
  const ignored = (task.blocked & signalBit(signal)) !== 0n || process.actions.get(signal).handler === SIG_IGN;
  if (ignored) return signal === SIGTTIN ? EIO : undefined;
  if (group.orphaned()) return EIO;
  signalGroup(group, signal);
  return new Wait([]);
}

/** The terminal becomes the controlling one of the leader's session, its group the foreground. */
export function setControllingTerminal(leader: Process, tty: Tty): void {
  const { session } = leader.group;
  session.terminal = tty;
  tty.session = session;
  tty.foreground = leader.group;
}

/** Opening it without O_NOCTTY, by a session leader that has none. */
export function claimByOpening(task: Task, tty: Tty): void {
  const { process } = task;
  if (isLeader(process) && process.group.session.terminal === undefined && tty.session === undefined) setControllingTerminal(process, tty);
}

/** TIOCSCTTY. */
export function claim(task: Task, tty: Tty, steal: boolean, readable: boolean): number | Errno {
  const { process } = task;
  const { session } = process.group;
  if (isLeader(process) && tty.session === session) return 0;
  if (!isLeader(process) || session.terminal !== undefined) return EPERM;
  const admin = capable(task, CAP_SYS_ADMIN);
  if (tty.session !== undefined) {
    if (!steal || !admin) return EPERM;
    tty.disconnect();
  }
  if (!readable && !admin) return EPERM;
  setControllingTerminal(process, tty);
  return 0;
}
