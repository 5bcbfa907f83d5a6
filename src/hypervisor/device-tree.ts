// Writes a flattened device tree (Devicetree specification 0.4, chapter 5): what tells a kernel of the hardware that it runs on.

/** Numbers are cells of 32 bits; a text ends with a zero byte; an empty list is a property without a value. */
export type Property = readonly number[] | string | readonly string[] | Uint8Array;

export interface TreeNode {
  /** With its unit address: "serial@10000000". The root's is empty. */
  readonly name: string;
  readonly properties: Readonly<Record<string, Property>>;
  readonly children?: readonly TreeNode[];
}

const MAGIC = 0xd00dfeed, VERSION = 17, LAST_COMPATIBLE = 16;
const BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, END = 9;
const HEADER_BYTES = 40, RESERVATION_BYTES = 16;

/** The halves of a 64-bit number, as two cells. */
export const wide = (value: number): [number, number] => [Math.floor(value / 2 ** 32), value % 2 ** 32];

class Blob {
  private readonly bytes: number[] = [];

  get length(): number {
    return this.bytes.length;
  }

  word(value: number): void {
    this.bytes.push((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  }

  put(bytes: Iterable<number>): void {
    for (const byte of bytes) this.bytes.push(byte);
  }

  align(): void {
    while (this.bytes.length % 4 !== 0) this.bytes.push(0);
  }

  get all(): readonly number[] {
    return this.bytes;
  }
}

const text = (value: string): number[] => [...Array.from(value, (each) => each.charCodeAt(0)), 0];

function valueOf(property: Property): Uint8Array {
  if (property instanceof Uint8Array) return property;
  if (typeof property === "string") return Uint8Array.from(text(property));
  const blob = new Blob();
  for (const each of property) {
    if (typeof each === "string") blob.put(text(each));
    else blob.word(each);
  }
  return Uint8Array.from(blob.all);
}

class TreeWriter {
  readonly structure = new Blob();
  readonly strings = new Blob();
  private readonly offsets = new Map<string, number>();

  node({ name, properties, children = [] }: TreeNode): void {
    this.structure.word(BEGIN_NODE);
    this.structure.put(text(name));
    this.structure.align();
    for (const [key, property] of Object.entries(properties)) {
      const value = valueOf(property);
      this.structure.word(PROPERTY);
      this.structure.word(value.length);
      this.structure.word(this.stringOffset(key));
      this.structure.put(value);
      this.structure.align();
    }
    for (const child of children) this.node(child);
    this.structure.word(END_NODE);
  }

  private stringOffset(name: string): number {
    let offset = this.offsets.get(name);
    if (offset === undefined) {
      offset = this.strings.length;
      this.offsets.set(name, offset);
      this.strings.put(text(name));
    }
    return offset;
  }
}

function written(root: TreeNode): TreeWriter {
  const writer = new TreeWriter();
  writer.node(root);
  writer.structure.word(END);
  return writer;
}

/** The blob as a kernel gets it. */
export function flattened(root: TreeNode, bootHart = 0): Uint8Array {
  const { structure, strings } = written(root);
  const structureAt = HEADER_BYTES + RESERVATION_BYTES;
  const stringsAt = structureAt + structure.length;
  const out = new Blob();
  const header = [MAGIC, stringsAt + strings.length, structureAt, stringsAt, HEADER_BYTES, VERSION, LAST_COMPATIBLE, bootHart, strings.length, structure.length];
  // Then one empty entry, which ends the list of reserved memory.
  for (const word of [...header, 0, 0, 0, 0]) out.word(word);
  out.put(structure.all);
  out.put(strings.all);
  return Uint8Array.from(out.all);
}
