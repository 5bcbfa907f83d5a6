// The published interface in a browser: the same machine, in a worker of the page.
import { browserHost, startWorker } from "../host/browser/host.js";
import { Machine } from "./machine.js";
import type { MachineOptions } from "./options.js";

export { NestboxError, type NestboxErrorCode } from "./errors.js";
export type { ExitStatus, MachineOptions, ProgramOptions, RunProgramOptions, RunResult, SpawnOptions } from "./options.js";
export type { FileStat, Machine } from "./machine.js";
export type { Process } from "./process.js";
export type { Box, Happening } from "../system/system.js";

/** Where the worker's file is served, if not beside this one. */
export interface BrowserOptions {
  worker?: URL | string;
}

/** Boots a machine from a disk whose address is `options.image`. Rejects with NestboxError. */
export function boot(options: MachineOptions & BrowserOptions & { image: string }): Promise<Machine> {
  const { worker = new URL("./browser-worker.js", import.meta.url) } = options;
  return Machine.boot(() => startWorker(worker), browserHost().timer, options);
}
