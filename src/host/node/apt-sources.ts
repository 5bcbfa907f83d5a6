// Which Debian mirror, proxy and login the host's apt is configured with.

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import type { Mirror } from "../interface/images.js";

/** apt's settings as `apt-config dump` prints them: names in lower case to values. */
export type AptConfiguration = Map<string, string>;

/** Empty where there is no apt. */
export async function readAptConfiguration(): Promise<AptConfiguration> {
  const dump = await new Promise<string>((resolve) => {
    execFile("apt-config", ["dump"], { timeout: 10_000, maxBuffer: 16 << 20 }, (_error, stdout) => resolve(stdout));
  });
  return parseAptConfiguration(dump);
}

export function parseAptConfiguration(dump: string): AptConfiguration {
  const settings: AptConfiguration = new Map();
  for (const [, name, value] of dump.matchAll(/^(\S+) "(.*)";$/gm)) settings.set(name.toLowerCase(), value);
  return settings;
}

/** The http(s) mirrors of the Debian archive in apt's sources, in the order in which apt reads them. */
export async function readAptMirrors(settings: AptConfiguration): Promise<Mirror[]> {
  const main = aptPath(settings, "dir::etc::sourcelist", "sources.list");
  const parts = aptPath(settings, "dir::etc::sourceparts", "sources.list.d");
  const files = [main, ...(await listFiles(parts)).filter((name) => /^[\w.-]+\.(list|sources)$/.test(name)).map((name) => `${parts}/${name}`)];
  const mirrors: Mirror[] = [];
  for (const file of files) {
    const text = await readText(file);
    for (const uri of file.endsWith(".sources") ? parseDeb822Sources(text) : parseOneLineSources(text)) {
      for (const url of await expandMirrorList(uri)) {
        if (!mirrors.some((known) => known.url === url)) mirrors.push({ url, origin: file });
      }
    }
  }
  return mirrors;
}

function aptPath(settings: AptConfiguration, key: string, fallback: string): string {
  const name = settings.get(key) || fallback;
  if (name.startsWith("/")) return name;
  const etc = settings.get("dir::etc") || "etc/apt";
  return etc.startsWith("/") ? `${etc}/${name}` : `${settings.get("dir") || "/"}${etc}/${name}`.replace(/\/\/+/g, "/");
}

/** URIs of Debian's archive in a `sources.list` (one-line format), see sources.list(5). */
export function parseOneLineSources(text: string): string[] {
  const uris: string[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (match && isDebianArchive(match[1], [match[2]], match[3].split(/\s+/))) uris.push(trimSlash(match[1]));
  }
  return uris;
}

/** URIs of Debian's archive in a `.sources` file (deb822 format), see sources.list(5). */
export function parseDeb822Sources(text: string): string[] {
  const uris: string[] = [];
  const unfolded = text.split("\n").filter((line) => !line.startsWith("#")).join("\n").replace(/\n[ \t]+/g, " ");
  for (const stanza of unfolded.split(/\n\s*\n/)) {
    const field = (name: string): string[] => new RegExp(`^${name}:(.*)$`, "im").exec(stanza)?.[1].trim().split(/\s+/) ?? [];
    if (["no", "false", "without", "off", "disable"].includes(field("Enabled")[0]?.toLowerCase() ?? "")) continue;
    if (!field("Types").includes("deb")) continue;
    for (const uri of field("URIs")) {
      if (isDebianArchive(uri, field("Suites"), field("Components"))) uris.push(trimSlash(uri));
    }
  }
  return uris;
}

const SUITES = /^(stable|oldstable|oldoldstable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)(-updates|-backports|-proposed-updates)?$/;

/** Other vendors' archives use other suites; the security and ports archives have no trixie for riscv64 of their own. */
function isDebianArchive(uri: string, suites: string[], components: string[]): boolean {
  return /^(https?:\/\/|mirror\+file:\/)/.test(uri) && components.includes("main") && suites.some((suite) => SUITES.test(suite)) &&
    !/debian-(security|ports)\/?$/.test(uri);
}

/** Debian's cloud images name a file of mirrors: `mirror+file:/etc/apt/mirrors/debian.list`, see apt-transport-mirror(1). */
async function expandMirrorList(uri: string): Promise<string[]> {
  if (!uri.startsWith("mirror+file:")) return [uri];
  const text = await readText(uri.slice("mirror+file:".length).replace(/^\/\/+/, "/"));
  return text.split("\n").map((line) => line.trim().split(/\s+/)[0]).filter((each) => /^https?:\/\//.test(each)).map(trimSlash);
}

/** The proxy for a URL, as apt chooses it: for the host, for the protocol, then the environment; undefined for a direct connection. */
export function aptProxy(settings: AptConfiguration, env: Record<string, string | undefined>, url: URL): string | undefined {
  const protocol = url.protocol.slice(0, -1);
  const configured = settings.get(`acquire::${protocol}::proxy::${url.hostname}`) || settings.get(`acquire::${protocol}::proxy`) ||
    (protocol === "https" ? settings.get("acquire::http::proxy") : undefined);
  if (configured) return ["direct", "false"].includes(configured.toLowerCase()) ? undefined : configured;
  const except = (env.no_proxy ?? env.NO_PROXY ?? "").split(",").map((each) => each.trim().replace(/^\*?\./, "")).filter(Boolean);
  if (except.some((each) => each === "*" || url.hostname === each || url.hostname.endsWith(`.${each}`))) return undefined;
  return (protocol === "https" ? env.https_proxy ?? env.HTTPS_PROXY : env.http_proxy) || undefined;
}

export interface Login {
  /** `https://` in front, or empty: without it, a login is for https only, see apt_auth.conf(5). */
  protocol: string;
  host: string;
  path: string;
  login: string;
  password: string;
}

export async function readAptLogins(settings: AptConfiguration): Promise<Login[]> {
  const parts = aptPath(settings, "dir::etc::netrcparts", "auth.conf.d");
  const files = [aptPath(settings, "dir::etc::netrc", "auth.conf"),
    ...(await listFiles(parts)).filter((name) => name.endsWith(".conf")).map((name) => `${parts}/${name}`)];
  const logins: Login[] = [];
  for (const file of files) logins.push(...parseAptLogins(await readText(file)));
  return logins;
}

/** The netrc-like format of apt_auth.conf(5). */
export function parseAptLogins(text: string): Login[] {
  const logins: Login[] = [];
  const words = text.replace(/^\s*#.*$/gm, "").split(/\s+/);
  let current: Login | undefined;
  for (let at = 0; at + 1 < words.length; at++) {
    if (words[at] === "machine") {
      const [, protocol, host, path] = /^([a-z+]+:\/\/)?([^/]+)(.*)$/.exec(words[++at]) ?? [];
      if (host === undefined) continue;
      current = { protocol: protocol ?? "", host, path, login: "", password: "" };
      logins.push(current);
    } else if (words[at] === "login" && current) current.login = words[++at];
    else if (words[at] === "password" && current) current.password = words[++at];
  }
  return logins;
}

export function findLogin(logins: Login[], url: URL): Login | undefined {
  return logins.find((each) => (each.host === url.host || each.host === url.hostname) && url.pathname.startsWith(each.path) &&
    (each.protocol === "" ? url.protocol === "https:" : each.protocol === `${url.protocol}//`));
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

async function listFiles(path: string): Promise<string[]> {
  return (await readdir(path).catch(() => [])).sort();
}
