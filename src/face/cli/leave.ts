// How the command ends: with a status, or as a hang-up ends other programs.
import { fstatSync } from "node:fs";
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);
/** Device majors of Linux's terminals: consoles and serial lines, and pseudo-terminals. */
const isTerminalMajor = (major: number): boolean => major === 4 || (major >= 136 && major <= 143);

/** A terminal that this process was given and that is one no more. */
function hungUp(): boolean {
  return process.platform === "linux" && [0, 1, 2].some((fd) => {
    try {
      return isTerminalMajor((fstatSync(fd).rdev >> 8) & 0xfff) && !(load("node:tty") as typeof import("node:tty")).isatty(fd);
    } catch {
      // A descriptor that was closed.
      return false;
    }
  });
}

export function leave(status: number): never {
  // Node 20 restores the modes of its terminals when it exits, and aborts where one has hung up (assertion in ResetStdio).
  if (hungUp()) {
    process.removeAllListeners("SIGHUP");
    process.kill(process.pid, "SIGHUP");
  }
  process.exit(status);
}
