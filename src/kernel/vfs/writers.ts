// A file is not written while it runs and does not run while it is open for writing (Linux: i_writecount; execve(2), ETXTBSY).
import { S_ISREG } from "../../abi/stat.js";
import type { File } from "./file.js";
import type { Inode } from "./inode.js";

/** It was opened by its name. Files that never had one (memfd) don't count: as on Linux, they run while they are open. */
export function countWriter(file: File): void {
  if (S_ISREG(file.inode.mode)) (file.inode.writers ??= new Set()).add(file);
}

export function forgetWriter(file: File): void {
  const { writers } = file.inode;
  if (writers?.delete(file) === true && writers.size === 0) file.inode.writers = undefined;
}

/** Where overlay lets a layer open its files itself, the layer's inode has the count. */
export const isWritten = (inode: Inode): boolean => inode.writers !== undefined || inode.real.writers !== undefined;
export const isRunning = (inode: Inode): boolean => inode.runners > 0 || inode.real.runners > 0;
