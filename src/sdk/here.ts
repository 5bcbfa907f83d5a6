// A machine in the thread that asks for it, for programs that do nothing else meanwhile: the command line.
import { nodeHost } from "../host/node/host.js";
import type { System } from "../system/system.js";
import { openSystem } from "./local.js";
import { nodePlatform } from "./node-platform.js";
import { machineSettings, type MachineOptions } from "./options.js";

export { openStandardInput } from "../host/node/input.js";
export { openOutput } from "../host/node/output.js";
export { shownBytes } from "../system/inspection.js";
export { signalNumber } from "../system/signals.js";
export { FileError, NotYet, StartError, type Box, type Ending, type Happening, type RunningProgram, type System } from "../system/system.js";
export { NestboxError } from "./errors.js";
export type { MachineOptions, PullProgress } from "./options.js";

/** Of this computer, for those who tell how long something took or wait for something. */
export const { clock, timer } = nodeHost();

/** Fetches the image where it is not here yet. Rejects with NestboxError. */
export function openHere(options: MachineOptions): Promise<System> {
  return openSystem(nodePlatform(), machineSettings(options), options.onProgress ?? (() => undefined));
}
