// The rows together: no word is two instructions, and every instruction comes back from its word.
import { expect, test } from "vitest";
import { type Encoding, extract } from "./encoding.js";
import { compressedRows, decode, encode, rows } from "./index.js";

const overlap = (a: Encoding, b: Encoding) => a.length === b.length && ((a.match ^ b.match) & a.mask & b.mask) === 0;

function pairs<T extends { name: string; encoding: Encoding }>(all: readonly T[]): [T, T][] {
  return all.flatMap((a, i) => all.slice(i + 1).flatMap((b): [T, T][] => (overlap(a.encoding, b.encoding) ? [[a, b]] : [])));
}

test("no word belongs to two rows of 32 bits", () => {
  expect(pairs(rows).map(([a, b]) => `${a.name} ${b.name}`)).toEqual([]);
});

test("where encodings of 16 bits overlap, one of the two always excludes the word", () => {
  const found = pairs(compressedRows);
  expect(found.map(([a, b]) => `${a.name} ${b.name}`)).toEqual(["c.addi16sp c.lui", "c.jr c.mv", "c.ebreak c.jalr", "c.ebreak c.add", "c.jalr c.add"]);
  for (let word = 0; word < 65536; word++) {
    const fitting = compressedRows.filter(({ encoding, except }) => ((word ^ encoding.match) & encoding.mask) === 0 &&
      !except(Object.fromEntries(encoding.fields.map((field) => [field.name, extract(field, word)]))));
    if (fitting.length > 1) expect.fail(`${word.toString(16)} is ${fitting.map(({ name }) => name).join(" and ")}`);
  }
});

test("every 16-bit word that is an instruction comes back from its fields", () => {
  let count = 0;
  for (let word = 0; word < 65536; word++) {
    const short = (word & 3) === 3 ? undefined : decode(word)?.short;
    if (short === undefined) continue;
    count++;
    const fields = Object.fromEntries(short.encoding.fields.map((field) => [field.name, extract(field, word)]));
    if (encode(short.name, fields) !== word) expect.fail(`${short.name} ${word.toString(16)}`);
  }
  expect(count).toBeGreaterThan(40000);
});

test("every row comes back from its word, with the smallest and the largest fields", () => {
  for (const row of rows) {
    for (const bits of [0, 0xffffffff, 0x5a5a5a5a, 0xa5a5a5a5]) {
      const word = ((bits & ~row.encoding.mask) | row.encoding.match) >>> 0;
      const decoded = decode(word);
      const rounding = row.encoding.fields.find((field) => field.name === "rm");
      if (rounding !== undefined && [5, 6].includes(extract(rounding, word))) {
        expect(decoded).toBeUndefined();
        continue;
      }
      expect(decoded?.row.name).toBe(row.name);
      expect(encode(row.name, decoded?.fields ?? {})).toBe(word);
    }
  }
});

test("what no row has is illegal", () => {
  for (const word of [0x0000, 0xffffffff, 0x00000007, 0x0000007f, 0x30200073 | 0x80000000]) expect(decode(word >>> 0)).toBeUndefined();
});

test("fields that do not fit, or do not exist, are refused", () => {
  expect(() => encode("addi", { rd: 1, rs1: 2, imm: 2048 })).toThrow(RangeError);
  expect(() => encode("beq", { imm: 3 })).toThrow(RangeError);
  expect(() => encode("addi", { rs2: 1 })).toThrow("has no field rs2");
  expect(() => encode("nonsense", {})).toThrow("no instruction is called nonsense");
});
