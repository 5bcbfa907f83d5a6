// Saving and restoring a whole graph of kernel objects: identity tables, no closures, no code.

type Constructor = abstract new (...args: never[]) => object;

const classesByName = new Map<string, Constructor>();
const namesByPrototype = new Map<object, string>();

/** Registers classes whose instances may stand in saved state; the class name is the saved name and must be unique. */
export function savable(...classes: Constructor[]): void {
  for (const type of classes) {
    const taken = classesByName.get(type.name);
    if (taken !== undefined && taken !== type) throw new Error(`two savable classes are named ${type.name}`);
    classesByName.set(type.name, type);
    namesByPrototype.set(type.prototype as object, type.name);
  }
}

/** A value of the saved form: primitives stand for themselves, everything else is a reference into `nodes`. */
type Cell = string | number | boolean | null | { undefined: true } | { bigint: string } | { number: string } | { ref: number } | { wire: string };

type Node =
  | { array: Cell[] }
  | { map: [Cell, Cell][] }
  | { set: Cell[] }
  | { bytes: Uint8Array; type: string }
  | { class: string; fields: [string, Cell][] };

/** A saved graph. Plain data: structured-clonable, no functions, no class instances. */
export interface Saved {
  nodes: Node[];
  root: Cell;
}

const typedArrays = { Uint8Array, Uint16Array, Uint32Array, Int8Array, Int16Array, Int32Array, Float64Array, BigUint64Array, BigInt64Array } as const;
type TypedArrayName = keyof typeof typedArrays;

class Saver {
  readonly nodes: Node[] = [];
  private readonly ids = new Map<object, number>();
  private readonly pending: { node: number; value: object; path: string }[] = [];
  private readonly wires: Map<object, string>;

  constructor(wires: Map<object, string>) {
    this.wires = wires;
  }

  save(root: unknown): Saved {
    const cell = this.cell(root, "root");
    for (let next = this.pending.pop(); next !== undefined; next = this.pending.pop()) {
      this.nodes[next.node] = this.node(next.value, next.path);
    }
    return { nodes: this.nodes, root: cell };
  }

  private cell(value: unknown, path: string): Cell {
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (value === undefined) return { undefined: true };
    if (typeof value === "bigint") return { bigint: value.toString() };
    if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : { number: Object.is(value, -0) ? "-0" : String(value) };
    if (typeof value !== "object") throw new Error(`cannot save ${path}: a ${typeof value} is no state`);
    const wire = this.wires.get(value);
    if (wire !== undefined) return { wire };
    let id = this.ids.get(value);
    if (id === undefined) {
      id = this.nodes.push({ array: [] }) - 1;
      this.ids.set(value, id);
      this.pending.push({ node: id, value, path });
    }
    return { ref: id };
  }

  private node(value: object, path: string): Node {
    if (Array.isArray(value)) return { array: value.map((item, i) => this.cell(item, `${path}[${i}]`)) };
    if (value instanceof Map) return { map: [...value].map(([key, item]) => [this.cell(key, `${path} key`), this.cell(item, `${path}.get(${String(key)})`)]) };
    if (value instanceof Set) return { set: [...value].map((item) => this.cell(item, `${path} member`)) };
    if (ArrayBuffer.isView(value)) return { bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice(), type: value.constructor.name };
    const prototype = Object.getPrototypeOf(value) as object;
    const name = prototype === Object.prototype ? "" : namesByPrototype.get(prototype);
    if (name === undefined) throw new Error(`cannot save ${path}: class ${value.constructor.name} is not savable`);
    return { class: name, fields: Object.entries(value).map(([key, item]) => [key, this.cell(item, `${path}.${key}`)]) };
  }
}

/**
 * Saves everything reachable from `root`. Objects in `wires` are not saved but named: the restorer puts its own in
 * their place. Throws naming the path to anything that is not state (a function, an unregistered class).
 */
export function save(root: unknown, wires: ReadonlyMap<object, string>): Saved {
  return new Saver(new Map(wires)).save(root);
}

function emptied(node: Node): object {
  if ("array" in node) return [];
  if ("map" in node) return new Map();
  if ("set" in node) return new Set();
  if ("bytes" in node) {
    const type = typedArrays[node.type as TypedArrayName];
    const copy = node.bytes.slice();
    return new type(copy.buffer, 0, copy.byteLength / type.BYTES_PER_ELEMENT);
  }
  if (node.class === "") return {};
  const type = classesByName.get(node.class);
  if (type === undefined) throw new Error(`saved state names the class ${node.class}, which this version does not have`);
  return Object.create(type.prototype as object) as object;
}

/** Makes the graph anew. `wires` gives the object for each name that `save` was told. */
export function restore(saved: Saved, wires: ReadonlyMap<string, object>): unknown {
  const objects = saved.nodes.map(emptied);
  const value = (cell: Cell): unknown => {
    if (cell === null || typeof cell !== "object") return cell;
    if ("ref" in cell) return objects[cell.ref];
    if ("bigint" in cell) return BigInt(cell.bigint);
    if ("number" in cell) return Number(cell.number);
    if ("wire" in cell) {
      const wire = wires.get(cell.wire);
      if (wire === undefined) throw new Error(`saved state needs ${cell.wire}, which was not given`);
      return wire;
    }
    return undefined;
  };
  saved.nodes.forEach((node, i) => {
    const object = objects[i];
    if ("array" in node) for (const cell of node.array) (object as unknown[]).push(value(cell));
    else if ("map" in node) for (const [key, cell] of node.map) (object as Map<unknown, unknown>).set(value(key), value(cell));
    else if ("set" in node) for (const cell of node.set) (object as Set<unknown>).add(value(cell));
    else if ("fields" in node) for (const [key, cell] of node.fields) (object as Record<string, unknown>)[key] = value(cell);
  });
  return value(saved.root);
}
