// Where a name below a host directory lies, as a path that nobody can bend to lead out of the directory.
import { closeSync, constants, existsSync, lstatSync, openSync, realpathSync } from "node:fs";
import type { HostPath } from "../interface.js";

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** Linux: a descriptor that stands for a place and opens nothing. Node has no name for it. */
export const O_PATH = 0o10000000;

/** A failure with the code that node:fs errors have. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** A path for node:fs: bytes, because file names are not text. */
export const bytesOf = (path: string): Buffer => Buffer.from(path, "latin1");

export interface Places {
  /** Runs `use` with the path of a name whose directory was reached without a link; only its last part may be one. */
  at<T>(path: HostPath, use: (path: string) => T): T;
  close(): void;
}

function check(path: HostPath): void {
  for (const name of path) {
    if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) throw new Refused("EINVAL");
  }
}

/** The directory itself may be reached through links: the user named it. */
export function openPlaces(directory: string): Places {
  const byDescriptor = process.platform === "linux" && existsSync("/proc/self/fd/0");
  return byDescriptor ? placesByDescriptor(directory) : placesByPath(directory);
}

/**
 * Linux: each directory on the way is opened from the one before it, through /proc/self/fd, and never through a link. Whoever
 * swaps a directory for a link meanwhile changes nothing: descriptors stand for directories, not for names.
 */
function placesByDescriptor(directory: string): Places {
  const root = openSync(directory, O_PATH | O_DIRECTORY);
  return {
    at(path, use) {
      check(path);
      let parent = root;
      try {
        for (const name of path.slice(0, -1)) {
          const next = openSync(bytesOf(`/proc/self/fd/${parent}/${name}`), O_PATH | O_DIRECTORY | O_NOFOLLOW);
          if (parent !== root) closeSync(parent);
          parent = next;
        }
        const last = path.at(-1);
        return use(`/proc/self/fd/${parent}${last === undefined ? "/." : `/${last}`}`);
      } finally {
        if (parent !== root) closeSync(parent);
      }
    },
    close: () => closeSync(root),
  };
}

/** Elsewhere: every directory on the way must be one and the whole must be its own real path. A swap between check and use is not seen. */
function placesByPath(directory: string): Places {
  const root = realpathSync(directory, { encoding: "latin1" });
  return {
    at(path, use) {
      check(path);
      let at = root;
      for (const name of path.slice(0, -1)) {
        at += `/${name}`;
        const stat = lstatSync(bytesOf(at));
        if (stat.isSymbolicLink()) throw new Refused("ELOOP");
        if (!stat.isDirectory()) throw new Refused("ENOTDIR");
      }
      if (realpathSync(bytesOf(at), { encoding: "latin1" }) !== at) throw new Refused("ELOOP");
      const last = path.at(-1);
      return use(last === undefined ? at : `${at}/${last}`);
    },
    close: () => undefined,
  };
}

/** A descriptor of exactly the thing that stands at `path`, a link itself and not its target; opens no device and wakes no FIFO on Linux. */
export function hold(path: string): number {
  return openSync(bytesOf(path), process.platform === "linux" ? O_PATH | O_NOFOLLOW : O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}
