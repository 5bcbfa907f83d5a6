// Floating-point operations: WebAssembly's own where they are provably exact IEEE results with the right flags, else exact software.
//
// The fast paths serve all rounding modes but ties-to-max-magnitude, and results well inside the normal range.
import { type FloatOp, floatOps } from "../../isa/meaning.js";
import type { Local } from "../../wasm/code.js";
import type { Module, Signature } from "../../wasm/module.js";
import { SCRATCH } from "../layout.js";
import { A, B, C, FloatRounding, NEAREST_MAX_MAGNITUDE, RM } from "./float-rounding.js";

const signature: Signature = { parameters: ["i64", "i64", "i64", "i32"], results: ["i64"] };

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
class FastPath extends FloatRounding {
  emit(name: FloatOp): void {
    switch (name) {
      case "add": case "sub": return this.inKnownModes(() => this.sum(name));
      case "mul": return this.inKnownModes(() => this.product());
      case "div": return this.inKnownModes(() => this.quotient());
      case "sqrt": return this.inKnownModes(() => this.root());
      case "fma": return this.inKnownModes(() => (this.wide ? this.fusedWide() : this.fusedNarrow()));
      case "eq": case "lt": case "le": return this.compare(name);
      case "min": case "max": return this.extreme(name);
      case "toW": case "toWu": case "toL": case "toLu": return this.inKnownModes(() => this.toInteger(name));
      case "fromW": case "fromWu": case "fromL": case "fromLu": return this.fromInteger(name);
      case "fromOther": return this.wide ? this.widen() : this.inKnownModes(() => this.narrow());
      case "class": return;
      default: return name satisfies never;
    }
  }

  private inKnownModes(body: () => void): void {
    this.code.get(RM).i32(NEAREST_MAX_MAGNITUDE).op("i32.ne").if();
    body();
    this.code.end();
  }

