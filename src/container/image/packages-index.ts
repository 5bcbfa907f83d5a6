// Debian's index of packages: read once from the archive's Packages file, kept as one short line per package.

import type { Relation } from "./debian-version.js";

export interface Package {
  name: string;
  version: string;
  /** Path below the mirror. */
  filename: string;
  size: number;
  sha256: string;
  /** Pre-Depends and Depends. */
  depends: Alternatives[];
  provides: Dependency[];
}

export interface Dependency {
  name: string;
  relation?: Relation;
  version?: string;
}

/** One of them must be there. */
export type Alternatives = Dependency[];

const FIELDS = ["Package", "Version", "Filename", "Size", "SHA256", "Pre-Depends", "Depends", "Provides"] as const;

/** The fields that matter here, a line per package with tabs between: 54 MB become 21. */
export async function condense(source: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("latin1");
  const lines: string[] = [];
  let rest = "";
  for await (const bytes of source) {
    const text = rest + decoder.decode(bytes);
    let at = 0;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n", at)) {
      addStanza(lines, text.slice(at, end));
      at = end + 2;
    }
    rest = text.slice(at);
  }
  if (rest.trim() !== "") addStanza(lines, rest);
  return lines.join("\n");
}

function addStanza(lines: string[], stanza: string): void {
  const text = `\n${stanza}\n`;
  const values = FIELDS.map((field) => {
    const start = text.indexOf(`\n${field}: `);
    if (start < 0) return "";
    const from = start + field.length + 3;
    return unfold(text, from);
  });
  if (values[0] !== "" && values[4] !== "") lines.push(values.join("\t"));
}

/** A field's value goes on in lines that begin with a space. */
function unfold(text: string, from: number): string {
  let end = text.indexOf("\n", from);
  if (text[end + 1] !== " ") return text.slice(from, end);
  while (text[end + 1] === " ") end = text.indexOf("\n", end + 1);
  return text.slice(from, end).replace(/\s+/g, " ");
}

export class PackagesIndex {
  /** Line of each package; of several versions the last one stands. */
  private readonly lines = new Map<string, string>();
  private virtual: Map<string, Set<string>> | undefined;

  constructor(condensed: string) {
    for (const line of condensed.split("\n")) {
      const name = line.slice(0, line.indexOf("\t"));
      if (name !== "") this.lines.set(name, line);
    }
  }

  get size(): number {
    return this.lines.size;
  }

  find(name: string): Package | undefined {
    const line = this.lines.get(name);
    if (line === undefined) return undefined;
    const [, version, filename, size, sha256, preDepends, depends, provides] = line.split("\t");
    return {
      name, version, filename, size: Number(size), sha256,
      depends: [...parseRelations(preDepends), ...parseRelations(depends)],
      provides: parseRelations(provides).map((alternatives) => alternatives[0]),
    };
  }

  /** Names of the packages that provide a virtual one, in the order of the index. */
  providers(virtual: string): string[] {
    this.virtual ??= this.collectVirtual();
    return [...(this.virtual.get(virtual) ?? [])];
  }

  /** Up to three names that look like a misspelt one. */
  near(name: string): string[] {
    const scored: { name: string; distance: number }[] = [];
    for (const known of this.lines.keys()) {
      if (Math.abs(known.length - name.length) > 2) continue;
      const distance = editDistance(name, known);
      if (distance <= Math.max(1, Math.floor(name.length / 3))) scored.push({ name: known, distance });
    }
    return scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1)).slice(0, 3).map((each) => each.name);
  }

  private collectVirtual(): Map<string, Set<string>> {
    const virtual = new Map<string, Set<string>>();
    for (const [name, line] of this.lines) {
      for (const alternatives of parseRelations(line.slice(line.lastIndexOf("\t") + 1))) {
        const provided = alternatives[0].name;
        const providers = virtual.get(provided);
        if (providers) providers.add(name);
        else virtual.set(provided, new Set([name]));
      }
    }
    return virtual;
  }
}

/** `a (>= 1) | b, c:any` as deb-control(5) has it; architecture qualifiers don't matter with one architecture. */
export function parseRelations(text: string): Alternatives[] {
  if (text === "") return [];
  return text.split(",").filter((group) => group.trim() !== "").map((group) => group.split("|").map((each) => {
    const match = /^\s*([^\s:(]+)(?::\S+)?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?/.exec(each);
    const name = match?.[1] ?? each.trim();
    return match?.[2] ? { name, relation: toRelation(match[2]), version: match[3] } : { name };
  }));
}

function toRelation(text: string): Relation {
  switch (text) {
    case "<<": case "<=": case "=": case ">=": case ">>": return text;
    default: return ">=";
  }
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
