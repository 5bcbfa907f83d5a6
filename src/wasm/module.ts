// A WebAssembly module, assembled section by section: what goes in is functions, what comes out is bytes.
import { Bytes, Code } from "./code.js";
import { type ValueType, valueTypes } from "./opcodes.js";

export interface Signature {
  parameters: readonly ValueType[];
  results: readonly ValueType[];
}

interface Defined {
  type: number;
  code: Code;
  exported: string | undefined;
}

/** Imports must be declared before the first function is defined, so that indices are final. */
export class Module {
  private readonly types: string[] = [];
  private readonly typeBytes: Uint8Array[] = [];
  private readonly functionImports: { module: string; name: string; type: number }[] = [];
  private memory: { module: string; name: string; pages: number; maximum: number } | undefined;
  private readonly functions: Defined[] = [];

  importMemory(module: string, name: string, pages: number, maximum: number): void {
    this.memory = { module, name, pages, maximum };
  }

  /** Returns the function's index. */
  importFunction(module: string, name: string, signature: Signature): number {
    if (this.functions.length > 0) throw new Error(`import ${name} after a definition`);
    return this.functionImports.push({ module, name, type: this.type(signature) }) - 1;
  }

  /** Begins a function; write its body into `code`. */
  define(signature: Signature, exported?: string): { index: number; code: Code } {
    const code = new Code(signature.parameters.length);
    const index = this.functionImports.length + this.functions.push({ type: this.type(signature), code, exported }) - 1;
    return { index, code };
  }

  bytes(): Uint8Array {
    const out = new Bytes().append(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    this.section(out, 1, this.typeBytes);
    this.section(out, 2, this.imports());
    this.section(out, 3, this.functions.map((f) => new Bytes().unsigned(f.type).finished()));
    this.section(out, 7, this.exports());
    this.section(out, 10, this.functions.map((f) => sized(f.code.body())));
    return out.finished().slice();
  }

  private imports(): Uint8Array[] {
    const entries = this.functionImports.map((f) => new Bytes().text(f.module).text(f.name).byte(0).unsigned(f.type).finished());
    if (this.memory === undefined) return entries;
    const { module, name, pages, maximum } = this.memory;
    return [...entries, new Bytes().text(module).text(name).byte(2).byte(1).unsigned(pages).unsigned(maximum).finished()];
  }

  private exports(): Uint8Array[] {
    return this.functions.flatMap((f, i) =>
      f.exported === undefined ? [] : [new Bytes().text(f.exported).byte(0).unsigned(this.functionImports.length + i).finished()]);
  }

  private type(signature: Signature): number {
    const key = `${signature.parameters.join()}>${signature.results.join()}`;
    const known = this.types.indexOf(key);
    if (known >= 0) return known;
    const bytes = new Bytes().byte(0x60);
    for (const list of [signature.parameters, signature.results]) {
      bytes.unsigned(list.length);
      for (const value of list) bytes.byte(valueTypes[value]);
    }
    this.typeBytes.push(bytes.finished());
    return this.types.push(key) - 1;
  }

  private section(out: Bytes, id: number, entries: Uint8Array[]): void {
    if (entries.length === 0) return;
    const content = new Bytes().unsigned(entries.length);
    for (const entry of entries) content.append(entry);
    out.byte(id).append(sized(content.finished()));
  }
}

function sized(bytes: Uint8Array): Uint8Array {
  return new Bytes().unsigned(bytes.length).append(bytes).finished();
}