  private sum(name: "add" | "sub"): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b"), s = this.f("s"), error = this.f("error");
    this.operand(A, a);
    this.operand(B, b);
    if (name === "sub") code.get(b).op("f64.neg").set(b);
    code.get(a).get(b).op("f64.add").set(s);
    this.toFormat(s);
    // A sum that is zero is exact; its sign is WebAssembly's in the nearest mode.
    this.isZero(s);
    code.get(RM).op("i32.eqz").op("i32.and").if();
    this.returnBits();
    code.end();
    this.finish(() => {
      this.twoSum(a, b, s, error);
      if (this.wide) code.get(error);
      else this.narrowedError(s, error);
    });
  }

  /** Pushes the error of a double that is itself `error` away from the exact value, and was then rounded to single. */
  private narrowedError(s: Local, error: Local): void {
    const { code } = this;
    const narrowing = this.f("narrowing");
    this.narrowingError(s);
    code.tee(narrowing).get(error).get(narrowing).f64(0).op("f64.ne").op("select");
  }

  private product(): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b"), p = this.f("s"), error = this.f("error");
    this.operand(A, a);
    this.operand(B, b);
    code.get(a).get(b).op("f64.mul").set(p);
    this.toFormat(p);
    this.isZero(p);
    this.isZero(a);
    this.isZero(b);
    code.op("i32.or").op("i32.and").if();
    this.returnBits();
    code.end();
    // A product of two 24-bit significands is exact in a double.
    if (!this.wide) return this.finish(() => this.narrowingError(p));
    this.whereErrorIsKnown([a, b], () => this.finish(() => {
      this.twoProduct(a, b, p, error);
      code.get(error);
    }));
  }

  /** The error has the sign of the remainder a - q*b over that of b; the remainder is exact, or rounded without losing its sign. */
  private quotient(): void {
    const { code } = this;
    const a = this.f("a"), b = this.f("b"), q = this.f("s"), p = this.f("p"), error = this.f("error");
    this.operand(A, a);
    this.operand(B, b);
    code.get(a).get(b).op("f64.div").set(q);
    this.toFormat(q);
    const remainder = this.wide ? () => {
      this.twoProduct(q, b, p, error);
      code.get(a).get(p).op("f64.sub").get(error).op("f64.sub");
    } : () => {
      code.get(a);
      this.promoted();
      code.get(b).op("f64.mul").op("f64.sub");
    };
    const signed = () => {
      remainder();
      code.set(error).get(error).get(error).op("f64.neg").get(b).f64(0).op("f64.gt").op("select");
    };
    if (this.wide) this.whereErrorIsKnown([a, b], () => this.finish(signed));
    else this.finish(signed);
  }

  private root(): void {
    const { code } = this;
    const a = this.f("a"), r = this.f("s"), p = this.f("p"), error = this.f("error");
    this.operand(A, a);
    code.get(a).op("f64.sqrt").set(r);
    this.toFormat(r);
    if (this.wide) {
      this.whereErrorIsKnown([a], () => this.finish(() => {
        this.twoProduct(r, r, p, error);
        code.get(a).get(p).op("f64.sub").get(error).op("f64.sub");
      }));
    } else {
      this.finish(() => {
        this.promoted();
        code.set(p).get(a).get(p).get(p).op("f64.mul").op("f64.sub");
      });
    }
  }

  /** The product is exact; the sum is rounded to odd, so that rounding it again to single is right. */
  private fusedNarrow(): void {
    const { code } = this;
    const [a, b, c, p, s, error] = ["a", "b", "c", "p", "s", "error"].map((name) => this.f(name));
    this.operand(A, a);
    this.operand(B, b);
    this.operand(C, c);
    code.get(a).get(b).op("f64.mul").set(p);
    this.twoSum(p, c, s, error);
    this.roundToOdd(s, error);
    this.toFormat(s);
    this.finish(() => this.narrowingError(s));
  }

  /** fma = RN(vh + RO(tl + vl)) with (uh, ul) = a*b, (th, tl) = c + ul, (vh, vl) = uh + th (Boldo and Melquiond 2008). */
  private fusedWide(): void {
    const { code } = this;
    const [a, b, c, uh, ul, th, tl, vh, vl, z, zl, r, error] = ["a", "b", "c", "uh", "ul", "th", "tl", "vh", "vl", "z", "zl", "r", "error"].map((name) => this.f(name));
    this.operand(A, a);
    this.operand(B, b);
    this.operand(C, c);
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
    this.twoSum(vh, z, r, error);
    this.toFormat(r);
    // What rounding to odd left over shows in the last bit of z, far below that of r: if anything is left, error is not zero.
    this.finish(() => code.get(error));
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

  /** In range; -1 < a < 0 to unsigned and all that saturates is software's. */
  private toInteger(name: "toW" | "toWu" | "toL" | "toLu"): void {
    const { code } = this;
    const a = this.f("a"), whole = this.f("whole");
    const [low, high] = { toW: [-(2 ** 31), 2 ** 31], toWu: [0, 2 ** 32], toL: [-(2 ** 63), 2 ** 63], toLu: [0, 2 ** 64] }[name];
    this.operand(A, a);
    code.get(a).op("f64.nearest").set(whole);
    (["f64.trunc", "f64.floor", "f64.ceil"] as const).forEach((rounding, i) => {
      code.get(a).op(rounding).get(whole).get(RM).i32(i + 1).op("i32.eq").op("select").set(whole);
    });
    code.get(a).f64(low).op("f64.ge").get(whole).f64(high).op("f64.lt").op("i32.and").if();
    this.inexactWhere(whole, a);
    code.get(whole).op(low === 0 ? "i64.trunc_f64_u" : "i64.trunc_f64_s").op("return").end();
  }

  private fromInteger(name: "fromW" | "fromWu" | "fromL" | "fromLu"): void {
    const { code } = this;
    const value = this.bits;
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
    this.nearestAndInexact();
    code.op("i32.or").if();
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
    this.finish(() => this.narrowingError(a));
  }
}
