// The command line taken apart by a table of options, from which help and completion derive too.
import { parseArgs } from "node:util";
import { Failure } from "./failure.js";

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; without it the option is a switch. */
  readonly value?: string;
  /** It may be given more than once. */
  readonly many?: boolean;
  readonly help: string;
  /** What completion offers as values: these words, or what the shell knows. */
  readonly complete?: readonly string[] | "file" | "directory" | "image";
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the options: "PROGRAM [ARG…]". */
  readonly operands: string;
  /** The first operand ends the options: what follows belongs to the program. */
  readonly program?: boolean;
  readonly options: readonly Option[];
  readonly examples: readonly (readonly [command: string, what: string])[];
  readonly notes?: string;
  readonly complete?: "file" | "image" | readonly string[];
}

/** The options that were given, by name, and what was left. */
export class Given {
  readonly operands: string[] = [];
  private readonly values = new Map<string, string[]>();

  add(name: string, value: string): void {
    this.values.set(name, [...this.all(name), value]);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** The last one wins, as in docker. */
  one(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }

  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }
}

/** Options that every command has. */
export const HELP: Option = { name: "help", short: "h", help: "Show this help." };

export function parse(command: Command, words: readonly string[]): Given {
  const options = [...command.options, HELP];
  const config = Object.fromEntries(options.map(({ name, short, value, many }) => [name, {
    type: value === undefined ? "boolean" as const : "string" as const, multiple: many ?? false, ...(short === undefined ? {} : { short }),
  }]));
  // Not strict: what is wrong is told in our own words, and an option behind the program is the program's.
  const { tokens } = parseArgs({ args: [...words], options: config, strict: false, allowPositionals: true, tokens: true });
  const given = new Given();
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (command.program) {
        given.operands.push(...words.slice(token.index));
        break;
      }
      given.operands.push(token.value);
    } else if (token.kind === "option") {
      const option = options.find(({ name }) => name === token.name);
      if (option === undefined) throw unknown(command, token.rawName, options);
      given.add(option.name, valueOf(option, token.rawName, token.value, token.inlineValue));
    }
  }
  return given;
}

function valueOf(option: Option, shown: string, value: string | undefined, inline: boolean | undefined): string {
  if (option.value === undefined) {
    if (value !== undefined && value !== "true") throw new Failure(`${shown} takes no value; leave away =${value}`);
    return "true";
  }
  if (value === undefined) throw new Failure(`${shown} needs a value: ${shown} ${option.value}`);
  // -w=/tmp is docker's way too.
  return inline === true && !shown.startsWith("--") ? value.replace(/^=/, "") : value;
}

function unknown(command: Command, word: string, options: readonly Option[]): Failure {
  const known = word.startsWith("--") ? options.map(({ name }) => `--${name}`) : options.flatMap(({ short }) => (short === undefined ? [] : [`-${short}`]));
  const near = nearest(word, known);
  return new Failure(`${command.name} has no option ${word}; ${near === undefined ? `see nestbox ${command.name} --help` : `did you mean ${near}?`}`);
}

/** What was probably meant, if anything is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const near = known.map((each) => ({ each, distance: distance(word, each) })).sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= Math.floor(word.replace(/^-+/, "").length / 2.5) ? near.each : undefined;
}

/** Letters to insert, remove or replace, or neighbours to swap (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const swap = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j] ? before[j - 1] + 1 : Infinity;
      next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (a[i] === b[j] ? 0 : 1), swap));
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}
