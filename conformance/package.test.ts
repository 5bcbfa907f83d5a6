// The package as npm makes it, installed into an empty project: the command, the README's example and the types.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocks, promised } from "./readme/blocks.js";

const root = path.join(import.meta.dirname, "..");
let folder: string;

/** As `npm install TARBALL`, but with the dependencies that this project has installed: no registry is asked. */
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "nestbox-package-"));
  // dist/ is there: making it anew is not what is tested.
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root, encoding: "utf8" })) as [{ filename: string }];
  const modules = path.join(folder, "node_modules");
  mkdirSync(path.join(modules, "nestbox"), { recursive: true });
  execFileSync("tar", ["-xzf", path.join(folder, packed.filename), "-C", path.join(modules, "nestbox"), "--strip-components=1"]);
  for (const name of production()) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(root, "node_modules", name), path.join(modules, name));
  }
  mkdirSync(path.join(modules, ".bin"));
  const { bin } = JSON.parse(readFileSync(path.join(modules, "nestbox/package.json"), "utf8")) as { bin: { nestbox: string } };
  symlinkSync(`../nestbox/${bin.nestbox}`, path.join(modules, ".bin/nestbox"));
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "empty", type: "module", dependencies: { nestbox: packed.filename } }));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** What an installation without development packages has. */
function production(): string[] {
  const { packages } = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as { packages: Record<string, { dev?: boolean }> };
  return Object.entries(packages).filter(([at, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(at) && dev !== true).map(([at]) => at.slice("node_modules/".length));
}

const runIn = (command: string, args: string[]) => spawnSync(command, args, { cwd: folder, encoding: "utf8", timeout: 120_000 });

test("npx nestbox runs a program", () => {
  expect(runIn("npx", ["--offline", "nestbox", "run", "--", "uname", "-m"])).toMatchObject({ status: 0, stdout: "riscv64\n" });
});

test("the README's example prints what it says", () => {
  const [source] = blocks("js");
  writeFileSync(path.join(folder, "example.js"), source);
  const { stdout, stderr, status } = runIn(process.execPath, ["example.js"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.trim().split(/\s+/).join(" ")).toBe(promised(source).join(" "));
});

test("the README's example is well typed, and what is not is told", { timeout: 120_000 }, () => {
  const [source] = blocks("js");
  writeFileSync(path.join(folder, "example.ts"), `${source}\n// @ts-expect-error: memory is a number of bytes\nawait boot({ memory: "much" });\n`);
  symlinkSync(path.join(root, "node_modules/@types"), path.join(folder, "node_modules/@types"));
  const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
  expect(runIn(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), ...options, "example.ts"])).toMatchObject({ stdout: "", status: 0 });
});

test("nothing but what the package needs is in it", () => {
  const at = path.join(folder, "node_modules/nestbox");
  expect(readdirSync(at).sort()).toEqual(["ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json"]);
  expect(readdirSync(path.join(at, "dist"), { recursive: true }).filter((name) => /test/.test(String(name)))).toEqual([]);
});
