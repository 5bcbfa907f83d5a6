// Exact rounding out of WebAssembly's nearest-even arithmetic: the error of an operation tells flags and directed results.
//
// The error of a sum or product is itself a floating-point number (Knuth's two-sum; Dekker's product with Veltkamp's splitting),
// exact where no range is exceeded. It is not zero if and only if the result is inexact, and its sign says on which side
// of the result the exact value lies; so the directed modes are one step away from the nearest result, or none.
import type { Code, Local } from "../../wasm/code.js";
import { FFLAGS } from "../layout.js";

/** Parameters of every floating-point function. */
export const A = 0, B = 1, C = 2, RM = 3;
const NX = 1;
const TOWARDS_ZERO = 1, DOWN = 2;
export const NEAREST_MAX_MAGNITUDE = 4;

/** Emits pieces of one floating-point function in a format. Values are in f64 locals, to which single precision is promoted exactly. */
export abstract class FloatRounding {
  protected readonly code: Code;
  protected readonly wide: boolean;
  private readonly locals = new Map<string, Local>();

  constructor(code: Code, bits: 32 | 64) {
    this.code = code;
    this.wide = bits === 64;
  }

  /** A named f64 local. */
  protected f(name: string): Local {
    return this.local(name, "f64");
  }

  private local(name: string, type: "f64" | "i64" | "i32"): Local {
    const known = this.locals.get(name);
    if (known !== undefined) return known;
    const local = this.code.local(type);
    this.locals.set(name, local);
    return local;
  }

  /** The result's bits, an i64. */
  protected get bits(): Local {
    return this.local("bits", "i64");
  }

  /** The operand as a double, exactly. A NaN stays one. */
  protected operand(argument: number, into: Local): void {
    const { code } = this;
    code.get(argument);
    if (this.wide) code.op("f64.reinterpret_i64");
    else code.op("i32.wrap_i64").op("f32.reinterpret_i32").op("f64.promote_f32");
    code.set(into);
  }

  /** Rounds the double in `from` to the format, to nearest even, and leaves its bits in `bits`. */
  protected toFormat(from: Local): void {
    const { code } = this;
    code.get(from);
    if (this.wide) code.op("i64.reinterpret_f64");
    else code.op("f32.demote_f64").op("i32.reinterpret_f32").op("i64.extend_i32_u");
    code.set(this.bits);
  }

  /** Pushes the single-precision result in `bits` as a double. */
  protected promoted(): void {
    this.code.get(this.bits).op("i32.wrap_i64").op("f32.reinterpret_i32").op("f64.promote_f32");
  }

  /** Pushes what the double in `from` has more than the single-precision result that it was rounded to. */
  protected narrowingError(from: Local): void {
    this.code.get(from);
    this.promoted();
    this.code.op("f64.sub");
  }

  /** Pushes whether the result in `bits` is finite and not near either end of the normal range, so that neither OF nor UF can be. */
  private comfortable(): void {
    const [shift, mask, limit] = this.wide ? [52, 0x7ff, 2042] : [23, 0xff, 250];
    this.code.get(this.bits).i64(shift).op("i64.shr_u").op("i32.wrap_i64").i32(mask).op("i32.and").i32(2).op("i32.sub").i32(limit).op("i32.lt_u");
  }

  /** Returns `bits` as they are. */
  protected returnBits(): void {
    this.code.get(this.bits).op("return");
  }

  /** Returns the result of which `bits` is the nearest, if it is comfortable. `error` pushes exact minus nearest. */
  protected finish(error: () => void): void {
    const { code } = this;
    const e = this.f("error of the result");
    this.comfortable();
    code.if();
    // In the nearest mode with NX set already nobody asks for the error.
    code.i32(0).access("i32.load", FFLAGS).i32(NX).op("i32.and").op("i32.eqz").get(RM).op("i32.or").if();
    error();
    code.set(e);
    code.i32(0).i32(0).access("i32.load", FFLAGS).get(e).f64(0).op("f64.ne").op("i32.or").access("i32.store", FFLAGS);
    code.get(RM).if();
    this.direct(e);
    code.end().end();
    this.returnBits();
    code.end();
  }

