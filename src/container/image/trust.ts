// Decides which keys may sign Debian's release file: the host's Debian keyring, else keys that the mirror has and whose fingerprints stand here.

import { Deb } from "./deb.js";
import { download, gather } from "./download.js";
import { ImageError, messageOf } from "./error.js";
import { readIndex } from "./index-fetch.js";
import { parseRelease } from "./release.js";
import type { Store } from "./store.js";

/** Debian's archive keys that sign trixie, as ftp-master.debian.org/keys.html lists them. */
const FINGERPRINTS = [
  "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8", // archive automatic signing key, 12/bookworm
  "04B54C3CDCA79751B16BC6B5225629DF75B188BD", // archive automatic signing key, 13/trixie
  "41587F7DB8C774BCCF131416762F67A0B2C39DE4", // stable release key, 13/trixie
];
const KEYRING_PACKAGE = "debian-archive-keyring";
const KEYRING_LIMIT = 1 << 20;

export async function trustedKeyrings(store: Store, url: string, inRelease: Uint8Array): Promise<Uint8Array[]> {
  const own = await store.host.debianKeyrings();
  return own.length > 0 ? own : fetchPinned(store, url, inRelease);
}

/** Nothing is trusted on the way: only what has a fingerprint from above is kept, and the release file is then checked against that. */
async function fetchPinned(store: Store, url: string, inRelease: Uint8Array): Promise<Uint8Array[]> {
  const keys: Uint8Array[] = [];
  try {
    const release = parseRelease(new TextDecoder().decode(inRelease), store.host.nowMs(), url);
    const found = (await readIndex(store, { url, release }, () => undefined)).find(KEYRING_PACKAGE);
    if (!found) throw new Error(`the mirror has no package ${KEYRING_PACKAGE}`);
    const { filename, sha256, size } = found;
    await download(store, { urls: [`${url}/${filename}`], sha256, size, what: `the package ${KEYRING_PACKAGE}` }, () => undefined);
    const { readKeys } = await import("openpgp");
    for (const ring of await keyringsIn(store, sha256)) {
      for (const key of await readKeys({ binaryKeys: ring })) {
        if (FINGERPRINTS.includes(key.getFingerprint().toUpperCase())) keys.push(key.toPublic().write());
      }
    }
  } catch (error) {
    throw new ImageError(`this computer has no keyring of Debian's archive, and it could not be had from ${url} (${messageOf(error)}). ` +
      `Install the package ${KEYRING_PACKAGE}, or name a keyring file with NESTBOX_DEBIAN_KEYRING`);
  }
  if (keys.length > 0) return keys;
  throw new ImageError(`this computer has no keyring of Debian's archive, and ${url} has none with the fingerprints that nestbox knows. ` +
    `Install the package ${KEYRING_PACKAGE}, or name a keyring file with NESTBOX_DEBIAN_KEYRING`);
}

async function keyringsIn(store: Store, digest: string): Promise<Uint8Array[]> {
  const rings: Uint8Array[] = [];
  const deb = await Deb.open(store.host, store.blobPath(digest), `the package ${KEYRING_PACKAGE}`);
  try {
    for await (const entry of deb.data()) {
      if (entry.kind !== "file" || !/\/debian-archive-keyring\.(gpg|pgp)$/.test(entry.name)) continue;
      rings.push(await gather(entry.body, KEYRING_LIMIT));
    }
  } finally {
    await deb.close();
  }
  return rings;
}
