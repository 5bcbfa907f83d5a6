// Packed streams, made by the programs that Debian packs with.

import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { nodeImageHost } from "../../host/node/image-host.js";
import { decompress } from "./decompress.js";
import { gather } from "./download.js";

const TEXT = Buffer.from("all work and no play\n".repeat(20_000));
const PACKED: Record<string, () => Uint8Array> = {
  "data.tar.xz": () => execFileSync("xz", ["-c"], { input: TEXT }),
  "data.tar.gz": () => gzipSync(TEXT),
  // `zstd -c` of "nestbox\n" eight times, version 1.5.4
  "data.tar.zst": () => Buffer.from("KLUv/QRYdQAAQG5lc3Rib3gKAQDdWbhhrXc0", "base64"),
  "data.tar": () => TEXT,
};

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield await Promise.resolve(bytes.subarray(at, at + 100));
}

async function unpack(name: string, bytes: Uint8Array): Promise<Buffer> {
  return Buffer.from(await gather(decompress(nodeImageHost({}), name, pieces(bytes)), 1 << 24));
}

test.each(["data.tar.xz", "data.tar.gz", "data.tar"])("%s comes back as it was", async (name) => {
  expect((await unpack(name, PACKED[name]())).equals(TEXT)).toBe(true);
});

test("data.tar.zst comes back as it was, and cut off it is an error", async () => {
  const whole = PACKED["data.tar.zst"]();
  expect((await unpack("data.tar.zst", whole)).toString()).toBe("nestbox\n".repeat(8));
  await expect(unpack("data.tar.zst", whole.subarray(0, whole.length - 6))).rejects.toThrow();
});

test.each(["data.tar.xz", "data.tar.gz"])("%s that is cut off or changed is an error", async (name) => {
  const whole = PACKED[name]();
  await expect(unpack(name, whole.subarray(0, whole.length - 20))).rejects.toThrow();
  await expect(unpack(name, Uint8Array.from(whole, (byte, i) => (i === 60 ? byte ^ 0xff : byte)))).rejects.toThrow();
});

test("another way of packing is named", () => {
  expect(() => decompress(nodeImageHost({}), "data.tar.lzma", pieces(TEXT))).toThrow(/xz, zst and gz are known/);
});
