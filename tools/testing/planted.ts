// A project in a temporary folder with our own settings and with planted files, for tests of the guards.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.join(import.meta.dirname, "../..");
const settings = [
  "package.json", "eslint.config.js", "tools/rooms.js", "tools/lint-rooms.js", "src/wasm/webassembly.d.ts",
  ...["tsconfig.json", "tsconfig.base.json", "tsconfig.pure.json", "tsconfig.browser.json"],
];

/** Makes the project and answers where it is; `files` maps paths to contents. */
export function plant(files: Record<string, string>): string {
  const at = mkdtempSync(path.join(tmpdir(), "nestbox-planted-"));
  for (const file of settings) cpSync(path.join(root, file), path.join(at, file), { recursive: true });
  symlinkSync(path.join(root, "node_modules"), path.join(at, "node_modules"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(at, file)), { recursive: true });
    writeFileSync(path.join(at, file), text);
  }
  return at;
}

export const uproot = (at: string): void => rmSync(at, { recursive: true });
