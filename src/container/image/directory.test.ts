// Images of host directories.

import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeImageHost } from "../../host/node/image-host.js";
import type { ImageHost } from "../../host/interface/images.js";
import { listImages, removeImage, resolveImage } from "./index.js";

let scratch: string;
let root: string;
let host: ImageHost;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "nestbox-dir-"));
  root = join(scratch, "root");
  mkdirSync(join(root, "bin"), { recursive: true });
  writeFileSync(join(root, "bin/prog"), "program");
  host = nodeImageHost({ NESTBOX_STORE: join(scratch, "store") });
});
afterEach(() => rmSync(scratch, { recursive: true }));

function extract(disk: string): string {
  const out = join(scratch, "out");
  execFileSync("fsck.erofs", [`--extract=${out}`, disk]);
  return out;
}

test("a directory is copied with its links and modes, and special files are never opened", async () => {
  chmodSync(join(root, "bin/prog"), 0o751);
  linkSync(join(root, "bin/prog"), join(root, "bin/same"));
  symlinkSync("../../../etc/passwd", join(root, "bin/link"));
  writeFileSync(join(root, "grüße"), "hallo");
  execFileSync("mkfifo", [join(root, "fifo")]);
  const image = await resolveImage(`dir:${root}/`, { host });
  const out = extract(image.diskPath);
  expect(execFileSync("stat", ["-c", "%a %u:%g %F", join(out, "bin/prog"), join(out, "fifo")], { encoding: "utf8" })).toBe("751 0:0 regular file\n644 0:0 fifo\n");
  expect(execFileSync("dump.erofs", ["--path=/bin/same", image.diskPath], { encoding: "utf8" })).toMatch(/Links: 2 /);
  expect(readlinkSync(join(out, "bin/link"))).toBe("../../../etc/passwd");
  expect(readFileSync(join(out, "grüße"), "utf8")).toBe("hallo");
});

test("a directory that is as it was isn't copied again, and a changed one is", async () => {
  const one = await resolveImage(`dir:${root}`, { host });
  expect(await resolveImage(`dir:${root}`, { host })).toEqual(one);
  writeFileSync(join(root, "bin/prog"), "PROGRAM");
  utimesSync(join(root, "bin/prog"), 1, 2);
  const two = await resolveImage(`dir:${root}`, { host });
  expect(readFileSync(join(extract(two.diskPath), "bin/prog"), "utf8")).toBe("PROGRAM");
  expect((await listImages({ host })).map((each) => [each.ref, each.digest])).toEqual([[`dir:${root}`, two.digest]]);
  expect(await removeImage(`dir:${root}`, { host })).toBe(true);
});

test("what is no directory is an error that says so", async () => {
  await expect(resolveImage(`dir:${root}/nowhere`, { host })).rejects.toThrow(/can't be found/);
  await expect(resolveImage(`dir:${root}/bin/prog`, { host })).rejects.toThrow(/is not a directory/);
  await expect(resolveImage("dir:", { host })).rejects.toThrow(/names no directory/);
});

test("references that are none say how to write one", async () => {
  await expect(resolveImage("deb:", { host })).rejects.toThrow(/names no package/);
  await expect(resolveImage("deb:Bash", { host })).rejects.toThrow(/"Bash", which is no name of a Debian package/);
  await expect(resolveImage("nonsense", { host })).rejects.toThrow(/image "nonsense" is unknown.*: write deb:/);
});

test("a store that is no directory, or can't be written, says so", async () => {
  writeFileSync(join(scratch, "file"), "");
  await expect(resolveImage(`dir:${root}`, { host: nodeImageHost({ NESTBOX_STORE: join(scratch, "file") }) })).rejects.toThrow(/NESTBOX_STORE/);
  await expect(resolveImage(`dir:${root}`, { host: nodeImageHost({ NESTBOX_STORE: "/proc/nowhere" }) })).rejects.toThrow(/NESTBOX_STORE/);
});
