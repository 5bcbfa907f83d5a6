// Images that are broken, seen from the command line: exit status 125, one line that says what to do, and no hang.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startMirror, type TestMirror } from "../../src/container/image/testing/mirror.js";
import { program } from "../../src/face/cli/testing/command.js";
import { compile } from "./compile.js";

let directory: string;
let mirror: TestMirror | undefined;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "nestbox-images-"))));
afterEach(async () => {
  await mirror?.close();
  mirror = undefined;
  rmSync(directory, { recursive: true, force: true });
});

/** What is told while an image is fetched. */
const PROGRESS = /^nestbox: (fetching|package index:|packages:|unpacking:)/;

const store = (): string => join(directory, "store");

function start(args: readonly string[], under: readonly string[] = []) {
  const [command, ...rest] = [...under, process.execPath, program, ...args];
  const env = { ...process.env, NESTBOX_STORE: store(), ...(mirror === undefined ? {} : { NESTBOX_DEBIAN_MIRROR: mirror.url, NESTBOX_DEBIAN_KEYRING: join(directory, "key") }) };
  return spawn(command, rest, { env, stdio: ["ignore", "pipe", "pipe"], timeout: 30_000, killSignal: "SIGKILL" });
}

async function nestbox(args: readonly string[], under: readonly string[] = []): Promise<{ status: number | null; stdout: string; errors: string[] }> {
  const child = start(args, under);
  const status = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout, errors: stderr.split("\n").filter((line) => line !== "" && !PROGRESS.test(line)) };
}

async function openMirror(release: Parameters<typeof startMirror>[1] = {}): Promise<TestMirror> {
  mirror = await startMirror([{ name: "small", entries: [{ name: "./bin/", type: "directory" }, { name: "./bin/small", data: compile("small"), mode: 0o755 }] }], release);
  writeFileSync(join(directory, "key"), mirror.keyring);
  return mirror;
}

const PACKAGE = "/debian/pool/main/small_1.0_riscv64.deb";
const run = ["run", "--image", "deb:small", "--", "/bin/small"];

function expectWholeStore(): void {
  const blobs = join(store(), "blobs/sha256");
  for (const name of readdirSync(blobs)) expect(createHash("sha256").update(readFileSync(join(blobs, name))).digest("hex")).toBe(name);
}

test("a package is fetched, checked and run", async () => {
  await openMirror();
  expect(await nestbox(run)).toMatchObject({ status: 0, errors: [] });
});

test.each<[string, Parameters<typeof startMirror>[1], (mirror: TestMirror) => void, RegExp]>([
  ["a package with a wrong hash", {}, ({ files }) => {
    const bytes = Uint8Array.from(files.get(PACKAGE) ?? []);
    bytes[bytes.length >> 1] ^= 1;
    files.set(PACKAGE, bytes);
  }, /SHA-256/],
  ["an unsigned release file", { signed: false }, () => undefined, /not signed/],
  ["an expired release file", { extra: "Valid-Until: Sat, 10 Jan 2026 13:00:00 UTC\n" }, () => undefined, /expired/],
  ["a package that is missing", {}, ({ files }) => void files.delete(PACKAGE), /small/],
])("%s", async (_what, release, harm, said) => {
  harm(await openMirror(release));
  const { status, stdout, errors } = await nestbox(run);
  expect([status, stdout, errors]).toEqual([125, "", [expect.stringMatching(said)]]);
});

test("a mirror that is away", async () => {
  await (await openMirror()).close();
  const { status, errors } = await nestbox(run);
  expect([status, errors]).toEqual([125, [expect.stringMatching(/mirror|network/i)]]);
});

test("a file system without room", async () => {
  await openMirror();
  // As a full disk: no file may grow beyond a few kilobytes.
  const { status, errors } = await nestbox(run, ["prlimit", "--fsize=4096", "--"]);
  expect(status).toBe(125);
  expect(errors.length).toBe(1);
  expect((await nestbox(run)).status).toBe(0);
  expectWholeStore();
});

test("two pulls at once, and one that is killed, leave a whole store", async () => {
  const { files } = await openMirror();
  const [one, two] = await Promise.all([nestbox(["pull", "deb:small"]), nestbox(["pull", "deb:small"])]);
  expect([one.status, two.status]).toEqual([0, 0]);
  expectWholeStore();
  await nestbox(["rmi", "deb:small"]);
  expect(files.size).toBeGreaterThan(0);
  for (const ms of [150, 250, 350]) {
    const child = start(["pull", "deb:small"]);
    setTimeout(() => child.kill("SIGKILL"), ms);
    await new Promise((resolve) => child.on("close", resolve));
  }
  expect((await nestbox(run)).status).toBe(0);
  expectWholeStore();
});

test("a disk in the store that is damaged is an error and no hang", async () => {
  const root = join(directory, "root");
  mkdirSync(join(root, "bin"), { recursive: true });
  writeFileSync(join(root, "bin/small"), compile("small"));
  chmodSync(join(root, "bin/small"), 0o755);
  const args = ["run", "--image", `dir:${root}`, "--timeout", "20s", "--", "/bin/small"];
  expect((await nestbox(args)).status).toBe(0);
  const blobs = join(store(), "blobs/sha256");
  const disk = readdirSync(blobs).map((name) => join(blobs, name)).sort((a, b) => statSync(b).size - statSync(a).size)[0];
  const whole = readFileSync(disk);
  const damaged = (damage: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(whole);
    damage(bytes);
    return bytes;
  };
  for (const bytes of [damaged((b) => b.fill(0)), damaged((b) => b.fill(0xff)), damaged((b) => b.fill(0, 1024, 1152)), damaged((b) => b.fill(0xff, 1028, 1152)), whole.subarray(0, 512), damaged((b) => b.fill(0xa5, 1152, 8192))]) {
    writeFileSync(disk, bytes);
    const { status, errors } = await nestbox(args);
    // What was cut short is made anew; else the machine can't start, or the program can't be found or read.
    expect([0, 125, 126, 127, 135, 139]).toContain(status);
    if (status === 125) expect(errors.length).toBe(1);
  }
}, 120_000);
