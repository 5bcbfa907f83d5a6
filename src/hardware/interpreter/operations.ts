// The operations of the interpreter: one for each row and length that it can have, plus those that only the engine knows.
import { compressedRows, type Form, rows } from "../../isa/index.js";
import type { Row } from "../../isa/row.js";

export interface Operation {
  readonly row: Row;
  readonly length: 2 | 4;
}

/** Not decoded yet; the end of a page; an instruction that straddles two; an illegal one. */
export const DECODE = 0, PAGE_END = 1, STRADDLE = 2, ILLEGAL = 3;
/** The number of the first row's operation. */
export const FIRST = 4;

const shortened = new Set(compressedRows.map((row) => row.expands));

/** All operations of rows, in the order of their numbers from `FIRST` on. */
export const operations: readonly Operation[] = rows.flatMap((row) =>
  shortened.has(row.name) ? [{ row, length: 4 as const }, { row, length: 2 as const }] : [{ row, length: 4 as const }]);

const numbers = new Map(operations.map(({ row, length }, i) => [`${row.name}/${length}`, FIRST + i]));

export function operationNumber({ row, length }: Form): number {
  const number = numbers.get(`${row.name}/${length}`);
  if (number === undefined) throw new Error(`${row.name} has no form of ${length} bytes`);
  return number;
}

/** Whether the row has a destination register, which then takes the first slot of the record; otherwise rs2 does. */
export function hasDestination(row: Row): boolean {
  return row.encoding.fields.some((field) => field.name === "rd" || field.name === "fd");
}
