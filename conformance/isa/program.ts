// From sequences to a static ELF program: it sets the registers, runs each sequence, keeps what came out, and writes all of it at the end.
// A signal handler tells of each trap in ft0 and goes on behind the instruction.
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
  /** Where QEMU starts: the signal handlers are set up first. */
  entry: number;
  /** The first sequence. The other engines start there, and do by themselves what the handlers would. */
  start: number;
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

/** The signals of traps, which engines must tell alike. */
export const signals = { illegal: 4, breakpoint: 5, misaligned: 7, fault: 11 } as const;
/** The system calls that a program makes; every other one fails with `-ENOSYS`. */
export const calls = { write: 64, exit: 93, sigaltstack: 132, rt_sigaction: 134 } as const;
export const ENOSYS = 38;
const ALTERNATE_STACK = 16384;
/** Behind the areas, and not written out: struct sigaction, stack_t and the stack. */
const SIGNAL_BYTES = 64 + ALTERNATE_STACK;
/** SA_SIGINFO, SA_ONSTACK and SA_NODEFER. */
const ACTION_FLAGS = 0x4 | 0x08000000 | 0x40000000;

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

  private number(rd: number, value: number): void {
    const { high, low } = split(value);
    this.emit("lui", { rd, imm: high });
    this.emit("addiw", { rd, rs1: rd, imm: low });
  }

  /** The handler: a0 is the signal, a2 points to the ucontext, in which pc stands at 176 and ft0 at 432. */
  handler(): void {
    this.emit("ld", { rd: 5, rs1: 12, imm: 176 });
    this.emit("lhu", { rd: 6, rs1: 5 });
    this.emit("andi", { rd: 6, rs1: 6, imm: 3 });
    this.emit("xori", { rd: 6, rs1: 6, imm: 3 });
    this.emit("sltiu", { rd: 6, rs1: 6, imm: 1 });
    this.emit("sh1add", { rd: 5, rs1: 6, rs2: 5 });
    this.emit("addi", { rd: 5, rs1: 5, imm: 2 });
    this.emit("sd", { rs2: 5, rs1: 12, imm: 176 });
    this.emit("sd", { rs2: 10, rs1: 12, imm: 432 });
    this.emit("jalr", { rd: 0, rs1: 1 });
  }

  handleSignals(at: number): void {
    this.address(10, at + 32);
    this.number(11, 0);
    this.number(17, calls.sigaltstack);
    this.emit("ecall");
    for (const signal of Object.values(signals)) {
      this.number(10, signal);
      this.address(11, at);
      this.number(12, 0);
      this.number(13, 8);
      this.number(17, calls.rt_sigaction);
      this.emit("ecall");
    }
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
    this.number(17, calls.write);
    this.number(10, 1);
    this.address(11, data);
    this.number(12, bytes);
    this.emit("ecall");
    this.number(17, calls.exit);
    this.number(10, 0);
    this.emit("ecall");
  }
}

/** Two passes: the data stand behind the code, whose length does not depend on where they are. */
export function assemble(sequences: readonly Sequence[]): Program {
  const dataBytes = sequences.length * AREA_BYTES, handler = BASE + PAGE;
  let entry = 0, start = 0;
  const emit = (dataAt: number) => {
    const assembler = new Assembler(handler);
    assembler.handler();
    entry = assembler.at;
    assembler.handleSignals(dataAt + dataBytes);
    start = assembler.at;
    sequences.forEach((sequence, i) => assembler.sequence(sequence, dataAt + i * AREA_BYTES - FROM));
    assembler.end(dataAt, dataBytes);
    return assembler;
  };
  const codeEnd = emit(BASE + PAGE).at;
  const dataAt = Math.ceil(codeEnd / PAGE) * PAGE;
  const { words, bodies } = emit(dataAt);
  const image = new Uint8Array(dataAt - BASE + dataBytes + SIGNAL_BYTES);
  const view = new DataView(image.buffer);
  header(view, image.length, entry);
  for (const { at, word, bytes } of words) {
    if (bytes === 2) view.setUint16(at - BASE, word, true);
    else view.setUint32(at - BASE, word, true);
  }
  const body = new Uint8Array((dataAt - BASE) / 2);
  for (const at of bodies) body[(at - BASE) / 2] = 1;
  sequences.forEach((sequence, i) => fill(view, image, dataAt - BASE + i * AREA_BYTES, sequence));
  const action = dataAt - BASE + dataBytes;
  view.setBigUint64(action, BigInt(handler), true);
  view.setBigUint64(action + 8, BigInt(ACTION_FLAGS), true);
  view.setBigUint64(action + 32, BigInt(BASE + action + 64), true);
  view.setBigUint64(action + 48, BigInt(ALTERNATE_STACK), true);
  return { sequences, image, entry, start, dataAt, dataBytes, body };
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
function header(view: DataView, bytes: number, entry: number): void {
  view.setUint32(0, 0x7f454c46);
  view.setUint32(4, 0x02010100);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
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
