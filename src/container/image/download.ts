// Fetches a file of known hash and size into the store, going on where a transfer was cut off.

import { ImageError, isLocal, messageOf } from "./error.js";
import type { Hasher, HttpReply, ImageHost, NewFile } from "../../host/interface/images.js";
import type { Store } from "./store.js";

const ATTEMPTS = 5;

export interface Wanted {
  /** Tried in order where one is not found. */
  urls: string[];
  sha256: string;
  size: number;
  /** For messages. */
  what: string;
}

/** Puts the file into the store unless it is there. `onBytes` hears the growth, negative where a transfer starts over. */
export async function download(store: Store, wanted: Wanted, onBytes: (bytes: number) => void): Promise<void> {
  if (await store.hasBlob(wanted.sha256, wanted.size)) return onBytes(wanted.size);
  await store.place(async (file) => {
    const got = await transfer(store.host, wanted, file, onBytes);
    if (got !== wanted.sha256) {
      throw new ImageError(`${wanted.what} is not what the mirror's signed index says: SHA-256 is ${got} instead of ${wanted.sha256}. ` +
        `Nothing was kept. Try again later, or choose another mirror with NESTBOX_DEBIAN_MIRROR`);
    }
    return { path: store.blobPath(wanted.sha256) };
  });
}

async function transfer(host: ImageHost, wanted: Wanted, file: NewFile, onBytes: (bytes: number) => void): Promise<string> {
  let hash = host.sha256();
  let at = 0;
  let url = 0;
  const startOver = async (): Promise<void> => {
    onBytes(-at);
    at = 0;
    hash = host.sha256();
    await file.truncate(0);
  };
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await host.sleep(100 * 4 ** (attempt - 1));
    try {
      const headers: Record<string, string> = at > 0 ? { range: `bytes=${at}-` } : {};
      const reply = await host.get(wanted.urls[url], headers);
      if (reply.status === 404 && url + 1 < wanted.urls.length) {
        reply.abandon();
        url++;
        attempt--;
        continue;
      }
      refuse(reply, wanted, wanted.urls[url]);
      if (at > 0 && !continuesAt(reply, at)) {
        await startOver();
        if (reply.status !== 200) {
          reply.abandon();
          continue;
        }
      }
      at = await receive(reply, wanted, file, hash, at, (bytes) => {
        at += bytes;
        onBytes(bytes);
      });
      if (at === wanted.size) return hash.hex();
      failure = new Error(`it ended after ${at} of ${wanted.size} bytes`);
    } catch (error) {
      if (error instanceof ImageError || isLocal(error)) throw error;
      failure = error;
    }
  }
  throw new ImageError(`${wanted.what} could not be fetched from ${wanted.urls[url]}: ${messageOf(failure)} (tried ${ATTEMPTS} times). ` +
    `Check the network, or choose another mirror with NESTBOX_DEBIAN_MIRROR`);
}

async function receive(reply: HttpReply, wanted: Wanted, file: NewFile, hash: Hasher, from: number, grew: (bytes: number) => void): Promise<number> {
  let at = from;
  for await (const bytes of reply.body) {
    if (at + bytes.length > wanted.size) {
      reply.abandon();
      throw new ImageError(`${wanted.what} is longer than the ${wanted.size} bytes that the mirror's signed index says. ` +
        `Nothing was kept. Try again later, or choose another mirror with NESTBOX_DEBIAN_MIRROR`);
    }
    await file.write(at, bytes);
    hash.update(bytes);
    at += bytes.length;
    grew(bytes.length);
  }
  return at;
}

function continuesAt(reply: HttpReply, at: number): boolean {
  return reply.status === 206 && reply.headers["content-range"]?.startsWith(`bytes ${at}-`) === true;
}

/** What trying again can't mend is an error at once; a busy server's 5xx and 429 are not. */
function refuse(reply: HttpReply, wanted: Wanted, url: string): void {
  const { status } = reply;
  if (status === 200 || status === 206 || status === 416) return;
  reply.abandon();
  if (status >= 500 || status === 429 || status === 408) throw new Error(`the server answers ${status}`);
  throw new ImageError(httpProblem(status, wanted.what, url));
}

export function httpProblem(status: number, what: string, url: string): string {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return `${what}: the server refuses ${url} (${status}). Check the login in apt's auth.conf and apt's proxy settings`;
    case 404:
    case 410:
      return `${what}: the mirror has no ${url} (${status}). It may be in the middle of an update: try again later, ` +
        `or choose another mirror with NESTBOX_DEBIAN_MIRROR`;
    default:
      return `${what}: the server answers ${status} for ${url}. Choose another mirror with NESTBOX_DEBIAN_MIRROR`;
  }
}

/** A small file whose hash nobody says beforehand, in memory. */
export async function fetchSmall(host: ImageHost, url: string, what: string, limitBytes: number): Promise<Uint8Array> {
  let failure: unknown;
  for (let attempt = 0; attempt < 2; attempt++) {
    if (attempt > 0) await host.sleep(100 * 4 ** (attempt - 1));
    try {
      const reply = await host.get(url, {});
      refuse(reply, { urls: [url], what, size: 0, sha256: "" }, url);
      return await gather(reply.body, limitBytes);
    } catch (error) {
      if (error instanceof ImageError) throw error;
      failure = error;
    }
  }
  throw new ImageError(`${what} could not be fetched from ${url}: ${messageOf(failure)}. ` +
    `Check the network, or choose another mirror with NESTBOX_DEBIAN_MIRROR`);
}

export async function gather(source: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    length += part.length;
    if (length > limitBytes) throw new ImageError(`more than ${limitBytes} bytes came where a small file was expected`);
    parts.push(part);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
