// From sequences to a static ELF program: it sets the registers, runs each sequence, keeps what came out, and writes all of it at the end.
import { encode } from "../../src/isa/index.js";
import { SCRATCH_BYTES, type Sequence } from "./sequence.js";

/** Where the program stands in the address space. */
export const BASE = 0x100000;
const PAGE = 4096;

// The area of a sequence, by distance from its pointer: registers to load, scratch memory, registers stored.
const REGISTERS_BYTES = 528;
const FROM = -SCRATCH_BYTES / 2 - REGISTERS_BYTES;
const INTO = SCRATCH_BYTES / 2;
const FCSR = 512;
/** Not a divisor of a page, so that page boundaries fall everywhere. */
export const AREA_BYTES = SCRATCH_BYTES + 2 * REGISTERS_BYTES;

export interface Program {
  sequences: readonly Sequence[];
  /** All of the memory image, from BASE on; code first. */
  image: Uint8Array;
  entry: number;
  dataAt: number;
  dataBytes: number;
  /** For each half-word from BASE on, 1 if an instruction of a unit begins there. */
  body: Uint8Array;
}

type Fields = Record<string, number>;
const bytesOf = (name: string) => (name.startsWith("c.") ? 2 : 4);
const split = (distance: number) => {
  const low = (distance << 20) >> 20;
  return { high: distance - low, low };
};

class Assembler {
  readonly words: { at: number; word: number; bytes: number }[] = [];
  readonly bodies: number[] = [];
  at: number;

  constructor(at: number) {
    this.at = at;
  }

  emit(name: string, fields: Fields = {}): void {
    this.words.push({ at: this.at, word: encode(name, fields), bytes: bytesOf(name) });
    this.at += bytesOf(name);
  }

  address(rd: number, to: number): void {
    const { high, low } = split(to - this.at);
    this.emit("auipc", { rd, imm: high });
    this.emit("addi", { rd, rs1: rd, imm: low });
  }

  /** Sets all registers, runs the units, stores all registers. */
  sequence({ pointer, units }: Sequence, pointsTo: number): void {
    const other = pointer === 1 ? 2 : 1;
    this.address(pointer, pointsTo);
    this.emit("ld", { rd: other, rs1: pointer, imm: FROM + FCSR });
    this.emit("csrrw", { rd: 0, rs1: other, csr: 3 });
    for (let i = 0; i < 32; i++) this.emit("fld", { fd: i, rs1: pointer, imm: FROM + 256 + i * 8 });
    for (let i = 1; i < 32; i++) if (i !== pointer) this.emit("ld", { rd: i, rs1: pointer, imm: FROM + i * 8 });
    this.units(units);
    for (let i = 0; i < 32; i++) this.emit("fsd", { fs2: i, rs1: pointer, imm: INTO + 256 + i * 8 });
    for (let i = 1; i < 32; i++) if (i !== pointer) this.emit("sd", { rs2: i, rs1: pointer, imm: INTO + i * 8 });
    this.emit("csrrs", { rd: other, rs1: 0, csr: 3 });
    this.emit("sd", { rs2: other, rs1: pointer, imm: INTO + FCSR });
  }

  private units(units: Sequence["units"]): void {
    const starts = [this.at];
    for (const { lines } of units) starts.push(starts[starts.length - 1] + lines.reduce((sum, line) => sum + bytesOf(line.name), 0));
    units.forEach(({ lines, skip }, i) => {
      const target = starts[Math.min(i + 1 + skip, units.length)];
      for (const { name, fields, to, plus = 0 } of lines) {
        this.bodies.push(this.at);
        this.emit(name, to === undefined ? fields : { ...fields, imm: target + plus - (to === "self" ? this.at : starts[i]) });
      }
    });
  }

