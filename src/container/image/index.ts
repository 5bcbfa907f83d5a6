// Images, as the rest of the project sees them: resolve a reference to a disk, pull, list, remove.

import { ImageError, isFull, messageOf } from "./error.js";
import type { ImageHost } from "../../host/interface/images.js";
import type { OnProgress } from "./progress.js";
import { Store, type ImageConfig, type ImageRecord, type PackageRecord } from "./store.js";

export { ImageError } from "./error.js";
export type { ImageHost } from "../../host/interface/images.js";
export type { OnProgress, Progress } from "./progress.js";
export type { ImageConfig, PackageRecord } from "./store.js";

/** The layout of disks and records that this version writes. */
const FORMAT = 1;

export const DEFAULT_IMAGE = "deb:busybox-static";

export interface Image {
  ref: string;
  /** Host path of the disk, an EROFS file system. */
  diskPath: string;
  /** SHA-256 of the disk. */
  digest: string;
  /** Bytes of the disk. */
  size: number;
  /** ISO 8601. */
  created: string;
  packages: PackageRecord[];
  config: ImageConfig;
}

export interface ImageEnvironment {
  host: ImageHost;
  onProgress?: OnProgress;
}

type Reference = { kind: "deb"; ref: string; names: string[] } | { kind: "dir"; ref: string; path: string };

/** The image of a reference; pulled where it isn't in the store. An image that is there costs one small file read. */
export async function resolveImage(ref: string, env: ImageEnvironment): Promise<Image> {
  const store = new Store(env.host);
  const reference = parseReference(ref);
  if (reference.kind === "dir") return resolveDirectory(store, reference, env, false);
  return (await present(store, reference.ref)) ?? pullPackages(store, reference, env);
}

/** Fetches an image anew, as far as something has changed. */
export async function pull(ref: string, env: ImageEnvironment): Promise<Image> {
  const store = new Store(env.host);
  const reference = parseReference(ref);
  return reference.kind === "dir" ? resolveDirectory(store, reference, env, true) : pullPackages(store, reference, env);
}

export async function listImages(env: ImageEnvironment): Promise<Image[]> {
  const store = new Store(env.host);
  const images: Image[] = [];
  for (const record of await store.records()) {
    if (await usable(store, record)) images.push(toImage(store, record));
  }
  return images.sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

/** Removes the image and all blobs that no other image uses; false where there was no such image. */
export async function removeImage(ref: string, env: ImageEnvironment): Promise<boolean> {
  const store = new Store(env.host);
  const reference = parseReference(ref);
  const key = reference.kind === "dir" ? `dir:${await env.host.files.realPath(reference.path).catch(() => reference.path)}` : reference.ref;
  if (!(await store.record(key))) return false;
  await store.removeRecord(key);
  await store.collect();
  return true;
}

/** The packages' order doesn't matter, so equal sets are one image. */
export function parseReference(ref: string): Reference {
  if (ref.startsWith("deb:")) {
    const names = [...new Set(ref.slice(4).split(",").map((name) => name.trim()).filter(Boolean))].sort();
    const bad = names.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
    if (names.length === 0 || bad !== undefined) {
      throw new ImageError(`"${ref}" names ${bad === undefined ? "no package" : `"${bad}", which is no name of a Debian package`}: write it as deb:bash,coreutils`);
    }
    return { kind: "deb", ref: `deb:${names.join(",")}`, names };
  }
  if (ref.startsWith("dir:")) {
    const path = ref.slice(4).replace(/(.)\/+$/, "$1");
    if (path === "") throw new ImageError(`"${ref}" names no directory: write it as dir:PATH`);
    return { kind: "dir", ref, path };
  }
  throw new ImageError(`the image "${ref}" is unknown, and images from registries can't be had yet: write deb:PACKAGE,PACKAGE… for Debian packages ` +
    "(such as deb:bash,coreutils), or dir:PATH for a directory");
}

async function present(store: Store, ref: string): Promise<Image | undefined> {
  const record = await store.record(ref);
  return record && (await usable(store, record)) ? toImage(store, record) : undefined;
}

async function usable(store: Store, record: ImageRecord): Promise<boolean> {
  return record.format === FORMAT && store.hasBlob(record.disk, record.size);
}

async function pullPackages(store: Store, reference: Reference & { kind: "deb" }, env: ImageEnvironment): Promise<Image> {
  const { pullDebian } = await import("./debian.js");
  await store.sweepTemporaries();
  return collecting(store, async () => {
    const pulled = await pullDebian(store, reference.names, env.onProgress ?? (() => undefined));
    return keep(store, reference, pulled);
  });
}

async function resolveDirectory(store: Store, reference: Reference & { kind: "dir" }, env: ImageEnvironment, anew: boolean): Promise<Image> {
  const { copyDirectory, directoryManifest } = await import("./directory.js");
  const path = await env.host.files.realPath(reference.path).catch((error: unknown) => {
    throw new ImageError(`the directory of "${reference.ref}" can't be found (${messageOf(error)}): check its path`);
  });
  const ref = `dir:${path}`;
  const { found, digest: manifest } = await directoryManifest(store, path);
  const record = await store.record(ref);
  if (!anew && record?.manifest === manifest && (await usable(store, record))) return toImage(store, record);
  return collecting(store, async () => {
    const pulled = await copyDirectory(store, path, found, env.onProgress ?? (() => undefined));
    return keep(store, { kind: "dir", ref }, pulled, manifest);
  });
}

/** What a failed pull has fetched is kept for the next try, unless it fills the disk. */
async function collecting(store: Store, work: () => Promise<Image>): Promise<Image> {
  try {
    const image = await store.leased(work);
    await store.collect();
    return image;
  } catch (error) {
    if (isFull(error)) await store.collect().catch(() => undefined);
    throw error;
  }
}

async function keep(
  store: Store, { kind, ref }: { kind: ImageRecord["kind"]; ref: string }, pulled: { digest: string; size: number; packages: PackageRecord[]; config: ImageConfig },
  manifest?: string,
): Promise<Image> {
  const { digest, size, packages, config } = pulled;
  const created = new Date(store.host.nowMs()).toISOString();
  const record: ImageRecord = { format: FORMAT, ref, kind, packages, disk: digest, size, created, config, ...(manifest === undefined ? {} : { manifest }) };
  await store.writeRecord(record);
  return toImage(store, record);
}

function toImage(store: Store, { ref, disk, size, created, packages, config }: ImageRecord): Image {
  return { ref, diskPath: store.blobPath(disk), digest: disk, size, created, packages, config };
}
