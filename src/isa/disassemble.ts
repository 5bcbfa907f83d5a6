// From words to assembly, by the rows' syntax, as `objdump -d -M no-aliases` prints it.
import { csrNames } from "./csr.js";
import { type Encoding, reader } from "./encoding.js";
import { decoder, type Fields } from "./index.js";

const X_NAMES = "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6".split(" ");
const F_NAMES = "ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11".split(" ");
const ROUNDING = ["rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn"];

/** The name that the calling convention gives to a register. */
export const registerName = (file: "x" | "f", index: number): string => (file === "x" ? X_NAMES : F_NAMES)[index];

const hex = (value: number | bigint) => `0x${value.toString(16)}`;
/** The kinds of access that a fence orders: input, output, reads, writes. */
const accesses = (bits: number) => (bits === 0 ? "unknown" : [..."iorw"].filter((_, i) => (bits & (8 >> i)) !== 0).join(""));

function operand(name: string, fields: Fields, { fields: places }: Encoding, pc: bigint): string {
  const value = fields[name];
  switch (name) {
    case "rd": case "rs1": case "rs2": return registerName("x", value);
    case "fd": case "fs1": case "fs2": case "fs3": return registerName("f", value);
    case "target": return hex(BigInt.asUintN(64, pc + BigInt(fields["imm"])));
    case "csr": return csrNames.get(value) ?? hex(value);
    case "shamt": return hex(value);
    case "pred": case "succ": return accesses(value);
    case "rm": return ROUNDING[value];
    case "imm": {
      // An upper immediate is written without its zeros.
      const upper = places.some((field) => field.name === "imm" && field.runs.every((run) => run.to >= 12));
      return upper ? hex((value >>> 12) & 0xfffff) : String(value);
    }
    case "uimm": return String(value);
    // The stack pointer where the syntax fixes it.
    default: return name;
  }
}

/** The instruction in `word` (in its low half where it is 16 bits long), which stands at `pc`; undefined where it is illegal. */
export function disassemble(word: number, pc: bigint): string | undefined {
  const form = decoder.recognise(word);
  if (form === undefined) return undefined;
  const { syntax, encoding, name } = form.short ?? form.row;
  const fields: Record<string, number> = Object.fromEntries(encoding.fields.map((field) => [field.name, reader(field)(word)]));
  const ordering = (fields["aq"] === 1 || fields["rl"] === 1) ? `.${fields["aq"] === 1 ? "aq" : ""}${fields["rl"] === 1 ? "rl" : ""}` : "";
  // A dynamic rounding mode goes without saying.
  const written = (fields["rm"] === 7 ? syntax.replace(", rm", "") : syntax).slice(name.length + 1);
  const operands = written.replace(/[a-z]+\d?/g, (part) => operand(part, fields, encoding, pc)).replaceAll(", ", ",");
  return `${name}${ordering}${operands === "" ? "" : ` ${operands}`}`;
}
