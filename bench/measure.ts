// Measuring whole commands from outside: real time, processor time and peak memory, several times, with the spread.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Sample {
  /** Milliseconds from start to end. */
  realMs: number;
  stdout: string;
}

/** Sorted copies make order statistics. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Runs a command once. Throws where it fails. */
export function once(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Sample {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env, maxBuffer: 2 ** 28 });
  const realMs = performance.now() - begun;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return { realMs, stdout };
}

/** Runs commands in turns, so that what disturbs one disturbs all. */
export function inTurns(runs: number, commands: readonly (() => Sample)[]): Sample[][] {
  const samples: Sample[][] = commands.map(() => []);
  for (let run = 0; run < runs; run++) commands.forEach((command, i) => samples[i].push(command()));
  return samples;
}

/** Resident memory in MiB of a command that idles, `afterMs` after its start; the command is then ended. */
export async function idleMemory(command: string, args: readonly string[], afterMs: number): Promise<number> {
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "inherit"] });
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  child.kill("SIGKILL");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** A directory that is gone when `use` is done. */
export function withDirectory<T>(use: (path: string) => T): T {
  const path = mkdtempSync(join(tmpdir(), "nestbox-bench-"));
  try {
    return use(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Compiles a program of bench/programs for riscv64, statically. */
export function compiled(name: string, into: string): string {
  const out = join(into, name);
  execFileSync("riscv64-linux-gnu-gcc", ["-O2", "-static", "-o", out, new URL(`programs/${name}.c`, import.meta.url).pathname]);
  return out;
}
