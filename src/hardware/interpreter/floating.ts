// Floating-point operations: WebAssembly's own where they are provably exact IEEE results with the right flags, else exact software.
//
// The fast paths serve rounding to nearest even and results well inside the normal range. WebAssembly does not tell whether a
// result was rounded, so "inexact" comes from the error of the operation, which is itself a floating-point number (Knuth's
// two-sum, Dekker's product, both exact where no range is exceeded); where inexact is set already it is not looked for.
import { type FloatOp, floatOps } from "../../isa/meaning.js";
import type { Code, Local } from "../../wasm/code.js";
import type { Module, Signature } from "../../wasm/module.js";
import { FFLAGS, SCRATCH } from "../layout.js";

const signature: Signature = { parameters: ["i64", "i64", "i64", "i32"], results: ["i64"] };
const NX = 1;
const A = 0, B = 1, C = 2, RM = 3;

/** The number by which the software is asked for an operation: index of floatOps, plus 32 for the wide format. */
export function softNumber(name: FloatOp, bits: 32 | 64): number {
  return floatOps.indexOf(name) + (bits === 64 ? 32 : 0);
}

/** Defines functions (a, b, c, rounding mode) -> bits on demand. `soft` is the import (number, rounding mode) on SCRATCH. */
export class FloatFunctions {
  private readonly indices = new Map<string, number>();

  constructor(module: Module, soft: number) {
    for (const bits of [32, 64] as const) {
      for (const name of floatOps) this.indices.set(`${name}${bits}`, define(module, soft, name, bits));
    }
  }

  index(name: string, bits: 32 | 64): number {
    const index = this.indices.get(`${name}${bits}`);
    if (index === undefined) throw new Error(`no floating-point operation ${name}`);
    return index;
  }
}

function define(module: Module, soft: number, name: FloatOp, bits: 32 | 64): number {
  const { index, code } = module.define(signature);
  new FastPath(code, bits).emit(name);
  code.i32(0).get(A).access("i64.store", SCRATCH);
  code.i32(0).get(B).access("i64.store", SCRATCH + 8);
  code.i32(0).get(C).access("i64.store", SCRATCH + 16);
  code.i32(softNumber(name, bits)).get(RM).call(soft);
  code.i32(0).access("i64.load", SCRATCH);
  return index;
}

/** Emits code that returns the result where it may, and falls through to the software where not. */
class FastPath {
  private readonly code: Code;
  private readonly wide: boolean;
  private readonly temporaries = new Map<string, Local>();

  constructor(code: Code, bits: 32 | 64) {
    this.code = code;
    this.wide = bits === 64;
  }

  emit(name: FloatOp): void {
    switch (name) {
      case "add": case "sub": return this.nearest(() => this.sum(name));
      case "mul": return this.nearest(() => this.product());
      case "div": return this.nearest(() => this.quotient());
      case "sqrt": return this.nearest(() => this.root());
      case "fma": return this.nearest(() => this.fused());
      case "eq": case "lt": case "le": return this.compare(name);
      case "min": case "max": return this.extreme(name);
      case "toW": case "toWu": case "toL": case "toLu": return this.toInteger(name);
      case "fromW": case "fromWu": case "fromL": case "fromLu": return this.fromInteger(name);
      case "fromOther": return this.wide ? this.widen() : this.nearest(() => this.narrow());
      case "class": return;
      default: return name satisfies never;
    }
  }

  private nearest(body: () => void): void {
    this.code.get(RM).op("i32.eqz").if();
    body();
    this.code.end();
  }

  /** A named f64 local. */
  private f(name: string): Local {
    let local = this.temporaries.get(name);
    if (local === undefined) this.temporaries.set(name, local = this.code.local("f64"));
    return local;
  }

  private bitsLocal(): Local {
    let local = this.temporaries.get("bits");
    if (local === undefined) this.temporaries.set("bits", local = this.code.local("i64"));
    return local;
  }

  /** The operand as a double, exactly. A NaN stays one. */
  private operand(argument: number, into: Local): void {
    const { code } = this;
    code.get(argument);
    if (this.wide) code.op("f64.reinterpret_i64");
    else code.op("i32.wrap_i64").op("f32.reinterpret_i32").op("f64.promote_f32");
    code.set(into);
  }

  /** Rounds the double in `from` to the format and leaves its bits in `bits`. */
  private toFormat(from: Local): void {
    const { code } = this;
    code.get(from);
    if (this.wide) code.op("i64.reinterpret_f64");
    else code.op("f32.demote_f64").op("i32.reinterpret_f32").op("i64.extend_i32_u");
    code.set(this.bitsLocal());
  }

