// The instruction set: all rows, and decoding and encoding by them.
import { Decoder, type Fields, type Instruction } from "./decoder.js";
import { insert } from "./encoding.js";
import { rv64c } from "./compressed.js";
import { rv64a, rv64m, rv64zba, rv64zbb, rv64zbs, rv64zicsr } from "./extensions.js";
import { rv64fd } from "./floating.js";
import type { Row } from "./row.js";
import { rv64i } from "./rv64i.js";

export const rows: readonly Row[] = [...rv64i, ...rv64m, ...rv64a, ...rv64fd, ...rv64zicsr, ...rv64zba, ...rv64zbb, ...rv64zbs];
export { rv64c as compressedRows };
export type { Fields, Form, Instruction } from "./decoder.js";

export const decoder = new Decoder(rows, rv64c);

/** The instruction in `word` (its low half where it is 16 bits long), or undefined where it is illegal. */
export const decode = (word: number): Instruction | undefined => decoder.decode(word);

const encodings = new Map([...rows, ...rv64c].map((row) => [row.name, row.encoding]));

/** The word of an instruction, by name and field values. Throws where a field is unknown or does not fit. */
export function encode(name: string, fields: Fields): number {
  const encoding = encodings.get(name);
  if (encoding === undefined) throw new Error(`no instruction is called ${name}`);
  const unknown = Object.keys(fields).find((key) => !encoding.fields.some((field) => field.name === key));
  if (unknown !== undefined) throw new Error(`${name} has no field ${unknown}`);
  let word = encoding.match;
  for (const field of encoding.fields) word |= insert(field, fields[field.name] ?? 0);
  return word >>> 0;
}
