// Fetches the index of a Debian suite's packages and keeps it condensed.

import { decompress, section } from "./decompress.js";
import { download } from "./download.js";
import { ImageError } from "./error.js";
import { condense, PackagesIndex } from "./packages-index.js";
import type { OnProgress } from "./progress.js";
import type { Release } from "./release.js";
import type { Store } from "./store.js";

/** Whatever the host's own suite is. */
export const SUITE = "trixie";
const ARCHITECTURE = "riscv64";

export interface OpenMirror {
  url: string;
  release: Release;
}

/** The index of the suite's main component, read once for each version of it. */
export async function readIndex(store: Store, { url, release }: OpenMirror, onProgress: OnProgress): Promise<PackagesIndex> {
  const found = indexFile(release);
  if (!found) throw new ImageError(`${url} has no packages for ${ARCHITECTURE}. Choose another mirror with NESTBOX_DEBIAN_MIRROR`);
  const { name, sha256, size } = found;
  const path = store.indexPath(`${SUITE}-${ARCHITECTURE}-${sha256}.tsv`);
  const { files } = store.host;
  const known = await files.readFile(path).catch(() => undefined);
  if (known) return new PackagesIndex(new TextDecoder().decode(known));
  const base = `${url}/dists/${SUITE}`;
  const byHash = `${base}/${name.slice(0, name.lastIndexOf("/"))}/by-hash/SHA256/${sha256}`;
  let done = 0;
  await download(store, { urls: release.byHash ? [byHash, `${base}/${name}`] : [`${base}/${name}`], sha256, size, what: "the index of packages" }, (bytes) => {
    done += bytes;
    onProgress({ stage: "index", what: ["Packages"], done, total: size });
  });
  const blob = await files.open(store.blobPath(sha256));
  let condensed: string;
  try {
    condensed = await condense(decompress(store.host, name, section(blob, 0, size)));
  } finally {
    await blob.close();
  }
  await store.placeBytes(path, new TextEncoder().encode(condensed));
  await removeOthers(store, path);
  return new PackagesIndex(condensed);
}

function indexFile(release: Release): { name: string; sha256: string; size: number } | undefined {
  for (const ending of [".xz", ".gz", ""]) {
    const name = `main/binary-${ARCHITECTURE}/Packages${ending}`;
    const file = release.files.get(name);
    if (file) return { name, ...file };
  }
  return undefined;
}

async function removeOthers(store: Store, path: string): Promise<void> {
  for (const name of await store.host.files.list(store.indexPath(""))) {
    const other = store.indexPath(name);
    if (other !== path) await store.host.files.remove(other);
  }
}
