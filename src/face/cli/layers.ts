// `nestbox layers`: the boxes around a process, read from a machine that runs.
import { openHere, signalNumber, StartError, type System } from "../../sdk/here.js";
import { drawBoxes } from "../draw.js";
import type { Given } from "./arguments.js";
import { Failure, NOT_FOUND } from "./failure.js";
import { print, printJson } from "./say.js";

const WIDEST = 100;

/** Line drawing where the terminal's character set has it. */
export const plainCharacters = (): boolean => !/utf-?8/i.test(process.env["LC_ALL"] || process.env["LC_CTYPE"] || process.env["LANG"] || "");

async function start(system: System, given: Given): Promise<() => void> {
  const [file = "sleep", ...args] = given.operands.length > 0 ? given.operands : ["sleep", "60"];
  try {
    const running = await system.spawn({ file, args, env: {}, streams: { kind: "pipes", input: undefined, output: undefined, error: undefined } });
    await system.settled();
    return () => running.kill(signalNumber("SIGKILL") ?? 9);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    // An image without sleep(1) still has its layers.
    if (given.operands.length > 0) throw new Failure(error.message, NOT_FOUND);
    return () => undefined;
  }
}

export async function layers(given: Given): Promise<number> {
  const system = await openHere({ in: given.one("in"), image: given.one("image") });
  const end = await start(system, given);
  const box = system.inspect();
  end();
  await system.stop();
  if (given.has("json")) printJson(box);
  else print(`${drawBoxes(box, Math.min(WIDEST, process.stdout.columns || WIDEST), plainCharacters()).join("\n")}\n`);
  return 0;
}
