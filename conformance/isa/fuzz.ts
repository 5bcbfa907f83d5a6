// Differential fuzzing of the hart and of the slow oracle against QEMU. `tsx conformance/isa/fuzz.ts --hits 1000 [--seed N]` runs until each row was executed that often.
import { pathToFileURL } from "node:url";
import { disassemble, registerName } from "../../src/isa/disassemble.js";
import { hasQemu, HartEngine, randomSlices, type Result, runOracle, runQemu } from "./engines.js";
import { assemble, listing, type Outcome, outcome, type Program } from "./program.js";
import { Random } from "./random.js";
import { type Choice, choices, Generator, type Sequence } from "./sequence.js";

export type Hits = Map<string, number>;
export type Engine = (program: Program) => Result;

const UNITS = 24;

/** Sequences in which rows with fewer hits than `goal` come first. */
export function generate(random: Random, hits: Hits, goal: number, count: number): Sequence[] {
  const rare = choices.filter(({ name }) => (hits.get(name) ?? 0) < goal);
  const choose = (): Choice => random.of(rare.length > 0 && random.chance(0.8) ? rare : choices);
  const generator = new Generator(random, choose);
  return Array.from({ length: count }, () => generator.sequence(UNITS));
}

/** Registers, as "a0", and bytes of scratch memory that two outcomes do not share. */
function differences(a: Outcome, b: Outcome): string[] {
  const hex = (value: bigint) => `0x${value.toString(16).padStart(16, "0")}`;
  const found: string[] = [];
  const compare = (name: string, left: string, right: string) => {
    if (left !== right) found.push(`${name}: ${left} and ${right}`);
  };
  for (let i = 0; i < 32; i++) {
    compare(registerName("x", i), hex(a.x[i]), hex(b.x[i]));
    compare(registerName("f", i), hex(a.f[i]), hex(b.f[i]));
  }
  compare("fcsr", a.fcsr.toString(16), b.fcsr.toString(16));
  a.scratch.forEach((byte, i) => compare(`scratch[${i}]`, byte.toString(16), b.scratch[i].toString(16)));
  return found;
}

/** Index of the first sequence in which two results differ; undefined: none. -1: one of them did not come to an end. */
export function firstDifference(program: Program, a: Result, b: Result): number | undefined {
  if (a.stopped !== undefined || b.stopped !== undefined) return -1;
  const index = program.sequences.findIndex(({ pointer }, i) => differences(outcome(a.data, i, pointer), outcome(b.data, i, pointer)).length > 0);
  return index < 0 ? undefined : index;
}

/** The shortest part of the sequences that still makes the engines differ: one sequence, with as few units as can be. */
function shrink(sequences: readonly Sequence[], left: Engine, right: Engine): Sequence {
  const differ = (some: readonly Sequence[]) => {
    const program = assemble(some);
    return firstDifference(program, left(program), right(program));
  };
  let some = sequences;
  while (some.length > 1) {
    const at = differ(some);
    if (at === undefined) throw new Error("the difference does not come again");
    const half = some.slice(0, some.length >> 1);
    if (at >= 0) some = [some[at]];
    else some = differ(half) !== undefined ? half : some.slice(some.length >> 1);
  }
  let [sequence] = some;
  for (let size = sequence.units.length >> 1; size > 0; size >>= 1) {
    for (let from = 0; from + size <= sequence.units.length;) {
      const shorter = { ...sequence, units: sequence.units.toSpliced(from, size) };
      if (differ([shorter]) !== undefined) sequence = shorter;
      else from += size;
    }
  }
  return sequence;
}

/** What a person needs to see why two engines differ. */
export function explain(sequences: readonly Sequence[], left: Engine, right: Engine): string {
  const sequence = shrink(sequences, left, right);
  const program = assemble([sequence]);
  const lines = listing(program).map(({ at, word }) => `  ${at.toString(16)}: ${disassemble(word, BigInt(at)) ?? "illegal"}`);
  const used = new Set(sequence.units.flatMap(({ lines }) => lines.flatMap(({ fields }) => Object.entries(fields))).map(([field, number]) => (/^(f?)(d|s\d|rd|rs\d)$/.test(field) ? `${field.startsWith("f") ? "f" : "x"}${number}` : "")));
  const inputs = [...used].filter((name) => name !== "").map((name) => {
    const file = name.startsWith("f") ? "f" : "x", index = Number(name.slice(1));
    return `  ${registerName(file, index)} = 0x${sequence[file][index].toString(16)}`;
  });
  const a = left(program), b = right(program);
  const ends = a.stopped !== undefined || b.stopped !== undefined
    ? [`  ${a.stopped ?? "ended"}; ${b.stopped ?? "ended"}`]
    : differences(outcome(a.data, 0, sequence.pointer), outcome(b.data, 0, sequence.pointer)).map((line) => `  ${line}`);
  return [`instructions (${registerName("x", sequence.pointer)} is the pointer, frm is ${sequence.fcsr >> 5}):`, ...lines, "inputs:", ...inputs, "results:", ...ends].join("\n");
}

export interface Options {
  seed: number;
  /** Ends when each row was executed so often. */
  hits: number;
  /** Sequences in one program. */
  batch: number;
  progress?: (text: string) => void;
}

/** Fuzzes until each row has its hits; the table of them, or the first difference, explained. */
export function fuzz({ seed, hits: goal, batch, progress }: Options): { hits: Hits; difference?: string } {
  const random = new Random(seed);
  const hits: Hits = new Map(choices.map(({ name }) => [name, 0]));
  const hart = new HartEngine(randomSlices(new Random(seed)));
  const count = (name: string) => hits.set(name, (hits.get(name) ?? 0) + 1);
  for (let round = 1; ; round++) {
    const sequences = generate(random, hits, goal, batch);
    const program = assemble(sequences);
    const expected = runQemu(program);
    const engines: [string, Engine, Result][] = [
      ["the hart", (some) => hart.run(some), hart.run(program)],
      ["the oracle", (some) => runOracle(some, () => undefined), runOracle(program, count)],
    ];
    for (const [name, engine, result] of engines) {
      if (firstDifference(program, expected, result) === undefined) continue;
      return { hits, difference: `QEMU and ${name} differ (seed ${seed}, round ${round})\n${explain(sequences, runQemu, engine)}` };
    }
    const least = Math.min(...hits.values());
    progress?.(`round ${round}: the rarest row was executed ${least} times`);
    if (least >= goal) return { hits };
  }
}

function table(hits: Hits): string {
  const cells = [...hits].map(([name, count]) => `${name.padEnd(16)}${String(count).padStart(8)}`);
  const lines = [];
  for (let i = 0; i < cells.length; i += 4) lines.push(cells.slice(i, i + 4).join("   "));
  return lines.join("\n");
}

function main(words: string[]): void {
  const number = (name: string, otherwise: number) => {
    const at = words.indexOf(name);
    return at < 0 ? otherwise : Number(words[at + 1]);
  };
  if (!hasQemu()) throw new Error("qemu-riscv64 is needed: on Debian, apt-get install qemu-user");
  const seed = number("--seed", 1);
  console.log(`seed ${seed}`);
  const { hits, difference } = fuzz({ seed, hits: number("--hits", 1000), batch: number("--batch", 300), progress: (text) => console.log(text) });
  console.log(table(hits));
  console.log(difference ?? `no difference; ${hits.size} rows, ${[...hits.values()].reduce((sum, count) => sum + count, 0)} instructions`);
  process.exitCode = difference === undefined ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
