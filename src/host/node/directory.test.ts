// What a guest can and can't do in a directory of the host.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HostDirectory } from "../interface.js";
import { openDirectory } from "./directory.js";

let outside = "";
let root = "";
let directory: HostDirectory;

beforeEach(() => {
  outside = mkdtempSync(path.join(tmpdir(), "nestbox-directory-"));
  root = path.join(outside, "shared");
  mkdirSync(path.join(root, "sub"), { recursive: true });
  writeFileSync(path.join(outside, "secret"), "secret");
  writeFileSync(path.join(root, "sub/file"), "hello");
  directory = openDirectory(root, false);
});

afterEach(() => {
  directory.release();
  rmSync(outside, { recursive: true });
});

const text = (handle: unknown): string => {
  if (typeof handle !== "number") throw new Error(JSON.stringify(handle));
  const into = new Uint8Array(100);
  const got = directory.read(handle, 0, into);
  if (typeof got !== "number") throw new Error(JSON.stringify(got));
  return new TextDecoder().decode(into.subarray(0, got));
};

test("a file is read, written, cut and told about", () => {
  const handle = directory.open(["sub", "file"], { write: true });
  expect(text(handle)).toBe("hello");
  expect(directory.write(handle as number, 5, new TextEncoder().encode(" world"))).toBe(6);
  expect(directory.handleStat(handle as number)).toMatchObject({ kind: "file", size: 11 });
  expect(directory.truncate(handle as number, 4)).toBeUndefined();
  directory.close(handle as number);
  expect(readFileSync(path.join(root, "sub/file"), "utf8")).toBe("hell");
  expect(directory.read(handle as number, 0, new Uint8Array(1))).toEqual({ failure: "EBADF" });
});

test("a link as the last name is a link, whatever it points at", () => {
  symlinkSync("../secret", path.join(root, "link"));
  expect(directory.stat(["link"])).toMatchObject({ kind: "symlink" });
  expect(directory.readlink(["link"])).toBe("../secret");
  expect(directory.open(["link"], { write: false })).toEqual({ failure: "ELOOP" });
  expect(directory.open(["link"], { write: true, create: { mode: 0o644, exclusive: false } })).toEqual({ failure: "ELOOP" });
  expect(directory.change(["link"], { mode: 0o777 })).toEqual({ failure: "EOPNOTSUPP" });
  expect(readFileSync(path.join(outside, "secret"), "utf8")).toBe("secret");
});

test("a link to a directory is not walked through and not listed", () => {
  symlinkSync("..", path.join(root, "up"));
  symlinkSync("/", path.join(root, "top"));
  for (const name of ["up", "top"]) {
    expect(directory.stat([name, "secret"])).toHaveProperty("failure");
    expect(directory.list([name])).toHaveProperty("failure");
    expect(directory.mkdir([name, "made"], 0o755)).toHaveProperty("failure");
    expect(directory.rename(["sub", "file"], [name, "file"])).toHaveProperty("failure");
    expect(directory.unlink([name, "secret"])).toHaveProperty("failure");
  }
  expect(existsSync(path.join(outside, "secret"))).toBe(true);
  expect(existsSync(path.join(outside, "made"))).toBe(false);
});

test.each([[".."], ["sub", "..", "..", "secret"], ["."], [""], ["../secret"], ["sub/file"], ["a\0b"]])("the path %j is refused", (...names: string[]) => {
  expect(directory.stat(names)).toEqual({ failure: "EINVAL" });
  expect(directory.open(names, { write: false })).toEqual({ failure: "EINVAL" });
});

test("a FIFO is listed and told about, but neither opened nor waited for", () => {
  execFileSync("mkfifo", [path.join(root, "fifo")]);
  expect(directory.stat(["fifo"])).toMatchObject({ kind: "special" });
  expect(directory.open(["fifo"], { write: false })).toEqual({ failure: "ENXIO" });
  expect(directory.open(["fifo"], { write: true })).toEqual({ failure: "ENXIO" });
  expect(directory.open(["fifo"], { write: true, create: { mode: 0o600, exclusive: false } })).toEqual({ failure: "ENXIO" });
  expect(directory.list([])).toEqual(expect.arrayContaining([{ name: "fifo", kind: "special" }, { name: "sub", kind: "directory" }]));
});

test("what is made has the mode that was asked for, without setuid", () => {
  directory.open(["new"], { write: true, create: { mode: 0o4666, exclusive: true } });
  expect(statSync(path.join(root, "new")).mode & 0o7777).toBe(0o666);
  expect(directory.mkdir(["open"], 0o777)).toBeUndefined();
  expect(statSync(path.join(root, "open")).mode & 0o7777).toBe(0o777);
  expect(directory.open(["new"], { write: true, create: { mode: 0o600, exclusive: true } })).toEqual({ failure: "EEXIST" });
});

test("times are set to the nanosecond's neighbourhood and before 1970 too", () => {
  expect(directory.change(["sub", "file"], { mtime: { sec: -2, nsec: 500_000_000 } })).toBeUndefined();
  const stat = directory.stat(["sub", "file"]);
  expect(stat).toMatchObject({ mtime: { sec: -2, nsec: 500_000_000 } });
});

test("names that are no text go through unharmed", () => {
  const name = "caf\xe9\xff";
  directory.open([name], { write: true, create: { mode: 0o644, exclusive: true } });
  expect(directory.list([])).toContainEqual({ name, kind: "file" });
  expect(directory.rename([name], ["plain"])).toBeUndefined();
  expect(directory.unlink(["plain"])).toBeUndefined();
});

test("a read-only directory refuses every change with EROFS", () => {
  const frozen = openDirectory(root, true);
  const refused = { failure: "EROFS" };
  expect(frozen.open(["sub", "file"], { write: true })).toEqual(refused);
  expect(frozen.open(["x"], { write: false, create: { mode: 0o644, exclusive: false } })).toEqual(refused);
  expect(frozen.mkdir(["x"], 0o755)).toEqual(refused);
  expect(frozen.unlink(["sub", "file"])).toEqual(refused);
  expect(frozen.rename(["sub"], ["bus"])).toEqual(refused);
  expect(frozen.change(["sub"], { mode: 0 })).toEqual(refused);
  expect(frozen.symlink(["x"], "y")).toEqual(refused);
  expect(frozen.link(["x"], ["sub", "file"])).toEqual(refused);
  expect(frozen.stat(["sub", "file"])).toMatchObject({ kind: "file", size: 5 });
  frozen.release();
});

test("an open file stays readable after it is removed", () => {
  const handle = directory.open(["sub", "file"], { write: false });
  expect(directory.unlink(["sub", "file"])).toBeUndefined();
  expect(text(handle)).toBe("hello");
});
