// Path walks, as path_resolution(7) tells of them.
import { expect, test } from "vitest";
import { EACCES, EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ENOTEMPTY, EROFS, EXDEV, EBUSY, EINVAL, EPERM, failed } from "../../abi/errno.js";
import { AT_FDCWD, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_PATH, O_RDWR, O_WRONLY, RENAME_EXCHANGE, RENAME_NOREPLACE, RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS } from "../../abi/fcntl.js";
import { MS_RDONLY } from "../../abi/mount.js";
import { Tmpfs } from "../fs/tmpfs.js";
import { Credentials } from "../task/credentials.js";
import { link, mkdir, rename, rmdir, symlink, unlink } from "./change.js";
import { NOFOLLOW, lookup } from "./lookup.js";
import { attach, bind, copyNamespace, mountInfoText, mountsText, newMount, pathOf, unmount } from "./mount.js";
import { Path } from "./path.js";
import { another, machine, names, opened, readFile, refused, writeFile } from "./testing/machine.js";

function tree() {
  const made = machine();
  const { task } = made;
  mkdir(task, AT_FDCWD, "/a", 0o755);
  mkdir(task, AT_FDCWD, "/a/b", 0o755);
  writeFile(task, "/a/b/f", "hello");
  symlink(task, "b", AT_FDCWD, "/a/l");
  symlink(task, "/a/b/f", AT_FDCWD, "/abs");
  symlink(task, "loop", AT_FDCWD, "/loop");
  symlink(task, "nothing", AT_FDCWD, "/dangling");
  return made;
}

const at = (m: ReturnType<typeof tree>, name: string, flags = 0, resolve = 0) => {
  const found = lookup(m.task, AT_FDCWD, name, flags, { resolve });
  return failed(found) ? found : pathOf(found, m.task.fs.root);
};

test("slashes, dots and links lead where they lead on Linux", () => {
  const m = tree();
  expect(at(m, "/a/b/f")).toBe("/a/b/f");
  expect(at(m, "//a///b/../b/./f")).toBe("/a/b/f");
  expect(at(m, "a/l/f")).toBe("/a/b/f");
  expect(at(m, "/abs")).toBe("/a/b/f");
  expect(at(m, "/abs", NOFOLLOW)).toBe("/abs");
  expect(at(m, "/a/l", NOFOLLOW)).toBe("/a/l");
  expect(at(m, "/a/l/", NOFOLLOW)).toBe("/a/b");
  expect(at(m, "/../../a")).toBe("/a");
  expect(at(m, "/")).toBe("/");
  expect(at(m, "/a/b/.")).toBe("/a/b");
});

test("what is wrong with a path has its own error", () => {
  const m = tree();
  expect(at(m, "")).toBe(ENOENT);
  expect(at(m, "/nope")).toBe(ENOENT);
  expect(at(m, "/nope/x")).toBe(ENOENT);
  expect(at(m, "/a/b/f/x")).toBe(ENOTDIR);
  expect(at(m, "/a/b/f/")).toBe(ENOTDIR);
  expect(at(m, "/a/b/f/.")).toBe(ENOTDIR);
  expect(at(m, "/loop")).toBe(ELOOP);
  expect(at(m, "/dangling")).toBe(ENOENT);
  expect(at(m, `/${"x".repeat(256)}`)).toBe(ENAMETOOLONG);
  expect(at(m, `/${"x".repeat(255)}`)).toBe(ENOENT);
});

test("open makes, refuses and follows by its flags", () => {
  const { task } = tree();
  expect(refused(task, "/a/b/f", O_WRONLY | O_CREAT | O_EXCL)).toBe(EEXIST);
  expect(refused(task, "/dangling", O_WRONLY | O_CREAT | O_EXCL)).toBe(EEXIST);
  expect(refused(task, "/a", O_RDWR)).toBe(EISDIR);
  expect(refused(task, "/a", O_WRONLY | O_CREAT)).toBe(EISDIR);
  expect(refused(task, "/new/", O_WRONLY | O_CREAT)).toBe(EISDIR);
  expect(refused(task, "/abs", O_NOFOLLOW)).toBe(ELOOP);
  expect(refused(task, "/abs", O_NOFOLLOW | O_PATH)).toBe(undefined);
  expect(refused(task, "/a/b/f", O_DIRECTORY)).toBe(ENOTDIR);
  writeFile(task, "/dangling", "made");
  expect(readFile(task, "/nothing")).toBe("made");
});

