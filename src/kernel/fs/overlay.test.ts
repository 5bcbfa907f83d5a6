// Overlay as Documentation/filesystems/overlayfs.rst tells of it, and what two names of one lower file share.
import { expect, test } from "vitest";
import { ENOENT, ENOTEMPTY, EXDEV, failed } from "../../abi/errno.js";
import { AT_FDCWD, O_APPEND, O_RDWR, O_WRONLY, RENAME_EXCHANGE } from "../../abi/fcntl.js";
import { S_ISCHR } from "../../abi/stat.js";
import { BufferSource } from "../io.js";
import { link, mkdir, rename, rmdir, symlink, unlink } from "../vfs/change.js";
import { restore, save } from "../save.js";
import type { File } from "../vfs/file.js";
import { FsContext } from "../vfs/fs-context.js";
import { locksOf } from "../vfs/locks.js";
import type { Path } from "../vfs/path.js";
import { lookup } from "../vfs/lookup.js";
import { mountRoot } from "../vfs/mount.js";
import { contents, machine, names, opened, readFile, refused, writeFile } from "../vfs/testing/machine.js";
import { Overlay } from "./overlay.js";
import { Tmpfs } from "./tmpfs.js";

/** A root that is an overlay over a tmpfs that `fill` has filled through the ordinary calls. */
function layered() {
  const m = machine();
  const { kernel, task, namespace } = m;
  mkdir(task, AT_FDCWD, "/etc", 0o755);
  writeFile(task, "/etc/passwd", "root\n");
  writeFile(task, "/etc/group", "wheel\n");
  mkdir(task, AT_FDCWD, "/etc/deep", 0o755);
  writeFile(task, "/etc/deep/f", "deep");
  symlink(task, "etc/passwd", AT_FDCWD, "/link");
  writeFile(task, "/one", "shared");
  const one = lookup(task, AT_FDCWD, "/one");
  if (failed(one)) throw one;
  link(task, one, AT_FDCWD, "/two");
  const lower = task.fs.root.inode.fs;
  const before = m.frames.used;
  const upper = new Tmpfs(kernel, 2);
  const overlay = new Overlay(3, [lower.root], upper.root);
  namespace.mounts.length = 0;
  const root = mountRoot(kernel, namespace, overlay);
  task.fs = new FsContext(root, root, 0o022);
  const number = (name: string): number => {
    const found = lookup(task, AT_FDCWD, name);
    if (failed(found)) throw found;
    return found.inode.ino;
  };
  return { ...m, upper, lower, overlay, before, number };
}

test("a write copies up; the number and the lower file stay what they were", () => {
  const { task, lower, upper, number } = layered();
  const ino = number("/etc/passwd");
  expect(readFile(task, "/link")).toBe("root\n");
  writeFile(task, "/etc/passwd", "user\n", O_WRONLY | O_APPEND);
  expect(readFile(task, "/etc/passwd")).toBe("root\nuser\n");
  expect(number("/etc/passwd")).toBe(ino);
  const etc = lower.root.lookup(task, "etc");
  if (failed(etc)) throw etc;
  const untouched = etc.lookup(task, "passwd");
  if (failed(untouched)) throw untouched;
  expect(untouched.size).toBe(5);
  expect(upper.root.list().map(({ name }) => name)).toEqual(["etc"]);
  expect(names(task, "/etc")).toEqual(["deep", "group", "passwd"]);
});

test("removed names leave whiteouts that a new file or an opaque directory takes the place of", () => {
  const { task, upper } = layered();
  expect(unlink(task, AT_FDCWD, "/etc/group")).toBe(undefined);
  expect(refused(task, "/etc/group")).toBe(ENOENT);
  expect(names(task, "/etc")).toEqual(["deep", "passwd"]);
  const etc = upper.root.lookup(task, "etc");
  if (failed(etc)) throw etc;
  const hidden = etc.lookup(task, "group");
  if (failed(hidden)) throw hidden;
  expect(S_ISCHR(hidden.mode) && hidden.rdev === 0).toBe(true);
  writeFile(task, "/etc/group", "again");
  expect(readFile(task, "/etc/group")).toBe("again");
  expect(rmdir(task, AT_FDCWD, "/etc/deep")).toBe(ENOTEMPTY);
  unlink(task, AT_FDCWD, "/etc/deep/f");
  expect(rmdir(task, AT_FDCWD, "/etc/deep")).toBe(undefined);
  expect(refused(task, "/etc/deep")).toBe(ENOENT);
  mkdir(task, AT_FDCWD, "/etc/deep", 0o755);
  expect(names(task, "/etc/deep")).toEqual([]);
  expect(refused(task, "/etc/deep/f")).toBe(ENOENT);
});

