// Boxes in boxes, drawn with characters.
import type { Box } from "../sdk/here.js";

interface Frame {
  readonly corners: readonly [string, string, string, string];
  readonly across: string;
  readonly down: string;
}

const lines: Frame = { corners: ["┌", "┐", "└", "┘"], across: "─", down: "│" };
const plain: Frame = { corners: ["+", "+", "+", "+"], across: "-", down: "|" };

function wrapped(words: readonly string[], width: number): string[] {
  const rows: string[] = [];
  let row = "";
  for (const word of words) {
    if (row !== "" && row.length + word.length + 3 > width) {
      rows.push(row);
      row = "";
    }
    row = row === "" ? word : `${row} · ${word}`;
  }
  return row === "" ? rows : [...rows, row];
}

const factsOf = (box: Box): string => box.facts.map(([name, value]) => `${name} ${value}`).join(" · ");

function cut(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}

/** A device in which nothing stands is a row of its board. `ascii`: for terminals without line drawing. */
export function drawBoxes(box: Box, width: number, ascii: boolean): string[] {
  const frame = ascii ? plain : lines;
  const inner = width - 4;
  const title = `${box.kind}: ${box.name}${box.emulated ? " (emulated)" : ""}`;
  const facts = wrapped(box.facts.map(([name, value]) => `${name} ${value}`), inner);
  const devices = box.inner.filter((each) => each.kind === "device" && each.inner.length === 0);
  const nameWidth = Math.max(0, ...devices.map(({ name }) => name.length));
  const content = [
    ...facts, ...devices.map((each) => `${each.name.padEnd(nameWidth)}  ${factsOf(each)}`),
    ...box.inner.filter((each) => !devices.includes(each)).flatMap((each) => drawBoxes(each, inner, ascii)),
  ];
  const [topLeft, topRight, bottomLeft, bottomRight] = frame.corners;
  const top = cut(`${topLeft}${frame.across} ${title} `, width - 1).trimEnd();
  return [
    `${top} ${frame.across.repeat(Math.max(0, width - top.length - 2))}${topRight}`,
    ...content.map((row) => `${frame.down} ${cut(row, inner)} ${frame.down}`),
    `${bottomLeft}${frame.across.repeat(width - 2)}${bottomRight}`,
  ].map((row) => (ascii ? row.replaceAll("·", ",").replaceAll("…", "~") : row));
}
