// A system in the thread that asks for it: settings and platform put together.
import { bareMetal } from "../system/bare-metal.js";
import type { System } from "../system/system.js";
import type { MachineSettings, PullProgress } from "./options.js";
import type { Platform } from "./platform.js";

/** Fetches the image where it is not here yet. Rejects with NestboxError. */
export async function openSystem(platform: Platform, settings: MachineSettings, onProgress: (progress: PullProgress) => void): Promise<System> {
  // What is wrong with a directory is told before anything is fetched.
  const mounts = settings.mounts.map(({ host, guest, readOnly }) => ({ directory: platform.openDirectory(host, readOnly), at: guest, source: host }));
  const image = await platform.openImage(settings.image, onProgress);
  const { memory, cpus, pidsLimit, hostname, readOnly } = settings;
  return bareMetal({ host: platform.host, interpreter: platform.interpreter(), image, memoryBytes: memory, cpus, pidsLimit, hostname, readOnly, mounts });
}
