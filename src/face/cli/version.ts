// The version of the package.
import { readFileSync } from "node:fs";

function read(): string {
  // dist/ is one level below the package, src/face/cli three.
  for (const up of ["../package.json", "../../../package.json"]) {
    try {
      const found = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as { name?: string; version?: string };
      if (found.name === "nestbox" && found.version !== undefined) return found.version;
    } catch {
      // Not there.
    }
  }
  return "unknown";
}

export const version = read();
