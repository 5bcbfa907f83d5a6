// The part of the WebAssembly JavaScript API that we use: TypeScript declares it only together with the whole DOM, which these rooms must not see.
declare namespace WebAssembly {
  type ValueKind = "i32" | "i64" | "f32" | "f64" | "v128" | "anyfunc" | "externref";
  type ImportValue = Memory | Table | Global | Module | Instance | ((...values: never[]) => unknown) | number | bigint;
  type Imports = Record<string, Record<string, ImportValue>>;
  type ExportValue = ((...values: (number | bigint)[]) => unknown) | Memory | Table | Global;
  type Exports = Record<string, ExportValue>;

  class Module {
    constructor(bytes: ArrayBuffer | ArrayBufferView);
    static customSections(module: Module, name: string): ArrayBuffer[];
    static exports(module: Module): { name: string; kind: string }[];
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  /** `initial` and `maximum` are in pages of 64 KiB. */
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  class Table {
    constructor(descriptor: { element: "anyfunc" | "externref"; initial: number; maximum?: number });
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(entries: number, value?: unknown): number;
  }

  class Global {
    constructor(descriptor: { value: ValueKind; mutable?: boolean }, value?: unknown);
    value: unknown;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function validate(bytes: ArrayBuffer | ArrayBufferView): boolean;
}
