// Pulls `deb:PKG,PKG…`: chooses, fetches and unpacks Debian packages for riscv64 into one disk.

import { linkAlternatives, parseAlternatives, type Alternative } from "./alternatives.js";
import { findApplets, linkApplets } from "./busybox.js";
import { Deb, type TarEntry } from "./deb.js";
import { resolveDependencies } from "./dependencies.js";
import { buildDisk, type Disk } from "./disk.js";
import { download } from "./download.js";
import type { ErofsWriter } from "./erofs.js";
import { ImageError } from "./error.js";
import { readIndex, type OpenMirror } from "./index-fetch.js";
import { encodeCache, findLibraries } from "./ld-cache.js";
import { openMirror } from "./mirror.js";
import type { Package } from "./packages-index.js";
import type { OnProgress } from "./progress.js";
import { beginSkeleton, endSkeleton } from "./skeleton.js";
import type { ImageConfig, PackageRecord, Store } from "./store.js";
import { Tree, type FileNode, type TreeNode } from "./tree.js";

const PARALLEL = 6;
const BUSYBOX_LIMIT = 64 << 20;

export interface Pulled extends Disk {
  packages: PackageRecord[];
  config: ImageConfig;
}

export async function pullDebian(store: Store, names: string[], onProgress: OnProgress): Promise<Pulled> {
  const mirror = await openMirror(store);
  const index = await readIndex(store, mirror, onProgress);
  const packages = resolveDependencies(index, names);
  await fetchPackages(store, mirror, packages, onProgress);
  const tree = new Tree();
  const disk = await buildDisk(store, tree, (writer) => unpackAll(store, tree, writer, packages, onProgress));
  return {
    ...disk,
    packages: packages.map(({ name, version, sha256 }) => ({ name, version, digest: sha256 })),
    config: defaultConfig(tree),
  };
}

export function defaultConfig(tree: Tree): ImageConfig {
  const shell = ["/bin/bash", "/bin/sh"].find((path) => tree.resolve(path));
  return {
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    cmd: shell ? [shell] : [], workdir: "/", user: "root",
  };
}

async function fetchPackages(store: Store, mirror: OpenMirror, packages: Package[], onProgress: OnProgress): Promise<void> {
  const total = packages.reduce((sum, each) => sum + each.size, 0);
  const under = new Set<string>();
  let done = 0;
  const report = (): void => onProgress({ stage: "packages", what: [...under], done, total });
  // The largest first, so that no long one is left alone at the end.
  const queue = [...packages].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  let failed = false;
  const work = async (): Promise<void> => {
    for (let each = queue.shift(); each && !failed; each = queue.shift()) {
      under.add(each.name);
      const { filename, sha256, size, name } = each;
      try {
        await download(store, { urls: [`${mirror.url}/${filename}`], sha256, size, what: `the package ${name}` }, (bytes) => {
          done += bytes;
          report();
        });
      } catch (error) {
        failed = true;
        throw error;
      }
      under.delete(name);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: PARALLEL }, work));
  const failure = results.find((each) => each.status === "rejected");
  if (failure) throw failure.reason;
}

/** Returns the newest time of all packages' files, which what has no time of its own is given. */
async function unpackAll(store: Store, tree: Tree, disk: ErofsWriter, packages: Package[], onProgress: OnProgress): Promise<number> {
  beginSkeleton(tree);
  const alternatives: Alternative[] = [];
  let newest = 0;
  for (const [i, each] of packages.entries()) {
    onProgress({ stage: "unpack", what: [each.name], done: i, total: packages.length });
    const deb = await Deb.open(store.host, store.blobPath(each.sha256), `the package ${each.name}`);
    try {
      alternatives.push(...parseAlternatives((await deb.control()).get("postinst") ?? ""));
      for await (const entry of deb.data()) {
        newest = Math.max(newest, entry.mtime);
        await unpackEntry(tree, disk, entry, `the package ${each.name}`);
      }
    } finally {
      await deb.close();
    }
  }
  linkAlternatives(tree, alternatives, newest);
  await linkBusybox(tree, disk, newest);
  await endSkeleton(tree, disk, newest);
  await writeLibraryCache(tree, disk, newest);
  onProgress({ stage: "unpack", what: [], done: packages.length, total: packages.length });
  return newest;
}

async function unpackEntry(tree: Tree, disk: ErofsWriter, entry: TarEntry, what: string): Promise<void> {
  const { mode, uid, gid, mtime, name } = entry;
  const attributes = { mode, uid, gid, mtime };
  let node: TreeNode;
  switch (entry.kind) {
    case "file":
      node = { kind: "file", ...attributes, extent: await disk.addFile(entry.body, entry.size, `${what}: ${name}`) };
      break;
    case "directory":
      node = { kind: "directory", ...attributes, entries: new Map(), implied: false };
      break;
    case "symlink":
      node = { kind: "symlink", ...attributes, target: entry.linkname };
      break;
    case "link": {
      const target = tree.at(entry.linkname);
      if (!target || target.kind === "directory") throw new ImageError(`${what} is damaged: ${name} is a link to ${entry.linkname}, which isn't there`);
      node = target;
      break;
    }
    default:
      node = { kind: entry.kind, ...attributes, major: entry.devmajor, minor: entry.devminor };
  }
  tree.insert(name, node, what);
}

async function linkBusybox(tree: Tree, disk: ErofsWriter, mtime: number): Promise<void> {
  const busybox = tree.resolve("/usr/bin/busybox");
  if (busybox?.kind !== "file" || busybox.extent.size > BUSYBOX_LIMIT) return;
  linkApplets(tree, findApplets(await disk.read(busybox.extent, 0, busybox.extent.size)), mtime);
}

async function writeLibraryCache(tree: Tree, disk: ErofsWriter, mtime: number): Promise<void> {
  const libraries = await findLibraries(tree, disk, mtime);
  if (libraries.length === 0) return;
  const file: FileNode = { kind: "file", extent: await disk.addBytes(encodeCache(libraries)), mode: 0o644, uid: 0, gid: 0, mtime };
  tree.insert("/etc/ld.so.cache", file, "ld.so.cache");
}
