// The README's commands, each run as it stands there: one that drifts fails.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onTerminal, program } from "../src/face/cli/testing/command.js";
import { blocks, spans } from "./readme/blocks.js";

const root = path.join(import.meta.dirname, "..");
const store = mkdtempSync(path.join(tmpdir(), "nestbox-readme-store-"));
/** Where a reader might stand: with an image of a directory and a file of variables. */
const folder = mkdtempSync(path.join(tmpdir(), "nestbox-readme-"));

beforeAll(() => {
  mkdirSync(path.join(folder, "rootfs/bin"), { recursive: true });
  writeFileSync(path.join(folder, "program.c"), "int main(void) { return 0; }\n");
  writeFileSync(path.join(folder, ".env"), "COLOUR=red\n");
  execFileSync("riscv64-linux-gnu-gcc", ["-static", "-o", path.join(folder, "rootfs/bin/program"), path.join(folder, "program.c")]);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(store, { recursive: true });
});

function shell(line: string): { stdout: string; stderr: string; status: number | null } {
  const script = `nestbox() { "${process.execPath}" "${program}" "$@"; }\nnpx() { "$@"; }\n${line}`;
  return spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8", timeout: 240_000, env: { ...process.env, NESTBOX_STORE: store }, stdio: ["ignore", "pipe", "pipe"] });
}

interface Example { command: string; output: string | undefined; status: number }

/** "$ command", and what it prints where that is shown. */
const shown: Example[] = blocks("console").flatMap((block) => block.split(/^\$ /m).slice(1)).map((text) => {
  const [command = "", ...output] = text.split("\n");
  return { command, output: output.join("\n") || undefined, status: 0 };
});
/** "command   # what it does (status N)". */
const listed: Example[] = blocks("sh").flatMap((block) => block.trimEnd().split("\n")).map((line) => {
  const [command = "", comment = ""] = line.split(/ {2,}# /);
  return { command: command.trim(), output: undefined, status: Number(/\(status (\d+)\)/.exec(comment)?.[1] ?? 0) };
});
const examples = [...shown, ...listed];
/** The set-up itself: what runs these tests has done it. */
const isSetUp = ({ command }: Example): boolean => command.startsWith("npm ci");
const needsTerminal = ({ command }: Example): boolean => / -it /.test(command);
/** The words of a command, as the examples on a terminal write them. */
const words = (command: string): string[] => command.replace(/^(npx )?nestbox /, "").split(" ");

test("there are examples of each kind", () => {
  expect([examples.filter(isSetUp).length, examples.filter(needsTerminal).length]).toEqual([2, 1]);
  expect(examples.length).toBeGreaterThan(12);
});

describe("a command", () => {
  // In order: images are pulled, used and removed.
  test.each(examples.filter((each) => !isSetUp(each) && !needsTerminal(each)))("$command", { timeout: 300_000 }, ({ command, output, status }) => {
    const outcome = shell(command);
    expect(outcome, outcome.stderr).toMatchObject({ status, ...(output === undefined ? {} : { stdout: output }) });
  });

  test.each(examples.filter(needsTerminal))("on a terminal: $command", async ({ command }) => {
    const outcome = await onTerminal(words(command), [{ expect: "# " }, { send: "exit\n" }]);
    expect(outcome).toMatchObject({ status: 0, missing: null });
  });

  test.each(spans())("in a sentence: %s", (command) => expect(shell(command)).toMatchObject({ status: 0 }));

  test.each(examples.filter(isSetUp))("set-up: $command", ({ command }) => {
    const script = /&& npm (?:run )?(\w+)$/.exec(command)?.[1] ?? "";
    expect(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"))).toHaveProperty(["scripts", script]);
  });
});

test("the demo runs, and everything that it tries out holds", { timeout: 120_000 }, () => {
  const { stdout, stderr, status } = spawnSync("npm", ["run", "--silent", "demo"], { cwd: root, encoding: "utf8", env: { ...process.env, NESTBOX_STORE: store } });
  expect(status, stderr).toBe(0);
  expect(stdout).toContain("Its hardware is emulated");
  expect(stdout).not.toMatch(/^ *NO /m);
});
