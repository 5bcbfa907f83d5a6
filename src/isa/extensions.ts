// The extensions M, A, Zicsr, Zba, Zbb and Zbs.
import { add, and, atomic, type AtomicOp, atomicOps, clz, constant, csr, ctz, div, divu, type Expr, imm, lt, ltu, mul, mulh, mulhsu, mulhu, not, or, orcb, popcnt, rd, rem, remu, rev8, rotl, rotr, rs1, rs2, select, sext16, sext32, sext8, shl, shr, sub, uimm, xor, zext16, zext32 } from "./meaning.js";
import { extension, type Row } from "./row.js";

const m = extension("M");
export const rv64m: readonly Row[] = [
  m("mul rd, rs1, rs2", "0000001 rs2 rs1 000 rd 0110011", "Multiply, low half.", [rd(mul(rs1, rs2))]),
  m("mulh rd, rs1, rs2", "0000001 rs2 rs1 001 rd 0110011", "Multiply, high half, signed.", [rd(mulh(rs1, rs2))]),
  m("mulhsu rd, rs1, rs2", "0000001 rs2 rs1 010 rd 0110011", "Multiply, high half, signed by unsigned.", [rd(mulhsu(rs1, rs2))]),
  m("mulhu rd, rs1, rs2", "0000001 rs2 rs1 011 rd 0110011", "Multiply, high half, unsigned.", [rd(mulhu(rs1, rs2))]),
  m("div rd, rs1, rs2", "0000001 rs2 rs1 100 rd 0110011", "Divide, signed.", [rd(div(rs1, rs2))]),
  m("divu rd, rs1, rs2", "0000001 rs2 rs1 101 rd 0110011", "Divide, unsigned.", [rd(divu(rs1, rs2))]),
  m("rem rd, rs1, rs2", "0000001 rs2 rs1 110 rd 0110011", "Remainder, signed.", [rd(rem(rs1, rs2))]),
  m("remu rd, rs1, rs2", "0000001 rs2 rs1 111 rd 0110011", "Remainder, unsigned.", [rd(remu(rs1, rs2))]),
  m("mulw rd, rs1, rs2", "0000001 rs2 rs1 000 rd 0111011", "Multiply words, sign-extend.", [rd(sext32(mul(rs1, rs2)))]),
  m("divw rd, rs1, rs2", "0000001 rs2 rs1 100 rd 0111011", "Divide words, signed.", [rd(sext32(div(sext32(rs1), sext32(rs2))))]),
  m("divuw rd, rs1, rs2", "0000001 rs2 rs1 101 rd 0111011", "Divide words, unsigned.", [rd(sext32(divu(zext32(rs1), zext32(rs2))))]),
  m("remw rd, rs1, rs2", "0000001 rs2 rs1 110 rd 0111011", "Remainder of words, signed.", [rd(sext32(rem(sext32(rs1), sext32(rs2))))]),
  m("remuw rd, rs1, rs2", "0000001 rs2 rs1 111 rd 0111011", "Remainder of words, unsigned.", [rd(sext32(remu(zext32(rs1), zext32(rs2))))]),
];

const a = extension("A");
const AMO_CODES: Record<AtomicOp, string> = { swap: "00001", add: "00000", xor: "00100", and: "01100", or: "01000", min: "10000", max: "10100", minu: "11000", maxu: "11100" };
const sizes = [{ letter: "w", funct: "010", bytes: 4 }, { letter: "d", funct: "011", bytes: 8 }] as const;
export const rv64a: readonly Row[] = sizes.flatMap(({ letter, funct, bytes }) => [
  a(`lr.${letter} rd, (rs1)`, `00010 aq rl 00000 rs1 ${funct} rd 0101111`, "Load and reserve.", [rd({ op: "loadReserved", bytes, address: rs1 })]),
  a(`sc.${letter} rd, rs2, (rs1)`, `00011 aq rl rs2 rs1 ${funct} rd 0101111`, "Store if the reservation holds; 0 if stored.",
    [rd({ op: "storeConditional", bytes, address: rs1, value: rs2 })]),
  ...atomicOps.map((name) => a(`amo${name}.${letter} rd, rs2, (rs1)`, `${AMO_CODES[name]} aq rl rs2 rs1 ${funct} rd 0101111`, `Atomic ${name}; the old value.`, [rd(atomic(name, bytes))])),
]);

