// Random system calls with hostile arguments beside a neighbour. `tsx conformance/safety/fuzz-calls.ts --seconds 600 [--seed N] [--as nobody|root|wild] [--trace]`
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { compile } from "./compile.js";
import { Neighbourhood } from "./neighbour.js";
import { whereThreadsStand } from "./where.js";

export type As = "nobody" | "root" | "wild";

/** A seed's run ends after so long, whatever it hangs in. */
const SEED_MS = 60_000;
const CHILDREN = 60;
const CALLS = 150;

/** What went wrong in the machine; nothing: it is well. Calls made by `as`: nobody, root without what root may harm the machine with, or root with it. */
export async function fuzzCalls(seed: number, as: As, { children = CHILDREN, calls = CALLS, trace = false } = {}): Promise<string[]> {
  const wrong: string[] = [];
  let near: Neighbourhood | undefined;
  try {
    near = await Neighbourhood.boot({ memory: 192 << 20, pidsLimit: 128 });
    await near.machine.mkdir("/t");
    await near.machine.writeFile("/t/calls", compile("calls"), { mode: 0o755 });
    const args = [String(seed), String(children), String(calls), ...(as === "nobody" ? [] : [as]), ...(trace ? ["-v"] : [])];
    const running = await near.machine.spawn("/t/calls", args);
    let [output, errors] = ["", ""];
    const decoder = new TextDecoder("latin1");
    const reading = (async () => { for await (const bytes of running.stdout) output += decoder.decode(bytes); })();
    void (async () => {
      for await (const bytes of running.stderr) {
        errors = (errors + decoder.decode(bytes)).slice(-2000);
        if (trace) process.stderr.write(bytes);
      }
    })().catch(() => undefined);
    const ended = await Promise.race([
      running.wait().then(({ code, signal }) => (code === 0 ? undefined : `it ended with ${code ?? signal}: ${errors}`)),
      new Promise<string>((resolve) => setTimeout(() => resolve(`it did not end in ${SEED_MS / 1000} s`), SEED_MS).unref()),
    ]);
    if (ended !== undefined) wrong.push(ended);
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 1000))]);
    if (ended === undefined && !output.includes("done")) wrong.push("it said nothing");
    await near.alive();
  } catch (error) {
    wrong.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error), ...await whereThreadsStand());
  }
  wrong.push(...(near?.bugs ?? []));
  await near?.stop();
  return wrong;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" }, as: { type: "string" }, trace: { type: "boolean" } } });
  const end = Date.now() + Number(values.seconds ?? 60) * 1000;
  let failures = 0;
  let ran = 0;
  const kinds: As[] = ["nobody", "root", "wild"];
  for (let seed = Number(values.seed ?? Date.now() % 1_000_000); Date.now() < end && failures < 50; seed++) {
    for (const as of kinds.filter((kind) => values.as === undefined || kind === values.as)) {
      const begun = Date.now();
      const wrong = await fuzzCalls(seed, as, { trace: values.trace });
      ran++;
      const took = ((Date.now() - begun) / 1000).toFixed(1);
      if (wrong.length > 0) failures++;
      console.log(wrong.length > 0 ? `seed ${seed} as ${as} (${took} s):\n  ${wrong.join("\n  ")}` : `seed ${seed} as ${as} ok (${took} s)`);
    }
  }
  console.log(`${ran} runs of ${CHILDREN} x ${CALLS} calls, ${failures} failed`);
  process.exitCode = failures > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
