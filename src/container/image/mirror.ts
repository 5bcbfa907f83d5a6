// Opens a Debian mirror: finds one that answers and checks its release file.

import { fetchSmall } from "./download.js";
import { ImageError } from "./error.js";
import type { Mirror } from "../../host/interface/images.js";
import { SUITE, type OpenMirror } from "./index-fetch.js";
import { verifyRelease } from "./release.js";
import type { Store } from "./store.js";
import { trustedKeyrings } from "./trust.js";

const RELEASE_LIMIT = 16 << 20;

/** The first mirror that answers; the first one's problem where none does. */
export async function openMirror(store: Store): Promise<OpenMirror> {
  const mirrors = await store.host.debianMirrors();
  if (mirrors.length === 0) {
    throw new ImageError("no Debian mirror is known here: set NESTBOX_DEBIAN_MIRROR to the address of one " +
      "(on a Debian machine it stands after URIs: in /etc/apt/sources.list.d, and debian.org/mirror/list has them all)");
  }
  let first: unknown;
  for (const mirror of mirrors) {
    try {
      return await openOne(store, mirror);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

async function openOne(store: Store, { url, origin }: Mirror): Promise<OpenMirror> {
  const { host } = store;
  if (!/^https?:\/\/[^/]/.test(url)) throw new ImageError(`"${url}" (from ${origin}) is not the address of a Debian mirror: it begins with http:// or https://`);
  const address = `${url}/dists/${SUITE}/InRelease`;
  const inRelease = await fetchSmall(host, address, `the Debian mirror's release file (mirror from ${origin})`, RELEASE_LIMIT);
  const release = await verifyRelease(inRelease, await trustedKeyrings(store, url, inRelease), host.nowMs(), address);
  if (release.codename !== SUITE) throw new ImageError(`${address} is of "${release.codename}" instead of ${SUITE}. Choose another mirror with NESTBOX_DEBIAN_MIRROR`);
  return { url, release };
}
