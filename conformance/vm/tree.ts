// A small tree of files in memory: what lies under a test machine's root filesystem.
import type { LowerAttributes, LowerTree } from "../../src/hypervisor/fuse/lower-tree.js";

interface Entry {
  mode: number;
  bytes: Uint8Array;
  entries: [string, number][];
}

export class MemoryTree implements LowerTree {
  readonly root = 0;
  private readonly nodes: Entry[] = [{ mode: 0o40755, bytes: new Uint8Array(0), entries: [] }];

  /** Adds a file; the directories that it is in are made. Without bytes it is a directory. */
  add(path: string, bytes?: Uint8Array | string): this {
    let directory = this.nodes[0];
    const parts = path.split("/");
    for (const [i, name] of parts.entries()) {
      const known = directory.entries.find(([each]) => each === name);
      const file = i === parts.length - 1 && bytes !== undefined;
      if (known === undefined) {
        directory.entries.push([name, this.nodes.length]);
        this.nodes.push({ mode: file ? 0o100755 : 0o40755, bytes: file ? Buffer.from(bytes) : new Uint8Array(0), entries: [] });
      }
      directory = this.nodes[known?.[1] ?? this.nodes.length - 1];
    }
    return this;
  }

  attributes(node: number): LowerAttributes {
    const { mode, bytes } = this.nodes[node];
    return { mode, uid: 0, gid: 0, nlink: mode === 0o40755 ? 2 : 1, size: bytes.length, rdev: 0, sec: 1_700_000_000, nsec: 0 };
  }

  entries(node: number): readonly [string, number][] {
    return this.nodes[node].entries;
  }

  read(node: number, at: number, into: Uint8Array): void {
    into.set(this.nodes[node].bytes.subarray(at, at + into.length));
  }

  target(): string {
    return "";
  }

  xattrs(): ReadonlyMap<string, Uint8Array> {
    return new Map();
  }
}
