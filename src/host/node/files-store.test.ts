// The files of a store, as several processes use them at once.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { storeFiles } from "./files-store.js";

const folder = mkdtempSync(join(tmpdir(), "nestbox-store-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a directory that several make at once, with those around it, is made for all of them", async () => {
  for (let round = 0; round < 300; round++) {
    const at = join(folder, String(round), "store");
    await Promise.all(["blobs/sha256", "blobs/sha256", "tmp", "blobs"].map((name) => storeFiles.makeDirectory(join(at, name))));
  }
});

test("where none can be made it says so", async () => {
  await expect(storeFiles.makeDirectory("/proc/self/none/below")).rejects.toMatchObject({ code: "ENOENT" });
});
