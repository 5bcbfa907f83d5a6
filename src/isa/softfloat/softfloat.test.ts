// Every operation, in every rounding mode, against the same instruction of qemu-riscv64: bits and flags.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { operands } from "./testing/operands.js";
import type { Operands } from "./testing/operands.js";
import {
  add, canonicalNaN, classify, convert, div, eq, F32, F64, fma, fromInteger, L, le, lt, LU, max, min, mul, negate, sqrt, sub, toInteger, W, WU,
} from "./index.js";
import type { Format, Integer, Outcome, RoundingMode } from "./index.js";

type Meaning = (f: Format, [a, b, c, x]: Operands, rm: RoundingMode) => Outcome;
type Row = { assembly: string; rounded: boolean; ours: Meaning };

const rounded = (assembly: string, ours: Meaning): Row => ({ assembly, rounded: true, ours });
const exact = (assembly: string, ours: Meaning): Row => ({ assembly, rounded: false, ours });

const integers: [string, Integer][] = [["w", W], ["wu", WU], ["l", L], ["lu", LU]];

/** F stands for the format's letter; fa, fb, fc and xa for the operands, fd and xd for the result. */
const common: Row[] = [
  rounded("fadd.F fd, fa, fb", (f, [a, b], rm) => add(f, a, b, rm)),
  rounded("fsub.F fd, fa, fb", (f, [a, b], rm) => sub(f, a, b, rm)),
  rounded("fmul.F fd, fa, fb", (f, [a, b], rm) => mul(f, a, b, rm)),
  rounded("fdiv.F fd, fa, fb", (f, [a, b], rm) => div(f, a, b, rm)),
  rounded("fsqrt.F fd, fa", (f, [a], rm) => sqrt(f, a, rm)),
  rounded("fmadd.F fd, fa, fb, fc", (f, [a, b, c], rm) => fma(f, a, b, c, rm)),
  rounded("fmsub.F fd, fa, fb, fc", (f, [a, b, c], rm) => fma(f, a, b, negate(f, c), rm)),
  rounded("fnmsub.F fd, fa, fb, fc", (f, [a, b, c], rm) => fma(f, negate(f, a), b, c, rm)),
  rounded("fnmadd.F fd, fa, fb, fc", (f, [a, b, c], rm) => fma(f, negate(f, a), b, negate(f, c), rm)),
  exact("fmin.F fd, fa, fb", (f, [a, b]) => min(f, a, b)),
  exact("fmax.F fd, fa, fb", (f, [a, b]) => max(f, a, b)),
  exact("feq.F xd, fa, fb", (f, [a, b]) => eq(f, a, b)),
  exact("flt.F xd, fa, fb", (f, [a, b]) => lt(f, a, b)),
  exact("fle.F xd, fa, fb", (f, [a, b]) => le(f, a, b)),
  exact("fclass.F xd, fa", (f, [a]) => classify(f, a)),
  ...integers.map(([name, type]) => rounded(`fcvt.${name}.F xd, fa`, (f, [a], rm) => toInteger(f, type, a, rm))),
];
const fromIntegers = integers.map(([name, type]) => rounded(`fcvt.F.${name} fd, xa`, (f, [, , , x], rm) => fromInteger(f, type, x, rm)));

type Suite = { letter: "s" | "d"; format: Format; rows: Row[]; cases: Operands[] };

const suites: Suite[] = [
  { letter: "s", format: F32, rows: [...common, ...fromIntegers, exact("fcvt.d.s fd, fa", (_, [a]) => convert(F32, F64, a, 0))], cases: operands(F32, 3000) },
  // A double holds every 32-bit integer, so the assembler wants no rounding mode there.
  {
    letter: "d", format: F64, cases: operands(F64, 3000),
    rows: [...common, ...fromIntegers.map((row, i) => ({ ...row, rounded: i >= 2 })), rounded("fcvt.s.d fd, fa", (_, [a], rm) => convert(F64, F32, a, rm))],
  },
];

const modes = ["rne", "rtz", "rdn", "rup", "rmm"] as const;
const modesOf = (row: Row): RoundingMode[] => (row.rounded ? [0, 1, 2, 3, 4] : [0]);
const spelled = (row: Row, letter: string, rm: RoundingMode): string => row.assembly.replace("F", letter) + (row.rounded ? `, ${modes[rm]}` : "");

const registers: Record<string, string> = { fa: "ft0", fb: "ft1", fc: "ft2", fd: "ft3", xa: "t0", xd: "t3" };

/** One instruction in C: operands into registers, flags cleared, the instruction, result and flags out. */
function inC(assembly: string, letter: "s" | "d"): string {
  const toFloat = letter === "d" ? "fmv.d.x" : "fmv.w.x";
  const result = /xd/.test(assembly) ? "mv %0, t3" : /^fcvt.d.s/.test(assembly) ? "fmv.x.d %0, ft3" : letter === "s" || /^fcvt.s.d/.test(assembly) ? "fmv.x.w %0, ft3" : "fmv.x.d %0, ft3";
  const instruction = assembly.replace(/\b[fx][abcd]\b/g, (name) => registers[name]);
  return `asm volatile("${toFloat} ft0, %2; ${toFloat} ft1, %3; ${toFloat} ft2, %4; mv t0, %5; fsflags zero; ${instruction}; frflags %1; ${result}"` +
    ` : "=r"(out[0]), "=r"(out[1]) : "r"(in[0]), "r"(in[1]), "r"(in[2]), "r"(in[3]) : "t0", "t3", "ft0", "ft1", "ft2", "ft3"); out += 2;`;
}

