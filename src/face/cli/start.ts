// What npm links as the command: runs the program in code that V8 compiled in an earlier run, which halves the time to start.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Script } from "node:vm";

/** The program itself, one CommonJS file beside this one: only such can be compiled with a cache in Node 20. */
const file = fileURLToPath(new URL("./cli-main.cjs", import.meta.url));

/** Files that stay when a new one is written. */
const KEPT = 4;

/** A user without an entry in /etc/passwd has none, and the command says so when it needs one. */
function home(): string {
  try {
    return process.env["HOME"] || userInfo().homedir;
  } catch {
    return "/nonexistent";
  }
}

/** Another file for another version of the program, of Node or of its processor; it is a cache, and may be removed at any time. */
function cachePath(): string {
  const { mtimeMs, size } = statSync(file);
  const { env } = process;
  const store = env["NESTBOX_STORE"] || join(env["XDG_CACHE_HOME"]?.startsWith("/") ? env["XDG_CACHE_HOME"] : join(home(), ".cache"), "nestbox");
  return join(store, "code", `${process.version}-${process.arch}-${Math.floor(mtimeMs)}-${size}`);
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Each build leaves a file; a few installations side by side keep theirs. */
function removeOld(directory: string): void {
  const files = readdirSync(directory).map((name) => join(directory, name));
  const newestFirst = files.map((name) => ({ name, age: -statSync(name).mtimeMs })).sort((a, b) => a.age - b.age);
  for (const { name } of newestFirst.slice(KEPT)) unlinkSync(name);
}

/** Whole or not at all, and never a reason to fail: the next run starts as slowly as this one. */
function keep(script: Script, path: string): void {
  try {
    // Not recursive, which never ends below /proc; the store is there after the first program.
    if (!existsSync(dirname(path))) mkdirSync(dirname(path));
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, path);
    removeOld(dirname(path));
  } catch {
    // A read-only home.
  }
}

const path = cachePath();
const cachedData = read(path);
const script = new Script(`(function (require, module, exports, moduleUrl) {${readFileSync(file, "utf8")}\n})`, {
  filename: file,
  ...(cachedData === undefined ? {} : { cachedData }),
});
const main = script.runInThisContext() as (require: NodeJS.Require, module: object, exports: object, url: string) => void;
const url = pathToFileURL(file).href;
// At the end, so that what this run needed is compiled by then.
if (cachedData === undefined || script.cachedDataRejected) process.on("exit", () => keep(script, path));
main(createRequire(url), { exports: {} }, {}, url);
