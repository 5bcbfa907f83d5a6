// RV64I, Zifencei and the privileged instructions.
import { add, and, branch, constant, eq, ge, geu, imm, jump, length, load, lt, ltu, ne, nothing, or, pc, rd, rs1, rs2, sar, sext32, shl, shr, store, sub, system, xor, zext32 } from "./meaning.js";
import { extension, type Row } from "./row.js";

const i = extension("I");
const zifencei = extension("Zifencei");
const privileged = extension("S");
const address = add(rs1, imm);
const low5 = (a: typeof rs2) => and(a, constant(31));

export const rv64i: readonly Row[] = [
  i("lui rd, imm", "imm[31:12] rd 0110111", "Load upper immediate.", [rd(imm)]),
  i("auipc rd, imm", "imm[31:12] rd 0010111", "Add upper immediate to pc.", [rd(add(pc, imm))]),
  i("jal rd, target", "imm[20|10:1|11|19:12] rd 1101111", "Jump and link.", [rd(add(pc, length)), jump(add(pc, imm))]),
  i("jalr rd, imm(rs1)", "imm[11:0] rs1 000 rd 1100111", "Jump and link register.", [rd(add(pc, length)), jump(and(address, constant(-2)))]),
  i("beq rs1, rs2, target", "imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011", "Branch if equal.", [branch(eq(rs1, rs2), add(pc, imm))]),
  i("bne rs1, rs2, target", "imm[12|10:5] rs2 rs1 001 imm[4:1|11] 1100011", "Branch if not equal.", [branch(ne(rs1, rs2), add(pc, imm))]),
  i("blt rs1, rs2, target", "imm[12|10:5] rs2 rs1 100 imm[4:1|11] 1100011", "Branch if less, signed.", [branch(lt(rs1, rs2), add(pc, imm))]),
  i("bge rs1, rs2, target", "imm[12|10:5] rs2 rs1 101 imm[4:1|11] 1100011", "Branch if greater or equal, signed.", [branch(ge(rs1, rs2), add(pc, imm))]),
  i("bltu rs1, rs2, target", "imm[12|10:5] rs2 rs1 110 imm[4:1|11] 1100011", "Branch if less, unsigned.", [branch(ltu(rs1, rs2), add(pc, imm))]),
  i("bgeu rs1, rs2, target", "imm[12|10:5] rs2 rs1 111 imm[4:1|11] 1100011", "Branch if greater or equal, unsigned.", [branch(geu(rs1, rs2), add(pc, imm))]),

  i("lb rd, imm(rs1)", "imm[11:0] rs1 000 rd 0000011", "Load byte, sign-extend.", [rd(load(1, true, address))]),
  i("lh rd, imm(rs1)", "imm[11:0] rs1 001 rd 0000011", "Load half-word, sign-extend.", [rd(load(2, true, address))]),
  i("lw rd, imm(rs1)", "imm[11:0] rs1 010 rd 0000011", "Load word, sign-extend.", [rd(load(4, true, address))]),
  i("ld rd, imm(rs1)", "imm[11:0] rs1 011 rd 0000011", "Load double-word.", [rd(load(8, true, address))]),
  i("lbu rd, imm(rs1)", "imm[11:0] rs1 100 rd 0000011", "Load byte, zero-extend.", [rd(load(1, false, address))]),
  i("lhu rd, imm(rs1)", "imm[11:0] rs1 101 rd 0000011", "Load half-word, zero-extend.", [rd(load(2, false, address))]),
  i("lwu rd, imm(rs1)", "imm[11:0] rs1 110 rd 0000011", "Load word, zero-extend.", [rd(load(4, false, address))]),
  i("sb rs2, imm(rs1)", "imm[11:5] rs2 rs1 000 imm[4:0] 0100011", "Store byte.", [store(1, address, rs2)]),
  i("sh rs2, imm(rs1)", "imm[11:5] rs2 rs1 001 imm[4:0] 0100011", "Store half-word.", [store(2, address, rs2)]),
  i("sw rs2, imm(rs1)", "imm[11:5] rs2 rs1 010 imm[4:0] 0100011", "Store word.", [store(4, address, rs2)]),
  i("sd rs2, imm(rs1)", "imm[11:5] rs2 rs1 011 imm[4:0] 0100011", "Store double-word.", [store(8, address, rs2)]),

  i("addi rd, rs1, imm", "imm[11:0] rs1 000 rd 0010011", "Add immediate.", [rd(add(rs1, imm))]),
  i("slti rd, rs1, imm", "imm[11:0] rs1 010 rd 0010011", "Set if less than immediate, signed.", [rd(lt(rs1, imm))]),
  i("sltiu rd, rs1, imm", "imm[11:0] rs1 011 rd 0010011", "Set if less than immediate, unsigned.", [rd(ltu(rs1, imm))]),
  i("xori rd, rs1, imm", "imm[11:0] rs1 100 rd 0010011", "Exclusive or with immediate.", [rd(xor(rs1, imm))]),
  i("ori rd, rs1, imm", "imm[11:0] rs1 110 rd 0010011", "Or with immediate.", [rd(or(rs1, imm))]),
  i("andi rd, rs1, imm", "imm[11:0] rs1 111 rd 0010011", "And with immediate.", [rd(and(rs1, imm))]),
  i("slli rd, rs1, shamt", "000000 shamt[5:0] rs1 001 rd 0010011", "Shift left by immediate.", [rd(shl(rs1, imm))]),
  i("srli rd, rs1, shamt", "000000 shamt[5:0] rs1 101 rd 0010011", "Shift right by immediate, logical.", [rd(shr(rs1, imm))]),
  i("srai rd, rs1, shamt", "010000 shamt[5:0] rs1 101 rd 0010011", "Shift right by immediate, arithmetic.", [rd(sar(rs1, imm))]),
  i("add rd, rs1, rs2", "0000000 rs2 rs1 000 rd 0110011", "Add.", [rd(add(rs1, rs2))]),
  i("sub rd, rs1, rs2", "0100000 rs2 rs1 000 rd 0110011", "Subtract.", [rd(sub(rs1, rs2))]),
  i("sll rd, rs1, rs2", "0000000 rs2 rs1 001 rd 0110011", "Shift left.", [rd(shl(rs1, rs2))]),
  i("slt rd, rs1, rs2", "0000000 rs2 rs1 010 rd 0110011", "Set if less, signed.", [rd(lt(rs1, rs2))]),
  i("sltu rd, rs1, rs2", "0000000 rs2 rs1 011 rd 0110011", "Set if less, unsigned.", [rd(ltu(rs1, rs2))]),
  i("xor rd, rs1, rs2", "0000000 rs2 rs1 100 rd 0110011", "Exclusive or.", [rd(xor(rs1, rs2))]),
  i("srl rd, rs1, rs2", "0000000 rs2 rs1 101 rd 0110011", "Shift right, logical.", [rd(shr(rs1, rs2))]),
  i("sra rd, rs1, rs2", "0100000 rs2 rs1 101 rd 0110011", "Shift right, arithmetic.", [rd(sar(rs1, rs2))]),
  i("or rd, rs1, rs2", "0000000 rs2 rs1 110 rd 0110011", "Or.", [rd(or(rs1, rs2))]),
  i("and rd, rs1, rs2", "0000000 rs2 rs1 111 rd 0110011", "And.", [rd(and(rs1, rs2))]),

  i("addiw rd, rs1, imm", "imm[11:0] rs1 000 rd 0011011", "Add immediate to word, sign-extend.", [rd(sext32(add(rs1, imm)))]),
  i("slliw rd, rs1, shamt", "0000000 shamt[4:0] rs1 001 rd 0011011", "Shift word left by immediate.", [rd(sext32(shl(rs1, imm)))]),
  i("srliw rd, rs1, shamt", "0000000 shamt[4:0] rs1 101 rd 0011011", "Shift word right by immediate, logical.", [rd(sext32(shr(zext32(rs1), imm)))]),
  i("sraiw rd, rs1, shamt", "0100000 shamt[4:0] rs1 101 rd 0011011", "Shift word right by immediate, arithmetic.", [rd(sar(sext32(rs1), imm))]),
  i("addw rd, rs1, rs2", "0000000 rs2 rs1 000 rd 0111011", "Add words, sign-extend.", [rd(sext32(add(rs1, rs2)))]),
  i("subw rd, rs1, rs2", "0100000 rs2 rs1 000 rd 0111011", "Subtract words, sign-extend.", [rd(sext32(sub(rs1, rs2)))]),
  i("sllw rd, rs1, rs2", "0000000 rs2 rs1 001 rd 0111011", "Shift word left.", [rd(sext32(shl(rs1, low5(rs2))))]),
  i("srlw rd, rs1, rs2", "0000000 rs2 rs1 101 rd 0111011", "Shift word right, logical.", [rd(sext32(shr(zext32(rs1), low5(rs2))))]),
  i("sraw rd, rs1, rs2", "0100000 rs2 rs1 101 rd 0111011", "Shift word right, arithmetic.", [rd(sar(sext32(rs1), low5(rs2)))]),

  // All harts of a machine take turns in one thread, so memory is sequentially consistent and a fence has nothing to do.
  i("fence pred, succ", "fm[3:0] pred[3:0] succ[3:0] rs1 000 rd 0001111", "Order memory accesses.", [nothing]),
  i("ecall", "00000000000000000000000001110011", "Call the environment.", [system("ecall")]),
  i("ebreak", "00000000000100000000000001110011", "Stop at a breakpoint.", [system("ebreak")]),
  zifencei("fence.i", "imm[11:0] rs1 001 rd 0001111", "Make stores visible to instruction fetches.", [system("fence.i")]),
  privileged("sret", "00010000001000000000000001110011", "Return from a trap in S-mode.", [system("sret")]),
  privileged("wfi", "00010000010100000000000001110011", "Wait for an interrupt.", [system("wfi")]),
  privileged("sfence.vma rs1, rs2", "0001001 rs2 rs1 000 000001110011", "Order page-table changes.", [system("sfence.vma")]),
];
