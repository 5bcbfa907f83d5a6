// File names as bytes, one per character: in Linux they have no encoding.

export function toBytes(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}