test("a directory without x is closed to all but the superuser, and an unreadable file to others", () => {
  const m = tree();
  const user = another(m, Credentials.of(1000, 1000));
  mkdir(m.task, AT_FDCWD, "/closed", 0o700);
  writeFile(m.task, "/closed/f", "x");
  expect(refused(user, "/closed/f")).toBe(EACCES);
  writeFile(m.task, "/secret", "x", O_WRONLY | O_CREAT, 0o600);
  expect(refused(user, "/secret")).toBe(EACCES);
  expect(refused(user, "/a/b/f", O_RDWR)).toBe(EACCES);
  expect(mkdir(user, AT_FDCWD, "/mine", 0o755)).toBe(EACCES);
});

test("a sticky directory lets only owners remove", () => {
  const m = tree();
  const [one, two] = [another(m, Credentials.of(1000, 1000)), another(m, Credentials.of(1001, 1001))];
  mkdir(m.task, AT_FDCWD, "/tmp", 0o1777);
  const tmp = lookup(m.task, AT_FDCWD, "/tmp");
  if (!failed(tmp)) tmp.inode.setAttributes(m.task, { mode: 0o1777 });
  writeFile(one, "/tmp/f", "x");
  expect(unlink(two, AT_FDCWD, "/tmp/f")).toBe(EPERM);
  expect(unlink(one, AT_FDCWD, "/tmp/f")).toBe(undefined);
});

test("names go by unlink, rmdir and rename, and what is open stays", () => {
  const m = tree();
  const { task } = m;
  expect(rmdir(task, AT_FDCWD, "/a/b")).toBe(ENOTEMPTY);
  expect(unlink(task, AT_FDCWD, "/a/b")).toBe(EISDIR);
  expect(rmdir(task, AT_FDCWD, "/a/b/f")).toBe(ENOTDIR);
  expect(rmdir(task, AT_FDCWD, "/a/b/.")).toBe(EINVAL);
  const file = opened(task, "/a/b/f");
  const used = m.frames.used;
  expect(unlink(task, AT_FDCWD, "/a/b/f")).toBe(undefined);
  expect(file.path && pathOf(file.path, task.fs.root)).toBe("/a/b/f (deleted)");
  expect(m.frames.used).toBe(used);
  file.release();
  expect(m.frames.used).toBe(used - 1);
  expect(refused(task, "/a/b/f")).toBe(ENOENT);
  writeFile(task, "/x", "1");
  writeFile(task, "/y", "2");
  expect(rename(task, AT_FDCWD, "/x", AT_FDCWD, "/y", RENAME_NOREPLACE)).toBe(EEXIST);
  expect(rename(task, AT_FDCWD, "/x", AT_FDCWD, "/y", RENAME_EXCHANGE)).toBe(undefined);
  expect([readFile(task, "/x"), readFile(task, "/y")]).toEqual(["2", "1"]);
  expect(rename(task, AT_FDCWD, "/x", AT_FDCWD, "/y", 0)).toBe(undefined);
  expect([refused(task, "/x"), readFile(task, "/y")]).toEqual([ENOENT, "2"]);
  expect(rename(task, AT_FDCWD, "/a", AT_FDCWD, "/a/b/c", 0)).toBe(EINVAL);
  expect(rename(task, AT_FDCWD, "/a/b", AT_FDCWD, "/a", 0)).toBe(ENOTEMPTY);
  expect(rename(task, AT_FDCWD, "/y", AT_FDCWD, "/a", 0)).toBe(EISDIR);
  expect(rename(task, AT_FDCWD, "/a", AT_FDCWD, "/y", 0)).toBe(ENOTDIR);
  expect(rename(task, AT_FDCWD, "/a/b", AT_FDCWD, "/moved", 0)).toBe(undefined);
  expect([names(task, "/a"), at(m, "/moved/..")]).toEqual([["l"], "/"]);
});

