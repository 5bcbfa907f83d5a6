// The extension C for RV64 with D: each 16-bit instruction and the 32-bit one that it stands for.
import { compressed, type CompressedRow } from "./row.js";

const SP = 2;
const RA = 1;
const zero = (name: string) => (fields: Readonly<Record<string, number>>) => fields[name] === 0;

export const rv64c: readonly CompressedRow[] = [
  compressed("c.addi4spn rd, sp, uimm", "000 uimm[5:4|9:6|2|3] rd' 00", "addi", { rd: "rd", rs1: SP, imm: "uimm" }, zero("uimm")),
  compressed("c.fld fd, uimm(rs1)", "001 uimm[5:3] rs1' uimm[7:6] fd' 00", "fld", { fd: "fd", rs1: "rs1", imm: "uimm" }),
  compressed("c.lw rd, uimm(rs1)", "010 uimm[5:3] rs1' uimm[2|6] rd' 00", "lw", { rd: "rd", rs1: "rs1", imm: "uimm" }),
  compressed("c.ld rd, uimm(rs1)", "011 uimm[5:3] rs1' uimm[7:6] rd' 00", "ld", { rd: "rd", rs1: "rs1", imm: "uimm" }),
  compressed("c.fsd fs2, uimm(rs1)", "101 uimm[5:3] rs1' uimm[7:6] fs2' 00", "fsd", { fs2: "fs2", rs1: "rs1", imm: "uimm" }),
  compressed("c.sw rs2, uimm(rs1)", "110 uimm[5:3] rs1' uimm[2|6] rs2' 00", "sw", { rs2: "rs2", rs1: "rs1", imm: "uimm" }),
  compressed("c.sd rs2, uimm(rs1)", "111 uimm[5:3] rs1' uimm[7:6] rs2' 00", "sd", { rs2: "rs2", rs1: "rs1", imm: "uimm" }),

  compressed("c.addi rd, imm", "000 imm[5] rd imm[4:0] 01", "addi", { rd: "rd", rs1: "rd", imm: "imm" }),
  compressed("c.addiw rd, imm", "001 imm[5] rd imm[4:0] 01", "addiw", { rd: "rd", rs1: "rd", imm: "imm" }, zero("rd")),
  compressed("c.li rd, imm", "010 imm[5] rd imm[4:0] 01", "addi", { rd: "rd", rs1: 0, imm: "imm" }),
  compressed("c.addi16sp sp, imm", "011 imm[9] 00010 imm[4|6|8:7|5] 01", "addi", { rd: SP, rs1: SP, imm: "imm" }, zero("imm")),
  compressed("c.lui rd, imm", "011 imm[17] rd imm[16:12] 01", "lui", { rd: "rd", imm: "imm" }, (f) => f["rd"] === SP || f["imm"] === 0),
  compressed("c.srli rd, shamt", "100 shamt[5] 00 rd' shamt[4:0] 01", "srli", { rd: "rd", rs1: "rd", shamt: "shamt" }),
  compressed("c.srai rd, shamt", "100 shamt[5] 01 rd' shamt[4:0] 01", "srai", { rd: "rd", rs1: "rd", shamt: "shamt" }),
  compressed("c.andi rd, imm", "100 imm[5] 10 rd' imm[4:0] 01", "andi", { rd: "rd", rs1: "rd", imm: "imm" }),
  compressed("c.sub rd, rs2", "100011 rd' 00 rs2' 01", "sub", { rd: "rd", rs1: "rd", rs2: "rs2" }),
  compressed("c.xor rd, rs2", "100011 rd' 01 rs2' 01", "xor", { rd: "rd", rs1: "rd", rs2: "rs2" }),
  compressed("c.or rd, rs2", "100011 rd' 10 rs2' 01", "or", { rd: "rd", rs1: "rd", rs2: "rs2" }),
  compressed("c.and rd, rs2", "100011 rd' 11 rs2' 01", "and", { rd: "rd", rs1: "rd", rs2: "rs2" }),
  compressed("c.subw rd, rs2", "100111 rd' 00 rs2' 01", "subw", { rd: "rd", rs1: "rd", rs2: "rs2" }),
  compressed("c.addw rd, rs2", "100111 rd' 01 rs2' 01", "addw", { rd: "rd", rs1: "rd", rs2: "rs2" }),
  compressed("c.j target", "101 imm[11|4|9:8|10|6|7|3:1|5] 01", "jal", { rd: 0, imm: "imm" }),
  compressed("c.beqz rs1, target", "110 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "beq", { rs1: "rs1", rs2: 0, imm: "imm" }),
  compressed("c.bnez rs1, target", "111 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "bne", { rs1: "rs1", rs2: 0, imm: "imm" }),

  compressed("c.slli rd, shamt", "000 shamt[5] rd shamt[4:0] 10", "slli", { rd: "rd", rs1: "rd", shamt: "shamt" }),
  compressed("c.fldsp fd, uimm(sp)", "001 uimm[5] fd uimm[4:3|8:6] 10", "fld", { fd: "fd", rs1: SP, imm: "uimm" }),
  compressed("c.lwsp rd, uimm(sp)", "010 uimm[5] rd uimm[4:2|7:6] 10", "lw", { rd: "rd", rs1: SP, imm: "uimm" }, zero("rd")),
  compressed("c.ldsp rd, uimm(sp)", "011 uimm[5] rd uimm[4:3|8:6] 10", "ld", { rd: "rd", rs1: SP, imm: "uimm" }, zero("rd")),
  compressed("c.jr rs1", "1000 rs1 00000 10", "jalr", { rd: 0, rs1: "rs1", imm: 0 }, zero("rs1")),
  compressed("c.mv rd, rs2", "1000 rd rs2 10", "add", { rd: "rd", rs1: 0, rs2: "rs2" }, zero("rs2")),
  compressed("c.ebreak", "1001000000000010", "ebreak", {}),
  compressed("c.jalr rs1", "1001 rs1 00000 10", "jalr", { rd: RA, rs1: "rs1", imm: 0 }, zero("rs1")),
  compressed("c.add rd, rs2", "1001 rd rs2 10", "add", { rd: "rd", rs1: "rd", rs2: "rs2" }, zero("rs2")),
  compressed("c.fsdsp fs2, uimm(sp)", "101 uimm[5:3|8:6] fs2 10", "fsd", { fs2: "fs2", rs1: SP, imm: "uimm" }),
  compressed("c.swsp rs2, uimm(sp)", "110 uimm[5:2|7:6] rs2 10", "sw", { rs2: "rs2", rs1: SP, imm: "uimm" }),
  compressed("c.sdsp rs2, uimm(sp)", "111 uimm[5:3|8:6] rs2 10", "sd", { rs2: "rs2", rs1: SP, imm: "uimm" }),
];
