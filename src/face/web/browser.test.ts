// The same machine in a worker of a page, in a real browser.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeImageHost } from "../../host/node/image-host.js";
import { DEFAULT_IMAGE, resolveImage } from "../../system/images.js";

const dist = path.join(import.meta.dirname, "../../../dist");
const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".wasm": "application/wasm" };

function installed(): string | undefined {
  try {
    return execFileSync("sh", ["-c", "command -v chromium || command -v chromium-browser || command -v google-chrome"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

const executablePath = installed();
let server: Server;
let browser: Browser;

beforeAll(async () => {
  if (executablePath === undefined) return;
  const { diskPath } = await resolveImage(DEFAULT_IMAGE, { host: nodeImageHost() });
  const serve = async (name: string): Promise<[type: string, body: Uint8Array | string]> => {
    if (name === "/") return ["text/html", "<!doctype html><title>test</title>"];
    if (name === "/image.erofs") return ["application/octet-stream", await readFile(diskPath)];
    return [types[path.extname(name)] ?? "application/octet-stream", await readFile(path.join(dist, path.basename(name)))];
  };
  server = createServer((request, reply) => {
    serve(request.url ?? "/").then(([type, body]) => reply.setHeader("content-type", type).end(body), () => reply.writeHead(404).end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

test.skipIf(executablePath === undefined)("a machine boots in a page's worker and runs a program", async () => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  // Text, because the page knows nothing of our modules.
  const result: unknown = await page.evaluate(`import("/browser.js").then(async ({ boot }) => {
    const machine = await boot({ image: "/image.erofs" });
    const results = [await machine.run("uname", ["-m"]), await machine.run("sh", ["-c", "cat | wc -c; exit 3"], { stdin: "x".repeat(100000) })];
    await machine.stop();
    return results.map(({ stdout, code }) => [stdout, code]);
  })`);
  expect(result).toEqual([["riscv64\n", 0], ["100000\n", 3]]);
});
