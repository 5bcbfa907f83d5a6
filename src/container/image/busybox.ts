// Finds the names of a busybox binary's applets in the binary itself, and links each to it where no other package has that program.

import { symlink, type Tree } from "./tree.js";

export interface Applet {
  name: string;
  /** Where `busybox --list-full` puts it, as seen with a merged /usr. */
  directory: "/usr/bin" | "/usr/sbin" | "/";
}

/** The directories of applet_install_loc, in busybox's order (include/libbb.h, enum bb_install_loc_t: /, /bin, /sbin, /usr/bin, /usr/sbin). */
const LOCATIONS = ["/", "/usr/bin", "/usr/sbin", "/usr/bin", "/usr/sbin"] as const;
/** Where busybox puts some common applets: they tell the table of places from other bytes. */
const ANCHORS: Record<string, Applet["directory"]> = {
  cat: "/usr/bin", cp: "/usr/bin", ls: "/usr/bin", sh: "/usr/bin", env: "/usr/bin", head: "/usr/bin", wc: "/usr/bin", vi: "/usr/bin",
  init: "/usr/sbin", ifconfig: "/usr/sbin", chroot: "/usr/sbin", reboot: "/usr/sbin", route: "/usr/sbin", linuxrc: "/",
};

/**
 * busybox keeps its applets' names sorted, each ended by a NUL, in one run of its constants (applet_names), and their places packed
 * as half bytes (applet_install_loc). Empty where no such table is found.
 */
export function findApplets(binary: Uint8Array): Applet[] {
  const names = findNames(binary);
  const places = findPlaces(binary, names);
  return names.map((name, i) => ({ name, directory: places ? LOCATIONS[places(i)] : "/usr/bin" }));
}

function findNames(binary: Uint8Array): string[] {
  const text = new TextDecoder("latin1").decode(binary);
  let best: string[] = [];
  for (const first of ["[\0[[\0", "[\0", "ash\0", "cat\0"]) {
    for (const at of starts(text, first)) {
      const names = readSorted(text, at);
      if (names.length > best.length) best = names;
    }
    // A table that is one has the most common names.
    if (best.length >= 20 && ["cat", "ls", "sh"].every((name) => best.includes(name))) return best;
  }
  return [];
}

function* starts(text: string, first: string): Generator<number> {
  for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) yield at;
}

function readSorted(text: string, from: number): string[] {
  const names: string[] = [];
  let at = from;
  for (;;) {
    const end = text.indexOf("\0", at);
    const name = text.slice(at, end);
    if (end - at > 32 || !/^[a-z0-9[_.+-]+$/i.test(name)) return names;
    if (names.length > 0 && !(names[names.length - 1] < name)) return names;
    names.push(name);
    at = end + 1;
  }
}

function findPlaces(binary: Uint8Array, names: string[]): ((index: number) => number) | undefined {
  const anchors = names.flatMap((name, index) => (name in ANCHORS ? [{ index, place: ANCHORS[name] }] : []));
  if (anchors.length < 4) return undefined;
  const length = Math.ceil(names.length / 2);
  const at = (start: number, index: number): number => (binary[start + (index >> 1)] >> (index & 1 ? 4 : 0)) & 15;
  for (let start = 0; start + length <= binary.length; start++) {
    if (!anchors.every(({ index, place }) => LOCATIONS[at(start, index)] === place)) continue;
    if (names.every((_name, index) => at(start, index) < LOCATIONS.length)) return (index) => at(start, index);
  }
  return undefined;
}

/** Links to /usr/bin/busybox; another package's program of the same name wins, wherever it is. */
export function linkApplets(tree: Tree, applets: Applet[], mtime: number): void {
  for (const { name, directory } of applets) {
    if (["/usr/bin", "/usr/sbin"].some((each) => tree.at(`${each}/${name}`))) continue;
    if (directory === "/" && tree.at(`/${name}`)) continue;
    tree.insert(`${directory}/${name}`, symlink(directory === "/usr/bin" ? "busybox" : "/usr/bin/busybox", mtime), "busybox");
  }
}
