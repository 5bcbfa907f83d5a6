// Each guard of lint is shown a violation and must report it, and must keep silent about its neighbour that is allowed.
import { ESLint } from "eslint";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plant, uproot } from "./testing/planted.js";

const hartAndMemory = ["src/hardware/hart/hart", "src/hardware/memory/memory"];
const hardware = [...hartAndMemory, "src/hardware/devices/uart"];
const kernel = ["src/kernel/index", "src/kernel/task/task"];
const hostInterface = ["src/host/interface", "src/host/interface/image"];
const hosts = [...hostInterface, "src/host/node/node", "src/host/browser/browser", "src/host/fake"];
const lower = ["src/abi/errno", "src/isa/row", "src/wasm/module", ...hardware, ...kernel, "src/hypervisor/vm", "src/container/store", ...hosts];

/** The table of rooms as the design has it: what a file of each room may import, of all `modules` below. */
const allowed: Record<string, string[]> = {
  "src/abi/errno": [],
  "src/isa/row": [],
  "src/wasm/module": [],
  "src/hardware/hart/hart": ["src/isa/row", "src/wasm/module", ...hardware],
  "src/kernel/task/task": ["src/abi/errno", ...hartAndMemory, ...kernel],
  "src/hypervisor/vm": hardware,
  "src/container/store": ["src/abi/errno", "src/kernel/index"],
  "src/host/interface": hostInterface,
  "src/host/interface/image": hostInterface,
  "src/host/node/node": hostInterface,
  "src/host/browser/browser": hostInterface,
  "src/host/fake": hostInterface,
  "src/system/system": lower,
  "src/sdk/index": ["src/system/system", ...hosts],
  "src/face/cli/main": ["src/sdk/index"],
  "src/face/web/main": ["src/sdk/index"],
};
const modules = [...new Set([...lower, ...Object.keys(allowed)])];

const outsiders = ["node:fs", "fs", "node:zlib", "openpgp"];
const allowedOutsiders: Record<string, string[]> = {
  "src/container/store": ["node:zlib", "openpgp"],
  "src/host/node/node": ["node:fs", "fs", "node:zlib"],
  "src/system/system": ["node:zlib"],
  "src/sdk/index": ["node:zlib"],
  "src/face/cli/main": ["node:fs", "fs", "node:zlib"],
};

/** One line for each module that `from` could import, so that a report's line says which. */
function importsOfAll(from: string): string[] {
  const specifiers = modules.filter((to) => to !== from).map((to) => path.posix.relative(path.posix.dirname(from), `${to}.js`));
  return [...specifiers.map((to) => (to.startsWith(".") ? to : `./${to}`)), ...outsiders];
}

const planted: Record<string, string> = {};
for (const module of modules) {
  const imports = allowed[module] === undefined ? [] : importsOfAll(module);
  planted[`${module}.ts`] = [...imports.map((to) => `import "${to}";`), "export type Shape = number;", ""].join("\n");
}
const kernelFile = (name: string, text: string): void => void (planted[`src/kernel/${name}.ts`] = text);
kernelFile("cycle-a", `import { b } from "./cycle-b.js";\nexport const a = (): number => b();\n`);
kernelFile("cycle-b", `import { a } from "./cycle-a.js";\nexport const b = (): number => a();\n`);
kernelFile("values-of-host", `export { x } from "../host/interface.js";\n`);
kernelFile("types-of-host", `import type { Shape } from "../host/interface.js";\nexport const width: Shape = 1;\n`);
kernelFile("lazy", `export const load = (): unknown => import("../sdk/index.js");\n`);
kernelFile("import-type", `export type Sdk = typeof import("../sdk/index.js");\n`);
kernelFile("uses-test", `import "./testing/tool.js";\n`);
kernelFile("testing/tool", `import "node:fs";\n`);
kernelFile("free.test", `import "node:fs";\nimport "../sdk/index.js";\nexport const now = Date.now();\n`);
kernelFile("mock.test", `import { vi } from "vitest";\nvi.fn();\n`);
planted["src/attic/old.ts"] = `import "../abi/errno.js";\n`;
planted["src/sdk/floating.ts"] = `const wait = async (): Promise<void> => undefined;\nexport const go = (): void => { wait(); };\n`;
planted["src/host/node/clock.ts"] = "export const now = (): number => Date.now();\nexport const get = fetch;\n";

