// The extensions F and D: IEEE 754 in two widths, single precision NaN-boxed in the 64-bit registers.
import { add, and, box, constant, type Expr, fd, float, fs1, fs2, fs3, imm, load, not, or, rd, rs1, sext32, store, unbox, xor, zext32 } from "./meaning.js";
import { extension, type Row } from "./row.js";

/** What differs between the widths. */
interface Width {
  letter: "s" | "d";
  bits: 32 | 64;
  /** Two bits of the encoding. */
  fmt: string;
  read: (register: Expr) => Expr;
  write: (value: Expr) => Expr;
  sign: Expr;
}

const single: Width = { letter: "s", bits: 32, fmt: "00", read: unbox, write: box, sign: constant(0x80000000) };
const double: Width = { letter: "d", bits: 64, fmt: "01", read: (a) => a, write: (a) => a, sign: constant(1n << 63n) };
const address = add(rs1, imm);

function arithmetic({ letter, bits, fmt, read, write, sign }: Width): Row[] {
  const row = extension(bits === 32 ? "F" : "D");
  const a = read(fs1), b = read(fs2), c = read(fs3);
  const negated = (value: Expr) => xor(value, sign);
  const fused = (name: string, opcode: string, description: string, product: Expr, addend: Expr) =>
    row(`${name}.${letter} fd, fs1, fs2, fs3, rm`, `fs3 ${fmt} fs2 fs1 rm fd ${opcode}`, description, [fd(write(float("fma", bits, product, b, addend)))]);
  const two = (name: "add" | "sub" | "mul" | "div", code: string, description: string) =>
    row(`f${name}.${letter} fd, fs1, fs2, rm`, `${code}${fmt} fs2 fs1 rm fd 1010011`, description, [fd(write(float(name, bits, a, b)))]);
  return [
    fused("fmadd", "1000011", "Multiply and add, rounded once.", a, c),
    fused("fmsub", "1000111", "Multiply and subtract, rounded once.", a, negated(c)),
    fused("fnmsub", "1001011", "Negate the product and add, rounded once.", negated(a), c),
    fused("fnmadd", "1001111", "Negate the product and subtract, rounded once.", negated(a), negated(c)),
    two("add", "00000", "Add."), two("sub", "00001", "Subtract."), two("mul", "00010", "Multiply."), two("div", "00011", "Divide."),
    row(`fsqrt.${letter} fd, fs1, rm`, `01011${fmt} 00000 fs1 rm fd 1010011`, "Square root.", [fd(write(float("sqrt", bits, a)))]),
  ];
}

function comparison({ letter, bits, fmt, read, write, sign }: Width): Row[] {
  const row = extension(bits === 32 ? "F" : "D");
  const a = read(fs1), b = read(fs2);
  const magnitude = and(a, not(sign));
  const sgnj = (name: string, funct: string, description: string, signBit: Expr) =>
    row(`${name}.${letter} fd, fs1, fs2`, `00100${fmt} fs2 fs1 ${funct} fd 1010011`, description, [fd(write(or(magnitude, and(signBit, sign))))]);
  const compare = (name: "eq" | "lt" | "le", funct: string, description: string) =>
    row(`f${name}.${letter} rd, fs1, fs2`, `10100${fmt} fs2 fs1 ${funct} rd 1010011`, description, [rd(float(name, bits, a, b))]);
  const minmax = (name: "min" | "max", funct: string, description: string) =>
    row(`f${name}.${letter} fd, fs1, fs2`, `00101${fmt} fs2 fs1 ${funct} fd 1010011`, description, [fd(write(float(name, bits, a, b)))]);
  return [
    sgnj("fsgnj", "000", "Take the sign of the second.", b),
    sgnj("fsgnjn", "001", "Take the opposite sign of the second.", not(b)),
    sgnj("fsgnjx", "010", "Multiply the signs.", xor(a, b)),
    minmax("min", "000", "The smaller number."), minmax("max", "001", "The larger number."),
    compare("eq", "010", "Equal, quiet."), compare("lt", "001", "Less, signalling."), compare("le", "000", "Less or equal, signalling."),
    row(`fclass.${letter} rd, fs1`, `11100${fmt} 00000 fs1 001 rd 1010011`, "Classify.", [rd(float("class", bits, a))]),
  ];
}

function conversion({ letter, bits, fmt, read, write }: Width): Row[] {
  const row = extension(bits === 32 ? "F" : "D");
  const integers = [["w", "W", "00000", true], ["wu", "Wu", "00001", true], ["l", "L", "00010", false], ["lu", "Lu", "00011", false]] as const;
  return integers.flatMap(([suffix, name, code, word]) => {
    const integer = float(`to${name}`, bits, read(fs1));
    // Assembly names no rounding mode where every result is exact.
    const rounding = word && bits === 64 ? "" : ", rm";
    return [
      row(`fcvt.${suffix}.${letter} rd, fs1, rm`, `11000${fmt} ${code} fs1 rm rd 1010011`, "To integer, saturating.", [rd(word ? sext32(integer) : integer)]),
      row(`fcvt.${letter}.${suffix} fd, rs1${rounding}`, `11010${fmt} ${code} rs1 rm fd 1010011`, "From integer.", [fd(write(float(`from${name}`, bits, rs1)))]),
    ];
  });
}

const f = extension("F");
const d = extension("D");

export const rv64fd: readonly Row[] = [
  f("flw fd, imm(rs1)", "imm[11:0] rs1 010 fd 0000111", "Load single.", [fd(box(load(4, false, address)))]),
  f("fsw fs2, imm(rs1)", "imm[11:5] fs2 rs1 010 imm[4:0] 0100111", "Store single.", [store(4, address, fs2)]),
  d("fld fd, imm(rs1)", "imm[11:0] rs1 011 fd 0000111", "Load double.", [fd(load(8, false, address))]),
  d("fsd fs2, imm(rs1)", "imm[11:5] fs2 rs1 011 imm[4:0] 0100111", "Store double.", [store(8, address, fs2)]),
  ...[single, double].flatMap((width) => [...arithmetic(width), ...comparison(width), ...conversion(width)]),
  d("fcvt.s.d fd, fs1, rm", "0100000 00001 fs1 rm fd 1010011", "Double to single.", [fd(box(float("fromOther", 32, fs1)))]),
  d("fcvt.d.s fd, fs1", "0100001 00000 fs1 rm fd 1010011", "Single to double.", [fd(float("fromOther", 64, unbox(fs1)))]),
  f("fmv.x.w rd, fs1", "1110000 00000 fs1 000 rd 1010011", "Move the bits of a single, sign-extend.", [rd(sext32(fs1))]),
  f("fmv.w.x fd, rs1", "1111000 00000 rs1 000 fd 1010011", "Move bits to a single.", [fd(box(zext32(rs1)))]),
  d("fmv.x.d rd, fs1", "1110001 00000 fs1 000 rd 1010011", "Move the bits of a double.", [rd(fs1)]),
  d("fmv.d.x fd, rs1", "1111001 00000 rs1 000 fd 1010011", "Move bits to a double.", [fd(rs1)]),
];