  /** Pushes whether the result in `bits` is finite and not near either end of the normal range. */
  private comfortable(): void {
    const { code } = this;
    const [shift, mask, limit] = this.wide ? [52, 0x7ff, 2042] : [23, 0xff, 250];
    code.get(this.bitsLocal()).i64(shift).op("i64.shr_u").op("i32.wrap_i64").i32(mask).op("i32.and").i32(2).op("i32.sub").i32(limit).op("i32.lt_u");
  }

  /** Returns `bits`, if they are comfortable; sets NX first where `inexact` (which pushes an i32) says so and it is not set. */
  private finish(inexact: () => void): void {
    const { code } = this;
    this.comfortable();
    code.if();
    code.i32(0).access("i32.load", FFLAGS).i32(NX).op("i32.and").op("i32.eqz").if();
    code.i32(0).i32(0).access("i32.load", FFLAGS);
    inexact();
    code.op("i32.or").access("i32.store", FFLAGS);
    code.end();
    code.get(this.bitsLocal()).op("return").end();
  }

  /** error = a + b - s exactly, where s = a + b rounded (Knuth). */
  private twoSum(a: Local, b: Local, s: Local, error: Local): void {
    const { code } = this;
    const bb = this.f("bb");
    code.get(a).get(b).op("f64.add").set(s);
    code.get(s).get(a).op("f64.sub").set(bb);
    code.get(a).get(s).get(bb).op("f64.sub").op("f64.sub").get(b).get(bb).op("f64.sub").op("f64.add").set(error);
  }

  /** error = a * b - p exactly, where p = a * b rounded (Dekker, Veltkamp's splitting); needs moderate exponents. */
  private twoProduct(a: Local, b: Local, p: Local, error: Local): void {
    const { code } = this;
    const split = (x: Local, high: Local, low: Local) => {
      code.get(x).f64(134217729).op("f64.mul").tee(high).get(high).get(x).op("f64.sub").op("f64.sub").set(high);
      code.get(x).get(high).op("f64.sub").set(low);
    };
    const [ah, al, bh, bl] = ["ah", "al", "bh", "bl"].map((name) => this.f(name));
    code.get(a).get(b).op("f64.mul").set(p);
    split(a, ah, al);
    split(b, bh, bl);
    code.get(ah).get(bh).op("f64.mul").get(p).op("f64.sub").get(ah).get(bl).op("f64.mul").op("f64.add");
    code.get(al).get(bh).op("f64.mul").op("f64.add").get(al).get(bl).op("f64.mul").op("f64.add").set(error);
  }

  private isZero(x: Local): void {
    this.code.get(x).f64(0).op("f64.eq");
  }

  /** Pushes whether the narrow result in `bits` differs from the double it was rounded from. */
  private rounded(from: Local): void {
    this.code.get(this.bitsLocal()).op("i32.wrap_i64").op("f32.reinterpret_i32").op("f64.promote_f32").get(from).op("f64.ne");
  }

