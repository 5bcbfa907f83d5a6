// Ten faults to plant into the instruction set, each such as a slip of the pen would be: a fuzzer that finds them is worth its time.
import { Decoder } from "../../src/isa/decoder.js";
import { compressedRows, rows } from "../../src/isa/index.js";
import { add, and, constant, div, type Effect, fd, float, fs1, fs2, fs3, mulhsu, rd, rs1, rs2, select, sext32, shr, store, sub } from "../../src/isa/meaning.js";
import { compressed } from "../../src/isa/row.js";
import { type Operation, operations } from "../../src/hardware/interpreter/operations.js";

export interface Fault {
  name: string;
  operations: readonly Operation[];
  decoder?: Decoder;
}

function altered(name: string, change: (operation: Operation) => Partial<Operation["row"]>): Operation[] {
  return operations.map((operation) => (operation.row.name === name ? { ...operation, row: { ...operation.row, ...change(operation) } } : operation));
}

const meaning = (name: string, row: string, ...effects: Effect[]): Fault => ({ name, operations: altered(row, () => ({ meaning: effects })) });

const misread = compressed("c.addi4spn rd, sp, uimm", "000 uimm[5:4|9:6|3|2] rd' 00", "addi", { rd: "rd", rs1: 2, imm: "uimm" }, (fields) => fields["uimm"] === 0);

export const faults: readonly Fault[] = [
  meaning("addw does not extend the sign", "addw", rd(and(add(rs1, rs2), constant(0xffffffffn)))),
  meaning("sra is srl", "sra", rd(shr(rs1, rs2))),
  meaning("divw leaves its overflow positive", "divw", rd(div(sext32(rs1), sext32(rs2)))),
  meaning("mulhsu takes the other operand as signed", "mulhsu", rd(mulhsu(rs2, rs1))),
  meaning("fmin.d takes the second of two zeros", "fmin.d", fd(select(float("eq", 64, fs1, fs2), fs2, float("min", 64, fs1, fs2)))),
  { name: "fcvt.w.d ignores its rounding mode", operations: altered("fcvt.w.d", ({ row: { encoding } }) => ({ encoding: { ...encoding, fields: encoding.fields.filter((field) => field.name !== "rm") } })) },
  meaning("sc.w always succeeds", "sc.w", rd(constant(0)), store(4, rs1, rs2)),
  meaning("bext takes the bit below", "bext", rd(and(shr(rs1, sub(rs2, constant(1))), constant(1)))),
  { name: "c.addi4spn mixes up two bits of its immediate", operations, decoder: new Decoder(rows, compressedRows.map((row) => (row.name === misread.name ? misread : row))) },
  meaning("fmadd.d is rounded twice", "fmadd.d", fd(float("add", 64, float("mul", 64, fs1, fs2), fs3))),
];