const zicsr = extension("Zicsr");
export const rv64zicsr: readonly Row[] = [
  zicsr("csrrw rd, csr, rs1", "csr[11:0] rs1 001 rd 1110011", "Write a CSR; the old value.", [rd(csr("write", rs1))]),
  zicsr("csrrs rd, csr, rs1", "csr[11:0] rs1 010 rd 1110011", "Set bits of a CSR; the old value.", [rd(csr("set", rs1))]),
  zicsr("csrrc rd, csr, rs1", "csr[11:0] rs1 011 rd 1110011", "Clear bits of a CSR; the old value.", [rd(csr("clear", rs1))]),
  zicsr("csrrwi rd, csr, uimm", "csr[11:0] uimm[4:0] 101 rd 1110011", "Write a CSR with an immediate.", [rd(csr("write", uimm))]),
  zicsr("csrrsi rd, csr, uimm", "csr[11:0] uimm[4:0] 110 rd 1110011", "Set bits of a CSR by an immediate.", [rd(csr("set", uimm))]),
  zicsr("csrrci rd, csr, uimm", "csr[11:0] uimm[4:0] 111 rd 1110011", "Clear bits of a CSR by an immediate.", [rd(csr("clear", uimm))]),
];

const zba = extension("Zba");
const shifted = (value: Expr, by: number) => add(rs2, shl(value, constant(by)));
export const rv64zba: readonly Row[] = [
  zba("add.uw rd, rs1, rs2", "0000100 rs2 rs1 000 rd 0111011", "Add an unsigned word.", [rd(add(rs2, zext32(rs1)))]),
  zba("slli.uw rd, rs1, shamt", "000010 shamt[5:0] rs1 001 rd 0011011", "Shift an unsigned word left.", [rd(shl(zext32(rs1), imm))]),
  ...([[1, "010"], [2, "100"], [3, "110"]] as const).flatMap(([by, funct]) => [
    zba(`sh${by}add rd, rs1, rs2`, `0010000 rs2 rs1 ${funct} rd 0110011`, `Shift left by ${by} and add.`, [rd(shifted(rs1, by))]),
    zba(`sh${by}add.uw rd, rs1, rs2`, `0010000 rs2 rs1 ${funct} rd 0111011`, `Shift an unsigned word left by ${by} and add.`, [rd(shifted(zext32(rs1), by))]),
  ]),
];

