// Compiles the programs that attack the machine, statically, once for each version of their source.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

const FLAGS = ["-O1", "-std=gnu17", "-static", "-pthread", "-w"];
const cache = join(import.meta.dirname, "../../node_modules/.cache/nestbox-programs/safety");

/** The executable's bytes. */
export function compile(name: string): Uint8Array {
  const source = join(import.meta.dirname, `programs/${name}.c`);
  const sum = createHash("sha256").update(FLAGS.join(" ")).update(readFileSync(source)).digest("hex").slice(0, 24);
  const made = join(cache, `${name}-${sum}`);
  if (!existsSync(made)) {
    mkdirSync(cache, { recursive: true });
    const growing = `${made}.${process.pid}`;
    execFileSync("riscv64-linux-gnu-gcc", [...FLAGS, "-o", growing, source]);
    renameSync(growing, made);
  }
  return readFileSync(made);
}
