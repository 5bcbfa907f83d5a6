// Does what Debian's update-alternatives would: reads the alternatives that packages register in their postinst and links the best ones.

import { symlink, type Tree } from "./tree.js";

export interface Alternative {
  link: string;
  name: string;
  path: string;
  priority: number;
  slaves: { link: string; name: string; path: string }[];
}

/** `update-alternatives --install LINK NAME PATH PRIORITY [--slave LINK NAME PATH]…` in a shell script, loops over words included. */
export function parseAlternatives(postinst: string): Alternative[] {
  const script = expandLoops(postinst.replace(/\\\n/g, " "));
  const found: Alternative[] = [];
  for (const [, command] of script.matchAll(/update-alternatives\s+([^\n;&|]*--install[^\n;&|]*)/g)) {
    const words = command.trim().split(/\s+/).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
    const at = words.indexOf("--install");
    const [link, name, path, priority] = words.slice(at + 1);
    const slaves: Alternative["slaves"] = [];
    words.forEach((word, i) => {
      if (word === "--slave" && i + 3 < words.length) slaves.push({ link: words[i + 1], name: words[i + 2], path: words[i + 3] });
    });
    const alternative = { link, name, path, priority: Number(priority), slaves: slaves.filter(isPlain) };
    if (isPlain(alternative) && Number.isInteger(alternative.priority)) found.push(alternative);
  }
  return found;
}

/** `for i in a b; do … $i …; done` written out, as vim's postinst has it. */
function expandLoops(script: string): string {
  return script.replace(/^[ \t]*for\s+(\w+)\s+in\s+([^$;\n]+?)\s*(?:;|\n)\s*do\b([\s\S]*?)^[ \t]*done\b/gm, (_all, variable: string, words: string, body: string) =>
    words.trim().split(/\s+/).map((word) => body.replaceAll(new RegExp(`\\$(?:\\{${variable}\\}|${variable}\\b)`, "g"), () => word)).join("\n"));
}

/** Without shell variables, and where it can be a link. */
function isPlain({ link, name, path }: { link: string; name: string; path: string }): boolean {
  return [link, path].every((each) => /^\/[^$`*?]+$/.test(each ?? "")) && /^[\w.+-]+$/.test(name ?? "");
}

/** Links the alternative of the highest priority for each name; a file that a package brings itself stays. */
export function linkAlternatives(tree: Tree, alternatives: Alternative[], mtime: number): void {
  const best = new Map<string, Alternative>();
  for (const each of alternatives) {
    if (!tree.resolve(each.path)) continue;
    const before = best.get(each.name);
    if (!before || each.priority > before.priority) best.set(each.name, each);
  }
  for (const each of best.values()) {
    for (const { link, name, path } of [each, ...each.slaves]) {
      if (!tree.resolve(path)) continue;
      const there = tree.at(link);
      if (there && there.kind !== "symlink") continue;
      tree.insert(`/etc/alternatives/${name}`, symlink(path, mtime), name);
      tree.insert(link, symlink(`/etc/alternatives/${name}`, mtime), name);
    }
  }
}
