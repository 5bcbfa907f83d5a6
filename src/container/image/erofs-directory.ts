// A directory's blocks in EROFS: entries first, then their names, sorted by bytes over the whole directory.

import type { DirectoryNode, TreeNode } from "./tree.js";

const BLOCK = 4096;
const DIRENT = 12;
const FILE_TYPES = { file: 1, directory: 2, character: 3, block: 4, fifo: 5, socket: 6, symlink: 7 } as const;

export interface Named {
  name: string;
  node: TreeNode;
}

export interface DirectoryLayout {
  entries: Named[];
  /** Number of entries in each block. */
  blocks: number[];
  size: number;
}

export function layOutDirectory(node: DirectoryNode, parent: DirectoryNode): DirectoryLayout {
  const entries: Named[] = [...node.entries].map(([name, child]) => ({ name, node: child }));
  entries.push({ name: ".", node }, { name: "..", node: parent });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1)); // one character is one byte
  const blocks: number[] = [];
  let count = 0;
  let used = 0;
  for (const { name } of entries) {
    if (used + DIRENT + name.length > BLOCK) {
      blocks.push(count);
      count = used = 0;
    }
    count++;
    used += DIRENT + name.length;
  }
  const size = blocks.length * BLOCK + used;
  blocks.push(count);
  return { entries, blocks, size };
}

export function writeDirectory(layout: DirectoryLayout, nidOf: (node: TreeNode) => number): Uint8Array {
  const bytes = new Uint8Array(layout.size);
  const view = new DataView(bytes.buffer);
  let next = 0;
  layout.blocks.forEach((count, index) => {
    const start = index * BLOCK;
    let nameAt = count * DIRENT;
    for (let i = 0; i < count; i++) {
      const { name, node } = layout.entries[next++];
      const at = start + i * DIRENT;
      view.setBigUint64(at, BigInt(nidOf(node)), true);
      view.setUint16(at + 8, nameAt, true);
      view.setUint8(at + 10, FILE_TYPES[node.kind]);
      for (let j = 0; j < name.length; j++) bytes[start + nameAt + j] = name.charCodeAt(j);
      nameAt += name.length;
    }
  });
  return bytes;
}
