// Turns a tree of files into a disk in the store.

import { ErofsWriter } from "./erofs.js";
import type { Store } from "./store.js";
import type { Tree } from "./tree.js";

const READ_STEP = 1 << 20;

export interface Disk {
  digest: string;
  size: number;
}

/** `fill` builds the tree with the file data going to the disk; it returns the time that most of the files have. */
export async function buildDisk(store: Store, tree: Tree, fill: (writer: ErofsWriter) => Promise<number>): Promise<Disk> {
  return store.place(async (file) => {
    const writer = new ErofsWriter(file, store.host);
    const buildTime = await fill(writer);
    const size = await writer.finish(tree.root, buildTime);
    const hash = store.host.sha256();
    for (let at = 0; at < size; at += READ_STEP) hash.update(await file.read(at, Math.min(READ_STEP, size - at)));
    const digest = hash.hex();
    return { path: store.blobPath(digest), digest, size };
  });
}
