// 64-bit little-endian integers in a DataView, as plain numbers: exact below 2^53, which every size and time stays under.

/** Writes the low 64 bits; a negative number in two's complement. */
export function u64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32) >>> 0, true);
}

export const i64 = u64;

export const readU64 = (view: DataView, at: number): number => view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);

export const readI64 = (view: DataView, at: number): number => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
