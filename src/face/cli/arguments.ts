// The command line taken apart by a table of options, from which help and completion derive too.
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
  const given = new Given();
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === "--") {
      given.operands.push(...words.slice(at + 1));
      break;
    }
    if (word === "-" || !word.startsWith("-")) {
      if (command.program) {
        given.operands.push(...words.slice(at));
        break;
      }
      given.operands.push(word);
    } else if (word.startsWith("--")) {
      at += long(command, options, given, word, words[at + 1]);
    } else {
      at += short(command, options, given, word, words[at + 1]);
    }
  }
  return given;
}

/** Returns how many further words were used. */
function long(command: Command, options: readonly Option[], given: Given, word: string, next: string | undefined): number {
  const [name, inline] = split(word.slice(2));
  const option = options.find((each) => each.name === name);
  if (option === undefined) throw unknown(command, `--${name}`, options.map((each) => `--${each.name}`));
  if (option.value === undefined) {
    if (inline !== undefined && inline !== "true") throw new Failure(`--${name} takes no value; leave away =${inline}`);
    given.add(name, "true");
    return 0;
  }
  return take(given, option, `--${name}`, inline, next);
}

/** -it, -eA=B, -e A=B. */
function short(command: Command, options: readonly Option[], given: Given, word: string, next: string | undefined): number {
  for (let at = 1; at < word.length; at++) {
    const option = options.find((each) => each.short === word[at]);
    if (option === undefined) throw unknown(command, `-${word[at]}`, options.flatMap((each) => (each.short === undefined ? [] : [`-${each.short}`])));
    if (option.value !== undefined) {
      const rest = word.slice(at + 1).replace(/^=/, "");
      return take(given, option, `-${word[at]}`, rest === "" ? undefined : rest, next);
    }
    given.add(option.name, "true");
  }
  return 0;
}

function take(given: Given, option: Option, shown: string, inline: string | undefined, next: string | undefined): number {
  const value = inline ?? next;
  if (value === undefined) throw new Failure(`${shown} needs a value: ${shown} ${option.value ?? ""}`);
  given.add(option.name, value);
  return inline === undefined ? 1 : 0;
}

function split(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function unknown(command: Command, word: string, known: readonly string[]): Failure {
  const near = nearest(word, known);
  return new Failure(`${command.name} has no option ${word}; ${near === undefined ? `see nestbox ${command.name} --help` : `did you mean ${near}?`}`);
}

/** What was probably meant, if anything is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const near = known.map((each) => ({ each, distance: distance(word, each) })).sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= Math.floor(word.replace(/^-+/, "").length / 2.5) ? near.each : undefined;
}

/** Letters to insert, remove or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
