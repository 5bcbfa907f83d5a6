// The body of a WebAssembly function, written instruction by instruction.
import { accesses, type AccessOp, plain, type PlainOp, type ValueType, valueTypes } from "./opcodes.js";

/** Growing bytes with WebAssembly's integer encodings. */
export class Bytes {
  private buffer = new Uint8Array(1024);
  length = 0;

  byte(value: number): this {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = value;
    return this;
  }

  append(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit integer. */
  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  /** Signed LEB128 of a 64-bit integer. */
  signedBig(value: bigint): this {
    let rest = BigInt.asIntN(64, value);
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  text(value: string): this {
    this.unsigned(value.length);
    for (let i = 0; i < value.length; i++) this.byte(value.charCodeAt(i));
    return this;
  }

  finished(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + more));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}

/** Where a branch leads: made by `block` and `loop`, valid until its `end`. */
export interface Label {
  readonly depth: number;
}

/** Index of a local variable. */
export type Local = number;

export class Code {
  readonly out = new Bytes();
  private readonly parameters: number;
  private readonly locals: ValueType[] = [];
  private depth = 0;

  constructor(parameters: number) {
    this.parameters = parameters;
  }

  local(type: ValueType): Local {
    return this.parameters + this.locals.push(type) - 1;
  }

  op(name: PlainOp): this {
    this.out.byte(plain[name]);
    return this;
  }

  i32(value: number): this {
    this.out.byte(0x41).signed(value);
    return this;
  }

  i64(value: number | bigint): this {
    this.out.byte(0x42).signedBig(BigInt(value));
    return this;
  }

  f64(value: number): this {
    this.out.byte(0x44).append(new Uint8Array(new Float64Array([value]).buffer));
    return this;
  }

  f32(value: number): this {
    this.out.byte(0x43).append(new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }

  get(local: Local): this {
    this.out.byte(0x20).unsigned(local);
    return this;
  }

  set(local: Local): this {
    this.out.byte(0x21).unsigned(local);
    return this;
  }

  tee(local: Local): this {
    this.out.byte(0x22).unsigned(local);
    return this;
  }

  /** A load or store at the address on the stack plus `offset`; no alignment is promised. */
  access(op: AccessOp, offset = 0): this {
    this.out.byte(accesses[op]).byte(0).unsigned(offset);
    return this;
  }

  call(index: number): this {
    this.out.byte(0x10).unsigned(index);
    return this;
  }

  block(result?: ValueType): Label {
    return this.enter(0x02, result);
  }

  loop(result?: ValueType): Label {
    return this.enter(0x03, result);
  }

  /** Begins a conditional, up to `else` or `end`. No branch leads to it. */
  if(result?: ValueType): this {
    this.enter(0x04, result);
    return this;
  }

  else(): this {
    this.out.byte(0x05);
    return this;
  }

  end(): this {
    this.depth--;
    this.out.byte(0x0b);
    return this;
  }

  br(to: Label): this {
    this.out.byte(0x0c).unsigned(this.depth - to.depth);
    return this;
  }

  brIf(to: Label): this {
    this.out.byte(0x0d).unsigned(this.depth - to.depth);
    return this;
  }

  /** Jumps to `targets[i]` for the i on the stack, to `otherwise` beyond. */
  brTable(targets: readonly Label[], otherwise: Label): this {
    this.out.byte(0x0e).unsigned(targets.length);
    for (const target of targets) this.out.unsigned(this.depth - target.depth);
    this.out.unsigned(this.depth - otherwise.depth);
    return this;
  }

  private enter(opcode: number, result: ValueType | undefined): Label {
    this.out.byte(opcode).byte(result === undefined ? 0x40 : valueTypes[result]);
    this.depth++;
    return { depth: this.depth };
  }

  /** The function's entry of the code section, without its size. */
  body(): Uint8Array {
    const bytes = new Bytes().unsigned(this.locals.length);
    for (const type of this.locals) bytes.unsigned(1).byte(valueTypes[type]);
    return bytes.append(this.out.finished()).byte(0x0b).finished();
  }
}
