// Pulling from a mirror that works, and from mirrors that are broken in every way.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeImageHost } from "../../host/node/image-host.js";
import type { ImageHost } from "../../host/interface/images.js";
import { ImageError, listImages, pull, removeImage, resolveImage } from "./index.js";
import { makeDeb, startMirror, type Answer, type TestMirror, type TestPackage } from "./testing/mirror.js";

const PACKAGES: TestPackage[] = [
  { name: "hello", version: "2.0", depends: "libgreet (>= 1.5) | nothing, greeter", entries: [
    { name: "./bin/", type: "directory" }, { name: "./bin/hello", data: "hello program", mode: 0o4755 },
    { name: "./usr/bin/hi", type: "link", linkname: "./bin/hello" }, { name: "./usr/share/doc/long", data: "x".repeat(10_000) },
  ] },
  { name: "libgreet", version: "1.6", entries: [{ name: "./usr/lib/libgreet.txt", data: "lib" }] },
  { name: "polite", provides: "greeter", entries: [{ name: "./usr/bin/polite", data: "polite program", mode: 0o755 }],
    postinst: "#!/bin/sh\nupdate-alternatives --install /usr/bin/greet greet \\\n  /usr/bin/polite 10\n" },
  { name: "other", entries: [{ name: "./usr/bin/other", data: "other program" }] },
];

let directory: string;
let mirror: TestMirror | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nestbox-image-"));
});
afterEach(async () => {
  await mirror?.close();
  rmSync(directory, { recursive: true });
});

function hostFor({ url, keyring }: TestMirror): ImageHost {
  writeFileSync(join(directory, "key"), keyring);
  const host = nodeImageHost({ NESTBOX_STORE: join(directory, "store"), NESTBOX_DEBIAN_MIRROR: url, NESTBOX_DEBIAN_KEYRING: join(directory, "key") });
  return { ...host, nowMs: () => Date.parse("2026-01-11T00:00:00Z") };
}

async function start(release: Parameters<typeof startMirror>[1] = {}): Promise<ImageHost> {
  mirror = await startMirror(PACKAGES, release);
  return hostFor(mirror);
}

