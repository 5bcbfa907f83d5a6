// The ELF loader and the initial stack, on programs that the cross compiler makes, whole and broken.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Errno} from "../../abi/errno.js";
import { E2BIG, EIO, ELIBBAD, ENOENT, ENOEXEC, failed } from "../../abi/errno.js";
import { Credentials } from "../task/credentials.js";
import type { AddressSpace } from "./address-space.js";
import { type Loaded, Ruined, loadElf } from "./elf.js";
import { PIE_BASE, STACK_TOP } from "./layout.js";
import { mapLines } from "./maps.js";
import { argumentsRefused, setUpStack } from "./stack.js";
import { Board } from "./testing/board.js";
import { MemoryFile } from "./testing/memory-file.js";

const source = `
static char zeros[10000];
int initialised[3] = { 1, 2, 3 };
const char text[] = "read-only";
void _start(void) { zeros[1] = text[0] + initialised[0]; for (;;); }
`;

let folder = "";
const programs: Record<"fixed" | "pie" | "dynamic", Uint8Array> = { fixed: new Uint8Array(), pie: new Uint8Array(), dynamic: new Uint8Array() };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "elf-"));
  writeFileSync(join(folder, "a.c"), source);
  const build = (name: string, ...flags: string[]): Uint8Array => {
    execFileSync("riscv64-linux-gnu-gcc", ["-nostdlib", "-o", join(folder, name), join(folder, "a.c"), ...flags]);
    return new Uint8Array(readFileSync(join(folder, name)));
  };
  programs.fixed = build("fixed", "-static");
  programs.pie = build("pie", "-static-pie", "-fPIE", "-Wl,--no-dynamic-linker");
  programs.dynamic = build("dynamic", "-pie", "-fPIE", "-Wl,--dynamic-linker=/lib/loader");
});

afterAll(() => rmSync(folder, { recursive: true }));

const noInterpreter = (): Errno => ENOENT;

function load(board: Board, bytes: Uint8Array, open: (path: string) => MemoryFile | Errno = noInterpreter): { space: AddressSpace; result: Loaded | Errno | Ruined } {
  const space = board.space();
  const file = new MemoryFile(board.kernel.frames, bytes, 0);
  file.references = 1;
  return { space, result: loadElf(space, file, open) };
}

function good(result: Loaded | Errno | Ruined): Loaded {
  if (failed(result)) throw new Error(result.name);
  if (result instanceof Ruined) throw new Error(`ruined by ${result.cause.name}`);
  return result;
}

const u16 = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint16(at, true);
const u64 = (bytes: Uint8Array, at: number): number => Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true));

/** Symbols by name, as nm tells them. */
function symbol(program: string, name: string): number {
  const lines = execFileSync("riscv64-linux-gnu-nm", [join(folder, program)], { encoding: "utf8" }).split("\n");
  return parseInt(lines.find((line) => line.endsWith(` ${name}`)) ?? "", 16);
}

test("a fixed program stands at its addresses, with its data, its zeros and a heap behind them", () => {
  const board = new Board();
  const { space, result } = load(board, programs.fixed);
  const loaded = good(result);
  expect(loaded.entry).toBe(u64(programs.fixed, 24));
  expect(board.load(space, loaded.entry, "execute")).toBe(programs.fixed[loaded.entry & 0xfff]);
  expect(space.readU32(symbol("fixed", "initialised") + 8)).toBe(3);
  expect(space.readString(symbol("fixed", "text"), 20)).toBe("read-only");
  const zeros = symbol("fixed", "zeros");
  expect(space.read(zeros, 10000).every((byte) => byte === 0)).toBe(true);
  expect(board.store(space, zeros + 9999, 1)).toBeUndefined();
  expect(board.store(space, loaded.entry, 1)).toMatchObject({ signal: 11 });
  expect(space.brk).toBe(Math.ceil((zeros + 10000) / 4096) * 4096);
  expect(loaded.phnum).toBe(u16(programs.fixed, 56));
  expect(space.readU32(loaded.phdr)).toBe(new DataView(programs.fixed.buffer, programs.fixed.byteOffset).getUint32(64, true));
});

