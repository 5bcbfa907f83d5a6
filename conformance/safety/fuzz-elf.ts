// Broken executables, run beside a neighbour. `tsx conformance/safety/fuzz-elf.ts --seconds 600 [--seed N]`
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { compile } from "./compile.js";
import { Neighbourhood } from "./neighbour.js";
import { whereThreadsStand } from "./where.js";

/** What went wrong; and how often they ended in which way. */
export async function fuzzElf(seed: number, count: number): Promise<{ wrong: string[]; ends: string }> {
  const wrong: string[] = [];
  let near: Neighbourhood | undefined;
  let ends = "";
  try {
    near = await Neighbourhood.boot({ memory: 256 << 20 });
    await near.machine.mkdir("/t");
    for (const name of ["elves", "small"]) await near.machine.writeFile(`/t/${name}`, compile(name), { mode: 0o755 });
    const { code, signal, stdout, timedOut } = await near.run("/t/elves", [String(seed), String(count), "/t/small", "/t/small", "/bin/busybox"], { timeoutMs: 50_000 + count * 100 });
    ends = stdout;
    if (code !== 0) wrong.push(`it ended with ${code ?? signal}${timedOut ? ", in time out" : ""}`);
  } catch (error) {
    wrong.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error), ...await whereThreadsStand());
  }
  wrong.push(...(near?.bugs ?? []));
  await near?.stop();
  return { wrong, ends };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } });
  const end = Date.now() + Number(values.seconds ?? 60) * 1000;
  let failures = 0;
  for (let seed = Number(values.seed ?? Date.now() % 1_000_000); Date.now() < end; seed++) {
    const { wrong, ends } = await fuzzElf(seed, 1000);
    if (wrong.length > 0) failures++;
    console.log(`seed ${seed}: ${ends.trimEnd().replaceAll("\n", ", ")}${wrong.map((line) => `\n  ${line}`).join("")}`);
  }
  process.exitCode = failures > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
