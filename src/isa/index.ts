// The instruction set: all rows, and decoding, assembling and disassembling by them.
import { type Encoding, extract, insert } from "./encoding.js";
import { rv64c } from "./compressed.js";
import { rv64a, rv64m, rv64zba, rv64zbb, rv64zbs, rv64zicsr } from "./extensions.js";
import { rv64fd } from "./floating.js";
import type { CompressedRow, Row } from "./row.js";
import { rv64i } from "./rv64i.js";

export const rows: readonly Row[] = [...rv64i, ...rv64m, ...rv64a, ...rv64fd, ...rv64zicsr, ...rv64zba, ...rv64zbb, ...rv64zbs];
export { rv64c as compressedRows };

export type Fields = Readonly<Record<string, number>>;

/** A decoded instruction: the row, its fields by name, and its length in bytes. */
export interface Instruction {
  readonly row: Row;
  readonly fields: Fields;
  readonly length: 2 | 4;
  /** The 16-bit form that it was written in. */
  readonly short: CompressedRow | undefined;
}

const rowsByName = new Map(rows.map((row) => [row.name, row]));
const compressedByName = new Map(rv64c.map((row) => [row.name, row]));

/** Rows by opcode (bits 6:2) and funct3 (bits 14:12); a row whose funct3 is not fixed stands in all eight. */
const byOpcode: Row[][] = Array.from({ length: 256 }, (_, key) =>
  rows.filter(({ encoding: { mask, match } }) => {
    const word = ((key >> 3) << 2) | 3 | ((key & 7) << 12);
    return ((word ^ match) & mask & 0x707f) === 0;
  }));
/** Short rows by quadrant (bits 1:0) and funct3 (bits 15:13). */
const byQuadrant: CompressedRow[][] = Array.from({ length: 32 }, (_, key) =>
  rv64c.filter(({ encoding: { mask, match } }) => (((key & 3) | ((key >> 2) << 13)) ^ match & 0xe003) === 0 && (mask & 0xe003) === 0xe003));

function fieldsOf(encoding: Encoding, word: number): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const field of encoding.fields) fields[field.name] = extract(field, word);
  return fields;
}

/** Rounding modes 5 and 6 are reserved (unprivileged specification 20.2). */
function reserved(fields: Fields): boolean {
  return fields["rm"] === 5 || fields["rm"] === 6;
}

function decodeShort(word: number): Instruction | undefined {
  for (const short of byQuadrant[(word & 3) | ((word >> 13) << 2)]) {
    if (((word ^ short.encoding.match) & short.encoding.mask) !== 0) continue;
    const own = fieldsOf(short.encoding, word);
    if (short.except(own)) continue;
    const row = rowsByName.get(short.expands);
    if (row === undefined) throw new Error(`${short.name} expands to ${short.expands}, which does not exist`);
    const fields: Record<string, number> = {};
    for (const [name, value] of Object.entries(short.fields)) fields[name] = typeof value === "number" ? value : own[value];
    return { row, fields, length: 2, short };
  }
  return undefined;
}

/** The instruction in `word` (its low half where it is 16 bits long), or undefined where it is illegal. */
export function decode(word: number): Instruction | undefined {
  if ((word & 3) !== 3) return decodeShort(word & 0xffff);
  for (const row of byOpcode[((word >> 2) & 31) << 3 | ((word >> 12) & 7)]) {
    if (((word ^ row.encoding.match) & row.encoding.mask) !== 0) continue;
    const fields = fieldsOf(row.encoding, word);
    return reserved(fields) ? undefined : { row, fields, length: 4, short: undefined };
  }
  return undefined;
}

/** The word of an instruction, by name and field values. Throws where a field is unknown or does not fit. */
export function encode(name: string, fields: Fields): number {
  const encoding = rowsByName.get(name)?.encoding ?? compressedByName.get(name)?.encoding;
  if (encoding === undefined) throw new Error(`no instruction is called ${name}`);
  let word = encoding.match;
  for (const field of encoding.fields) word |= insert(field, fields[field.name] ?? 0);
  return word >>> 0;
}
