// What lies under a machine's root filesystem: a tree of files that never changes, such as an image. Nodes have numbers.

export interface LowerAttributes {
  /** With the type (S_IFMT). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  readonly size: number;
  readonly rdev: number;
  readonly sec: number;
  readonly nsec: number;
}

/** Thrown where the tree can't be read or is damaged: the guest's request fails with EIO. */
export class LowerFailure extends Error {}

/** Names are one character for each byte. What can't be read throws a LowerFailure. */
export interface LowerTree {
  readonly root: number;
  attributes(node: number): LowerAttributes;
  /** Of a directory, without "." and "..". */
  entries(node: number): readonly (readonly [name: string, node: number])[];
  /** Fills all of `into` with bytes of a file; beyond its end with zeros. */
  read(node: number, at: number, into: Uint8Array): void;
  target(node: number): string;
  xattrs(node: number): ReadonlyMap<string, Uint8Array>;
}
