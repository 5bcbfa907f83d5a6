// EROFS as mkfs.erofs of Debian's erofs-utils writes it, whole and damaged.
import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EIO, EISDIR, EROFS, EUCLEAN, ENODATA, failed } from "../../abi/errno.js";
import { AT_FDCWD, O_CREAT, O_RDWR, O_WRONLY } from "../../abi/fcntl.js";
import { makedev } from "../../abi/stat.js";
import { fromBytes } from "../bytestring.js";
import type { Task } from "../task/task.js";
import { lookup, NOFOLLOW } from "../vfs/lookup.js";
import { ArrayDisk, machine, names, opened, readFile, refused } from "../vfs/testing/machine.js";
import { BlockDevice } from "./block-device.js";
import { Erofs } from "./erofs.js";

/** An image of a directory that `fill` makes. */
function image(fill: (directory: string) => void, ...options: string[]): Uint8Array {
  const work = mkdtempSync(join(tmpdir(), "erofs-"));
  try {
    mkdirSync(join(work, "root"));
    fill(join(work, "root"));
    execFileSync("mkfs.erofs", ["--quiet", ...options, join(work, "image"), join(work, "root")], { stdio: "ignore" });
    return new Uint8Array(readFileSync(join(work, "image")));
  } finally {
    rmSync(work, { recursive: true });
  }
}

function boot(bytes: Uint8Array) {
  let disk: ArrayDisk | undefined;
  const m = machine((kernel, task) => {
    disk = new ArrayDisk(bytes, kernel.frames);
    const fs = Erofs.mount(kernel, makedev(254, 0), new BlockDevice(kernel.frames, disk), task.cgroup);
    if (failed(fs)) throw fs;
    return fs;
  });
  if (disk === undefined) throw new Error("no disk");
  return { ...m, disk };
}

const big = Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join("");

function sample(directory: string): void {
  const at = (name: string) => join(directory, name);
  writeFileSync(at("small"), "hello\n");
  writeFileSync(at("empty"), "");
  writeFileSync(at("exact"), "x".repeat(8192));
  writeFileSync(at("big"), big);
  linkSync(at("small"), at("second"));
  symlinkSync("dir/inner", at("link"));
  mkdirSync(at("dir"));
  writeFileSync(at("dir/inner"), "inner");
  chmodSync(at("dir/inner"), 0o4751);
  mkdirSync(at("many"));
  for (let i = 0; i < 700; i++) writeFileSync(at(`many/file-with-a-longer-name-${i}`), String(i));
}

test("files, links and directories read as they were written", () => {
  for (const options of [["-x-1"], ["-x-1", "-E", "force-inode-extended"], ["-x-1", "-E", "force-inode-compact", "-E", "noinline_data"]]) {
    const { task } = boot(image(sample, ...options));
    expect(names(task, "/")).toEqual(["big", "dir", "empty", "exact", "link", "many", "second", "small"]);
    expect(readFile(task, "/small")).toBe("hello\n");
    expect(readFile(task, "/empty")).toBe("");
    expect(readFile(task, "/exact")).toBe("x".repeat(8192));
    expect(readFile(task, "/big")).toBe(big);
    expect(readFile(task, "/link")).toBe("inner");
    expect(names(task, "/many").length).toBe(700);
    for (const i of [0, 1, 99, 350, 699]) expect(readFile(task, `/many/file-with-a-longer-name-${i}`)).toBe(String(i));
    expect(refused(task, "/many/zzz")).not.toBe(undefined);
    const [one, two, inner] = ["/small", "/second", "/dir/inner"].map((name) => lookup(task, AT_FDCWD, name));
    if (failed(one) || failed(two) || failed(inner)) throw one;
    expect(one.inode).toBe(two.inode);
    expect(one.inode.nlink).toBe(2);
    expect((inner.inode.mode & 0o7777).toString(8)).toBe("4751");
  }
});

