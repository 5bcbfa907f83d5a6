// Finding applets in bytes that look like busybox's tables.

import { expect, test } from "vitest";
import { findApplets, linkApplets } from "./busybox.js";
import { EMPTY } from "./erofs.js";
import { Tree } from "./tree.js";

const NAMES = ["[", "[[", "ash", "cat", "chroot", "cp", "cut", "date", "echo", "env", "false", "find", "grep", "head", "ifconfig", "init", "kill", "linuxrc", "ls", "mv", "ps", "sh", "true", "vi", "wc"];
const PLACES: Record<string, number> = { chroot: 4, ifconfig: 2, init: 2, linuxrc: 0, env: 3, head: 3, wc: 3, cut: 3, find: 3, "[": 3, "[[": 3 };

function binary(before: string): Uint8Array {
  const nibbles = NAMES.map((name) => PLACES[name] ?? 1);
  const places = Array.from({ length: Math.ceil(NAMES.length / 2) }, (_, i) => nibbles[2 * i] | ((nibbles[2 * i + 1] ?? 0) << 4));
  return Uint8Array.from([...Buffer.from(`\x7fELF junk [\0 ash\0cat\0${before}${NAMES.join("\0")}\0Usage: %s\0`), ...places, 0xff, 0xff]);
}

test.each(["\0", "x", "%s\n"])("the table of names is found after %j, with the places", (before) => {
  const applets = findApplets(binary(before));
  expect(applets.map((each) => each.name)).toEqual(NAMES);
  const at = (name: string): string | undefined => applets.find((each) => each.name === name)?.directory;
  expect([at("cat"), at("init"), at("chroot"), at("linuxrc"), at("wc")]).toEqual(["/usr/bin", "/usr/sbin", "/usr/sbin", "/", "/usr/bin"]);
});

test("bytes without such a table have no applets", () => {
  expect(findApplets(Uint8Array.from(Buffer.from("[\0[[\0ash\0cat\0zzz\0aaa\0")))).toEqual([]);
  expect(findApplets(new Uint8Array(100))).toEqual([]);
});

test("another package's program wins over an applet, wherever it is", () => {
  const tree = new Tree();
  tree.insert("/usr/sbin/ls", { kind: "file", extent: EMPTY, mode: 0o755, uid: 0, gid: 0, mtime: 0 }, "test");
  linkApplets(tree, [{ name: "ls", directory: "/usr/bin" }, { name: "cat", directory: "/usr/bin" }, { name: "init", directory: "/usr/sbin" }], 0);
  expect(tree.at("/usr/bin/ls")).toBeUndefined();
  expect(tree.at("/usr/bin/cat")).toMatchObject({ kind: "symlink", target: "busybox" });
  expect(tree.at("/usr/sbin/init")).toMatchObject({ kind: "symlink", target: "/usr/bin/busybox" });
});
