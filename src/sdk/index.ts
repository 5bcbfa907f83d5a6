// The published interface, in Node: run a program, or boot a machine and work with it. The machine has its own thread.
import { nodeHost } from "../host/node/host.js";
import { startWorker } from "../host/node/worker.js";
import { Machine } from "./machine.js";
import type { MachineOptions, RunOptions, RunResult } from "./options.js";

export { NestboxError, type NestboxErrorCode } from "./errors.js";
export type {
  ExitStatus, MachineOptions, MountOption, ProgramOptions, PullProgress, RunOptions, RunProgramOptions, RunResult, SpawnOptions,
} from "./options.js";
export type { FileStat, Machine } from "./machine.js";
export type { Process } from "./process.js";
export type { Box, Happening } from "../system/system.js";

/**
 * Boots a machine in a thread of its own. Fetches the image first where it is not here yet.
 * Rejects with NestboxError (ERR_OPTION, ERR_IMAGE, ERR_NOT_YET) or the reason of `options.signal`.
 *
 * ```ts
 * const machine = await boot({ image: "deb:bash,coreutils" });
 * const { stdout } = await machine.run("uname", ["-a"]);
 * await machine.stop();
 * ```
 */
export function boot(options: MachineOptions = {}): Promise<Machine> {
  return Machine.boot(() => startWorker(new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url)), nodeHost().timer, options);
}

/**
 * Boots a machine, runs one program in it to its end and stops the machine. A program that ends with another code than 0,
 * or is killed, is a result and no error. Rejects as `boot` and `Machine.run` do.
 */
export function run(program: string, args: readonly string[], options: RunOptions & { encoding: "bytes" }): Promise<RunResult<Uint8Array>>;
export function run(program: string, args?: readonly string[], options?: RunOptions): Promise<RunResult>;
export async function run(program: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult | RunResult<Uint8Array>> {
  const machine = await boot(options);
  try {
    return await machine.run(program, args, options);
  } finally {
    await machine.stop();
  }
}
