// Compiles the conformance programs, once for each version of their sources.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");
export const PROGRAMS = join(root, "conformance/programs");
const LIBRARIES = "/usr/riscv64-linux-gnu/lib";
const LOADER = "ld-linux-riscv64-lp64d.so.1";
const COMPILER = "riscv64-linux-gnu-gcc";
/** The programs call wrongly on purpose. */
const WRONG = ["unused-result", "stringop-overflow", "stringop-overread", "nonnull", "array-bounds", "unused", "infinite-recursion", "deprecated-declarations", "format-truncation"];
const FLAGS = ["-O1", "-std=gnu17", "-pthread", "-Wall", "-Werror", ...WRONG.map((each) => `-Wno-${each}`)];
const PARALLEL = 3;

/** Each is a single file of C; what runs it is `under.c`. */
export function programNames(): string[] {
  return readdirSync(PROGRAMS).filter((name) => name.endsWith(".c") && name !== "under.c").map((name) => name.slice(0, -2)).sort();
}

/** A program whose first line says so is linked with the C library that lies beside it in `lib`; all others are static. */
const isDynamic = (source: string): boolean => /^\/\/.*\(dynamic\)/.test(source);

/** A directory with the programs, `under`, and `lib`: what /t is made of. */
export async function compilePrograms(): Promise<string> {
  const sources = [...programNames(), "under"].map((name) => ({ name, source: readFileSync(join(PROGRAMS, `${name}.c`), "utf8") }));
  const header = readFileSync(join(PROGRAMS, "check.h"), "utf8");
  const directory = join(root, "node_modules/.cache/nestbox-programs");
  const store = join(directory, "objects");
  const queue = sources.map(({ name, source }) => ({ name, source, object: join(store, hash(FLAGS.join(" "), header, source)) }));
  mkdirSync(store, { recursive: true });
  const shown = join(directory, hash(...queue.map(({ object }) => object)));
  if (existsSync(shown)) return shown;
  const missing = queue.filter(({ object }) => !existsSync(object));
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    for (let each = missing.shift(); each; each = missing.shift()) await compile(each.name, each.source, each.object);
  }));
  const growing = `${shown}.${process.pid}`;
  mkdirSync(join(growing, "lib"), { recursive: true });
  for (const { name, object } of queue) copyFileSync(object, join(growing, name));
  for (const name of [LOADER, "libc.so.6"]) copyFileSync(join(LIBRARIES, name), join(growing, "lib", name));
  place(growing, shown);
  return shown;
}

async function compile(name: string, source: string, object: string): Promise<void> {
  const link = isDynamic(source) ? [`-Wl,--dynamic-linker=/t/lib/${LOADER}`, "-Wl,-rpath,/t/lib"] : ["-static"];
  const growing = `${object}.${process.pid}`;
  await promisify(execFile)(COMPILER, [...FLAGS, ...link, "-o", growing, join(PROGRAMS, `${name}.c`), "-lm"]);
  renameSync(growing, object);
}

/** Another process may have made the same meanwhile. */
function place(from: string, to: string): void {
  if (existsSync(to)) rmSync(from, { recursive: true });
  else renameSync(from, to);
}

function hash(...parts: string[]): string {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part).update("\0");
  return sum.digest("hex").slice(0, 24);
}