test("two names of one file share it until the last goes", () => {
  const { task } = tree();
  const found = lookup(task, AT_FDCWD, "/a/b/f");
  if (failed(found)) throw found;
  expect(link(task, found, AT_FDCWD, "/second")).toBe(undefined);
  expect(found.inode.nlink).toBe(2);
  unlink(task, AT_FDCWD, "/a/b/f");
  expect(readFile(task, "/second")).toBe("hello");
  expect(found.inode.nlink).toBe(1);
});

test("RESOLVE_* keeps a walk where it may be", () => {
  const m = tree();
  const a = lookup(m.task, AT_FDCWD, "/a");
  if (failed(a)) throw a;
  const walk = (name: string, resolve: number) => {
    const found = lookup(m.task, a, name, 0, { resolve });
    return failed(found) ? found : pathOf(found, m.task.fs.root);
  };
  expect(walk("../abs", RESOLVE_BENEATH)).toBe(EXDEV);
  expect(walk("/b", RESOLVE_BENEATH)).toBe(EXDEV);
  expect(walk("b/../l/f", RESOLVE_BENEATH)).toBe("/a/b/f");
  expect(walk("/../../b/f", RESOLVE_IN_ROOT)).toBe("/a/b/f");
  expect(walk("l/f", RESOLVE_NO_SYMLINKS)).toBe(ELOOP);
});

test("mounts cover, bind shares, read-only refuses, and an unmounted file system gives its memory back", () => {
  const m = tree();
  const { kernel, task, namespace } = m;
  const used = m.frames.used;
  const a = lookup(task, AT_FDCWD, "/a");
  if (failed(a)) throw a;
  const fs = new Tmpfs(kernel, 7);
  expect(attach(namespace, newMount(kernel, fs, 0), a)).toBe(undefined);
  expect(names(task, "/a")).toEqual([]);
  writeFile(task, "/a/inside", "x");
  expect(rmdir(task, AT_FDCWD, "/a")).toBe(EBUSY);
  expect(rename(task, AT_FDCWD, "/abs", AT_FDCWD, "/a/abs", 0)).toBe(EXDEV);
  expect(at(m, "/a/..")).toBe("/");
  mkdir(task, AT_FDCWD, "/view", 0o755);
  const [inner, view] = [lookup(task, AT_FDCWD, "/a"), lookup(task, AT_FDCWD, "/view")];
  if (failed(inner) || failed(view)) throw inner;
  const copy = bind(kernel, inner, false);
  copy.flags |= MS_RDONLY;
  expect(attach(namespace, copy, view)).toBe(undefined);
  expect(readFile(task, "/view/inside")).toBe("x");
  expect(refused(task, "/view/inside", O_RDWR)).toBe(EROFS);
  expect(mountsText(namespace, task.fs.root)).toBe("tmpfs / tmpfs rw,relatime 0 0\ntmpfs /a tmpfs rw,relatime 0 0\ntmpfs /view tmpfs ro,relatime 0 0\n");
  expect(mountInfoText(namespace, task.fs.root).split("\n")[2]).toBe("3 1 0:7 / /view ro,relatime - tmpfs tmpfs rw");
  const held = opened(task, "/a/inside");
  task.files.install(held, false, 10);
  expect(unmount(kernel, namespace, new Path(inner.mount, inner.mount.root), false)).toBe(EBUSY);
  task.files.close(task, 0);
  held.references--;
  if (held.references === 0) held.release();
  const other = copyNamespace(kernel, namespace);
  expect(unmount(kernel, namespace, new Path(copy, copy.root), false)).toBe(undefined);
  expect(unmount(kernel, namespace, new Path(inner.mount, inner.mount.root), false)).toBe(undefined);
  expect(names(task, "/a")).toEqual(["b", "l"]);
  expect(m.frames.used).toBe(used + 1);
  for (const mount of [...other.namespace.mounts].reverse()) if (mount.parent !== undefined) unmount(kernel, other.namespace, new Path(mount, mount.root), false);
  expect(m.frames.used).toBe(used);
});
