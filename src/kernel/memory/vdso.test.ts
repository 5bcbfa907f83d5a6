// The vDSO, as binutils and a riscv64 emulator's C library see it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Board } from "./testing/board.js";
import { functions } from "./vdso-code.js";
import { functionOffsets, vdsoImage } from "./vdso-image.js";

let folder = "";
let file = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vdso-"));
  file = join(folder, "vdso.so");
  writeFileSync(file, vdsoImage());
});

afterAll(() => rmSync(folder, { recursive: true }));

const run = (tool: string, ...args: string[]): string => execFileSync(`riscv64-linux-gnu-${tool}`, [...args, file], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

test("readelf finds every function under the version LINUX_4.15", () => {
  const text = run("readelf", "-W", "--dyn-syms");
  for (const [name, offset] of Object.entries(functionOffsets)) expect(text).toMatch(new RegExp(`${offset.toString(16).padStart(16, "0")} .* FUNC .* ${name}@@LINUX_4\\.15`));
  const dynamic = run("readelf", "-Wd");
  for (const tag of ["HASH", "STRTAB", "SYMTAB", "VERSYM", "VERDEF", "linux-vdso.so.1"]) expect(dynamic).toContain(tag);
});

test("the disassembler reads each word as the assembly beside it says", () => {
  const assembly = run("objdump", "-d", "--no-show-raw-insn");
  const lines = assembly.split("\n").filter((line) => /^\s+[0-9a-f]+:\t/.test(line));
  expect(lines.length).toBe(Object.values(functions).flat().length);
  expect(assembly).not.toContain("unknown");
  expect(lines[0]).toMatch(/800:\s+li\s+a7,139/);
  expect(lines[1]).toMatch(/804:\s+ecall/);
  const vvar = lines.filter((line) => line.includes("# ffffffffffffe000"));
  expect(vvar.length).toBe(2);
});

test("every process has [vvar] two pages below [vdso], and real time in it follows the clock", () => {
  const board = new Board();
  const space = board.space();
  board.kernel.vdso.mapInto(space, false);
  board.kernel.clock.setRealtime({ sec: 1_700_000_000, nsec: 123 });
  board.kernel.vdso.refresh(board.kernel.clock);
  const vvar = space.vdso - 2 * 4096;
  expect(space.readU64(vvar)).toBe(1_700_000_000);
  expect(space.readU64(vvar + 8)).toBe(123);
  expect(space.readU64(vvar + 16)).toBe(0);
  expect(space.readU32(space.sigreturn)).toBe(0x08b00893);
  expect(space.readU32(space.sigreturn + 4)).toBe(0x00000073);
  const elsewhere = board.space();
  board.kernel.vdso.mapInto(elsewhere, true);
  expect(elsewhere.readU64(elsewhere.vdso - 2 * 4096 + 16)).toBe(1);
});
