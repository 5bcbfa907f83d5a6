// A host directory in the guest's tree, over the real one of Node.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ELOOP, ENOENT, ENXIO, EROFS, failed } from "../../abi/errno.js";
import { AT_FDCWD, O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_WRONLY } from "../../abi/fcntl.js";
import { openDirectory } from "../../host/node/directory.js";
import { BufferSource } from "../io.js";
import { toBytes } from "../bytestring.js";
import { mkdir, rename, rmdir, symlink, unlink } from "../vfs/change.js";
import { lookup } from "../vfs/lookup.js";
import { contents, machine, names, opened, readFile, refused, writeFile } from "../vfs/testing/machine.js";
import { HostFileSystem } from "./host.js";

const made: string[] = [];
afterEach(() => made.splice(0).forEach((directory) => rmSync(directory, { recursive: true, force: true })));

function shared(readOnly = false) {
  const directory = mkdtempSync(join(tmpdir(), "shared-"));
  made.push(directory);
  writeFileSync(join(directory, "there"), "from outside\n");
  mkdirSync(join(directory, "sub"));
  const m = machine((kernel) => new HostFileSystem(kernel, 9, openDirectory(directory, readOnly), { uid: 0, gid: 0 }));
  return { ...m, directory };
}

test("what the guest writes stands on the host, and the other way round", () => {
  const { task, directory } = shared();
  expect(readFile(task, "/there")).toBe("from outside\n");
  writeFile(task, "/sub/new", "one");
  writeFile(task, "/sub/new", " two", O_WRONLY | O_APPEND);
  expect(readFileSync(join(directory, "sub/new"), "utf8")).toBe("one two");
  writeFileSync(join(directory, "later"), "x");
  expect(names(task, "/")).toEqual(["later", "sub", "there"]);
  mkdir(task, AT_FDCWD, "/made", 0o750);
  expect(statSync(join(directory, "made")).mode & 0o777).toBe(0o750);
  expect(rename(task, AT_FDCWD, "/sub/new", AT_FDCWD, "/made/moved", 0)).toBe(undefined);
  expect(readFile(task, "/made/moved")).toBe("one two");
  expect(unlink(task, AT_FDCWD, "/made/moved")).toBe(undefined);
  expect(rmdir(task, AT_FDCWD, "/made")).toBe(undefined);
  expect(refused(task, "/there", O_WRONLY | O_CREAT | O_EXCL)).not.toBe(undefined);
});

test("a link is followed in the guest's tree, never out of it; a FIFO does not hang", () => {
  const { task, directory } = shared();
  symlinkSync("/etc/passwd", join(directory, "out"));
  expect(refused(task, "/out")).toBe(ENOENT);
  symlink(task, "there", AT_FDCWD, "/in");
  expect(readFile(task, "/in")).toBe("from outside\n");
  symlinkSync("ring", join(directory, "ring"));
  expect(refused(task, "/ring")).toBe(ELOOP);
  execFileSync("mkfifo", [join(directory, "fifo")]);
  expect(refused(task, "/fifo")).toBe(ENXIO);
});

test("a read-only directory refuses every change with EROFS", () => {
  const { task } = shared(true);
  expect(refused(task, "/there", O_RDWR)).toBe(EROFS);
  expect(refused(task, "/new", O_WRONLY | O_CREAT)).toBe(EROFS);
  expect(mkdir(task, AT_FDCWD, "/d", 0o755)).toBe(EROFS);
  expect(unlink(task, AT_FDCWD, "/there")).toBe(EROFS);
  expect(readFile(task, "/there")).toBe("from outside\n");
});

test("owners and attributes are remembered", () => {
  const { task } = shared();
  const found = lookup(task, AT_FDCWD, "/there");
  if (failed(found)) throw found;
  expect(found.inode.setAttributes(task, { uid: 1000, gid: 1001 })).toBe(undefined);
  expect(found.inode.setxattr(task, "user.x", toBytes("y"), 0)).toBe(undefined);
  const again = lookup(task, AT_FDCWD, "/there");
  if (failed(again)) throw again;
  again.inode.refresh();
  expect([again.inode.uid, again.inode.gid, again.inode.listxattr(task)]).toEqual([1000, 1001, ["user.x"]]);
});

test("a file that is removed while open can still be read and written", () => {
  const { task } = shared();
  const file = opened(task, "/there", O_RDWR);
  unlink(task, AT_FDCWD, "/there");
  expect(file.write(task, new BufferSource(toBytes("FROM")), 0)).toBe(4);
  expect(contents(task, file)).toBe("FROM outside\n");
  file.release();
});

test("pages of a mapping are what write(2) wrote, and what the mapping changes is written back", () => {
  const { task, directory } = shared();
  const file = opened(task, "/there", O_RDWR);
  const { pages } = file;
  if (pages === undefined || failed(pages)) throw pages;
  const frame = pages.page(0, task.cgroup);
  if (failed(frame)) throw frame;
  pages.dirty(0);
  task.kernel.frames.writable(frame)[0] = 0x46;
  expect(contents(task, file)).toBe("From outside\n");
  file.write(task, new BufferSource(toBytes("R")), 1);
  expect(task.kernel.frames.bytes(frame)[1]).toBe(0x52);
  file.release();
  expect(readFileSync(join(directory, "there"), "utf8")).toBe("FRom outside\n");
});
