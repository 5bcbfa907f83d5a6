// The built command, run as a person runs it.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";

const root = path.join(import.meta.dirname, "../../../..");
export const program = path.join(root, "dist/cli.js");
if (!existsSync(program)) throw new Error("dist/cli.js is not there: npm run build makes it");

export interface Outcome {
  stdout: string;
  stderr: string;
  status: number | null;
}

export function nestbox(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {}): Outcome {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8", input: options.input ?? "", env: { ...process.env, ...options.env }, cwd: options.cwd, timeout: 120_000, maxBuffer: 64 << 20,
  });
  return { stdout, stderr, status };
}

/** Through a shell, where `nestbox` is the command. */
export function shell(script: string): Outcome {
  const { stdout, stderr, status } = spawnSync("bash", ["-c", `nestbox() { "${process.execPath}" "${program}" "$@"; }\n${script}`], { encoding: "utf8", timeout: 120_000 });
  return { stdout, stderr, status };
}

export function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "pipe"] });
}

export type Step = { expect: string } | { send: string } | { resize: [number, number] } | { signal: NodeJS.Signals } | { hangUp: true };

/** On a pseudo-terminal of 24 rows and 80 columns. */
export async function onTerminal(args: readonly string[], steps: readonly Step[]): Promise<{ output: string; status: number; missing: string | null; raw: boolean }> {
  const task = { command: [process.execPath, program, ...args], rows: 24, columns: 80, steps };
  const driver = spawn("python3", [path.join(import.meta.dirname, "terminal.py")], { stdio: ["pipe", "pipe", "inherit"] });
  driver.stdin.end(JSON.stringify(task));
  const [stdout] = await Promise.all([text(driver.stdout), once(driver, "close")]);
  if (stdout === "") throw new Error("the terminal's driver failed");
  return JSON.parse(stdout) as Awaited<ReturnType<typeof onTerminal>>;
}
