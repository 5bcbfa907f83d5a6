// Images on this computer: fetching, listing and removing them, and what fetching needs.
import { nodeImageHost } from "../host/node/image-host.js";
import * as images from "../system/images.js";
import { NestboxError } from "./errors.js";
import type { PullProgress } from "./options.js";

export type { Image } from "../system/images.js";
export { DEFAULT_IMAGE } from "../system/images.js";

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof images.ImageError) throw new NestboxError("ERR_IMAGE", error.message);
    throw error;
  }
}

/** Fetches what has changed since it was fetched last. Rejects with ERR_IMAGE. */
export function pull(ref: string, onProgress: (progress: PullProgress) => void): Promise<images.Image> {
  return explained(images.pull(ref, { host: nodeImageHost(), onProgress }));
}

export function listImages(): Promise<images.Image[]> {
  return explained(images.listImages({ host: nodeImageHost() }));
}

/** False where there was no such image. */
export function removeImage(ref: string): Promise<boolean> {
  return explained(images.removeImage(ref, { host: nodeImageHost() }));
}

/** What a pull of Debian packages would use. */
export async function debianSources(): Promise<{ mirrors: { url: string; origin: string }[]; keyrings: number }> {
  const host = nodeImageHost();
  const [mirrors, keyrings] = await Promise.all([host.debianMirrors(), host.debianKeyrings().catch(() => [])]);
  return { mirrors, keyrings: keyrings.length };
}

export const storeDirectory = (): string => nodeImageHost().store;

/** Bytes that the store takes on the disk. */
export async function storeBytes(): Promise<number> {
  const { files } = nodeImageHost();
  const blobs = `${storeDirectory()}/blobs/sha256`;
  let sum = 0;
  for (const name of await files.list(blobs)) sum += (await files.lstat(`${blobs}/${name}`))?.size ?? 0;
  return sum;
}
