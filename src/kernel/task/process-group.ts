// Process groups and sessions (credentials(7)): what job control works on.
import { savable } from "../save.js";
import type { Process } from "./process.js";

/** The terminal of a session, as far as processes know it; tty/ implements it. Savable. */
export interface ControllingTerminal {
  session: Session | undefined;
  foreground: ProcessGroup | undefined;
  /** Device number, for /proc/PID/stat. */
  readonly rdev: number;
  /** The session's leader ended: the foreground group gets SIGHUP and SIGCONT by the caller; here the terminal forgets the session. */
  disconnect(): void;
}

export class Session {
  /** The leader's pid in the initial pid namespace. */
  readonly id: number;
  leader: Process | undefined;
  terminal: ControllingTerminal | undefined;
  readonly groups = new Set<ProcessGroup>();

  constructor(id: number) {
    this.id = id;
  }
}

export class ProcessGroup {
  /** In the initial pid namespace. */
  readonly id: number;
  readonly session: Session;
  readonly members = new Set<Process>();

  constructor(id: number, session: Session) {
    this.id = id;
    this.session = session;
    session.groups.add(this);
  }

  /** No member has a parent in another group of the session (POSIX: orphaned). `without` counts as gone. */
  orphaned(without?: Process): boolean {
    for (const member of this.members) {
      const { parent } = member;
      if (member === without || member.ended || parent === undefined) continue;
      if (parent.group !== this && parent.group.session === this.session) return false;
    }
    return true;
  }
}

savable(Session, ProcessGroup);
