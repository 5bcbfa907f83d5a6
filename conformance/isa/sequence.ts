// Random instruction sequences: all registers set, then units of a few instructions that any processor must carry out alike.
import { compressedRows, rows } from "../../src/isa/index.js";
import { type Encoding, extract } from "../../src/isa/encoding.js";
import type { Effect, Expr } from "../../src/isa/meaning.js";
import type { CompressedRow, Row } from "../../src/isa/row.js";
import { integer, near, pattern, type Random } from "./random.js";

/** An instruction; where `to` is given, its field imm becomes the distance to the target, from itself or from its unit's first instruction. */
export interface Line {
  name: string;
  fields: Record<string, number>;
  to?: "self" | "unit";
  /** Added to the distance. */
  plus?: number;
}

/** Instructions that belong together. Jumps lead to the beginnings of units only. */
export interface Unit {
  lines: Line[];
  /** How many units a jump in this one leaps over. */
  skip: number;
}

export interface Sequence {
  /** The register that points to the middle of the scratch memory throughout; nothing writes it. */
  pointer: number;
  x: bigint[];
  f: bigint[];
  fcsr: number;
  scratch: Uint8Array;
  units: Unit[];
}

/** Bytes of scratch memory, half of them on each side of the pointer. */
export const SCRATCH_BYTES = 1024;
const HALF = SCRATCH_BYTES / 2;

const SP = 2, RA = 1, A0 = 10, A7 = 17;
const byName = new Map(rows.map((row) => [row.name, row]));

/** A row, or a short one with the row that it stands for. */
export interface Choice {
  readonly name: string;
  readonly encoding: Encoding;
  readonly row: Row;
  readonly short: CompressedRow | undefined;
}

function expanded(short: CompressedRow): Row {
  const row = byName.get(short.expands);
  if (row === undefined) throw new Error(`no row ${short.expands}`);
  return row;
}

/** Everything that a sequence may hold; what only S-mode may do is illegal here. */
export const choices: readonly Choice[] = [
  ...rows.map((row): Choice => ({ name: row.name, encoding: row.encoding, row, short: undefined })),
  ...compressedRows.map((short): Choice => ({ name: short.name, encoding: short.encoding, row: expanded(short), short })),
];