test("nothing can be written", () => {
  const { task } = boot(image(sample, "-x-1"));
  expect(refused(task, "/small", O_RDWR)).toBe(EROFS);
  expect(refused(task, "/new", O_WRONLY | O_CREAT)).toBe(EROFS);
});

test("a file's frames are the disk's own, read once", () => {
  const { task, disk, frames } = boot(image(sample, "-x-1"));
  readFile(task, "/big");
  const [used, read] = [frames.used, disk.blocksRead];
  readFile(task, "/big");
  const file = opened(task, "/big");
  const { pages } = file;
  if (pages === undefined || failed(pages)) throw pages;
  expect(pages.page(0, task.cgroup)).toBe(pages.present(0));
  expect([frames.used, disk.blocksRead]).toEqual([used, read]);
});

test("extended attributes come back by their full names", () => {
  let possible = true;
  const bytes = image((directory) => {
    writeFileSync(join(directory, "f"), "x");
    try {
      execFileSync("setfattr", ["-n", "user.colour", "-v", "blue", join(directory, "f")], { stdio: "ignore" });
    } catch {
      possible = false;
    }
  }, "-x1");
  const { task } = boot(bytes);
  const found = lookup(task, AT_FDCWD, "/f");
  if (failed(found)) throw found;
  const value = found.inode.getxattr(task, "user.colour");
  expect(failed(value) ? value : fromBytes(value)).toEqual(possible ? "blue" : ENODATA);
});

/** Everything that can be asked of a tree, as far as it goes. */
function walk(task: Task): void {
  const pending = ["/"];
  let steps = 0;
  for (let path = pending.pop(); path !== undefined && steps < 2000; path = pending.pop()) {
    const found = lookup(task, AT_FDCWD, path, NOFOLLOW);
    steps++;
    if (failed(found)) continue;
    found.inode.listxattr(task);
    found.inode.readlink(task);
    const entries = found.inode.list(task);
    if (!failed(entries)) {
      if (path.length < 40) for (const { name } of entries.slice(0, 20)) pending.push(path === "/" ? `/${name}` : `${path}/${name}`);
    } else if (refused(task, path) === undefined) {
      try {
        readFile(task, path);
      } catch (error) {
        expect([EIO, EUCLEAN, EISDIR]).toContain(error);
      }
    }
  }
}

test("a damaged image gives errors, and neither crashes nor hangs", () => {
  const original = image(sample, "-x-1");
  let seed = 12345;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < 150; round++) {
    const bytes = original.slice();
    // The superblock's checksum is not to be the only thing that is tested: clear its feature.
    new DataView(bytes.buffer).setUint32(1024 + 8, 0, true);
    for (let i = 0; i < 1 + random(30); i++) bytes[round % 2 === 0 ? 1024 + random(16000) : random(bytes.length)] = random(256);
    try {
      walk(boot(bytes).task);
    } catch (error) {
      if (!failed(error)) throw error;
    }
  }
});

test("a truncated image gives errors", () => {
  const original = image(sample, "-x-1");
  for (let length = 0; length < original.length; length += 4096) {
    try {
      walk(boot(original.slice(0, length)).task);
    } catch (error) {
      if (!failed(error)) throw error;
    }
  }
});

test("where memory runs short, blocks that nobody maps are let go and read again", () => {
  const { task, disk, frames } = boot(image(sample, "-x-1"));
  const cache = task.fs.root.inode.fs instanceof Erofs ? task.fs.root.inode.fs.disk : undefined;
  if (cache === undefined) throw new Error("no cache");
  frames.reclaimers.add(cache);
  expect(readFile(task, "/big")).toBe(big);
  const taken: number[] = [];
  for (let frame = frames.allocate(task.cgroup); frame !== 0; frame = frames.allocate(task.cgroup)) taken.push(frame);
  expect(cache.count).toBe(0);
  for (const frame of taken.slice(0, 10)) frames.release(frame);
  const read = disk.blocksRead;
  expect(readFile(task, "/big")).toBe(big);
  expect(disk.blocksRead).toBeGreaterThan(read);
});
