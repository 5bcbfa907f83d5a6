// Characters as the terminal sees them (Linux lib/ctype.c: latin1).

export const isControl = (c: number): boolean => c < 32 || c === 127;

const isLower = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 223 && c <= 255 && c !== 247);
const isUpper = (c: number): boolean => (c >= 65 && c <= 90) || (c >= 192 && c <= 222 && c !== 215);

export const toUpper = (c: number): number => (isLower(c) ? c - 32 : c);
export const toLower = (c: number): number => (isUpper(c) ? c + 32 : c);
export const isAlphanumeric = (c: number): boolean => isLower(c) || isUpper(c) || (c >= 48 && c <= 57);
