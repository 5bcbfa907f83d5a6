// Disks as erofs-utils read them.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeImageHost } from "../../host/node/image-host.js";
import { ErofsWriter } from "./erofs.js";
import { directory, symlink, Tree, type FileNode } from "./tree.js";

let scratch: string;
let made = 0;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "nestbox-erofs-"));
});
afterEach(() => rmSync(scratch, { recursive: true }));

/** Builds a disk and returns its path, after fsck.erofs has found nothing wrong. */
async function build(fill: (tree: Tree, disk: ErofsWriter) => Promise<void>): Promise<string> {
  const host = nodeImageHost({ NESTBOX_STORE: scratch });
  const path = join(scratch, `disk${++made}`);
  const file = await host.files.create(path);
  const tree = new Tree();
  const writer = new ErofsWriter(file, host);
  await fill(tree, writer);
  await writer.finish(tree.root, 1_700_000_000);
  await file.close();
  execFileSync("fsck.erofs", [path]);
  return path;
}

function extract(disk: string): string {
  const out = join(scratch, "out");
  execFileSync("fsck.erofs", [`--extract=${out}`, disk]);
  return out;
}

async function addFile(tree: Tree, disk: ErofsWriter, path: string, bytes: Uint8Array, more: Partial<FileNode> = {}): Promise<FileNode> {
  const node: FileNode = { kind: "file", extent: await disk.addBytes(bytes), mode: 0o644, uid: 0, gid: 0, mtime: 1_600_000_000, ...more };
  tree.insert(path, node, "test");
  return node;
}

function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

test("files of every size around a block's come back byte for byte", async () => {
  const sizes = [0, 1, 31, 2047, 2048, 2049, 4031, 4032, 4033, 4095, 4096, 4097, 6144, 6145, 8191, 8192, 1 << 20, (1 << 20) + 5, 3_000_001];
  const disk = await build(async (tree, writer) => {
    for (const size of sizes) await addFile(tree, writer, `/f${size}`, pattern(size));
  });
  const out = extract(disk);
  for (const size of sizes) expect(Buffer.compare(readFileSync(join(out, `f${size}`)), pattern(size))).toBe(0);
});

test("what was added reads back before the disk is finished", async () => {
  await build(async (tree, writer) => {
    const { extent } = await addFile(tree, writer, "/f", pattern(5000));
    expect(await writer.read(extent, 4000, 2000)).toEqual(pattern(5000).subarray(4000));
    expect(await writer.read(extent, 4096, 10)).toEqual(pattern(5000).subarray(4096, 4106));
    expect(await writer.read(extent, 6000, 10)).toEqual(new Uint8Array(0));
  });
});

test("a directory of thousands of names is whole and sorted", async () => {
  const names = Array.from({ length: 3000 }, (_, i) => `${"n".repeat(i % 97)}${i}`);
  const out = extract(await build(async (tree, writer) => {
    for (const name of names) await addFile(tree, writer, `/d/${name}`, new Uint8Array(0));
  }));
  expect(readdirSync(join(out, "d")).sort()).toEqual([...names].sort());
});

test("owners, modes, times, links and devices are kept", async () => {
  const disk = await build(async (tree, writer) => {
    const node = await addFile(tree, writer, "/big-owner", pattern(10), { uid: 100_000, gid: 70_000, mode: 0o2755, mtime: 1_234_567_890, mtimeNs: 5 });
    tree.insert("/other-name", node, "test");
    tree.insert("/dir", { ...directory(false, 0o1777, 1_700_000_000), implied: false }, "test");
    tree.insert("/link", symlink("some/where/else"), "test");
    tree.insert("/dev/null", { kind: "character", major: 1, minor: 3, mode: 0o666, uid: 0, gid: 0, mtime: 0 }, "test");
    tree.insert("/dev/far", { kind: "block", major: 259, minor: 70_000, mode: 0o660, uid: 0, gid: 6, mtime: 0 }, "test");
    tree.insert("/fifo", { kind: "fifo", major: 0, minor: 0, mode: 0o600, uid: 0, gid: 0, mtime: 0 }, "test");
  });
  const dump = execFileSync("dump.erofs", ["--path=/big-owner", disk], { encoding: "utf8" });
  expect(dump).toMatch(/Links: 2 /);
  expect(dump).toMatch(/Uid: 100000 +Gid: 70000/);
  expect(dump).toMatch(/2009-02-13 23:31:30.000000005/);
  const out = extract(disk);
  expect(readlinkSync(join(out, "link"))).toBe("some/where/else");
  expect(lstatSync(join(out, "dir")).mode & 0o7777).toBe(0o1777);
  expect(execFileSync("stat", ["-c", "%F %t,%T", join(out, "dev/null"), join(out, "dev/far"), join(out, "fifo")], { encoding: "utf8" }))
    .toBe("character special file 1,3\nblock special file 103,11170\nfifo 0,0\n");
});

test("extended attributes stand where the format wants them", async () => {
  const value = Uint8Array.from([1, 0, 0, 2, 0, 4, 0, 0, 0, 0]);
  const disk = await build(async (tree, writer) => {
    await addFile(tree, writer, "/ping", pattern(100), { xattrs: new Map([["security.capability", value], ["user.note", pattern(3)]]) });
  });
  expect(execFileSync("dump.erofs", ["--path=/ping", disk], { encoding: "utf8" })).toMatch(/Xattr size: 48/);
  expect(readFileSync(join(extract(disk), "ping"))).toEqual(Buffer.from(pattern(100)));
});

test("equal trees give equal bytes, and other content another identity", async () => {
  const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
  const one = await build(async (tree, writer) => { await addFile(tree, writer, "/a", pattern(5000)); });
  const two = await build(async (tree, writer) => { await addFile(tree, writer, "/a", pattern(5000)); });
  const three = await build(async (tree, writer) => { await addFile(tree, writer, "/a", pattern(5001)); });
  expect(digest(one)).toBe(digest(two));
  const uuid = (path: string): string => readFileSync(path).subarray(1024 + 48, 1024 + 64).toString("hex");
  expect(uuid(one)).not.toBe(uuid(three));
});

test("a file that is not as long as it says is refused", async () => {
  async function* three(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(new Uint8Array(3));
  }
  await build(async (_tree, writer) => {
    await expect(writer.addFile(three(), 2, "a file")).rejects.toThrow(/longer than it says/);
    await expect(writer.addFile(three(), 4, "a file")).rejects.toThrow(/shorter than it says/);
  });
});