  /** write(1, data, bytes); exit(0). */
  end(data: number, bytes: number): void {
    const number = (rd: number, value: number) => {
      const { high, low } = split(value);
      this.emit("lui", { rd, imm: high });
      this.emit("addiw", { rd, rs1: rd, imm: low });
    };
    number(17, 64);
    number(10, 1);
    this.address(11, data);
    number(12, bytes);
    this.emit("ecall");
    number(17, 93);
    number(10, 0);
    this.emit("ecall");
  }
}

/** Two passes: the data stand behind the code, whose length does not depend on where they are. */
export function assemble(sequences: readonly Sequence[]): Program {
  const dataBytes = sequences.length * AREA_BYTES;
  const emit = (dataAt: number) => {
    const assembler = new Assembler(BASE + PAGE);
    sequences.forEach((sequence, i) => assembler.sequence(sequence, dataAt + i * AREA_BYTES - FROM));
    assembler.end(dataAt, dataBytes);
    return assembler;
  };
  const codeEnd = emit(BASE + PAGE).at;
  const dataAt = Math.ceil(codeEnd / PAGE) * PAGE;
  const { words, bodies } = emit(dataAt);
  const image = new Uint8Array(dataAt - BASE + dataBytes);
  const view = new DataView(image.buffer);
  header(view, image.length);
  for (const { at, word, bytes } of words) {
    if (bytes === 2) view.setUint16(at - BASE, word, true);
    else view.setUint32(at - BASE, word, true);
  }
  const body = new Uint8Array((dataAt - BASE) / 2);
  for (const at of bodies) body[(at - BASE) / 2] = 1;
  sequences.forEach((sequence, i) => fill(view, image, dataAt - BASE + i * AREA_BYTES, sequence));
  return { sequences, image, entry: BASE + PAGE, dataAt, dataBytes, body };
}

function fill(view: DataView, image: Uint8Array, at: number, { x, f, fcsr, scratch }: Sequence): void {
  for (let i = 0; i < 32; i++) {
    view.setBigUint64(at + i * 8, x[i], true);
    view.setBigUint64(at + 256 + i * 8, f[i], true);
  }
  view.setUint32(at + FCSR, fcsr, true);
  image.set(scratch, at + REGISTERS_BYTES);
}

/** The ELF header and its one segment: all of the file, readable, writable and executable. */
function header(view: DataView, bytes: number): void {
  view.setUint32(0, 0x7f454c46);
  view.setUint32(4, 0x02010100);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(BASE + PAGE), true);
  view.setBigUint64(32, 64n, true);
  // EF_RISCV_RVC and the double-float ABI.
  view.setUint32(48, 5, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 7, true);
  view.setBigUint64(80, BigInt(BASE), true);
  view.setBigUint64(88, BigInt(BASE), true);
  view.setBigUint64(96, BigInt(bytes), true);
  view.setBigUint64(104, BigInt(bytes), true);
  view.setBigUint64(112, BigInt(PAGE), true);
}

/** What a sequence left: registers, fcsr and scratch memory, out of the data that the program wrote. */
export interface Outcome {
  x: bigint[];
  f: bigint[];
  fcsr: number;
  scratch: Uint8Array;
}

export function outcome(data: Uint8Array, index: number, pointer: number): Outcome {
  const at = index * AREA_BYTES, into = at + INTO - FROM;
  const view = new DataView(data.buffer, data.byteOffset);
  const file = (from: number) => Array.from({ length: 32 }, (_, i) => view.getBigUint64(into + from + i * 8, true));
  const x = file(0);
  x[0] = x[pointer] = 0n;
  return { x, f: file(256), fcsr: view.getUint32(into + FCSR, true), scratch: data.subarray(at + REGISTERS_BYTES, at + REGISTERS_BYTES + SCRATCH_BYTES) };
}

/** The units' instructions of a program's only sequence, with their addresses. */
export function listing(program: Program): { at: number; word: number }[] {
  const view = new DataView(program.image.buffer);
  const lines = [];
  for (let i = 0; i < program.body.length; i++) if (program.body[i] === 1) lines.push({ at: BASE + i * 2, word: view.getUint32(i * 2, true) });
  return lines;
}
