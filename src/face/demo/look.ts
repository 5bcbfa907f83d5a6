// How the demo looks: emphasis on a terminal that has it (https://no-color.org), plain text elsewhere.
const WIDEST = 110;

const styled = process.stdout.isTTY && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
const style = (on: number, off: number) => (text: string): string => (styled ? `\x1b[${on}m${text}\x1b[${off}m` : text);

export const bold = style(1, 22);
export const dim = style(2, 22);
export const good = style(32, 39);
export const bad = style(31, 39);

/** Columns to use. */
export const width = (): number => Math.min(WIDEST, process.stdout.columns || 100);
