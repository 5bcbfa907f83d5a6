// What qemu-riscv64 can judge: it answers a program's calls from this computer's own kernel, so little more than the processor is its own.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * It must not run `machine` and `credentials`: as root they would change names and users of this computer. `names`, `permissions`, `stats`, `files`,
 * `directories`, `limits` and `proc` would ask this computer's kernel and file systems. What the others look at is qemu's own invention and
 * differs from Linux (7.2: one more thread, handlers' masks, nanosleep restarted, no clone3, robust lists, execute-only pages or vDSO).
 */
export const JUDGED_BY_QEMU_USER = ["locks", "pipes", "sigframe"];

/** What it prints, ended as `under` ends it. Neither root's powers nor files of this computer are needed by what runs here. */
export function runInQemuUser(program: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "nestbox-qemu-user-"));
  return new Promise((resolve) => {
    execFile("qemu-riscv64", [program], { cwd: directory, env: {}, encoding: "latin1", timeout: 60_000 }, (error, stdout, stderr) => {
      rmSync(directory, { recursive: true });
      resolve(`${stdout}${stderr}ended: ${error ? error.signal ?? `code ${error.code}` : "exit 0"}\n`);
    });
  });
}
