// The command nestbox: finds the command that is meant, runs it and exits with its status. Loads only what that needs.
import { HELP, nearest, parse, type Command, type Given } from "./arguments.js";
import { commands } from "./commands.js";
import { Failure, OWN_FAILURE } from "./failure.js";
import { leave } from "./leave.js";
import { print, say } from "./say.js";

const runners: Readonly<Record<string, (given: Given) => Promise<number>>> = {
  run: async (given) => (await import("./run.js")).run(given),
  pull: async (given) => (await import("./images.js")).pullCommand(given),
  images: async (given) => (await import("./images.js")).imagesCommand(given),
  rmi: async (given) => (await import("./images.js")).rmiCommand(given),
  layers: async (given) => (await import("./layers.js")).layers(given),
  doctor: async (given) => (await import("./doctor.js")).doctor(given),
  completion: async (given) => {
    print((await import("./completion.js")).completion(given.operands[0]));
    return 0;
  },
};

/** What DESIGN promises for later versions; so that it is not taken for a slip. */
const later = ["compare", "trace"];

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const of = name === "help" ? rest.find((word) => !word.startsWith("-")) : undefined;
    return help(of, name === undefined);
  }
  if (name === "--version" || name === "version") {
    print(`nestbox ${(await import("./version.js")).version}\n`);
    return 0;
  }
  const command = find(name);
  const given = parse(command, rest);
  if (given.has(HELP.name)) return help(command.name, false);
  return runners[command.name](given);
}

function find(name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command !== undefined) return command;
  if (later.includes(name)) throw new Failure(`${name} is not in this version; see nestbox --help for what there is`);
  const near = nearest(name, commands.map((each) => each.name));
  throw new Failure(`there is no command ${name}; ${near === undefined ? "a program is run by: nestbox run -- PROGRAM" : `did you mean ${near}?`}`);
}

async function help(name: string | undefined, slip: boolean): Promise<number> {
  const texts = await import("./help.js");
  const text = name === undefined ? texts.help() : texts.helpOf(find(name));
  if (!slip) {
    print(text);
    return 0;
  }
  (await import("./say.js")).sayRaw(text);
  return OWN_FAILURE;
}

/** One line, and nothing of how the program is made inside. NESTBOX_DEBUG shows that too. */
function explain(error: unknown): number {
  say(error instanceof Error ? error.message || error.name : String(error));
  if (process.env["NESTBOX_DEBUG"] && error instanceof Error) console.error(error.stack);
  return error instanceof Failure ? error.status : OWN_FAILURE;
}

process.on("uncaughtException", (error) => leave(explain(error)));
void main(process.argv.slice(2)).catch(explain).then(leave);
