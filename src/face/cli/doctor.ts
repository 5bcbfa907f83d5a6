// `nestbox doctor`: what this computer offers, each with its remedy where something is missing.
import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { debianSources, storeBytes, storeDirectory } from "../../sdk/images.js";
import { shownBytes } from "../../sdk/here.js";
import type { Given } from "./arguments.js";
import { print, printJson } from "./say.js";

interface Check {
  readonly name: string;
  /** "failed": nothing works without it. "missing": something does not. */
  readonly state: "ok" | "missing" | "failed";
  readonly found: string;
  readonly remedy?: string;
}

const OLDEST_NODE = 20;

function node(): Check {
  const good = Number(process.versions.node.split(".")[0]) >= OLDEST_NODE;
  return { name: "Node", state: good ? "ok" : "failed", found: process.versions.node, ...(good ? {} : { remedy: `install Node ${OLDEST_NODE} or later` }) };
}

/** As hardware/memory.ts asks for it. */
function memory(): Check {
  for (const pages of [65536, 16384, 4096]) {
    try {
      new WebAssembly.Memory({ initial: pages, maximum: pages });
      const found = `${shownBytes(pages * 65536)} can be reserved`;
      return pages === 65536 ? { name: "memory", state: "ok", found } : { name: "memory", state: "missing", found, remedy: "machines get less than 4 GiB; raise ulimit -v" };
    } catch {
      // Less, then.
    }
  }
  return { name: "memory", state: "failed", found: "not even 256 MiB can be reserved", remedy: "raise ulimit -v" };
}

/** Modules of one function each that are valid only where the engine knows the feature. */
const features = {
  "bulk memory": [3, 2, 1, 0, 5, 3, 1, 0, 1, 10, 13, 1, 11, 0, 65, 0, 65, 0, 65, 0, 252, 11, 0, 11],
  "sign extension": [3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 192, 26, 11],
  "saturating conversion": [3, 2, 1, 0, 10, 12, 1, 10, 0, 67, 0, 0, 0, 0, 252, 0, 26, 11],
  "tail calls": [3, 2, 1, 0, 10, 6, 1, 4, 0, 18, 0, 11],
} as const;

function engine(): Check {
  const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0];
  const missing = Object.entries(features).filter(([, body]) => !WebAssembly.validate(Uint8Array.from([...header, ...body]))).map(([name]) => name);
  if (missing.length === 0) return { name: "WebAssembly", state: "ok", found: Object.keys(features).join(", ") };
  return { name: "WebAssembly", state: "failed", found: `without ${missing.join(", ")}`, remedy: `use Node ${OLDEST_NODE} or later without flags that turn it off` };
}

async function sources(): Promise<Check[]> {
  const { mirrors, keyrings } = await debianSources();
  return [
    mirrors.length > 0
      ? { name: "Debian mirror", state: "ok", found: `${mirrors[0].url} (from ${mirrors[0].origin})` }
      : { name: "Debian mirror", state: "missing", found: "none", remedy: "set NESTBOX_DEBIAN_MIRROR to the address of a Debian mirror" },
    { name: "Debian keys", state: "ok", found: keyrings > 0 ? `${keyrings} of this computer` : "the pinned fingerprints" },
  ];
}

async function store(): Promise<Check> {
  const directory = storeDirectory();
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
    return { name: "image store", state: "ok", found: `${directory}, ${shownBytes(await storeBytes())}` };
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return { name: "image store", state: "failed", found: `${directory} can't be written (${why})`, remedy: "set NESTBOX_STORE to a directory that can" };
  }
}

function terminal(): Check {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return { name: "terminal", state: "missing", found: "none here", remedy: "-t works where input and output are a terminal" };
  return { name: "terminal", state: "ok", found: `${process.env["TERM"] ?? "without TERM"}, ${process.stdout.columns}x${process.stdout.rows}` };
}

export async function doctor(given: Given): Promise<number> {
  const checks = [node(), memory(), engine(), ...(await sources()), await store(), terminal()];
  if (given.has("json")) {
    printJson(checks);
  } else {
    const width = Math.max(...checks.map(({ name }) => name.length));
    for (const { name, state, found, remedy } of checks) print(`${state.padEnd(8)}${name.padEnd(width + 2)}${found}${remedy === undefined ? "" : `: ${remedy}`}\n`);
  }
  return checks.some(({ state }) => state === "failed") ? 1 : 0;
}