/** The store holds no half-written file, and what is in it is what its name says. */
function expectWholeStore(): void {
  const store = join(directory, "store");
  expect(list(join(store, "tmp"))).toEqual([]);
  for (const name of list(join(store, "blobs/sha256"))) {
    expect(execFileSync("sha256sum", [join(store, "blobs/sha256", name)], { encoding: "utf8" }).slice(0, 64)).toBe(name);
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it did not fail");
}

test("a pulled image holds the packages, what they depend on and their alternatives, as fsck.erofs reads it", async () => {
  const host = await start();
  const image = await pull("deb:hello", { host });
  expect(image.packages.map((each) => each.name).sort()).toEqual(["hello", "libgreet", "polite"]);
  const out = join(directory, "out");
  execFileSync("fsck.erofs", [`--extract=${out}`, image.diskPath]);
  expect(readFileSync(join(out, "usr/bin/hello"), "utf8")).toBe("hello program");
  expect(execFileSync("dump.erofs", ["--path=/usr/bin/hi", image.diskPath], { encoding: "utf8" })).toMatch(/Links: 2 [\s\S]*Access: 0755.*\n.*2026-01-10 12:00:00.0/);
  expect(readFileSync(join(out, "usr/share/doc/long"), "utf8")).toBe("x".repeat(10_000));
  expect(execFileSync("readlink", [join(out, "usr/bin/greet"), join(out, "etc/alternatives/greet"), join(out, "bin")], { encoding: "utf8" }))
    .toBe("/etc/alternatives/greet\n/usr/bin/polite\nusr/bin\n");
  expect(readFileSync(join(out, "etc/passwd"), "utf8")).toContain("root:x:0:0:root:/root:/bin/sh\n");
  expectWholeStore();
});

test("equal packages give equal bytes, in whatever order they are named", async () => {
  const host = await start();
  const one = await pull("deb:other,hello", { host });
  await removeImage("deb:hello,other", { host });
  const two = await pull("deb:hello,other", { host });
  expect([two.ref, two.digest]).toEqual([one.ref, one.digest]);
});

test("an image that is there resolves without the mirror", async () => {
  const host = await start();
  const image = await resolveImage("deb:hello", { host });
  await mirror?.close();
  expect(await resolveImage("deb:hello", { host })).toEqual(image);
});

test("a disk that was cut short in the store is pulled anew", async () => {
  const host = await start();
  const image = await pull("deb:hello", { host });
  truncateSync(image.diskPath, 4096);
  expect((await resolveImage("deb:hello", { host })).digest).toBe(image.digest);
  expectWholeStore();
});

test("removing an image leaves the blobs that another one uses", async () => {
  const host = await start();
  await pull("deb:hello", { host });
  const other = await pull("deb:hello,other", { host });
  expect(await removeImage("deb:hello", { host })).toBe(true);
  expect(await removeImage("deb:hello", { host })).toBe(false);
  expect((await listImages({ host })).map((each) => each.ref)).toEqual(["deb:hello,other"]);
  expect(list(join(directory, "store/blobs/sha256")).sort()).toEqual([other.digest, ...other.packages.map((each) => each.digest)].sort());
});

test("an unknown package is told with names that are near", async () => {
  expect(await failureOf(pull("deb:helo", { host: await start() }))).toMatch(/no package "helo".*did you mean hello/);
});

test("an unsigned release is refused", async () => {
  expect(await failureOf(pull("deb:hello", { host: await start({ signed: false }) }))).toMatch(/InRelease is not signed.*NESTBOX_DEBIAN_MIRROR/);
});

test("a release signed by a key that isn't Debian's is refused", async () => {
  const host = await start();
  expect(await failureOf(pull("deb:hello", { host: { ...host, debianKeyrings: () => nodeImageHost({}).debianKeyrings() } }))).toMatch(/no good signature/);
});

test("a release that was changed after it was signed is refused", async () => {
  const host = await start();
  const path = "/debian/dists/trixie/InRelease";
  mirror?.files.set(path, Buffer.from(Buffer.from(mirror.files.get(path) ?? []).toString().replace("Suite: stable", "Suite: stabel")));
  expect(await failureOf(pull("deb:hello", { host }))).toMatch(/no good signature/);
});

test("an expired release is refused", async () => {
  const host = await start({ extra: "Valid-Until: Sat, 10 Jan 2026 13:00:00 UTC\n" });
  expect(await failureOf(pull("deb:hello", { host }))).toMatch(/has expired: it was valid until Sat, 10 Jan 2026 13:00:00 UTC/);
});

test("a release from the future blames the clock", async () => {
  const host = await start();
  expect(await failureOf(pull("deb:hello", { host: { ...host, nowMs: () => Date.parse("2026-01-09T00:00:00Z") } }))).toMatch(/clock|future/);
});

test("a package with a wrong hash is refused and not kept", async () => {
  const host = await start();
  const path = "/debian/pool/main/hello_2.0_riscv64.deb";
  const deb = Uint8Array.from(mirror?.files.get(path) ?? []);
  deb[200] ^= 1;
  mirror?.files.set(path, deb);
  expect(await failureOf(pull("deb:hello", { host }))).toMatch(/package hello is not what the mirror's signed index says: SHA-256/);
  expect(await listImages({ host })).toEqual([]);
  expectWholeStore();
});

test("a package that is too long is refused at once", async () => {
  const host = await start();
  const path = "/debian/pool/main/hello_2.0_riscv64.deb";
  mirror?.files.set(path, Buffer.concat([mirror.files.get(path) ?? new Uint8Array(0), Buffer.alloc(1000)]));
  expect(await failureOf(pull("deb:hello", { host }))).toMatch(/longer than/);
  expectWholeStore();
});

test("a transfer that is cut off goes on where it stopped", async () => {
  const host = await start();
  let cuts = 2;
  if (mirror) mirror.fault = cutOff((url) => url.includes("libgreet") && cuts-- > 0);
  await pull("deb:hello", { host });
  expect(mirror?.requests.filter((each) => / bytes=100-$/.test(each)).length).toBe(2);
  expectWholeStore();
});

test("a server that ignores Range is started over with", async () => {
  const host = await start();
  let cuts = 1;
  const cut = cutOff((url) => url.includes("libgreet") && cuts-- > 0);
  if (mirror) mirror.fault = (request, response, body) => {
    if (cut(request, response, body)) return true;
    delete request.headers.range;
    if (!body) return false;
    response.writeHead(200).end(body);
    return true;
  };
  await pull("deb:hello", { host });
  expectWholeStore();
});

test("a mirror that always cuts off is given up with its name", async () => {
  const host = await start();
  if (mirror) mirror.fault = cutOff((url) => url.includes("libgreet"));
  expect(await failureOf(pull("deb:hello", { host: { ...host, sleep: () => Promise.resolve() } }))).toMatch(/package libgreet could not be fetched from http.*tried 5 times/);
  expectWholeStore();
});

test("a package that the mirror lacks is an error at once", async () => {
  const host = await start();
  mirror?.files.delete("/debian/pool/main/hello_2.0_riscv64.deb");
  expect(await failureOf(pull("deb:hello", { host }))).toMatch(/package hello: the mirror has no http.* \(404\)/);
});

test("a mirror that is away is told with what to do", async () => {
  const host = await start();
  await mirror?.close();
  expect(await failureOf(pull("deb:hello", { host }))).toMatch(/could not be fetched from http.*ECONNREFUSED.*NESTBOX_DEBIAN_MIRROR/);
});

test("no mirror at all is told with what to do", async () => {
  const host = await start();
  expect(await failureOf(pull("deb:hello", { host: { ...host, debianMirrors: () => Promise.resolve([]) } }))).toMatch(/set NESTBOX_DEBIAN_MIRROR/);
});

test("a full disk gives a clear error and leaves the store whole", async () => {
  const host = await start();
  for (const room of [0, 300, 2000, 9000]) {
    const message = await failureOf(pull("deb:hello", { host: { ...host, files: withRoom(host.files, room) } }));
    expect(message).toMatch(/image store .* is full: free some space/);
    expectWholeStore();
  }
  await pull("deb:hello", { host });
});

test("two pulls at once both end with the same image", async () => {
  const host = await start();
  const [one, two] = await Promise.all([pull("deb:hello", { host }), pull("deb:hello", { host })]);
  expect(one.digest).toBe(two.digest);
  expectWholeStore();
});

test("removing other images doesn't take away what a pull has just fetched", async () => {
  const host = await start();
  await pull("deb:other", { host });
  let removed: Promise<unknown> | undefined;
  await pull("deb:hello", { host, onProgress: (progress) => {
    if (progress.stage === "unpack") removed ??= removeImage("deb:other", { host });
  } });
  await removed;
  expect((await listImages({ host })).map((each) => each.ref)).toEqual(["deb:hello"]);
});

test("a pull that is killed leaves nothing that hinders the next", async () => {
  const host = await start();
  let stalled: (() => void) | undefined;
  const halfWay = new Promise<void>((resolve) => { stalled = resolve; });
  if (mirror) mirror.fault = (request, response, body) => {
    if (!request.url?.includes("hello_2.0") || !body) return false;
    response.writeHead(200, { "content-length": body.length });
    response.write(body.subarray(0, 100));
    setTimeout(() => stalled?.(), 200);
    return true;
  };
  const program = `import { pull } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
    import { nodeImageHost } from ${JSON.stringify(join(import.meta.dirname, "../../host/node/image-host.ts"))};
    await pull("deb:hello", { host: { ...nodeImageHost(), nowMs: () => Date.parse("2026-01-11T00:00:00Z") } });`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], { stdio: ["ignore", "inherit", "inherit"], env: {
    ...process.env, NESTBOX_STORE: host.store, NESTBOX_DEBIAN_MIRROR: mirror?.url, NESTBOX_DEBIAN_KEYRING: join(directory, "key") } });
  const gone = new Promise((resolve) => child.on("exit", resolve));
  await Promise.race([halfWay, gone]);
  child.kill("SIGKILL");
  await gone;
  expect(list(join(host.store, "tmp")).length).toBeGreaterThan(0);
  if (mirror) mirror.fault = undefined;
  await pull("deb:hello", { host });
  expectWholeStore();
});

