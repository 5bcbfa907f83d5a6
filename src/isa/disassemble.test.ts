// The disassembler against GNU objdump, over every row with random operands.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { csrNames } from "./csr.js";
import { disassemble } from "./disassemble.js";
import { type Encoding, extract, insert } from "./encoding.js";
import { compressedRows, rows } from "./index.js";

const TIMES = 40;
const hasBinutils = spawnSync("riscv64-linux-gnu-objdump", ["--version"]).status === 0;

/** A fixed sequence of words (Knuth's MMIX constants). */
function words(): () => number {
  let state = 1n;
  return () => Number((state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)) >> 32n);
}

/** objdump calls these encodings by other names, or by none: hints, and fences with reserved fields. */
function hint(name: string, field: (name: string) => number | undefined): boolean {
  if (name === "fence") return field("fm") !== 0 || field("rd") !== 0 || field("rs1") !== 0 || field("pred") === 0 || field("succ") === 0;
  if (name === "fence.i") return field("rd") !== 0 || field("rs1") !== 0 || field("imm") !== 0;
  if (name === "c.addi") return field("rd") === 0 || field("imm") === 0;
  if (["c.li", "c.lui", "c.mv", "c.add"].includes(name)) return field("rd") === 0;
  if (["c.slli", "c.srli", "c.srai"].includes(name)) return field("rd") === 0 || field("shamt") === 0;
  return false;
}

function samples(name: string, encoding: Encoding, random: () => number): number[] {
  const found: number[] = [];
  for (let tries = 0; found.length < TIMES && tries < 20 * TIMES; tries++) {
    let word = ((random() & ~encoding.mask) | encoding.match) >>> 0;
    if (name === "fence" || name === "fence.i") for (const field of encoding.fields) if (!["pred", "succ"].includes(field.name)) word = (word & ~insert(field, field.kind === "signed" ? -1 : 2 ** field.bits - 1)) >>> 0;
    if (encoding.length === 2) word &= 0xffff;
    const field = (wanted: string) => {
      const place = encoding.fields.find((each) => each.name === wanted);
      return place === undefined ? undefined : extract(place, word);
    };
    // Of the reserved encodings of exact conversions this objdump knows none.
    if (["fcvt.d.w", "fcvt.d.wu", "fcvt.d.s"].includes(name)) word = (word & ~0x7000) >>> 0;
    const csr = field("csr");
    if (csr !== undefined && !csrNames.has(csr)) word = ((word & 0xfffff) | ([...csrNames.keys()][tries % csrNames.size] << 20)) >>> 0;
    if (hint(name, field) || disassemble(word, 0n) === undefined || !disassemble(word, 0n)?.startsWith(name)) continue;
    found.push(word);
  }
  return found;
}

function objdump(code: readonly { word: number; length: number }[]): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), "nestbox-objdump-"));
  try {
    const source = path.join(folder, "a.s"), object = path.join(folder, "a.o");
    writeFileSync(source, code.map(({ word, length }) => `.insn ${length}, 0x${word.toString(16)}\n`).join(""));
    const assembled = spawnSync("riscv64-linux-gnu-as", ["-march=rv64gc_zba_zbb_zbs_zifencei", source, "-o", object], { encoding: "utf8" });
    expect(assembled.stderr).toBe("");
    const { stdout } = spawnSync("riscv64-linux-gnu-objdump", ["-d", "-z", "-M", "no-aliases", object], { encoding: "utf8", maxBuffer: 2 ** 26 });
    return stdout.split("\n").flatMap((line) => /^ +[0-9a-f]+:\t[0-9a-f]+ +\t(.*)$/.exec(line)?.[1] ?? []);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Targets are bare hexadecimal numbers with a symbol behind; blanks are one space. */
const plain = (text: string) => text.replace(/([0-9a-f]+) <.*>/, "0x$1").replace(/\s+#.*$/, "").replace(/\s+/g, " ").trim();

test.skipIf(!hasBinutils)("every row reads as objdump -d -M no-aliases prints it", () => {
  const random = words();
  const code = [...rows, ...compressedRows].flatMap(({ name, encoding }) => samples(name, encoding, random).map((word) => ({ name, word, length: encoding.length })));
  const missing = [...rows, ...compressedRows].filter(({ name }) => !code.some((line) => line.name === name));
  expect(missing.map(({ name }) => name)).toEqual([]);
  const expected = objdump(code).map(plain);
  let at = 0n;
  const actual = code.map(({ word, length }) => {
    const text = disassemble(word, at);
    at += BigInt(length);
    return text ?? "";
  });
  expect(actual.length).toBe(expected.length);
  const wrong = actual.flatMap((text, i) => (text === expected[i] ? [] : [`${code[i].word.toString(16)}: ${text} | ${expected[i]}`]));
  expect(wrong.slice(0, 100)).toEqual([]);
});
