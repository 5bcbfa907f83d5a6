// A room that must not know the outside world does not compile when it reaches for it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { complaints } from "./check-types.js";
import { plant, uproot } from "./testing/planted.js";

const pure = ["abi", "isa", "wasm", "hardware", "kernel", "hypervisor"];
const reaches: Record<string, string> = {
  node: `import { readFileSync } from "node:fs";\nexport const use = readFileSync;\n`,
  process: "export const use = process.env;\n",
  buffer: "export const use = Buffer.alloc(1);\n",
  dom: "export const use = document;\n",
  timer: "export const use = setTimeout;\n",
  fetch: "export const use = fetch;\n",
};
const browser = ["host/browser", "face/web"];
const node = ["host/node", "container", "system", "sdk", "face/cli"];

const files: Record<string, string> = {};
for (const [name, text] of Object.entries(reaches)) for (const room of [...pure, ...browser, ...node]) files[`src/${room}/${name}.ts`] = text;
files["src/host/interface.ts"] = reaches["timer"] ?? "";
files["src/sdk/browser.ts"] = `export { use } from "../container/reached.js";\n`;
files["src/container/reached.ts"] = reaches["process"] ?? "";
for (const room of pure) files[`src/${room}/fine.ts`] = "export const use = new WebAssembly.Memory({ initial: 1 });\nexport const last = [1].findLast(Boolean);\n";
for (const room of pure) files[`src/${room}/fine.test.ts`] = reaches["node"] ?? "";

let at = "";
const wrong: Record<string, Set<string>> = {};
beforeAll(async () => {
  at = plant(files);
  for (const config of ["tsconfig.json", "tsconfig.pure.json", "tsconfig.browser.json"]) {
    const text = await complaints(config, at);
    wrong[config] = new Set([...text.matchAll(/^(src\S+)\(/gm)].map(([, file]) => file ?? ""));
  }
});
afterAll(() => uproot(at));

const wrongIn = (config: string, room: string): string[] =>
  [...wrong[config] ?? []].filter((file) => file.startsWith(`src/${room}/`)).map((file) => file.slice(`src/${room}/`.length, -".ts".length)).sort();

test.each(pure)("%s compiles without Node, the DOM and timers, and with WebAssembly", (room) => {
  expect(wrongIn("tsconfig.pure.json", room)).toEqual(Object.keys(reaches).sort());
});

test("the host's interface is as pure as the rooms that see it", () => expect(wrong["tsconfig.pure.json"]).toContain("src/host/interface.ts"));

test.each(browser)("%s knows the DOM and not Node", (room) => {
  expect(wrongIn("tsconfig.browser.json", room)).toEqual(["buffer", "node", "process"]);
});

test("what the browser's SDK reaches in other rooms must not use Node either", () => {
  expect(wrong["tsconfig.browser.json"]).toContain("src/container/reached.ts");
});

test.each(node)("%s knows Node and not the DOM", (room) => expect(wrongIn("tsconfig.json", room)).toEqual(["dom"]));