  /** Moves `bits` by a step where the exact value lies on the other side than the mode rounds to. */
  private direct(error: Local): void {
    const { code } = this;
    const negative = this.local("negative", "i32"), beyond = this.local("beyond", "i32"), within = this.local("within", "i32");
    code.get(this.bits).i64(this.wide ? 63 : 31).op("i64.shr_u").op("i32.wrap_i64").set(negative);
    // Beyond: the exact magnitude is larger than the result's; within: smaller.
    const positive = () => code.get(error).f64(0).op("f64.gt");
    const below = () => code.get(error).f64(0).op("f64.lt");
    below(); positive();
    code.get(negative).op("select").set(beyond);
    positive(); below();
    code.get(negative).op("select").set(within);
    // Down on a negative result and up on a positive one round away from zero; all else towards it.
    code.get(beyond).op("i64.extend_i32_u").i64(0).get(within).op("i64.extend_i32_u").op("i64.sub");
    code.get(RM).i32(TOWARDS_ZERO).op("i32.ne").get(RM).i32(DOWN).op("i32.eq").get(negative).op("i32.eq").op("i32.and").op("select");
    code.get(this.bits).op("i64.add").set(this.bits);
  }

  /** error = a + b - s exactly, where s = a + b rounded. */
  protected twoSum(a: Local, b: Local, s: Local, error: Local): void {
    const { code } = this;
    const bb = this.f("bb");
    code.get(a).get(b).op("f64.add").set(s);
    code.get(s).get(a).op("f64.sub").set(bb);
    code.get(a).get(s).get(bb).op("f64.sub").op("f64.sub").get(b).get(bb).op("f64.sub").op("f64.add").set(error);
  }

  /** error = a * b - p exactly, where p = a * b rounded; needs moderate exponents. */
  protected twoProduct(a: Local, b: Local, p: Local, error: Local): void {
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

  /** Rounds s + error to odd, into s: if something is left over, the last bit says so (Boldo and Melquiond 2008). */
  protected roundToOdd(s: Local, error: Local): void {
    const { code } = this;
    const { bits } = this;
    code.get(s).op("i64.reinterpret_f64").set(bits);
    code.get(error).f64(0).op("f64.ne").get(bits).op("i32.wrap_i64").i32(1).op("i32.and").op("i32.eqz").op("i32.and").if();
    // Towards the error: away from zero where the signs agree.
    code.get(bits).i64(1).i64(-1).get(error).f64(0).op("f64.gt").get(s).f64(0).op("f64.gt").op("i32.eq").op("select").op("i64.add");
    code.op("f64.reinterpret_i64").set(s).end();
  }

  protected isZero(x: Local): void {
    this.code.get(x).f64(0).op("f64.eq");
  }

  /** Pushes whether 2^-400 <= |value| < 2^400, so that neither split nor error leaves the range. */
  protected moderate(value: Local): void {
    this.code.get(value).op("i64.reinterpret_f64").i64(52).op("i64.shr_u").op("i32.wrap_i64").i32(0x7ff).op("i32.and").i32(1023 - 400).op("i32.sub").i32(800).op("i32.lt_u");
  }

  /** Runs `body` only where the error of a product can be computed, or nobody asks for it. */
  protected whereErrorIsKnown(values: readonly Local[], body: () => void): void {
    const { code } = this;
    values.forEach((value, i) => {
      this.moderate(value);
      if (i > 0) code.op("i32.and");
    });
    code.i32(0).access("i32.load", FFLAGS).i32(NX).op("i32.and").get(RM).op("i32.eqz").op("i32.and").op("i32.or").if();
    body();
    code.end();
  }

  /** Raises NX where the two doubles differ. */
  protected inexactWhere(a: Local, b: Local): void {
    this.code.i32(0).i32(0).access("i32.load", FFLAGS).get(a).get(b).op("f64.ne").op("i32.or").access("i32.store", FFLAGS);
  }

  /** Pushes whether the mode is nearest even and NX is set. */
  protected nearestAndInexact(): void {
    this.code.get(RM).op("i32.eqz").i32(0).access("i32.load", FFLAGS).i32(NX).op("i32.and").op("i32.and");
  }
}
