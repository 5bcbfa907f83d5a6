// How procfs writes numbers.
import type { ByteString } from "../../bytestring.js";

/** Clock ticks (USER_HZ, 100 a second) of a time. */
export const ticks = (ns: number): number => Math.floor(ns / 1e7);

/** As Linux seq_put_decimal_ull_width(m, "NAME", n, 8) with " kB". */
export const kilobytes = (label: ByteString, kB: number): ByteString => `${label}${String(Math.floor(kB)).padStart(8)} kB\n`;

/** A set of signals or capabilities: 16 hexadecimal digits. */
export const mask64 = (set: bigint): ByteString => set.toString(16).padStart(16, "0");

/** Seconds with two digits of the fraction. */
export const hundredths = (ns: number): ByteString => `${Math.floor(ns / 1e9)}.${String(Math.floor(ns / 1e7) % 100).padStart(2, "0")}`;

/** A decimal integer that a program wrote, blanks around it allowed; undefined for anything else. */
export function writtenInteger(text: ByteString): number | undefined {
  const match = /^\s*([+-]?(?:0x[0-9a-f]+|\d+))[\s\0]*$/i.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** As seq_escape with the characters that would break a line's fields. */
export const escaped = (text: ByteString, characters: RegExp): ByteString =>
  text.replace(characters, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