test("programs that are loaded twice share the frames of their file", () => {
  const board = new Board();
  const file = new MemoryFile(board.kernel.frames, programs.fixed, 0);
  file.references = 1;
  const [one, two] = [board.space(), board.space()];
  const { entry } = good(loadElf(one, file, noInterpreter));
  good(loadElf(two, file, noInterpreter));
  board.load(one, entry, "execute");
  board.load(two, entry, "execute");
  const page = Math.floor(entry / 4096);
  expect(one.table.frameOf(one.table.entry(page))).toBe(two.table.frameOf(two.table.entry(page)));
});

test("a static position-independent program goes where mmap puts it, one with an interpreter to two thirds of the addresses", () => {
  const board = new Board();
  const pie = load(board, programs.pie);
  const entry = good(pie.result).entry;
  const top = pie.space.mmapBase * 4096;
  expect([entry < top, entry > top - 2 ** 16]).toEqual([true, true]);
  expect(pie.space.brk).toBe(PIE_BASE);
  expect(board.load(pie.space, entry, "execute")).toBe(programs.pie[u64(programs.pie, 24)]);
  const asked: string[] = [];
  const interpreter = new MemoryFile(board.kernel.frames, programs.pie, 0);
  const dynamic = load(board, programs.dynamic, (path) => {
    asked.push(path);
    return interpreter;
  });
  const loaded = good(dynamic.result);
  expect(asked).toEqual(["/lib/loader"]);
  expect(loaded.programEntry).toBe(PIE_BASE + u64(programs.dynamic, 24));
  expect(loaded.entry).toBe(loaded.base + u64(programs.pie, 24));
  expect([loaded.base < top, loaded.base > top - 2 ** 16]).toEqual([true, true]);
  dynamic.space.release();
  expect(interpreter.released).toBe(true);
});

test("an interpreter that is missing is ENOENT, one that is no ELF file ELIBBAD, one too short EIO", () => {
  const board = new Board();
  expect(load(board, programs.dynamic).result).toBe(ENOENT);
  expect(load(board, programs.dynamic, () => new MemoryFile(board.kernel.frames, new Uint8Array(100), 0)).result).toBe(ELIBBAD);
  expect(load(board, programs.dynamic, () => new MemoryFile(board.kernel.frames, new Uint8Array(10), 0)).result).toBe(EIO);
});

test("what is no program for riscv64 is ENOEXEC", () => {
  const board = new Board();
  const change = (at: number, ...values: number[]): Uint8Array => {
    const bytes = programs.fixed.slice();
    bytes.set(values, at);
    return bytes;
  };
  for (const bytes of [new Uint8Array(0), new Uint8Array(64), change(0, 0), change(4, 1), change(16, 1), change(16, 4), change(18, 62), change(54, 55), change(56, 0, 0), change(56, 255, 255), programs.fixed.slice(0, 70)]) {
    expect(load(board, bytes).result).toBe(ENOEXEC);
  }
});

test("no truncation and no change of headers does more than fail, and nothing is left behind", () => {
  let state = 12345;
  const pick = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const board = new Board(8192);
  const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x10, 0x40];
  const counts = { loaded: 0, refused: 0, ruined: 0 };
  for (let i = 0; i < 3000; i++) {
    const original = [programs.fixed, programs.pie, programs.dynamic][i % 3];
    const bytes = pick(5) === 0 ? original.slice(0, pick(original.length)) : original.slice();
    for (let n = 1 + pick(4); n > 0 && bytes.length > 0; n--) {
      const at = pick(Math.min(bytes.length, 64 + 56 * u16(original, 56)));
      bytes[at] = pick(2) === 0 ? pick(256) : interesting[pick(interesting.length)];
    }
    const before = board.kernel.frames.used;
    const space = board.space();
    const file = new MemoryFile(board.kernel.frames, bytes, 0);
    file.references = 1;
    const interpreter = new MemoryFile(board.kernel.frames, programs.pie, 0);
    const result = loadElf(space, file, () => interpreter);
    if (failed(result)) counts.refused++;
    else if (result instanceof Ruined) counts.ruined++;
    else {
      counts.loaded++;
      board.load(space, result.entry, "execute");
    }
    space.release();
    file.pages.free();
    interpreter.pages.free();
    expect(board.kernel.frames.used).toBe(before);
    expect(file.references).toBe(1);
  }
  expect(Math.min(counts.loaded, counts.refused, counts.ruined)).toBeGreaterThan(100);
});

