// The tree of files that an image is made of, before it is written as a disk. Nothing in it touches the host's files.

import { ImageError } from "./error.js";
import type { Extent } from "./erofs.js";

interface Attributes {
  /** Permission bits with setuid, setgid and sticky. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since the epoch. */
  mtime: number;
  mtimeNs?: number;
  /** Full names, such as `security.capability`. */
  xattrs?: Map<string, Uint8Array>;
}

export type FileNode = Attributes & { kind: "file"; extent: Extent };
export type DirectoryNode = Attributes & { kind: "directory"; entries: Map<string, TreeNode>; implied: boolean };
export type SymlinkNode = Attributes & { kind: "symlink"; target: string };
export type SpecialNode = Attributes & { kind: "character" | "block" | "fifo" | "socket"; major: number; minor: number };
export type TreeNode = FileNode | DirectoryNode | SymlinkNode | SpecialNode;

/** As Linux's MAXSYMLINKS. */
const LINKS_LIMIT = 40;

export class Tree {
  readonly root: DirectoryNode = directory(true);

  /** As dpkg installs: through directory links that are there; a directory that is there stays. `what` is the package. */
  insert(path: string, node: TreeNode, what: string): void {
    const parts = split(path, what);
    const name = parts.pop();
    if (name === undefined) {
      if (node.kind === "directory" && this.root.implied) Object.assign(this.root, node, { entries: this.root.entries, implied: false });
      return;
    }
    const parent = this.makeDirectory(parts, what);
    const before = parent.entries.get(name);
    if (node.kind === "directory") {
      if (before?.kind === "directory") {
        if (before.implied) Object.assign(before, node, { entries: before.entries, implied: false });
        return;
      }
      if (before?.kind === "symlink" && this.resolve(path)?.kind === "directory") return;
    } else if (before?.kind === "directory") {
      if (node.kind === "symlink") return;
      throw new ImageError(`${what} puts a file at ${path}, where another package has a directory: leave one of the two out`);
    }
    parent.entries.set(name, node);
  }

  /** What a path leads to, through links; undefined where nothing is there. */
  resolve(path: string): TreeNode | undefined {
    return this.walk(split(path, path), true);
  }

  /** What stands at a path itself, be it a link. */
  at(path: string): TreeNode | undefined {
    return this.walk(split(path, path), false);
  }

  private walk(parts: string[], followLast: boolean): TreeNode | undefined {
    const rest = [...parts];
    const stack: DirectoryNode[] = [this.root];
    let links = 0;
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (stack.length > 1) stack.pop();
        continue;
      }
      const found = stack[stack.length - 1].entries.get(name);
      if (!found) return undefined;
      if (found.kind === "symlink" && (rest.length > 0 || followLast)) {
        if (++links > LINKS_LIMIT) return undefined;
        if (found.target.startsWith("/")) stack.length = 1;
        rest.unshift(...found.target.split("/"));
      } else if (found.kind === "directory") {
        stack.push(found);
      } else {
        return rest.length === 0 ? found : undefined;
      }
    }
    return stack[stack.length - 1];
  }

  private makeDirectory(parts: string[], what: string): DirectoryNode {
    let at = this.root;
    for (let depth = 0; depth < parts.length; depth++) {
      const name = parts[depth];
      let next = at.entries.get(name);
      if (next === undefined) {
        next = directory(true);
        at.entries.set(name, next);
      } else if (next.kind === "symlink") {
        next = this.walk(parts.slice(0, depth + 1), true);
        if (next === undefined) next = this.makeTarget(parts.slice(0, depth + 1), what);
      }
      if (next.kind !== "directory") throw new ImageError(`${what} puts a file below ${parts.slice(0, depth + 1).join("/")}, which is not a directory`);
      at = next;
    }
    return at;
  }

  /** A link that leads nowhere yet, such as /var/run before /run is there: its directory is made inside the tree. */
  private makeTarget(parts: string[], what: string): DirectoryNode {
    const link = this.walk(parts, false);
    if (link?.kind !== "symlink" || link.target.split("/").includes("..")) {
      throw new ImageError(`${what} puts a file below ${parts.join("/")}, a link that leads nowhere`);
    }
    const base = link.target.startsWith("/") ? [] : parts.slice(0, -1);
    const target = [...base, ...link.target.split("/").filter((each) => each !== "" && each !== ".")];
    if (target.length > 100) throw new ImageError(`${what} puts a file below ${parts.join("/")}, a link that leads to itself`);
    return this.makeDirectory(target, what);
  }
}

export function directory(implied: boolean, mode = 0o755, mtime = 0): DirectoryNode {
  return { kind: "directory", entries: new Map(), implied, mode, uid: 0, gid: 0, mtime };
}

export function symlink(target: string, mtime = 0): SymlinkNode {
  return { kind: "symlink", target, mode: 0o777, uid: 0, gid: 0, mtime };
}

/** Leading `./` and `/` mean the root; a name that climbs is hostile. */
function split(path: string, what: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new ImageError(`${what} holds the path "${path}", which climbs out of the image: it was refused`);
  if (path.includes("\0") || parts.some((part) => part.length > 255)) throw new ImageError(`${what} holds a file name that Linux can't hold`);
  return parts;
}
