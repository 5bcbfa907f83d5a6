// Copies a directory of the host into a disk, for `dir:PATH` images.

import { buildDisk } from "./disk.js";
import { defaultConfig, type Pulled } from "./debian.js";
import { toBytes } from "./names.js";
import type { ErofsWriter, Extent } from "./erofs.js";
import { codeOf, ImageError, messageOf } from "./error.js";
import type { FileStat, ImageFiles } from "../../host/interface/images.js";
import { section } from "./decompress.js";
import type { OnProgress } from "./progress.js";
import type { Store } from "./store.js";
import { Tree, type TreeNode } from "./tree.js";

/** One guest owner stands for the host's owners. */
const OWNER = { uid: 0, gid: 0 };

interface Found {
  /** Below the directory; "" is itself. */
  path: string;
  stat: FileStat;
}

/** A hash over names, kinds, sizes and times: what has the same is not copied again. */
export async function directoryManifest(store: Store, path: string): Promise<{ found: Found[]; digest: string }> {
  const found = await walk(store.host.files, path);
  const hash = store.host.sha256();
  for (const { path: name, stat } of found) {
    const { kind, mode, size, mtimeNs, inode, rdevMajor, rdevMinor } = stat;
    hash.update(new TextEncoder().encode(JSON.stringify([name, kind, mode, kind === "directory" ? 0 : size, String(mtimeNs), inode, rdevMajor, rdevMinor])));
  }
  return { found, digest: hash.hex() };
}

export async function copyDirectory(store: Store, path: string, found: Found[], onProgress: OnProgress): Promise<Pulled> {
  const tree = new Tree();
  const disk = await buildDisk(store, tree, (writer) => copyAll(store.host.files, tree, writer, path, found, onProgress));
  return { ...disk, packages: [], config: defaultConfig(tree) };
}

async function walk(files: ImageFiles, root: string): Promise<Found[]> {
  const top = await files.lstat(root);
  if (top?.kind !== "directory") {
    throw new ImageError(`${root} ${top ? "is not a directory" : "isn't there"}: dir: takes the path of a directory that holds a root file system`);
  }
  const found: Found[] = [{ path: "", stat: top }];
  for (let i = 0; i < found.length; i++) {
    if (found[i].stat.kind !== "directory") continue;
    const parent = found[i].path;
    const names = await files.list(`${root}/${parent}`).catch((error: unknown) => {
      throw new ImageError(`${root}/${parent} can't be read (${messageOf(error)}): make it readable, or choose a directory without it`);
    });
    for (const name of names) {
      const path = parent === "" ? name : `${parent}/${name}`;
      if (name.includes("\ufffd")) throw new ImageError(`${root}/${path} has a name that is not UTF-8, which can't be copied: rename it`);
      const stat = await files.lstat(`${root}/${path}`);
      if (stat) found.push({ path, stat });
    }
  }
  return found;
}

async function copyAll(files: ImageFiles, tree: Tree, disk: ErofsWriter, root: string, found: Found[], onProgress: OnProgress): Promise<number> {
  const known = new Map<string, TreeNode>();
  let newest = 0;
  for (const [i, { path, stat }] of found.entries()) {
    const key = `${stat.device}:${stat.inode}`;
    const node = known.get(key) ?? (await toNode(files, disk, `${root}/${path}`, stat));
    if (stat.nlink > 1 && stat.kind !== "directory") known.set(key, node);
    newest = Math.max(newest, node.mtime);
    tree.insert(toBytes(path), node, `the directory ${root}`);
    if (i % 64 === 0) onProgress({ stage: "unpack", what: [path], done: i, total: found.length });
  }
  onProgress({ stage: "unpack", what: [], done: found.length, total: found.length });
  return newest;
}

/** Special files are carried as nodes and never opened: opening a FIFO would wait for its writer. */
async function toNode(files: ImageFiles, disk: ErofsWriter, path: string, stat: FileStat): Promise<TreeNode> {
  const mtime = Number(stat.mtimeNs / 1_000_000_000n);
  const attributes = { ...OWNER, mode: stat.mode, mtime, mtimeNs: Number(stat.mtimeNs % 1_000_000_000n) };
  switch (stat.kind) {
    case "directory": return { kind: "directory", ...attributes, entries: new Map(), implied: false };
    case "symlink": return { kind: "symlink", ...attributes, target: toBytes(await files.readLink(path)) };
    case "file": return { kind: "file", ...attributes, extent: await copyFile(files, disk, path) };
    default: return { kind: stat.kind, ...attributes, major: stat.rdevMajor, minor: stat.rdevMinor };
  }
}

async function copyFile(files: ImageFiles, disk: ErofsWriter, path: string): Promise<Extent> {
  try {
    const file = await files.open(path);
    try {
      return await disk.addFile(section(file, 0, file.size), file.size, path);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === "EACCES") throw new ImageError(`${path} can't be read: make it readable, or move it out of the directory`);
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ELOOP") throw new ImageError(`${path} changed while it was copied: try again`);
    throw error;
  }
}
