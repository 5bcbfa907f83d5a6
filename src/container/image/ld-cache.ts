// Does what glibc's ldconfig would: finds the shared libraries of an image, links them by their names and writes /etc/ld.so.cache.

import { readSoname } from "./elf-soname.js";
import type { ErofsWriter } from "./erofs.js";
import { symlink, type DirectoryNode, type FileNode, type Tree } from "./tree.js";

/** glibc sysdeps/unix/sysv/linux/riscv/dl-cache.h: FLAG_RISCV_FLOAT_ABI_DOUBLE | FLAG_ELF_LIBC6. */
const FLAGS_LP64D = 0x1003;
const HEADER = 48;
const ENTRY = 24;
const LITTLE_ENDIAN = 2; // glibc elf/cache.h: cache_file_new_flags_endian_little
const SYSTEM_DIRECTORIES = ["/lib", "/usr/lib"];

export interface Library {
  soname: string;
  path: string;
}

/** Directories of /etc/ld.so.conf, its includes of whole folders written out, then the system's. */
export async function libraryDirectories(tree: Tree, disk: ErofsWriter): Promise<string[]> {
  const directories: string[] = [];
  const readConfiguration = async (path: string): Promise<void> => {
    const node = tree.resolve(path);
    if (node?.kind !== "file") return;
    const text = new TextDecoder().decode(await disk.read(node.extent, 0, Math.min(node.extent.size, 1 << 16)));
    for (const line of text.split("\n").map((each) => each.replace(/#.*/, "").trim())) {
      const folder = /^include\s+(.*)\/\*\.conf$/.exec(line)?.[1];
      if (folder !== undefined) {
        const parts = tree.resolve(folder);
        const names = parts?.kind === "directory" ? [...parts.entries.keys()].filter((name) => name.endsWith(".conf")).sort() : [];
        for (const name of names) await readConfiguration(`${folder}/${name}`);
      } else if (line.startsWith("/")) {
        directories.push(line.replace(/\/+$/, ""));
      }
    }
  };
  await readConfiguration("/etc/ld.so.conf");
  return [...directories, ...SYSTEM_DIRECTORIES];
}

/** As ldconfig: each directory once, and in it the newest file of a name. */
export async function findLibraries(tree: Tree, disk: ErofsWriter, mtime: number): Promise<Library[]> {
  const libraries: Library[] = [];
  const seen = new Set<DirectoryNode>();
  for (const path of await libraryDirectories(tree, disk)) {
    const node = tree.resolve(path);
    if (node?.kind !== "directory" || seen.has(node)) continue;
    seen.add(node);
    for (const [soname, file] of await namesIn(tree, disk, path, node)) {
      if (!node.entries.has(soname)) node.entries.set(soname, symlink(file, mtime));
      libraries.push({ soname, path: `${path}/${soname}` });
    }
  }
  return libraries;
}

/** Sonames of a directory's libraries to the file that has it. */
async function namesIn(tree: Tree, disk: ErofsWriter, path: string, directory: DirectoryNode): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const known = new Map<FileNode, string | undefined>();
  for (const [name, entry] of [...directory.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/^(lib|ld-).*\.so(\.|$)/.test(name)) continue;
    const file = entry.kind === "symlink" ? tree.resolve(`${path}/${name}`) : entry;
    if (file?.kind !== "file") continue;
    if (!known.has(file)) known.set(file, await readSoname((at, length) => disk.read(file.extent, at, length)));
    const soname = known.get(file);
    if (soname === undefined) continue;
    const own = entry.kind === "symlink" && soname !== name && directory.entries.get(soname) === file ? name : soname || name;
    const before = names.get(own);
    if (before === undefined || compareNames(before, name) < 0) names.set(own, name);
  }
  return names;
}

/** `struct cache_file_new` of glibc's elf/cache.h, version 1.1, sorted as its binary search wants it: descending, equal names in order. */
export function encodeCache(libraries: Library[]): Uint8Array {
  const sorted = [...libraries].sort((a, b) => compareNames(b.soname, a.soname));
  const strings: number[] = [];
  const stringsAt = HEADER + sorted.length * ENTRY;
  const add = (text: string): number => {
    const at = stringsAt + strings.length;
    for (const char of text) strings.push(char.charCodeAt(0));
    strings.push(0);
    return at;
  };
  const entries = sorted.map(({ soname, path }) => ({ key: add(soname), value: add(path) }));
  const bytes = new Uint8Array(stringsAt + strings.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("glibc-ld.so.cache1.1"));
  view.setUint32(20, entries.length, true);
  view.setUint32(24, strings.length, true);
  view.setUint8(28, LITTLE_ENDIAN);
  entries.forEach(({ key, value }, i) => {
    const at = HEADER + i * ENTRY;
    view.setUint32(at, FLAGS_LP64D, true);
    view.setUint32(at + 4, key, true);
    view.setUint32(at + 8, value, true);
  });
  bytes.set(strings, stringsAt);
  return bytes;
}

/** As glibc's _dl_cache_libcmp: numbers by value, and after what isn't a number. */
export function compareNames(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length) {
    const left = /^\d+/.exec(a.slice(i))?.[0];
    const right = /^\d+/.exec(b.slice(j))?.[0];
    if (left !== undefined && right !== undefined) {
      if (Number(left) !== Number(right)) return Number(left) - Number(right);
      i += left.length;
      j += right.length;
    } else if (left !== undefined) {
      return 1;
    } else if (right !== undefined) {
      return -1;
    } else if (a[i] !== b[j]) {
      return a.charCodeAt(i) - (j < b.length ? b.charCodeAt(j) : 0);
    } else {
      i++;
      j++;
    }
  }
  return j < b.length ? -1 : 0;
}