test("two names of a lower file stay one file after it was copied up, whichever goes", () => {
  const m = layered();
  const { task } = m;
  expect(m.number("/one")).toBe(m.number("/two"));
  writeFile(task, "/one", "changed");
  expect(readFile(task, "/two")).toBe("changed");
  expect(unlink(task, AT_FDCWD, "/one")).toBe(undefined);
  expect(readFile(task, "/two")).toBe("changed");
  expect(refused(task, "/one")).toBe(ENOENT);
  const two = lookup(task, AT_FDCWD, "/two");
  if (failed(two)) throw two;
  expect(two.inode.nlink).toBe(1);
  expect(rename(task, AT_FDCWD, "/two", AT_FDCWD, "/etc/three", 0)).toBe(undefined);
  expect(readFile(task, "/etc/three")).toBe("changed");
  expect([refused(task, "/two"), names(task, "/")]).toEqual([ENOENT, ["etc", "link"]]);
  unlink(task, AT_FDCWD, "/etc/three");
  expect(m.frames.used).toBe(m.before);
});

test("a hard link whose other name went first is copied up all the same", () => {
  const { task } = layered();
  readFile(task, "/one");
  readFile(task, "/two");
  unlink(task, AT_FDCWD, "/two");
  writeFile(task, "/one", "new");
  expect(readFile(task, "/one")).toBe("new");
  expect(refused(task, "/two")).toBe(ENOENT);
});

test("a file that was open for reading before sees what is written later", () => {
  const { task } = layered();
  const file = opened(task, "/etc/passwd");
  const old = file.pages;
  writeFile(task, "/etc/passwd", "other");
  expect(contents(task, file)).toBe("other");
  // A mapping made before keeps the old pages, as on Linux.
  if (old === undefined || failed(old)) throw old;
  expect(old.size).toBe(5);
  expect(file.pages).not.toBe(old);
  file.release();
});

test("directories of the lower layer can't be renamed, others can", () => {
  const { task } = layered();
  expect(rename(task, AT_FDCWD, "/etc/deep", AT_FDCWD, "/deep", 0)).toBe(EXDEV);
  mkdir(task, AT_FDCWD, "/new", 0o755);
  writeFile(task, "/new/f", "f");
  expect(rename(task, AT_FDCWD, "/new", AT_FDCWD, "/newer", 0)).toBe(undefined);
  expect(readFile(task, "/newer/f")).toBe("f");
  expect(rename(task, AT_FDCWD, "/etc/passwd", AT_FDCWD, "/etc/group", 0)).toBe(undefined);
  expect([readFile(task, "/etc/group"), refused(task, "/etc/passwd")]).toEqual(["root\n", ENOENT]);
  expect(rename(task, AT_FDCWD, "/etc/group", AT_FDCWD, "/newer/f", RENAME_EXCHANGE)).toBe(undefined);
  expect([readFile(task, "/etc/group"), readFile(task, "/newer/f")]).toEqual(["f", "root\n"]);
  expect(names(task, "/etc")).toEqual(["deep", "group"]);
});

test("a directory put in the place of one that the lower layer has does not show its entries", () => {
  const { task } = layered();
  unlink(task, AT_FDCWD, "/etc/deep/f");
  rmdir(task, AT_FDCWD, "/etc/deep");
  mkdir(task, AT_FDCWD, "/mine", 0o755);
  expect(rename(task, AT_FDCWD, "/mine", AT_FDCWD, "/etc/deep", 0)).toBe(undefined);
  expect(names(task, "/etc/deep")).toEqual([]);
});

test("what is removed while open lives on until it is closed, and then its memory is free", () => {
  const m = layered();
  const { task } = m;
  const file = opened(task, "/etc/passwd", O_RDWR);
  file.write(task, new BufferSource(new Uint8Array(20000)), 0);
  unlink(task, AT_FDCWD, "/etc/passwd");
  expect(contents(task, file).length).toBe(20000);
  file.release();
  expect(m.frames.used).toBe(m.before);
});

test("the whole tree with its names, mounts and locks can be saved and restored", () => {
  const m = layered();
  const { kernel, task, frames } = m;
  writeFile(task, "/etc/passwd", "changed");
  unlink(task, AT_FDCWD, "/etc/group");
  const file = opened(task, "/etc/passwd", O_RDWR);
  locksOf(file.inode).whole.set(file, "exclusive");
  const wires: [string, object][] = [["kernel", kernel], ["frames", frames], ["cgroup", task.cgroup]];
  const saved = structuredClone(save({ root: task.fs.root, file }, new Map(wires.map(([name, object]) => [object, name]))));
  const back = restore(saved, new Map(wires)) as { root: Path; file: File };
  task.fs = new FsContext(back.root, back.root, 0o022);
  expect(readFile(task, "/etc/passwd")).toBe("changed");
  expect([refused(task, "/etc/group"), names(task, "/etc")]).toEqual([ENOENT, ["deep", "passwd"]]);
  expect(contents(task, back.file)).toBe("changed");
  expect(back.file.inode.locks?.whole.get(back.file)).toBe("exclusive");
});