test("the stack holds arguments, environment and auxiliary vector as Linux lays them out", () => {
  const board = new Board();
  const { space, result } = load(board, programs.fixed);
  const loaded = good(result);
  expect(board.kernel.vdso.mapInto(space, false)).toBeUndefined();
  const sp = setUpStack(space, loaded, { argv: ["prog", "x\xff", ""], envp: ["A=1", "B="], name: "/bin/prog" }, Credentials.of(1000, 100), false);
  if (failed(sp)) throw new Error(sp.name);
  expect(sp % 16).toBe(0);
  expect(space.readU64(sp)).toBe(3);
  const texts = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => space.readString(space.readU64(from + i * 8), 100));
  expect(texts(sp + 8, 3)).toEqual(["prog", "x\xff", ""]);
  expect(space.readU64(sp + 32)).toBe(0);
  expect(texts(sp + 40, 2)).toEqual(["A=1", "B="]);
  expect(space.readU64(sp + 56)).toBe(0);
  const types: number[] = [];
  const values = new Map<number, number>();
  for (let at = sp + 64; ; at += 16) {
    types.push(space.readU64(at));
    values.set(space.readU64(at), space.readU64(at + 8));
    if (space.readU64(at) === 0) break;
  }
  // The order that was read from Linux 6.12 on riscv64 by ptrace at the stop after exec.
  expect(types).toEqual([33, 40, 41, 42, 43, 44, 45, 46, 47, 51, 16, 6, 17, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 23, 25, 31, 27, 28, 0]);
  expect([33, 16, 6, 9, 11, 12, 13, 14, 23].map((type) => values.get(type))).toEqual([space.vdso, 0x112d, 4096, loaded.entry, 1000, 1000, 100, 100, 0]);
  expect(space.read(values.get(25) ?? 0, 16).every((byte) => byte === 0xa5)).toBe(true);
  expect(values.get(31)).toBe(STACK_TOP - 8 - "/bin/prog".length - 1);
  expect(space.readString(values.get(31) ?? 0, 100)).toBe("/bin/prog");
  const { marks } = space;
  expect(new TextDecoder("latin1").decode(space.read(marks.argumentsStart, marks.argumentsEnd - marks.argumentsStart))).toBe("prog\0x\xff\0\0");
  expect(new TextDecoder("latin1").decode(space.read(marks.environmentStart, marks.environmentEnd - marks.environmentStart))).toBe("A=1\0B=\0");
  const lines = mapLines(space);
  expect(lines.map(({ name }) => name).filter((name) => name !== "")).toEqual(["[vvar]", "[vdso]", "[stack]"]);
  expect(lines.at(-1)?.permissions).toBe("rw-p");
});

test("arguments beyond a quarter of the stack, or one longer than 128 KiB, are E2BIG", () => {
  const of = (argv: string[]) => ({ argv, envp: [], name: "p" });
  expect(argumentsRefused(of(["x".repeat(131071)]), 8 << 20)).toBeUndefined();
  expect(argumentsRefused(of(["x".repeat(131072)]), 8 << 20)).toBe(E2BIG);
  const many = new Array<string>(40).fill("x".repeat(50000));
  expect(argumentsRefused(of(many), 8 << 20)).toBeUndefined();
  expect(argumentsRefused(of([...many, ...many]), 8 << 20)).toBe(E2BIG);
  expect(argumentsRefused(of(many), 1 << 20)).toBe(E2BIG);
});
