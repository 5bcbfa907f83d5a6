// The programs of the default image and the same files under QEMU, which leaves the terminal to the real Linux of this computer.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nestbox, program } from "../../../src/face/cli/testing/command.js";

const has = (command: string): boolean => spawnSync(command, ["-V"], { stdio: "ignore" }).error === undefined;
export const canDraw = has("tmux");
export const canCompare = canDraw && has("qemu-riscv64");

export const run = (...args: string[]): string[] => [process.execPath, program, "run", "-it", ...args];

/** A directory for each of both sides with the same files in it, and busybox as it is in the image. */
export class Bench {
  readonly root = mkdtempSync(path.join(tmpdir(), "nestbox-terminal-"));
  readonly busybox = path.join(this.root, "busybox");
  readonly ours = path.join(this.root, "ours");
  readonly theirs = path.join(this.root, "theirs");

  constructor() {
    for (const side of [this.ours, this.theirs]) mkdirSync(side);
    nestbox(["run", "-v", `${this.root}:/bench`, "--", "sh", "-c", "cat /bin/busybox > /bench/busybox; chmod 755 /bench/busybox"]);
    if (!existsSync(this.busybox)) throw new Error("busybox could not be taken out of the default image");
  }

  write(name: string, text: string): void {
    for (const side of [this.ours, this.theirs]) writeFileSync(path.join(side, name), text);
  }

  /** A shell command on both sides; `theirs` has busybox as $B. */
  script(command: (applet: string) => string): { ours: string[]; theirs: string[] } {
    return {
      ours: run("-v", `${this.ours}:/w`, "-w", "/w", "--", "sh", "-c", command("")),
      theirs: ["sh", "-c", `cd ${this.theirs}; ${command(`qemu-riscv64 ${this.busybox} `)}`],
    };
  }

  /** An interactive shell of busybox, without a history of its own. The prompt is that long because busybox 1.37 takes the terminal's answer ESC [1;3R for a key and eats what is typed next. */
  shell(): { ours: string[]; theirs: string[] } {
    const env = ["HISTFILE=/dev/null", "PS1=here$ "];
    return {
      ours: run(...env.flatMap((each) => ["-e", each]), "-w", "/root", "--", "sh"),
      theirs: ["env", "-i", "PATH=/usr/bin:/bin", "TERM=screen", "HOME=/root", ...env, "qemu-riscv64", "-0", "sh", this.busybox],
    };
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
