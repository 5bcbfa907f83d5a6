// Where the keys of Debian's archive are found on the host.

import { readdir, readFile } from "node:fs/promises";

const DIRECTORY = "/usr/share/keyrings";

/** The files' contents, binary or armored; empty where the host has no Debian keyring. */
export async function readDebianKeyrings(env: Record<string, string | undefined>): Promise<Uint8Array[]> {
  if (env.NESTBOX_DEBIAN_KEYRING) return [await readFile(env.NESTBOX_DEBIAN_KEYRING)];
  const names = (await readdir(DIRECTORY).catch(() => [])).filter((name) =>
    /^debian-archive-.*\.(gpg|pgp|asc)$/.test(name) && !name.includes("removed"));
  // The whole ring, where there is one, holds what the single files hold.
  const whole = names.find((name) => name.startsWith("debian-archive-keyring."));
  return Promise.all((whole ? [whole] : names.sort()).map((name) => readFile(`${DIRECTORY}/${name}`)));
}
