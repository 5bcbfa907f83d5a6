// Decoding: from a word to the row that it is written by, as fast as programs that execute much code only once need it.
import { type Reader, reader } from "./encoding.js";
import type { CompressedRow, Row } from "./row.js";

export type Fields = Readonly<Record<string, number>>;

/** A way to write a row: with 32 bits, or with 16. */
export interface Form {
  /** Counted from 0. */
  readonly number: number;
  readonly row: Row;
  readonly length: 2 | 4;
  /** The 16-bit row, if that is the way. */
  readonly short: CompressedRow | undefined;
  /** Gets the row's fields, by their names, out of a word in this form. */
  readonly read: ReadonlyMap<string, Reader>;
}

/** A decoded instruction: the row, its fields by name, and its length in bytes. */
export interface Instruction {
  readonly row: Row;
  readonly fields: Fields;
  readonly length: 2 | 4;
  /** The 16-bit form that it was written in. */
  readonly short: CompressedRow | undefined;
}

const ILLEGAL = 1;
const FIRST = 2;

/** Rounding modes 5 and 6 are reserved (unprivileged specification 20.2). */
const reservedRounding = (mode: number) => mode === 5 || mode === 6;

export class Decoder {
  readonly forms: readonly Form[];
  private readonly long: readonly Form[];
  private readonly short: readonly { row: CompressedRow; own: readonly (readonly [string, Reader])[]; number: number }[];
  /** Long forms by opcode (bits 6:2) and funct7 (bits 31:25), each list made when it is first needed. */
  private readonly candidates: (readonly Form[] | undefined)[] = new Array<undefined>(4096).fill(undefined);
  /** What each 16-bit word is: 0 not known yet, ILLEGAL, or FIRST plus the number of the form. */
  private readonly shortWords = new Uint16Array(65536);

  constructor(rows: readonly Row[], compressedRows: readonly CompressedRow[]) {
    this.long = rows.map((row, number) => longForm(row, number));
    this.short = compressedRows.map((row, i) => ({ row, own: row.encoding.fields.map((field) => [field.name, reader(field)] as const), number: rows.length + i }));
    const byName = new Map(rows.map((row) => [row.name, row]));
    this.forms = [...this.long, ...compressedRows.map((short, i) => shortForm(short, byName.get(short.expands), rows.length + i))];
  }

  /** The form of the instruction in `word` (in its low half where it is 16 bits long), or undefined where it is illegal. */
  recognise(word: number): Form | undefined {
    if ((word & 3) !== 3) return this.recogniseShort(word & 0xffff);
    const key = ((word >>> 2) & 31) | ((word >>> 25) << 5);
    const candidates = this.candidates[key] ?? (this.candidates[key] = this.candidatesFor(word));
    for (const form of candidates) {
      const { mask, match } = form.row.encoding;
      if (((word ^ match) & mask) !== 0) continue;
      const rounding = form.read.get("rm");
      return rounding !== undefined && reservedRounding(rounding(word)) ? undefined : form;
    }
    return undefined;
  }

  decode(word: number): Instruction | undefined {
    const form = this.recognise(word);
    if (form === undefined) return undefined;
    const fields: Record<string, number> = {};
    for (const [name, read] of form.read) fields[name] = read(word);
    return { row: form.row, fields, length: form.length, short: form.short };
  }

  private candidatesFor(word: number): readonly Form[] {
    return this.long.filter(({ row: { encoding: { mask, match } } }) => ((word ^ match) & mask & 0xfe00007f) === 0);
  }

  private recogniseShort(word: number): Form | undefined {
    let known = this.shortWords[word];
    if (known === 0) {
      known = ILLEGAL;
      for (const { row, own, number } of this.short) {
        if (((word ^ row.encoding.match) & row.encoding.mask) !== 0) continue;
        const fields: Record<string, number> = {};
        for (const [name, read] of own) fields[name] = read(word);
        if (!row.except(fields)) known = FIRST + number;
      }
      this.shortWords[word] = known;
    }
    return known === ILLEGAL ? undefined : this.forms[known - FIRST];
  }
}

function longForm(row: Row, number: number): Form {
  return { number, row, length: 4, short: undefined, read: new Map(row.encoding.fields.map((field) => [field.name, reader(field)])) };
}

function shortForm(short: CompressedRow, row: Row | undefined, number: number): Form {
  if (row === undefined) throw new Error(`${short.name} expands to ${short.expands}, which does not exist`);
  const own = new Map(short.encoding.fields.map((field) => [field.name, reader(field)]));
  const readers = Object.entries(short.fields).map(([name, value]): [string, Reader] => {
    const read = typeof value === "number" ? () => value : own.get(value);
    if (read === undefined) throw new Error(`${short.name} has no field ${value}`);
    return [name, read];
  });
  return { number, row, length: 2, short, read: new Map(readers) };
}
