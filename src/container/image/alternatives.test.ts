// What postinst scripts of Debian register, and the links that come of it.

import { expect, test } from "vitest";
import { linkAlternatives, parseAlternatives } from "./alternatives.js";
import { EMPTY } from "./erofs.js";
import { Tree, type TreeNode } from "./tree.js";

const GAWK = `#!/bin/sh
set -e
if [ "$1" = configure ]; then
  update-alternatives --quiet --install /usr/bin/awk awk /usr/bin/gawk 10 \\
    --slave /usr/share/man/man1/awk.1.gz awk.1.gz /usr/share/man/man1/gawk.1.gz \\
    --slave /usr/bin/nawk nawk /usr/bin/gawk
fi
`;
const VIM = `for i in vi view ex; do
  update-alternatives --install /usr/bin/$i $i /usr/bin/vim.basic 30
done
update-alternatives --install "$link" name /usr/bin/x 10
`;

function program(): TreeNode {
  return { kind: "file", extent: EMPTY, mode: 0o755, uid: 0, gid: 0, mtime: 0 };
}

function targetOf(tree: Tree, path: string): string | undefined {
  const node = tree.at(path);
  return node?.kind === "symlink" ? node.target : undefined;
}

test("the options of update-alternatives are read over continued lines", () => {
  expect(parseAlternatives(GAWK)).toEqual([{ link: "/usr/bin/awk", name: "awk", path: "/usr/bin/gawk", priority: 10, slaves: [
    { link: "/usr/share/man/man1/awk.1.gz", name: "awk.1.gz", path: "/usr/share/man/man1/gawk.1.gz" }, { link: "/usr/bin/nawk", name: "nawk", path: "/usr/bin/gawk" },
  ] }]);
});

test("loops over words are written out, and what depends on other variables is left alone", () => {
  expect(parseAlternatives(VIM).map((each) => `${each.link} ${each.path} ${each.priority}`)).toEqual([
    "/usr/bin/vi /usr/bin/vim.basic 30", "/usr/bin/view /usr/bin/vim.basic 30", "/usr/bin/ex /usr/bin/vim.basic 30",
  ]);
});

test("the highest priority wins, with its slaves, as far as the files are there", () => {
  const tree = new Tree();
  for (const path of ["/usr/bin/gawk", "/usr/bin/mawk"]) tree.insert(path, program(), "test");
  const mawk = { link: "/usr/bin/awk", name: "awk", path: "/usr/bin/mawk", priority: 5, slaves: [] };
  const missing = { link: "/usr/bin/awk", name: "awk", path: "/usr/bin/original-awk", priority: 50, slaves: [] };
  linkAlternatives(tree, [mawk, ...parseAlternatives(GAWK), missing], 0);
  expect([targetOf(tree, "/usr/bin/awk"), targetOf(tree, "/etc/alternatives/awk"), targetOf(tree, "/usr/bin/nawk")])
    .toEqual(["/etc/alternatives/awk", "/usr/bin/gawk", "/etc/alternatives/nawk"]);
  expect(tree.at("/usr/share/man/man1/awk.1.gz")).toBeUndefined();
});

test("a program that a package brings itself stays", () => {
  const tree = new Tree();
  for (const path of ["/usr/bin/gawk", "/usr/bin/awk"]) tree.insert(path, program(), "test");
  linkAlternatives(tree, parseAlternatives(GAWK), 0);
  expect(tree.at("/usr/bin/awk")?.kind).toBe("file");
});
