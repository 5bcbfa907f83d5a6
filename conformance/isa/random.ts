// Random values for fuzzing: repeatable from a seed, and dense where arithmetic has its corners.

/** Mulberry32: short, and good enough to choose test cases with. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  u32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 to count-1. */
  below(count: number): number {
    return Math.floor((this.u32() / 2 ** 32) * count);
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.u32() < probability * 2 ** 32;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
}

const u64 = (value: bigint) => BigInt.asUintN(64, value);

/** An integer for a register. */
export function integer(random: Random): bigint {
  const power = 1n << BigInt(random.below(64));
  switch (random.below(8)) {
    case 0: return random.u64();
    case 1: return u64(BigInt.asIntN(32, BigInt(random.u32())));
    case 2: return u64(BigInt(random.between(-16, 16)));
    case 3: return u64(power + BigInt(random.between(-2, 2)));
    case 4: return u64(-power + BigInt(random.between(-2, 2)));
    case 5: return BigInt(random.u32());
    // Some bytes zero, some all ones.
    case 6: return Array.from({ length: 8 }, () => BigInt(random.of([0, 0, 255, random.below(256)]))).reduce((value, byte) => (value << 8n) | byte, 0n);
    default: return random.of([0n, 0xffffffffffffffffn, 0x7fffffffn, 0xffffffff80000000n, 0x80000000n, 0xffffffffn, 0x7fffffffffffffffn, 0x8000000000000000n]);
  }
}

/** Zero, infinity, NaNs, and the ends of the normal and the subnormal range. */
function special(random: Random, exponentBits: number, fractionBits: number): bigint {
  const width = BigInt(fractionBits), most = ((1n << BigInt(exponentBits)) - 1n) << width, quiet = 1n << (width - 1n);
  const magnitude = random.of([0n, most, most | quiet, most | 1n, most | quiet | 5n, most - 1n, 1n << width, (1n << width) - 1n, 1n, most >> 1n]);
  return magnitude | (BigInt(random.below(2)) << BigInt(exponentBits + fractionBits));
}

/** The bits of a floating-point number with these widths. */
function float(random: Random, exponentBits: number, fractionBits: number): bigint {
  if (random.chance(0.25)) return special(random, exponentBits, fractionBits);
  const bias = 2 ** (exponentBits - 1) - 1, most = 2 * bias + 1;
  const exponents = [
    0, 1, 2, most, most - 1, most - 2, bias, bias + random.between(-3, 3), bias + random.between(-8, 70), bias + random.between(-8, 70),
    bias + random.of([-1, 1]) * random.between(fractionBits - 3, fractionBits + 3), bias + random.of([-1, 1]) * Math.floor(bias / 2) + random.between(-2, 2),
    Math.max(0, Math.min(most, bias + random.of([-400, 400]) + random.between(-2, 2))), random.below(most + 1), random.below(most + 1),
  ];
  const exponent = Math.max(0, Math.min(most, random.of(exponents)));
  const width = BigInt(fractionBits), all = (1n << width) - 1n;
  const kept = BigInt(random.below(fractionBits + 1));
  const fractions = [
    0n, 1n, all, all - 1n, 1n << (width - 1n), (1n << (width - 1n)) - 1n, random.u64() & all, random.u64() & all,
    // Only the uppermost bits: halves and quarters among the integers, exact products.
    random.u64() & all & ~(all >> kept), random.u64() & (all >> kept), 1n << BigInt(random.below(fractionBits)),
  ];
  return (BigInt(random.below(2)) << BigInt(exponentBits + fractionBits)) | (BigInt(exponent) << width) | random.of(fractions);
}

/** A pattern for a floating-point register: a double, or a single, mostly boxed as it should be. */
export function pattern(random: Random): bigint {
  if (random.chance(0.5)) return float(random, 11, 52);
  const single = float(random, 8, 23);
  return random.chance(0.9) ? 0xffffffff00000000n | single : (BigInt(random.u32()) << 32n) | single;
}

/** A pattern close to another one, or the same with its sign flipped. */
export function near(random: Random, value: bigint): bigint {
  const sign = value >> 32n === 0xffffffffn ? 1n << 31n : 1n << 63n;
  const flipped = random.chance(0.5) ? value ^ sign : value;
  return u64(flipped + BigInt(random.between(-1, 1)));
}
