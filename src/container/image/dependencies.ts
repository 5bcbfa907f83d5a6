// Chooses the packages of an image: those named and all that they depend on, in the order in which they unpack.

import { satisfies } from "./debian-version.js";
import { ImageError } from "./error.js";
import type { Dependency, Package, PackagesIndex } from "./packages-index.js";

/**
 * Data that a library reads and no package names (the terminal database, the locale C.UTF-8): it is in packages marked Essential, which are on
 * every Debian system (policy 3.8), so nothing depends on them. The Essential packages as a whole would bring dpkg, perl and a login with them.
 */
const ESSENTIAL_DATA = new Map([["libtinfo6", "ncurses-base"], ["libc6", "libc-bin"]]);

/** Dependencies come before what needs them, as far as circles allow; equal input gives the same order. */
export function resolveDependencies(index: PackagesIndex, names: string[]): Package[] {
  const chosen = new Map<string, Package>();
  for (const name of names) chosen.set(...named(index, name));
  const queue = [...chosen.values()];
  for (let each = queue.shift(); each; each = queue.shift()) {
    const data = index.find(ESSENTIAL_DATA.get(each.name) ?? "");
    if (data) chosen.set(data.name, data);
    for (const alternatives of each.depends) {
      if (alternatives.some((one) => [...chosen.values()].some((known) => meets(known, one)))) continue;
      const found = alternatives.map((one) => available(index, one)).find((one) => one !== undefined);
      if (!found) throw new ImageError(`the package ${each.name} needs ${alternatives.map(show).join(" or ")}, which the mirror doesn't have ` +
        `for riscv64. Leave ${each.name} out, or try another mirror with NESTBOX_DEBIAN_MIRROR`);
      chosen.set(found.name, found);
      queue.push(found);
    }
  }
  return inOrder(chosen);
}

function named(index: PackagesIndex, name: string): [string, Package] {
  const found = index.find(name) ?? available(index, { name });
  if (found) return [found.name, found];
  const near = index.near(name);
  throw new ImageError(`no package "${name}" in Debian trixie for riscv64${near.length > 0 ? `: did you mean ${near.join(", ")}?` : 
    ". Look for its name at packages.debian.org or with apt-cache search"}`);
}

/** The package of that name itself, else the first that provides it. */
function available(index: PackagesIndex, wanted: Dependency): Package | undefined {
  const real = index.find(wanted.name);
  if (real && meets(real, wanted)) return real;
  for (const provider of index.providers(wanted.name)) {
    const found = index.find(provider);
    if (found && meets(found, wanted)) return found;
  }
  return undefined;
}

/** A versioned dependency is met by a versioned Provides only, see Debian policy 7.5. */
function meets(candidate: Package, wanted: Dependency): boolean {
  if (candidate.name === wanted.name && fits(candidate.version, wanted)) return true;
  return candidate.provides.some((one) => one.name === wanted.name && (wanted.version === undefined || (one.version !== undefined && fits(one.version, wanted))));
}

function fits(version: string, wanted: Dependency): boolean {
  return wanted.relation === undefined || wanted.version === undefined || satisfies(version, wanted.relation, wanted.version);
}

function show(wanted: Dependency): string {
  return wanted.relation ? `${wanted.name} (${wanted.relation} ${wanted.version})` : wanted.name;
}

function inOrder(chosen: Map<string, Package>): Package[] {
  const order: Package[] = [];
  const seen = new Set<string>();
  const visit = (each: Package): void => {
    if (seen.has(each.name)) return;
    seen.add(each.name);
    for (const alternatives of each.depends) {
      for (const candidate of chosen.values()) {
        if (alternatives.some((one) => meets(candidate, one))) visit(candidate);
      }
    }
    order.push(each);
  };
  for (const name of [...chosen.keys()].sort()) {
    const each = chosen.get(name);
    if (each) visit(each);
  }
  return order;
}
