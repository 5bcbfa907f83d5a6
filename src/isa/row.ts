// A row of the instruction set: encoding, syntax, description and meaning of one instruction, written once.
import { type Encoding, parseEncoding } from "./encoding.js";
import type { Effect } from "./meaning.js";

export interface Row {
  readonly name: string;
  /** Assembly: "addw rd, rs1, rs2", "lw rd, imm(rs1)". */
  readonly syntax: string;
  readonly encoding: Encoding;
  readonly description: string;
  readonly meaning: readonly Effect[];
  /** The extension it belongs to: "I", "Zba", … */
  readonly extension: string;
}

/** A 16-bit instruction stands for a 32-bit one with some fields fixed. */
export interface CompressedRow {
  readonly name: string;
  readonly syntax: string;
  readonly encoding: Encoding;
  readonly description: string;
  /** The name of the row that it expands to. */
  readonly expands: string;
  /** Fields of that row: a number, or the name of a field of this encoding. What is not named is 0. */
  readonly fields: Readonly<Record<string, string | number>>;
  /** Field values with which the encoding is reserved or another instruction: not this row. */
  readonly except: (fields: Readonly<Record<string, number>>) => boolean;
}

/** Defines the rows of one extension. */
export function extension(name: string) {
  return (syntax: string, encoding: string, description: string, meaning: readonly Effect[]): Row =>
    ({ name: syntax.split(" ")[0], syntax, encoding: parseEncoding(encoding), description, meaning, extension: name });
}

export function compressed(
  syntax: string, encoding: string, expands: string, fields: CompressedRow["fields"], except: CompressedRow["except"] = () => false,
): CompressedRow {
  const name = syntax.split(" ")[0];
  return { name, syntax, encoding: parseEncoding(encoding), description: `Short form of ${expands}.`, expands, fields, except };
}