  private sum(name: "add" | "sub"): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b"), s = this.f("s"), error = this.f("error");
    this.operand(A, a);
    this.operand(B, b);
    if (name === "sub") code.get(b).op("f64.neg").set(b);
    code.get(a).get(b).op("f64.add").set(s);
    // A sum that is zero is exact, with the sign that WebAssembly gives it.
    this.toFormat(s);
    this.isZero(s);
    code.if().get(this.bitsLocal()).op("return").end();
    this.finish(() => {
      this.twoSum(a, b, s, error);
      code.get(error).f64(0).op("f64.ne");
      if (!this.wide) {
        this.rounded(s);
        code.op("i32.or");
      }
    });
  }

  private product(): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b"), p = this.f("s");
    this.operand(A, a);
    this.operand(B, b);
    code.get(a).get(b).op("f64.mul").set(p);
    this.toFormat(p);
    this.isZero(p);
    this.isZero(a);
    this.isZero(b);
    code.op("i32.or").op("i32.and").if().get(this.bitsLocal()).op("return").end();
    if (!this.wide) return this.finish(() => this.rounded(p));
    this.moderateOrInexact([a, b], () => this.finish(() => this.productError(a, b, p)));
  }

  private productError(a: Local, b: Local, p: Local): void {
    this.twoProduct(a, b, p, this.f("error"));
    this.code.get(this.f("error")).f64(0).op("f64.ne");
  }

  /** Runs `body` only where the error of a product can be computed, or NX is set so that nobody asks for it. */
  private moderateOrInexact(values: Local[], body: () => void): void {
    const { code } = this;
    values.forEach((value, i) => {
      this.moderate(value);
      if (i > 0) code.op("i32.and");
    });
    code.i32(0).access("i32.load", FFLAGS).i32(NX).op("i32.and").op("i32.or").if();
    body();
    code.end();
  }

  /** Pushes whether 2^-400 <= |value| < 2^400, so that neither split nor error leaves the range. */
  private moderate(value: Local): void {
    const { code } = this;
    code.get(value).op("i64.reinterpret_f64").i64(52).op("i64.shr_u").op("i32.wrap_i64").i32(0x7ff).op("i32.and").i32(1023 - 400).op("i32.sub").i32(800).op("i32.lt_u");
  }

  private quotient(): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b"), q = this.f("s"), p = this.f("p");
    this.operand(A, a);
    this.operand(B, b);
    code.get(a).get(b).op("f64.div").set(q);
    this.toFormat(q);
    if (this.wide) {
      this.moderateOrInexact([a, b], () => this.finish(() => {
        this.twoProduct(q, b, p, this.f("error"));
        code.get(p).get(a).op("f64.ne").get(this.f("error")).f64(0).op("f64.ne").op("i32.or");
      }));
    } else {
      // A product of two 24-bit significands is exact in a double.
      this.finish(() => code.get(this.bitsLocal()).op("i32.wrap_i64").op("f32.reinterpret_i32").op("f64.promote_f32").get(b).op("f64.mul").get(a).op("f64.ne"));
    }
  }

  private root(): void {
    const { code } = this;
    const a = this.f("a"), r = this.f("s"), p = this.f("p");
    this.operand(A, a);
    code.get(a).op("f64.sqrt").set(r);
    this.toFormat(r);
    if (this.wide) {
      this.moderateOrInexact([a], () => this.finish(() => {
        this.twoProduct(r, r, p, this.f("error"));
        code.get(p).get(a).op("f64.ne").get(this.f("error")).f64(0).op("f64.ne").op("i32.or");
      }));
    } else {
      const narrow = this.f("p");
      this.finish(() => code.get(this.bitsLocal()).op("i32.wrap_i64").op("f32.reinterpret_i32").op("f64.promote_f32").tee(narrow).get(narrow).op("f64.mul").get(a).op("f64.ne"));
    }
  }

  /** Rounds s + error to odd, into s: if something is left over, the last bit says so (Boldo and Melquiond 2008). */
  private roundToOdd(s: Local, error: Local): void {
    const { code } = this;
    const bits = this.bitsLocal();
    code.get(s).op("i64.reinterpret_f64").set(bits);
    code.get(error).f64(0).op("f64.ne").get(bits).op("i32.wrap_i64").i32(1).op("i32.and").op("i32.eqz").op("i32.and").if();
    // Towards the error: away from zero where the signs agree.
    code.get(bits).i64(1).i64(-1).get(error).f64(0).op("f64.gt").get(s).f64(0).op("f64.gt").op("i32.eq").op("select").op("i64.add");
    code.op("f64.reinterpret_i64").set(s).end();
  }

  private fused(): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b"), c = this.f("c");
    this.operand(A, a);
    this.operand(B, b);
    this.operand(C, c);
    if (this.wide) return this.fusedWide(a, b, c);
    // The product is exact; the sum is rounded to odd, so that rounding it again to single is right.
    const p = this.f("p"), s = this.f("s"), error = this.f("error");
    code.get(a).get(b).op("f64.mul").set(p);
    this.twoSum(p, c, s, error);
    const odd = this.f("odd");
    code.get(s).set(odd);
    this.roundToOdd(odd, error);
    this.toFormat(odd);
    this.finish(() => this.rounded(odd));
  }

  /** fma = RN(vh + RO(tl + vl)) with (uh, ul) = a*b, (th, tl) = c + ul, (vh, vl) = uh + th (Boldo and Melquiond 2008). */
  private fusedWide(a: Local, b: Local, c: Local): void {
    const { code } = this;
    const [uh, ul, th, tl, vh, vl, z, zl, r] = ["uh", "ul", "th", "tl", "vh", "vl", "z", "zl", "r"].map((name) => this.f(name));
    this.moderate(a);
    this.moderate(b);
    code.op("i32.and");
    this.moderate(c);
    this.isZero(c);
    code.op("i32.or").op("i32.and").if();
    this.twoProduct(a, b, uh, ul);
    this.twoSum(c, ul, th, tl);
    this.twoSum(uh, th, vh, vl);
    this.twoSum(tl, vl, z, zl);
    this.roundToOdd(z, zl);
    const error = this.f("error");
    this.twoSum(vh, z, r, error);
    this.toFormat(r);
    // What rounding to odd left over shows in the last bit of z, which is then far below that of the result.
    this.finish(() => code.get(error).f64(0).op("f64.ne").get(zl).f64(0).op("f64.ne").op("i32.or"));
    code.end();
  }

  /** Pushes whether neither operand is a NaN. */
  private ordered(a: Local, b: Local): void {
    this.code.get(a).get(a).op("f64.eq").get(b).get(b).op("f64.eq").op("i32.and");
  }

  private compare(name: "eq" | "lt" | "le"): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b");
    this.operand(A, a);
    this.operand(B, b);
    this.ordered(a, b);
    code.if().get(a).get(b).op(`f64.${name}`).op("i64.extend_i32_u").op("return").end();
  }

  /** Equal operands may be zeros of different sign: software. */
  private extreme(name: "min" | "max"): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b");
    this.operand(A, a);
    this.operand(B, b);
    this.ordered(a, b);
    code.get(a).get(b).op("f64.ne").op("i32.and").if();
    code.get(A).get(B).get(a).get(b).op(name === "min" ? "f64.lt" : "f64.gt").op("select").op("return").end();
  }

  /** Rounding to nearest even and towards zero, in range; -1 < a < 0 to unsigned and all that saturates is software's. */
  private toInteger(name: "toW" | "toWu" | "toL" | "toLu"): void {
    const { code } = this;
    const a = this.f("a"), whole = this.f("whole");
    const [low, high] = { toW: [-(2 ** 31), 2 ** 31], toWu: [0, 2 ** 32], toL: [-(2 ** 63), 2 ** 63], toLu: [0, 2 ** 64] }[name];
    this.operand(A, a);
    code.get(RM).i32(1).op("i32.le_u").if();
    code.get(a).op("f64.trunc").get(a).op("f64.nearest").get(RM).op("select").set(whole);
    code.get(a).f64(low).op("f64.ge").get(whole).f64(high).op("f64.lt").op("i32.and").if();
    code.i32(0).i32(0).access("i32.load", FFLAGS).get(whole).get(a).op("f64.ne").op("i32.or").access("i32.store", FFLAGS);
    code.get(whole).op(low === 0 ? "i64.trunc_f64_u" : "i64.trunc_f64_s").op("return").end().end();
  }

  private fromInteger(name: "fromW" | "fromWu" | "fromL" | "fromLu"): void {
    const { code } = this;
    const value = this.bitsLocal();
    const convert = () => {
      code.get(value);
      if (this.wide) code.op(name === "fromLu" ? "f64.convert_i64_u" : "f64.convert_i64_s").op("i64.reinterpret_f64");
      else code.op(name === "fromLu" ? "f32.convert_i64_u" : "f32.convert_i64_s").op("i32.reinterpret_f32").op("i64.extend_i32_u");
      code.op("return");
    };
    code.get(A);
    if (name === "fromW") code.op("i64.extend32_s");
    if (name === "fromWu") code.i64(0xffffffffn).op("i64.and");
    code.set(value);
    if (this.wide && (name === "fromW" || name === "fromWu")) return convert();
    // Below 2^53 (2^24) in magnitude every integer is exact; others only where NX is set and rounding is to nearest.
    const half = this.wide ? 2 ** 53 : 2 ** 24;
    if (name === "fromLu") code.get(value).i64(half).op("i64.le_u");
    else code.get(value).i64(half).op("i64.add").i64(2 * half).op("i64.le_u");
    code.get(RM).op("i32.eqz").i32(0).access("i32.load", FFLAGS).i32(NX).op("i32.and").op("i32.and").op("i32.or").if();
    convert();
    code.end();
  }

  private widen(): void {
    const { code } = this;
    const a = this.f("a");
    code.get(A).op("i32.wrap_i64").op("f32.reinterpret_i32").op("f64.promote_f32").tee(a).get(a).op("f64.eq").if();
    code.get(a).op("i64.reinterpret_f64").op("return").end();
  }

  private narrow(): void {
    const a = this.f("a");
    this.code.get(A).op("f64.reinterpret_i64").set(a);
    this.toFormat(a);
    this.finish(() => this.rounded(a));
  }
}