test("a package whose paths climb out of the image is refused", async () => {
  mirror = await startMirror([{ name: "evil", entries: [{ name: "./usr/../../../etc/passwd", data: "x" }] }]);
  expect(await failureOf(pull("deb:evil", { host: hostFor(mirror) }))).toMatch(/package evil.*climbs out of the image/);
  expectWholeStore();
});

test("a package's links lead to places in the image only", async () => {
  mirror = await startMirror([{ name: "evil", entries: [
    { name: "./out", type: "symlink", linkname: "/../../etc" }, { name: "./out2", type: "symlink", linkname: "/var/new" }, { name: "./out2/file", data: "in the image" },
  ] }]);
  const image = await pull("deb:evil", { host: hostFor(mirror) });
  const out = join(directory, "out");
  execFileSync("fsck.erofs", [`--extract=${out}`, image.diskPath]);
  expect(readFileSync(join(out, "var/new/file"), "utf8")).toBe("in the image");
});

test("a package that is broken says so, wherever it breaks off", async () => {
  const whole = await makeDeb(PACKAGES[0]);
  for (const length of [0, 5, 100, 300, whole.length - 40]) {
    mirror = await startMirror([{ name: "hello", raw: whole.subarray(0, length) }]);
    expect(await failureOf(pull("deb:hello", { host: hostFor(mirror) }))).toMatch(/package hello is (damaged|not a Debian package)/);
    expectWholeStore();
    await mirror.close();
  }
  const noise = Uint8Array.from(whole, (byte, i) => (i > whole.length - 100 ? byte ^ 0x55 : byte));
  mirror = await startMirror([{ name: "hello", raw: noise }]);
  expect(await failureOf(pull("deb:hello", { host: hostFor(mirror) }))).toMatch(/package hello is damaged/);
});

function cutOff(when: (url: string) => boolean): Answer {
  return (request, response, body) => {
    if (!body || !when(request.url ?? "")) return false;
    const from = Number(/bytes=(\d+)/.exec(request.headers.range ?? "")?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { "content-length": body.length - from, "content-range": `bytes ${from}-${body.length - 1}/${body.length}` });
    response.write(body.subarray(from, from === 0 ? 100 : from), () => setTimeout(() => response.destroy(), 50));
    return true;
  };
}

/** Files of which only so many bytes fit on the disk. */
function withRoom(files: ImageHost["files"], room: number): ImageHost["files"] {
  let left = room;
  return {
    ...files,
    async create(path) {
      const file = await files.create(path);
      return { ...file, write(at, bytes) {
        left -= bytes.length;
        if (left < 0) return Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
        return file.write(at, bytes);
      } };
    },
  };
}
