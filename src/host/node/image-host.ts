// The host's side of images on Node: store directory, files, hashes and apt's settings behind one interface.

import { createRequire } from "node:module";
import { hostname, userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { ImageHost, Mirror } from "../interface/images.js";
import { storeFiles } from "./files-store.js";
import type { Route } from "./fetch.js";

const load = createRequire(import.meta.url);

type Environment = Record<string, string | undefined>;

/** What only a pull needs is loaded when it is first used: an image that is present resolves without it. */
export function nodeImageHost(env: Environment = process.env): ImageHost {
  let route: Promise<Route> | undefined;
  return {
    store: storeDirectory(env),
    files: storeFiles,
    owner: `${hostname().replaceAll(/[^\w-]/g, "-")}-${process.pid}`,
    alive,
    nowMs: () => Date.now(),
    sleep: (ms) => sleep(ms),
    sha256() {
      // Costs 4 ms, and an image that is there needs none.
      const { createHash } = load("node:crypto") as typeof import("node:crypto");
      const hash = createHash("sha256");
      return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
    },
    async *gunzip(source) {
      const [{ createGunzip }, { Readable }] = await Promise.all([import("node:zlib"), import("node:stream")]);
      const input = Readable.from(source, { objectMode: false });
      const output = createGunzip();
      input.on("error", (error) => output.destroy(error));
      yield* input.pipe(output);
    },
    async get(url, headers) {
      const { get } = await import("./fetch.js");
      route ??= aptRoute(env);
      return get(url, headers, await route);
    },
    async debianMirrors(): Promise<Mirror[]> {
      const own = env.NESTBOX_DEBIAN_MIRROR;
      if (own) return [{ url: own.replace(/\/+$/, ""), origin: "NESTBOX_DEBIAN_MIRROR" }];
      const apt = await import("./apt-sources.js");
      return apt.readAptMirrors(await apt.readAptConfiguration());
    },
    async debianKeyrings() {
      return (await import("./keyring.js")).readDebianKeyrings(env);
    },
  };
}

/** As the XDG base directory specification has it. */
export function storeDirectory(env: Environment): string {
  if (env.NESTBOX_STORE) return env.NESTBOX_STORE.replace(/(.)\/+$/, "$1");
  if (env.XDG_CACHE_HOME?.startsWith("/")) return `${env.XDG_CACHE_HOME}/nestbox`;
  return `${home(env)}/.cache/nestbox`;
}

/** An empty HOME is none, and a user without an entry in /etc/passwd has none. */
function home(env: Environment): string {
  try {
    return env.HOME || userInfo().homedir;
  } catch {
    throw new Error("there is no home directory to keep images in: choose a directory with NESTBOX_STORE");
  }
}

async function aptRoute(env: Environment): Promise<Route> {
  const apt = await import("./apt-sources.js");
  const settings = await apt.readAptConfiguration();
  const logins = await apt.readAptLogins(settings);
  return {
    proxy: (url) => apt.aptProxy(settings, env, url),
    login(url) {
      const found = apt.findLogin(logins, url);
      return found && `${found.login}:${found.password}`;
    },
  };
}

/** Another machine's process, on a shared store, can't be asked after. */
function alive(owner: string): boolean {
  const at = owner.lastIndexOf("-");
  if (owner.slice(0, at) !== hostname().replaceAll(/[^\w-]/g, "-")) return true;
  try {
    process.kill(Number(owner.slice(at + 1)), 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
