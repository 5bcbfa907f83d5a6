// What a machine's thread takes from where it runs: the host and the ways to its images and directories.
import type { Host, HostDirectory, HostDisk } from "../host/interface.js";
import type { System } from "../system/system.js";
import type { MachineSettings, PullProgress } from "./options.js";

export interface OpenImage {
  readonly ref: string;
  /** SHA-256 of the disk; undefined where it is not known. */
  readonly digest: string | undefined;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly config: { readonly env: Readonly<Record<string, string>>; readonly workdir: string; readonly user: string };
  readonly disk: HostDisk;
}

export interface Platform {
  readonly host: Host;
  /** The instructions' interpreter as a WebAssembly module, where it was made beforehand. */
  interpreter(): Uint8Array | undefined;
  /** Fetches the image where it is not here yet. */
  openImage(ref: string | undefined, onProgress: (progress: PullProgress) => void): Promise<OpenImage>;
  openDirectory(path: string, readOnly: boolean): HostDirectory;
}

/** Makes a system of it, in this thread. Rejects with a NestboxError. */
export type OpenSystem = (platform: Platform, settings: MachineSettings, onProgress: (progress: PullProgress) => void) => Promise<System>;
