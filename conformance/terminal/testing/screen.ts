// A person's terminal window without the person: tmux draws what a command puts out, presses keys and tells what is to be seen.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const POLL_MS = 60;
/** So long the slowest machine may take for what a key sets off. */
const PATIENCE_MS = 40_000;
/** A key that changes nothing is believed after so long. */
const NOTHING_MS = 1500;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
let count = 0;

/** Text as typed, or the name of a key: "Enter", "C-c", "Up". */
export type Key = string;

export class Screen {
  private readonly socket = `nestbox-${process.pid}-${++count}`;

  constructor(command: readonly string[], columns = 80, rows = 24) {
    const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: "C.UTF-8" };
    delete env["TMUX"];
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    // The last screen stays when the command is gone.
    execFileSync("tmux", [...this.server, "-u", "start-server", ";", "set", "-g", "remain-on-exit", "on", ";", "set", "-g", "default-terminal", "screen", ";",
      "new-session", "-d", "-x", String(columns), "-y", String(rows), line], { env });
  }

  private get server(): string[] {
    return ["-L", this.socket, "-f", "/dev/null"];
  }

  private async tmux(...words: string[]): Promise<string> {
    return (await promisify(execFile)("tmux", [...this.server, ...words])).stdout;
  }

  async press(...keys: Key[]): Promise<void> {
    for (const key of keys) await this.tmux("send-keys", key);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** The lines, and below them where the cursor is. What tmux says about a command that has ended is left out. */
  async see(): Promise<string> {
    const [text, cursor] = [await this.tmux("capture-pane", "-p"), await this.tmux("display-message", "-p", "#{?pane_dead,ended #{pane_dead_status},cursor #{cursor_x} #{cursor_y}}")];
    return `${text.replace(/Pane is dead.*/, "").trimEnd()}\n${cursor.trim()}`;
  }

  /** Resolves with the screen once it shows that; rejects with the screen when it never does. */
  async shows(wanted: RegExp): Promise<string> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const seen = await this.see();
      if (wanted.test(seen)) return seen;
      if (Date.now() > until) throw new Error(`never shown: ${wanted}; the screen is\n${seen}`);
      await pause(POLL_MS);
    }
  }

  close(): void {
    execFileSync("tmux", [...this.server, "kill-server"]);
  }
}

/** Keys that are pressed, or another size of the window; and what has to be seen before the next keys make sense. */
export interface Act {
  readonly press?: readonly Key[];
  readonly resize?: readonly [columns: number, rows: number];
  readonly until?: RegExp;
}

/** What both terminals show after the same act, when they have come to rest: equal, if they ever are. */
async function after(act: Act, screens: readonly [Screen, Screen], plain: (screen: string) => string): Promise<[string, string]> {
  const look = async (): Promise<[string, string]> => [plain(await screens[0].see()), plain(await screens[1].see())];
  const before = await look();
  for (const screen of screens) {
    await screen.press(...(act.press ?? []));
    if (act.resize !== undefined) await screen.resize(...act.resize);
  }
  const begun = Date.now();
  let last = before;
  for (;;) {
    await pause(POLL_MS);
    const now = await look();
    const waited = Date.now() - begun;
    const rests = now[0] === last[0] && now[1] === last[1];
    const changed = now[0] !== before[0] && now[1] !== before[1];
    const asked = act.until === undefined ? changed || waited > NOTHING_MS : act.until.test(now[0]) && act.until.test(now[1]);
    if ((rests && now[0] === now[1] && asked) || waited > PATIENCE_MS) return now;
    last = now;
  }
}

/**
 * Does the same in both terminals and tells, act by act, what the one shows, with the first difference as the other's screen.
 * `plain` takes away what may differ.
 */
export async function alike(ours: readonly string[], theirs: readonly string[], acts: readonly Act[], plain = (screen: string): string => screen): Promise<{ ours: string; theirs: string; act: Act } | undefined> {
  const screens = [new Screen(ours), new Screen(theirs)] as const;
  try {
    for (const act of acts) {
      const [one, other] = await after(act, screens, plain);
      if (one !== other || act.until?.test(one) === false) return { ours: one, theirs: other, act };
    }
    return undefined;
  } finally {
    for (const screen of screens) screen.close();
  }
}
