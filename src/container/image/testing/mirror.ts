// A small Debian mirror for tests: makes packages, an index and a signed release, and serves them on the loopback with faults on demand.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createCleartextMessage, generateKey, readPrivateKey, sign } from "openpgp";
import { pack, type Header } from "tar-stream";

export interface TestEntry extends Partial<Header> {
  name: string;
  data?: string | Uint8Array;
}

export interface TestPackage {
  name: string;
  version?: string;
  depends?: string;
  provides?: string;
  postinst?: string;
  entries?: TestEntry[];
  /** Instead of a package made from the rest. */
  raw?: Uint8Array;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: Uint8Array | undefined) => boolean;

export interface TestMirror {
  url: string;
  keyring: Uint8Array;
  files: Map<string, Uint8Array>;
  /** Paths asked for, with the Range header where there was one. */
  requests: string[];
  /** Answers instead of the mirror where it returns true. */
  fault: Answer | undefined;
  close(): Promise<void>;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const DATE = new Date("2026-01-10T12:00:00Z");
let testKey: ReturnType<typeof makeKey> | undefined;

function makeKey(): Promise<{ privateKey: string; publicKey: string }> {
  return generateKey({ userIDs: [{ name: "Test archive" }], format: "armored", date: new Date("2025-01-01T00:00:00Z") });
}

async function tar(entries: TestEntry[]): Promise<Uint8Array> {
  const packed = pack();
  for (const { data, ...header } of entries) {
    const full = { mtime: DATE, mode: header.type === "directory" ? 0o755 : 0o644, ...header };
    packed.entry(full, typeof data === "string" ? Buffer.from(data, "utf8") : data ?? new Uint8Array(0));
  }
  packed.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of packed) if (part instanceof Uint8Array) parts.push(part);
  return Buffer.concat(parts);
}

function ar(members: [string, Uint8Array][]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from("!<arch>\n")];
  for (const [name, bytes] of members) {
    parts.push(Buffer.from(`${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`), bytes);
    if (bytes.length % 2 === 1) parts.push(Buffer.from("\n"));
  }
  return Buffer.concat(parts);
}

export async function makeDeb({ name, version = "1.0", postinst, entries = [] }: TestPackage): Promise<Uint8Array> {
  const control: TestEntry[] = [{ name: "./control", data: `Package: ${name}\nVersion: ${version}\n` }];
  if (postinst !== undefined) control.push({ name: "./postinst", data: postinst });
  return ar([["debian-binary", Buffer.from("2.0\n")], ["control.tar.gz", gzipSync(await tar(control))], ["data.tar.gz", gzipSync(await tar(entries))]]);
}

export async function startMirror(packages: TestPackage[], release: { extra?: string; signed?: boolean; codename?: string } = {}): Promise<TestMirror> {
  const files = new Map<string, Uint8Array>();
  const stanzas: string[] = [];
  for (const each of packages) {
    const deb = each.raw ?? (await makeDeb(each));
    const path = `pool/main/${each.name}_${each.version ?? "1.0"}_riscv64.deb`;
    files.set(`/debian/${path}`, deb);
    const fields = [`Package: ${each.name}`, `Version: ${each.version ?? "1.0"}`, "Architecture: riscv64", ...(each.depends ? [`Depends: ${each.depends}`] : []),
      ...(each.provides ? [`Provides: ${each.provides}`] : []), `Filename: ${path}`, `Size: ${deb.length}`, `SHA256: ${sha256(deb)}`];
    stanzas.push(`${fields.join("\n")}\n`);
  }
  const index = gzipSync(stanzas.join("\n"));
  files.set("/debian/dists/trixie/main/binary-riscv64/Packages.gz", index);
  const text = `Origin: Debian\nSuite: stable\nCodename: ${release.codename ?? "trixie"}\nDate: ${DATE.toUTCString()}\n${release.extra ?? ""}` +
    `SHA256:\n ${sha256(index)} ${index.length} main/binary-riscv64/Packages.gz\n`;
  const { privateKey, publicKey } = await (testKey ??= makeKey());
  const signed = release.signed === false ? text
    : await sign({ message: await createCleartextMessage({ text }), signingKeys: await readPrivateKey({ armoredKey: privateKey }), date: DATE });
  files.set("/debian/dists/trixie/InRelease", Buffer.from(signed));
  return serve(files, Buffer.from(publicKey));
}

async function serve(files: Map<string, Uint8Array>, keyring: Uint8Array): Promise<TestMirror> {
  const server = createServer((request, response) => {
    const body = files.get(request.url ?? "");
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    mirror.requests.push(`${request.url}${request.headers.range ? ` ${request.headers.range}` : ""}`);
    if (mirror.fault?.(request, response, body)) return;
    if (!body) response.writeHead(404).end();
    else if (from > 0) response.writeHead(206, { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` }).end(body.subarray(from));
    else response.writeHead(200, { "content-length": body.length }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const mirror: TestMirror = {
    url: `http://127.0.0.1:${port}/debian`, keyring, files, requests: [], fault: undefined,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
  return mirror;
}
