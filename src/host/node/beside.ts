// Files that the package ships beside its programs.
import { readFileSync } from "node:fs";

/** The bytes of a file that lies beside the module at `url`; undefined where it does not (a working copy that is not built). */
export function readBeside(name: string, url: string): Uint8Array | undefined {
  try {
    return readFileSync(new URL(name, url));
  } catch {
    return undefined;
  }
}
