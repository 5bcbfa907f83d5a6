// Debian's release file: its signature, its time of validity and the hashes that all else is checked against.

import { ImageError, messageOf } from "./error.js";

export interface Release {
  codename: string;
  /** Seconds since the epoch. */
  date: number;
  byHash: boolean;
  files: Map<string, { sha256: string; size: number }>;
}

const CLOCK_HINT = "Check this computer's clock";

/** Parses an `InRelease` after checking its cleartext signature against the keys and its dates against the clock. */
export async function verifyRelease(inRelease: Uint8Array, keyrings: Uint8Array[], nowMs: number, url: string): Promise<Release> {
  const text = await verifiedText(inRelease, keyrings, nowMs, url);
  return parseRelease(text, nowMs, url);
}

async function verifiedText(inRelease: Uint8Array, keyrings: Uint8Array[], nowMs: number, url: string): Promise<string> {
  const { readCleartextMessage, readKeys, verify } = await import("openpgp");
  const armored = new TextDecoder().decode(inRelease);
  if (!armored.includes("-----BEGIN PGP SIGNED MESSAGE-----")) {
    throw new ImageError(`${url} is not signed, so nothing from this mirror can be trusted. Choose another mirror with NESTBOX_DEBIAN_MIRROR`);
  }
  const verificationKeys = (await Promise.all(keyrings.map((ring) => isArmored(ring)
    ? readKeys({ armoredKeys: new TextDecoder().decode(ring) })
    : readKeys({ binaryKeys: ring })))).flat();
  let reason = "it is signed by nobody";
  try {
    const message = await readCleartextMessage({ cleartextMessage: armored });
    const result = await verify({ message, verificationKeys, date: new Date(nowMs) });
    for (const { verified, keyID } of result.signatures) {
      try {
        await verified;
        return result.data;
      } catch (error) {
        reason = `key ${keyID.toHex()}: ${messageOf(error)}`;
      }
    }
  } catch (error) {
    reason = messageOf(error);
  }
  throw new ImageError(`${url} has no good signature by a key of Debian's archive (${reason}). Update the package ` +
    "debian-archive-keyring, or choose another mirror with NESTBOX_DEBIAN_MIRROR");
}

function isArmored(ring: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(ring.subarray(0, 5)) === "-----";
}

export function parseRelease(text: string, nowMs: number, url: string): Release {
  const field = (name: string): string | undefined => new RegExp(`^${name}: *(.*)$`, "m").exec(text)?.[1].trim();
  const date = Date.parse(field("Date") ?? "");
  const until = field("Valid-Until");
  if (Number.isNaN(date)) throw new ImageError(`${url} has no readable Date. Choose another mirror with NESTBOX_DEBIAN_MIRROR`);
  if (until !== undefined && !(Date.parse(until) > nowMs)) {
    throw new ImageError(`${url} has expired: it was valid until ${until}. The mirror is out of date: choose another with ` +
      `NESTBOX_DEBIAN_MIRROR. ${CLOCK_HINT}, too`);
  }
  // As apt: ten seconds of difference between clocks are forgiven.
  if (date > nowMs + 10_000) throw new ImageError(`${url} is from the future (${field("Date")}). ${CLOCK_HINT}`);
  return { codename: field("Codename") ?? "", date: date / 1000, byHash: field("Acquire-By-Hash") === "yes", files: parseHashes(text) };
}

function parseHashes(text: string): Release["files"] {
  const files: Release["files"] = new Map();
  const section = /^SHA256:\s*\n((?: .*(?:\n|$))*)/m.exec(text)?.[1] ?? "";
  for (const [, sha256, size, name] of section.matchAll(/^ ([0-9a-f]{64}) +(\d+) +(\S+)/gm)) files.set(name, { sha256, size: Number(size) });
  return files;
}
