// The cache of shared libraries as glibc's own ldconfig prints and orders it.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareNames, encodeCache } from "./ld-cache.js";

test("ldconfig reads the cache, in the order in which ld.so searches it", () => {
  const names = ["libc.so.6", "libz.so.1", "libfoo.so.10", "libfoo.so.9", "libssl.so.3", "ld-linux-riscv64-lp64d.so.1"];
  const directory = mkdtempSync(join(tmpdir(), "nestbox-ldcache-"));
  try {
    writeFileSync(join(directory, "cache"), encodeCache(names.map((soname) => ({ soname, path: `/lib/${soname}` }))));
    const printed = execFileSync("/sbin/ldconfig", ["-p", "-C", join(directory, "cache")], { encoding: "utf8" });
    expect(printed.split("\n").slice(1, 7).map((line) => line.trim())).toEqual([
      "libz.so.1", "libssl.so.3", "libfoo.so.10", "libfoo.so.9", "libc.so.6", "ld-linux-riscv64-lp64d.so.1",
    ].map((name) => `${name} (libc6,double-float) => /lib/${name}`));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("names compare as in glibc's _dl_cache_libcmp: numbers by value, and after letters", () => {
  expect(compareNames("liba.so.9", "liba.so.10")).toBeLessThan(0);
  expect(compareNames("liba.so", "liba.so.1")).toBeLessThan(0);
  expect(compareNames("lib1.so", "liba.so")).toBeGreaterThan(0);
  expect(compareNames("liba.so.1", "liba.so.1")).toBe(0);
});
