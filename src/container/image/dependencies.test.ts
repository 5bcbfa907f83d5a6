// Choosing packages from an index.

import { expect, test } from "vitest";
import { resolveDependencies } from "./dependencies.js";
import { condense, PackagesIndex, parseRelations } from "./packages-index.js";

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function choose(names: string[], ...stanzas: string[]): Promise<string> {
  const full = stanzas.map((stanza) => `${stanza}\nFilename: pool/x.deb\nSize: 1\nSHA256: ${"0".repeat(64)}`);
  const index = new PackagesIndex(await condense(cut(full.join("\n\n"), 7)));
  return resolveDependencies(index, names).map((each) => each.name).join(" ");
}

test("a package comes after all that it depends on", async () => {
  expect(await choose(["a"], "Package: a\nVersion: 1\nDepends: b", "Package: b\nVersion: 1\nPre-Depends: c", "Package: c\nVersion: 1", "Package: d\nVersion: 1")).toBe("c b a");
});

test("what reads the terminal database brings it along, though nothing depends on it", async () => {
  const stanzas = ["Package: top\nVersion: 1\nDepends: libtinfo6", "Package: libtinfo6\nVersion: 1"];
  expect(await choose(["top"], ...stanzas, "Package: ncurses-base\nVersion: 1\nEssential: yes")).toBe("libtinfo6 ncurses-base top");
  expect(await choose(["top"], ...stanzas)).toBe("libtinfo6 top");
});

test("circles end", async () => {
  expect(await choose(["a"], "Package: a\nVersion: 1\nDepends: b", "Package: b\nVersion: 1\nDepends: a")).toBe("b a");
});

test("an alternative that is chosen already is preferred", async () => {
  const stanzas = ["Package: a\nVersion: 1\nDepends: x | y", "Package: x\nVersion: 1", "Package: y\nVersion: 1"];
  expect(await choose(["a"], ...stanzas)).toBe("x a");
  expect(await choose(["a", "y"], ...stanzas)).toBe("y a");
});

test("the first alternative that the mirror has, in a version that fits, is taken", async () => {
  expect(await choose(["a"], "Package: a\nVersion: 1\nDepends: gone | old (>= 2) | new (>= 2)", "Package: old\nVersion: 1", "Package: new\nVersion: 2")).toBe("new a");
});

test("a virtual package is met by one that provides it, a versioned one only with a version", async () => {
  expect(await choose(["a"], "Package: a\nVersion: 1\nDepends: awk", "Package: mawk\nVersion: 1\nProvides: awk")).toBe("mawk a");
  await expect(choose(["a"], "Package: a\nVersion: 1\nDepends: awk (>= 2)", "Package: mawk\nVersion: 3\nProvides: awk")).rejects.toThrow(/a needs awk \(>= 2\)/);
  expect(await choose(["a"], "Package: a\nVersion: 1\nDepends: awk (>= 2)", "Package: mawk\nVersion: 1\nProvides: awk (= 2)")).toBe("mawk a");
});

test("a virtual package can be asked for by its name", async () => {
  expect(await choose(["awk"], "Package: mawk\nVersion: 1\nProvides: awk")).toBe("mawk");
});

test("a dependency that can't be met names both packages", async () => {
  await expect(choose(["a"], "Package: a\nVersion: 1\nDepends: b (>= 2) | c", "Package: b\nVersion: 1")).rejects.toThrow(/package a needs b \(>= 2\) or c/);
});

test("an unknown package is answered with near names", async () => {
  await expect(choose(["coreutil"], "Package: coreutils\nVersion: 1")).rejects.toThrow(/no package "coreutil".*did you mean coreutils\?/);
  await expect(choose(["xyzzy-frobnicate"], "Package: coreutils\nVersion: 1")).rejects.toThrow(/Look for its name/);
});

test("relations are read with qualifiers, folded lines and odd spacing", async () => {
  expect(parseRelations("libc6 (>= 2.34), perl:any,  a|b (<<1:2~) ")).toEqual([
    [{ name: "libc6", relation: ">=", version: "2.34" }], [{ name: "perl" }], [{ name: "a" }, { name: "b", relation: "<<", version: "1:2~" }],
  ]);
  expect(await choose(["a"], "Package: a\nVersion: 1\nDepends: b,\n c", "Package: b\nVersion: 1", "Package: c\nVersion: 1")).toBe("b c a");
});
