// Encodings as the specification's listings write them: "imm[11:0] rs1 000 rd 0010011".

export type FieldKind = "register" | "compressedRegister" | "number" | "signed";

/** A named field: where its bits stand in the instruction, and where they belong in the value. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** Runs of bits: `width` bits from bit `at` of the instruction become bits from `to` of the value. */
  readonly runs: readonly { at: number; to: number; width: number }[];
  /** Highest bit of the value plus one. */
  readonly bits: number;
}

export interface Encoding {
  readonly text: string;
  /** Bytes. */
  readonly length: 2 | 4;
  readonly mask: number;
  readonly match: number;
  readonly fields: readonly Field[];
}

const REGISTER = /^[rf](d|s[123])$/;

function runsOf(spec: string, from: number): { runs: { at: number; to: number; width: number }[]; width: number } {
  const runs = [];
  let at = from;
  for (const part of spec.split("|")) {
    const [high, low = high] = part.split(":").map(Number);
    const width = high - low + 1;
    at -= width;
    runs.push({ at, to: low, width });
  }
  return { runs, width: from - at };
}

/** The field that the token `token` describes, its uppermost bit just below bit `top`. */
function fieldOf(token: string, top: number): { field: Field; width: number } {
  const bracket = /^([a-z]+)\[([\d:|]+)\]$/.exec(token);
  if (bracket !== null) {
    const [, name, spec] = bracket;
    const { runs, width } = runsOf(spec, top);
    const bits = Math.max(...runs.map((run) => run.to + run.width));
    return { field: { name, kind: name === "imm" ? "signed" : "number", runs, bits }, width };
  }
  if (token.endsWith("'")) return { field: { name: token.slice(0, -1), kind: "compressedRegister", runs: [{ at: top - 3, to: 0, width: 3 }], bits: 3 }, width: 3 };
  if (REGISTER.test(token)) return { field: { name: token, kind: "register", runs: [{ at: top - 5, to: 0, width: 5 }], bits: 5 }, width: 5 };
  const width = { rm: 3, aq: 1, rl: 1 }[token];
  if (width === undefined) throw new Error(`encoding has an unknown field ${token}`);
  return { field: { name: token, kind: "number", runs: [{ at: top - width, to: 0, width }], bits: width }, width };
}

/** Fields of one name that stand in several places ("imm[5] rd imm[4:0]") are one field. */
function merged(fields: Field[]): Field[] {
  const byName = new Map<string, Field>();
  for (const field of fields) {
    const before = byName.get(field.name);
    byName.set(field.name, before === undefined ? field : { ...field, runs: [...before.runs, ...field.runs], bits: Math.max(before.bits, field.bits) });
  }
  return [...byName.values()];
}

export function parseEncoding(text: string): Encoding {
  const tokens = text.split(" ");
  const length = text.endsWith("11") ? 4 : 2;
  let top = length * 8;
  let mask = 0;
  let match = 0;
  const fields: Field[] = [];
  for (const token of tokens) {
    if (/^[01]+$/.test(token)) {
      top -= token.length;
      mask |= ((2 ** token.length - 1) << top);
      match |= (parseInt(token, 2) << top);
    } else {
      const { field, width } = fieldOf(token, top);
      top -= width;
      fields.push(field);
    }
  }
  if (top !== 0) throw new Error(`encoding "${text}" leaves ${top} bits`);
  return { text, length, mask: mask >>> 0, match: match >>> 0, fields: merged(fields) };
}

/** Gets a field's value out of an instruction: a register number, or a number, sign-extended where the field is signed. */
export type Reader = (word: number) => number;

/** Prepared once for each field, because decoding is where programs start slowly. */
export function reader({ kind, runs, bits }: Field): Reader {
  const base = kind === "compressedRegister" ? 8 : 0;
  const unused = kind === "signed" ? 32 - bits : 0;
  const [{ at, to, width }] = runs;
  const mask = 2 ** width - 1;
  if (runs.length === 1) return (word) => (((((word >>> at) & mask) << to) << unused) >> unused) + base;
  const ats = runs.map((run) => run.at), tos = runs.map((run) => run.to), masks = runs.map((run) => 2 ** run.width - 1);
  return (word) => {
    let value = 0;
    for (let i = 0; i < ats.length; i++) value |= ((word >>> ats[i]) & masks[i]) << tos[i];
    return (value << unused) >> unused;
  };
}

export const extract = (field: Field, word: number): number => reader(field)(word);

/** The instruction's bits that give the field `value`. Throws RangeError where the value does not fit. */
export function insert(field: Field, value: number): number {
  const raw = field.kind === "compressedRegister" ? value - 8 : value;
  let bits = 0;
  for (const { at, to, width } of field.runs) bits |= ((raw >> to) & (2 ** width - 1)) << at;
  if (extract(field, bits) !== value) throw new RangeError(`${field.name} cannot be ${value}`);
  return bits >>> 0;
}