function within(effects: readonly Effect[], ops: readonly string[]): Expr | undefined {
  const search = (expr: Expr): Expr | undefined => {
    if (ops.includes(expr.op)) return expr;
    const parts = expr.op === "binary" ? [expr.a, expr.b] : expr.op === "unary" ? [expr.a] : expr.op === "select" ? [expr.condition, expr.a, expr.b] : expr.op === "float" ? expr.args : [];
    for (const part of parts) {
      const found = search(part);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const effect of effects) {
    if (effect.effect === "rd" || effect.effect === "fd") {
      const found = search(effect.value);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const bytesOf = (row: Row): number => {
  const store = row.meaning.find((effect) => effect.effect === "store");
  if (store?.effect === "store") return store.bytes;
  const access = within(row.meaning, ["load", "atomic", "loadReserved", "storeConditional"]);
  return access !== undefined && "bytes" in access ? access.bytes : 0;
};

export class Generator {
  private readonly random: Random;
  /** Says which row to take next. */
  private readonly choose: () => Choice;
  private pointer = 0;

  constructor(random: Random, choose: () => Choice) {
    this.random = random;
    this.choose = choose;
  }

  sequence(length: number): Sequence {
    const { random } = this;
    this.pointer = random.between(1, 31);
    const x = Array.from({ length: 32 }, () => integer(random));
    const f = Array.from({ length: 32 }, () => pattern(random));
    for (let i = 0; i < 8; i++) {
      x[random.below(32)] = x[random.below(32)];
      f[random.below(32)] = near(random, f[random.below(32)]);
    }
    const scratch = Uint8Array.from({ length: SCRATCH_BYTES }, () => random.u32());
    for (let i = 0; i < 16; i++) new DataView(scratch.buffer).setBigUint64(random.below(SCRATCH_BYTES / 8) * 8, random.chance(0.5) ? pattern(random) : integer(random), true);
    const units = Array.from({ length }, () => this.unit(this.choose()));
    return { pointer: this.pointer, x, f, fcsr: random.below(5) << 5, scratch, units };
  }

  /** A register that may be written. */
  private free(from = 0, to = 31): number {
    for (;;) {
      const register = this.random.between(from, to);
      if (register !== this.pointer) return register;
    }
  }

  /** Random fields for a row that do not write the pointer; undefined where luck is needed. */
  private fields({ encoding, row, short }: Choice): Record<string, number> | undefined {
    for (let tries = 0; tries < 100; tries++) {
      const word = ((this.random.u32() & ~encoding.mask) | encoding.match) >>> 0;
      const fields = Object.fromEntries(encoding.fields.map((field) => [field.name, extract(field, word)]));
      if (fields["rm"] === 5 || fields["rm"] === 6) continue;
      if (short?.except(fields) === true) continue;
      const target = short === undefined ? fields["rd"] : short.fields["rd"];
      const rd = typeof target === "string" ? fields[target] : target;
      if (rd === this.pointer && row.meaning.some((effect) => effect.effect === "rd")) continue;
      // Equal operands now and then.
      if (fields["rs2"] !== undefined && fields["rs1"] !== undefined && this.random.chance(0.1)) fields["rs2"] = fields["rs1"];
      return fields;
    }
    return undefined;
  }

  private unit(choice: Choice): Unit {
    for (;;) {
      const lines = this.lines(choice);
      if (lines !== undefined) return { lines, skip: this.random.below(5) };
      choice = this.choose();
    }
  }

  private lines(choice: Choice): Line[] | undefined {
    const { row } = choice;
    const fields = this.fields(choice);
    if (fields === undefined) return undefined;
    if (row.name === "ecall") return this.unknownCall();
    if (row.name === "jalr") return this.jumpRegister(choice, fields);
    if (row.meaning.some((effect) => effect.effect === "jump" || effect.effect === "branch")) return [{ name: choice.name, fields, to: "self" }];
    if (within(row.meaning, ["loadReserved", "storeConditional"]) !== undefined) return this.reservation(row);
    if (bytesOf(row) > 0) return this.access(choice, fields);
    if (within(row.meaning, ["csr"]) !== undefined) return this.csr(choice, fields);
    if (within(row.meaning, ["float"]) !== undefined) return this.float(choice, fields);
    if (row.name === "ctzw") return this.countTrailingZeros(fields);
    return [...this.corner(fields), { name: choice.name, fields }];
  }

  /** Now and then the operands that arithmetic has rules of its own for: a lowest number and -1, 0 or 1. */
  private corner({ rs1, rs2 }: Record<string, number>): Line[] {
    const { random } = this;
    if (rs1 === undefined || rs2 === undefined || rs1 === rs2 || rs1 === this.pointer || rs2 === this.pointer || random.chance(0.8)) return [];
    return [
      { name: "addi", fields: { rd: rs1, imm: -1 } }, { name: "slli", fields: { rd: rs1, rs1, shamt: random.of([31, 63]) } },
      { name: "addi", fields: { rd: rs2, imm: random.between(-1, 1) } },
    ];
  }

  /** Two zeros of any sign. */
  private zeros({ fs1, fs2 }: Record<string, number>, letter: string): Line[] {
    const move = letter === "s" ? "fmv.w.x" : "fmv.d.x";
    return [
      { name: move, fields: { fd: fs1 } }, { name: move, fields: { fd: fs2 } },
      { name: this.random.of([`fsgnjn.${letter}`, `fsgnj.${letter}`]), fields: { fd: fs1, fs1, fs2 } },
      { name: this.random.of([`fsgnjn.${letter}`, `fsgnj.${letter}`]), fields: { fd: fs2, fs1: fs2, fs2 } },
    ];
  }

  /** QEMU 7.2 counts on into the upper word if the lower one is zero, against Zbb's "the least-significant word": here one of the two does not happen. */
  private countTrailingZeros(fields: Record<string, number>): Line[] {
    const rd = this.free(1), { rs1 } = fields;
    const made: Line = this.random.chance(0.5) ? { name: "add.uw", fields: { rd, rs1, rs2: 0 } } : { name: "bseti", fields: { rd, rs1, shamt: this.random.below(32) } };
    return [made, { name: "ctzw", fields: { ...fields, rs1: rd } }];
  }

  /** A system call that no kernel has. */
  private unknownCall(): Line[] | undefined {
    return this.pointer === A0 || this.pointer === A7 ? undefined : [{ name: "addi", fields: { rd: A7, imm: -1 } }, { name: "ecall", fields: {} }];
  }

  private jumpRegister({ name, short }: Choice, fields: Record<string, number>): Line[] | undefined {
    const base = this.free(1);
    if (short === undefined) {
      const rd = this.random.chance(0.2) ? base : fields["rd"];
      // The lowest bit of the target is cleared.
      return [{ name: "auipc", fields: { rd: base } }, { name, fields: { rd, rs1: base }, to: "unit", plus: this.random.below(2) }];
    }
    if (name === "c.jalr" && this.pointer === RA) return undefined;
    return [
      { name: "auipc", fields: { rd: base } }, { name: "addi", fields: { rd: base, rs1: base }, to: "unit" },
      { name, fields: { rs1: base } },
    ];
  }

  /** Loads, stores and atomics: the base register is made to fit the immediate. */
  private access({ name, row, encoding, short }: Choice, fields: Record<string, number>): Line[] | undefined {
    const { random } = this;
    const bytes = bytesOf(row), immediate = fields["imm"] ?? fields["uimm"] ?? 0;
    const atomic = row.extension === "A";
    if (short === undefined && random.chance(0.05)) return this.faultingAccess(name, fields, bytes, atomic);
    const at = atomic ? random.between(-HALF / bytes, HALF / bytes - 1) * bytes : random.between(-HALF, HALF - bytes);
    const direct = !atomic && immediate >= -HALF && immediate <= HALF - bytes;
    const own = encoding.fields.find((field) => field.name === "rs1");
    const possible = (register: number) => own === undefined ? register === SP : own.kind !== "compressedRegister" || (register >= 8 && register < 16);
    if (direct && possible(this.pointer) && random.chance(0.3)) return [{ name, fields: own === undefined ? fields : { ...fields, rs1: this.pointer } }];
    const offset = at - immediate;
    if (offset < -2048 || offset > 2047) return undefined;
    if (own === undefined && this.pointer === SP) return undefined;
    const base = own === undefined ? SP : short !== undefined ? this.free(8, 15) : this.free(1);
    return [{ name: "addi", fields: { rd: base, rs1: this.pointer, imm: offset } }, { name, fields: own === undefined ? fields : { ...fields, rs1: base } }];
  }

  /** There is no memory at either end of the address space; and atomics must be aligned. */
  private faultingAccess(name: string, fields: Record<string, number>, bytes: number, atomic: boolean): Line[] {
    const rs1 = this.free(1);
    const from: Record<string, number> = atomic && this.random.chance(0.5)
      ? { rs1: this.pointer, imm: this.random.between(-HALF / 8, HALF / 8 - 2) * 8 + this.random.between(1, bytes - 1) }
      : { rs1: 0, imm: this.random.between(-256, 255) * 8 };
    return [{ name: "addi", fields: { rd: rs1, ...from } }, { name, fields: { ...fields, rs1 } }];
  }

  /** lr and sc in one unit without a store between them: what ends a reservation otherwise differs among processors. */
  private reservation(row: Row): Line[] {
    const { random } = this;
    const width = row.name.slice(-1), bytes = width === "w" ? 4 : 8;
    const base = this.free(1), address = { rd: base, rs1: this.pointer, imm: random.between(-HALF / 8, HALF / 8 - 2) * 8 };
    const order = () => ({ aq: random.below(2), rl: random.below(2) });
    let rd = this.free();
    while (rd === base) rd = this.free();
    const sc: Line = { name: `sc.${width}`, fields: { rd: this.free(), rs1: base, rs2: random.below(32), ...order() } };
    const lines: Line[] = [{ name: "addi", fields: address }];
    // Sometimes there is no reservation, sometimes one for another place.
    if (row.name.startsWith("lr") || random.chance(0.6)) lines.push({ name: `lr.${width}`, fields: { rd, rs1: base, ...order() } });
    if (random.chance(0.2)) lines.push({ name: "addi", fields: { rd: base, rs1: base, imm: bytes } });
    lines.push(sc);
    return lines;
  }

  /** After a write to frm, it gets a mode that exists again. */
  private csr({ name }: Choice, fields: Record<string, number>): Line[] {
    const { random } = this;
    const csr = random.between(1, 3);
    const lines: Line[] = [];
    if (random.chance(0.2)) fields = { ...fields, ...("uimm" in fields ? { uimm: 0 } : { rs1: 0 }) };
    if (random.chance(0.3) && "rs1" in fields) {
      const rd = this.free(1);
      lines.push({ name: "addi", fields: { rd, rs1: 0, imm: random.below(256) } });
      fields = { ...fields, rs1: rd };
    }
    lines.push({ name, fields: { ...fields, csr } }, { name: "csrrs", fields: { rd: this.free(), csr: 3, rs1: 0 } });
    if (csr !== 1) lines.push({ name: "csrrwi", fields: { rd: this.free(), csr: 2, uimm: random.below(5) } });
    return lines;
  }

  /** Often with flags cleared before and read after, and with operands for which the exact result lies on or next to a number. */
  private float({ name, row }: Choice, fields: Record<string, number>): Line[] {
    const { random } = this;
    const lines: Line[] = [];
    const sources = ["fs1", "fs2", "fs3"].filter((source) => fields[source] !== undefined);
    if (sources.length > 0 && random.chance(0.3)) {
      const made = random.of(sources), other = random.of(sources), another = random.of(sources);
      lines.push({ name: row.extension === "F" ? "fmul.s" : "fmul.d", fields: { fd: fields[made], fs1: fields[other], fs2: fields[another], rm: random.of([0, 7]) } });
    }
    if (sources.length > 1 && random.chance(0.1)) lines.push(...this.zeros(fields, row.extension === "F" ? "s" : "d"));
    const watched = random.chance(0.6);
    if (watched) lines.push({ name: "csrrwi", fields: { rd: 0, csr: 1, uimm: random.of([0, 0, 0, 1, random.below(32)]) } });
    // A dynamic rounding mode that does not exist is illegal.
    const reserved = fields["rm"] === 7 && random.chance(0.1);
    if (reserved) lines.push({ name: "csrrwi", fields: { rd: 0, csr: 2, uimm: random.between(5, 7) } });
    lines.push({ name, fields });
    if (reserved) lines.push({ name: "csrrwi", fields: { rd: 0, csr: 2, uimm: random.below(5) } });
    if (watched) lines.push({ name: "csrrs", fields: { rd: this.free(), csr: 1, rs1: 0 } });
    return lines;
  }
}