const zbb = extension("Zbb");
const rotateWord = (right: Expr) => sext32(or(shr(zext32(rs1), right), shl(rs1, sub(constant(32), right))));
const low5 = (value: Expr) => and(value, constant(31));
export const rv64zbb: readonly Row[] = [
  zbb("andn rd, rs1, rs2", "0100000 rs2 rs1 111 rd 0110011", "And with complement.", [rd(and(rs1, not(rs2)))]),
  zbb("orn rd, rs1, rs2", "0100000 rs2 rs1 110 rd 0110011", "Or with complement.", [rd(or(rs1, not(rs2)))]),
  zbb("xnor rd, rs1, rs2", "0100000 rs2 rs1 100 rd 0110011", "Exclusive nor.", [rd(not(xor(rs1, rs2)))]),
  zbb("clz rd, rs1", "011000000000 rs1 001 rd 0010011", "Count leading zeros.", [rd(clz(rs1))]),
  zbb("ctz rd, rs1", "011000000001 rs1 001 rd 0010011", "Count trailing zeros.", [rd(ctz(rs1))]),
  zbb("cpop rd, rs1", "011000000010 rs1 001 rd 0010011", "Count set bits.", [rd(popcnt(rs1))]),
  zbb("clzw rd, rs1", "011000000000 rs1 001 rd 0011011", "Count leading zeros of a word.", [rd(sub(clz(zext32(rs1)), constant(32)))]),
  zbb("ctzw rd, rs1", "011000000001 rs1 001 rd 0011011", "Count trailing zeros of a word.", [rd(ctz(or(rs1, constant(2 ** 32))))]),
  zbb("cpopw rd, rs1", "011000000010 rs1 001 rd 0011011", "Count set bits of a word.", [rd(popcnt(zext32(rs1)))]),
  zbb("max rd, rs1, rs2", "0000101 rs2 rs1 110 rd 0110011", "Maximum, signed.", [rd(select(lt(rs1, rs2), rs2, rs1))]),
  zbb("maxu rd, rs1, rs2", "0000101 rs2 rs1 111 rd 0110011", "Maximum, unsigned.", [rd(select(ltu(rs1, rs2), rs2, rs1))]),
  zbb("min rd, rs1, rs2", "0000101 rs2 rs1 100 rd 0110011", "Minimum, signed.", [rd(select(lt(rs1, rs2), rs1, rs2))]),
  zbb("minu rd, rs1, rs2", "0000101 rs2 rs1 101 rd 0110011", "Minimum, unsigned.", [rd(select(ltu(rs1, rs2), rs1, rs2))]),
  zbb("sext.b rd, rs1", "011000000100 rs1 001 rd 0010011", "Sign-extend a byte.", [rd(sext8(rs1))]),
  zbb("sext.h rd, rs1", "011000000101 rs1 001 rd 0010011", "Sign-extend a half-word.", [rd(sext16(rs1))]),
  zbb("zext.h rd, rs1", "000010000000 rs1 100 rd 0111011", "Zero-extend a half-word.", [rd(zext16(rs1))]),
  zbb("rol rd, rs1, rs2", "0110000 rs2 rs1 001 rd 0110011", "Rotate left.", [rd(rotl(rs1, rs2))]),
  zbb("ror rd, rs1, rs2", "0110000 rs2 rs1 101 rd 0110011", "Rotate right.", [rd(rotr(rs1, rs2))]),
  zbb("rori rd, rs1, shamt", "011000 shamt[5:0] rs1 101 rd 0010011", "Rotate right by immediate.", [rd(rotr(rs1, imm))]),
  zbb("rolw rd, rs1, rs2", "0110000 rs2 rs1 001 rd 0111011", "Rotate a word left.", [rd(rotateWord(sub(constant(32), low5(rs2))))]),
  zbb("rorw rd, rs1, rs2", "0110000 rs2 rs1 101 rd 0111011", "Rotate a word right.", [rd(rotateWord(low5(rs2)))]),
  zbb("roriw rd, rs1, shamt", "0110000 shamt[4:0] rs1 101 rd 0011011", "Rotate a word right by immediate.", [rd(rotateWord(imm))]),
  zbb("orc.b rd, rs1", "001010000111 rs1 101 rd 0010011", "Or the bits of each byte.", [rd(orcb(rs1))]),
  zbb("rev8 rd, rs1", "011010111000 rs1 101 rd 0010011", "Reverse the bytes.", [rd(rev8(rs1))]),
];

const zbs = extension("Zbs");
const bit = (by: Expr) => shl(constant(1), by);
const extracted = (by: Expr) => and(shr(rs1, by), constant(1));
export const rv64zbs: readonly Row[] = ([["rs2", rs2], ["shamt", imm]] as const).flatMap(([operand, by]) => {
  const i = operand === "shamt";
  const tail = (funct6: string, funct3: string) => i ? `${funct6} shamt[5:0] rs1 ${funct3} rd 0010011` : `${funct6}0 rs2 rs1 ${funct3} rd 0110011`;
  const name = (base: string) => `${base}${i ? "i" : ""} rd, rs1, ${operand}`;
  return [
    zbs(name("bclr"), tail("010010", "001"), "Clear a bit.", [rd(and(rs1, not(bit(by))))]),
    zbs(name("bext"), tail("010010", "101"), "Extract a bit.", [rd(extracted(by))]),
    zbs(name("binv"), tail("011010", "001"), "Invert a bit.", [rd(xor(rs1, bit(by)))]),
    zbs(name("bset"), tail("001010", "001"), "Set a bit.", [rd(or(rs1, bit(by)))]),
  ];
});
