// Makes dist/ from src/: the programs and libraries that the package ships, the interpreter's WebAssembly and the type declarations.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.join(import.meta.dirname, "..");
const dist = path.join(root, "dist");
// dist/ is replaced as a whole when all is made, so that nobody who runs it meanwhile sees half of it.
const making = path.join(root, `.cache/dist-${process.pid}`);

/** To add a program or a library, add a line. A source that does not exist is left out. */
const node = {
  cli: "src/face/cli/start.ts",
  demo: "src/face/demo/main.ts",
  sdk: "src/sdk/index.ts",
  worker: "src/sdk/worker.ts",
};
const browser = {
  browser: "src/sdk/browser.ts",
  "browser-worker": "src/sdk/browser-worker.ts",
};
const programs = ["cli", "demo"];
/** The command itself, as one file that `cli` loads with a code cache. */
const main = "src/face/cli/main.ts";
const interpreter = "src/hardware/interpreter/build.ts";

/** @param {Record<string, string>} entries @returns {Record<string, string>} */
const existing = (entries) => Object.fromEntries(Object.entries(entries).filter(([, source]) => existsSync(path.join(root, source))));

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root, outdir: making, bundle: true, splitting: true, format: "esm", logLevel: "warning",
  // Shared pieces lie beside the entries: `new URL("./worker.js", import.meta.url)` is the same file from both.
  chunkNames: "[name]-[hash]",
};

/** @param {typeof import("esbuild").build} build */
async function bundle(build) {
  const ours = existing(node);
  await build({ ...common, entryPoints: ours, platform: "node", target: "node20", packages: "external" });
  if (existsSync(path.join(root, main))) {
    await build({
      ...common, outdir: undefined, splitting: false, format: "cjs", entryPoints: [main], outfile: path.join(making, "cli-main.cjs"), platform: "node", target: "node20",
      // Names stay: the kernel saves its objects by the names of their classes.
      packages: "external", define: { "import.meta.url": "moduleUrl" }, minifyWhitespace: true, minifySyntax: true,
      // Code that is compiled with a cache can't import() in Node 20; it can require().
      supported: { "dynamic-import": false },
    });
  }
  await build({ ...common, entryPoints: existing(browser), platform: "browser", target: "es2022" });
  for (const program of programs.filter((name) => name in ours)) {
    const file = path.join(making, `${program}.js`);
    const text = readFileSync(file, "utf8").replace(/^#!.*\n/, "");
    writeFileSync(file, `#!/usr/bin/env node\n${text}`);
    chmodSync(file, 0o755);
  }
}

/** The interpreter is made here once, so that no start of a machine has to. @param {typeof import("esbuild").build} build */
async function makeInterpreter(build) {
  if (!existsSync(path.join(root, interpreter))) return;
  const maker = path.join(making, "interpreter-maker.mjs");
  await build({ ...common, outdir: undefined, splitting: false, entryPoints: [interpreter], outfile: maker, platform: "node", target: "node20", packages: "external" });
  const { interpreterModule } = await import(pathToFileURL(maker).href);
  writeFileSync(path.join(making, "interpreter.wasm"), interpreterModule());
  rmSync(maker);
}

/** Type errors are for `npm run typecheck` to tell; declarations come out in spite of them. */
function declareTypes() {
  if (!existsSync(path.join(root, "src/sdk/index.ts"))) return;
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  spawnSync(process.execPath, [tsc, "-p", "tsconfig.types.json", "--outDir", path.join(making, "types")], { cwd: root, stdio: "ignore" });
}

function replaceDist() {
  const old = `${making}-old`;
  try {
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(making, dist);
  } catch (error) {
    // Another build came in between, and what it made is as new as ours.
    if (!existsSync(dist)) throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/** In a clone `npx nestbox` finds the program where npm would have put it, and asks no registry. */
function linkProgram() {
  const bin = path.join(root, "node_modules/.bin");
  const link = path.join(bin, "nestbox");
  if (!existsSync(bin) || !existsSync(path.join(dist, "cli.js"))) return;
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync("../../dist/cli.js", link);
}

/** @returns {Promise<typeof import("esbuild") | undefined>} */
const esbuild = () => import("esbuild").catch(() => undefined);

const tool = await esbuild();
if (tool === undefined) {
  // `npm ci --omit=dev` in a clone comes here too, and must not fail.
  console.error("nestbox: dist/ is not built, because the development packages are not installed: run `npm ci`, then `npm run build`");
  process.exitCode = process.env["npm_lifecycle_event"] === "prepare" ? 0 : 1;
} else {
  mkdirSync(making, { recursive: true });
  try {
    await bundle(tool.build);
    await makeInterpreter(tool.build);
    declareTypes();
    replaceDist();
    linkProgram();
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
