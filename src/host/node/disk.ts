// A disk image of the host as a disk: read where it is asked for, never loaded whole.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { HostDisk } from "../interface.js";

const BLOCK = 4096;

/** Opens a regular file. Throws what opening throws, and an error with a plain message where it is no regular file. */
export function openDisk(path: string): HostDisk {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw new Error(`${path} is not a regular file, so it can't be a disk`);
  }
  return {
    blocks: Math.ceil(stat.size / BLOCK),
    readSync(block, count, into) {
      const wanted = count * BLOCK;
      let at = 0;
      while (at < wanted) {
        const got = readSync(fd, into, at, wanted - at, block * BLOCK + at);
        if (got === 0) break;
        at += got;
      }
      into.fill(0, at, wanted);
    },
    close: () => closeSync(fd),
  };
}