/** A line of code in the kernel, and the rule that must report it. */
const lines: Record<string, string> = {
  "export const f = (e: Error): boolean => e.message.includes('no such file');": "no-restricted-syntax",
  "export const f = (v: unknown): string => v as number as unknown as string;": "no-restricted-syntax",
  "export const f = new Date();": "no-restricted-syntax",
  "export const f = Date.now();": "no-restricted-properties",
  "export const f = Math.random();": "no-restricted-properties",
  "export const f = globalThis.fetch;": "no-restricted-properties",
  "export const f = fetch('x');": "no-restricted-globals",
  "export const f = setTimeout(() => 1, 1);": "no-restricted-globals",
  "export const f = performance.now();": "no-restricted-globals",
  "export const f = (v: any): number => v;": "@typescript-eslint/no-explicit-any",
  "export const f = (v?: number): number => v!;": "@typescript-eslint/no-non-null-assertion",
  "export const f = { a: 1 } as { a: number; b: string };": "@typescript-eslint/consistent-type-assertions",
  "export const f = <number>(1 as unknown);": "@typescript-eslint/consistent-type-assertions",
};
Object.keys(lines).forEach((line, index) => kernelFile(`line${index}`, `${line}\n`));
kernelFile("long", `export function f(a: number): number {\n${"  a += 1;\n".repeat(70)}  return a;\n}\n${"// more\n".repeat(400)}`);

let at = "";
let reports: Map<string, { rule: string; line: number; severity: number }[]>;
beforeAll(async () => {
  at = plant(planted);
  const results = await new ESLint({ cwd: at }).lintFiles(["src"]);
  reports = new Map(results.map(({ filePath, messages }) => [
    path.relative(at, filePath),
    messages.map(({ ruleId, line, severity }) => ({ rule: ruleId ?? "does not parse", line, severity })),
  ]));
});
afterAll(() => uproot(at));

const rulesOf = (file: string): string[] => (reports.get(file) ?? []).map(({ rule }) => rule);

test.each(Object.keys(allowed))("%s may import exactly what its row of the table says", (from) => {
  const imports = importsOfAll(from);
  const refused = new Set((reports.get(`${from}.ts`) ?? []).filter(({ rule }) => rule === "rooms/boundary").map(({ line }) => imports[line - 1]));
  const pathOf = (to: string): string => (to.startsWith(".") ? path.posix.join(path.posix.dirname(from), to).slice(0, -".js".length) : to);
  const granted = imports.filter((to) => !refused.has(to)).map(pathOf);
  const may = [...(allowed[from] ?? []).filter((to) => to !== from), ...(allowedOutsiders[from] ?? [])];
  expect(granted.sort()).toEqual(may.sort());
});

test("the kernel has types of the host's interface and no values", () => {
  expect(rulesOf("src/kernel/types-of-host.ts")).toEqual([]);
  expect(rulesOf("src/kernel/values-of-host.ts")).toContain("rooms/boundary");
});

test.each(["lazy", "import-type", "uses-test"])("a boundary holds for the indirect import in %s", (name) => {
  expect(rulesOf(`src/kernel/${name}.ts`)).toContain("rooms/boundary");
});

test("a folder that is no room is reported", () => expect(rulesOf("src/attic/old.ts")).toContain("rooms/boundary"));

test("modules that import each other in a circle are reported", () => {
  expect(rulesOf("src/kernel/cycle-a.ts")).toEqual(["import-x/no-cycle"]);
  expect(rulesOf("src/kernel/cycle-b.ts")).toEqual(["import-x/no-cycle"]);
});

test.each(Object.entries(lines))("in the kernel, %s breaks %s", (line, rule) => {
  expect(rulesOf(`src/kernel/line${Object.keys(lines).indexOf(line)}.ts`)).toContain(rule);
});

test("long files and functions are warned about", () => {
  expect(reports.get("src/kernel/long.ts")?.map(({ rule, severity }) => [rule, severity])).toEqual([["max-lines-per-function", 1], ["max-lines", 1]]);
});

test("the host may read the clock, and a test may look at everything", () => {
  expect(rulesOf("src/host/node/clock.ts")).toEqual([]);
  expect(rulesOf("src/kernel/free.test.ts")).toEqual([]);
  expect(rulesOf("src/kernel/testing/tool.ts")).toEqual([]);
});

test("mocks are reported", () => expect(rulesOf("src/kernel/mock.test.ts")).toEqual(["no-restricted-imports"]));

test("a promise that nobody waits for is reported", () => {
  expect(rulesOf("src/sdk/floating.ts")).toEqual(["@typescript-eslint/no-floating-promises"]);
});