const run = ({ letter, rows }: Suite): string =>
  `static uint64_t *run_${letter}(const uint64_t *in, uint64_t *out) {\n` +
  rows.flatMap((row) => modesOf(row).map((rm) => `  ${inC(spelled(row, letter, rm), letter)}\n`)).join("") + "  return out;\n}\n";

const program = `#include <stdint.h>
#include <stdio.h>
${suites.map(run).join("")}
static uint64_t in[4], out[1024];
int main(void) {
${suites.map(({ letter, cases }) =>
    `  for (int i = 0; i < ${cases.length} && fread(in, sizeof in, 1, stdin); i++) fwrite(out, 8, run_${letter}(in, out) - out, stdout);`).join("\n")}
}
`;

let answers = new BigUint64Array();

beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), "softfloat-"));
  try {
    const [source, binary, output] = ["oracle.c", "oracle", "answers"].map((name) => join(directory, name));
    writeFileSync(source, program);
    execFileSync("riscv64-linux-gnu-gcc", ["-O1", "-static", "-o", binary, source]);
    const input = new Uint8Array(BigUint64Array.from(suites.flatMap(({ cases }) => cases.flat())).buffer);
    execFileSync("sh", ["-c", `exec qemu-riscv64 ${binary} > ${output}`], { input });
    answers = new BigUint64Array(Uint8Array.from(readFileSync(output)).buffer);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** Compares one row's meaning with what qemu answered, and tells the first differences. */
function differences(suite: Suite, row: Row, ours: Meaning = row.ours): string[] {
  const widths = suite.rows.map((r) => modesOf(r).length);
  const sizeOf = (count: number): number => 2 * widths.slice(0, count).reduce((sum, width) => sum + width, 0);
  const start = suites.slice(0, suites.indexOf(suite)).reduce((sum, { cases, rows }) => sum + cases.length * 2 * rows.flatMap(modesOf).length, 0);
  const found: string[] = [];
  suite.cases.forEach((operands, i) => modesOf(row).forEach((rm, mode) => {
    const at = start + i * sizeOf(widths.length) + sizeOf(suite.rows.indexOf(row)) + 2 * mode;
    const narrow = !/xd/.test(row.assembly) && (/^fcvt.s.d/.test(row.assembly) || (suite.letter === "s" && !/^fcvt.d.s/.test(row.assembly)));
    const theirs = show({ bits: narrow ? BigInt.asUintN(32, answers[at]) : answers[at], flags: Number(answers[at + 1]) });
    const mine = show(ours(suite.format, operands, rm));
    if (mine !== theirs) found.push(`${spelled(row, suite.letter, rm)} of ${operands.map((x) => x.toString(16)).join(" ")}: ${mine}, qemu ${theirs}`);
  }));
  return found;
}

const show = ({ bits, flags }: Outcome): string => `${bits.toString(16)} flags ${flags}`;

test("the oracle answered every case", () => {
  expect(answers.length).toBe(suites.reduce((sum, { cases, rows }) => sum + cases.length * 2 * rows.flatMap(modesOf).length, 0));
});

for (const suite of suites) {
  for (const row of suite.rows) {
    const name = row.assembly.split(" ")[0].replace("F", suite.letter);
    test(`${name} gives the bits and flags of qemu`, () => expect(differences(suite, row).slice(0, 5)).toEqual([]));
  }
}

/** Mistakes that are easily made. */
const mistakes: [string, string, Meaning][] = [
  ["rounds ties away as ties to even", "fadd", (f, [a, b], rm) => add(f, a, b, rm === 4 ? 0 : rm)],
  ["rounds a fused product twice", "fmadd", (f, [a, b, c], rm) => add(f, mul(f, a, b, rm).bits, c, rm)],
  ["lets a quiet NaN hide infinity times zero", "fmadd", (f, x, rm) => {
    const outcome = fma(f, x[0], x[1], x[2], rm);
    return eq(f, x[2], x[2]).bits === 0n ? { ...outcome, flags: 0 } : outcome;
  }],
  ["gives +0 for what cancels out while rounding down", "fadd", (f, [a, b], rm) => add(f, a, b, rm === 2 && negate(f, a) === b ? 0 : rm)],
  ["forgets the underflow flag", "fmul", (f, [a, b], rm) => ({ ...mul(f, a, b, rm), flags: mul(f, a, b, rm).flags & ~2 })],
  ["keeps a NaN's payload", "fsqrt", (f, [a], rm) => (sqrt(f, a, rm).bits === canonicalNaN(f) && classify(f, a).bits === 512n ? { bits: a, flags: 0 } : sqrt(f, a, rm))],
  ["takes both zeros for equal", "fmin", (f, [a, b]) => (eq(f, a, b).bits === 1n ? { bits: a, flags: 0 } : min(f, a, b))],
  ["compares quietly", "flt", (f, [a, b]) => ({ ...lt(f, a, b), flags: eq(f, a, b).flags })],
  ["zero-extends an unsigned word", "fcvt.wu", (f, [a], rm) => ({ ...toInteger(f, WU, a, rm), bits: BigInt.asUintN(32, toInteger(f, WU, a, rm).bits) })],
  ["calls what is out of range inexact too", "fcvt.l", (f, [a], rm) => {
    const outcome = toInteger(f, L, a, rm);
    return outcome.flags === 16 ? { ...outcome, flags: 17 } : outcome;
  }],
];

test.each(mistakes)("a meaning that %s is found, in both formats", (_, mnemonic, wrong) => {
  for (const suite of suites) {
    const row = suite.rows.find(({ assembly }) => assembly.startsWith(`${mnemonic}.F `));
    expect(row && differences(suite, row, wrong).length).toBeGreaterThan(0);
  }
});
