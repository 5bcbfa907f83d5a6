// Writes docs/generated from the tables in the source; with --check it compares instead, and fails where a document is out of date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Board, addresses } from "../src/hardware/board.js";
import { interpreterModule } from "../src/hardware/interpreter/build.js";
import { compressedRows, rows } from "../src/isa/index.js";
import { notation } from "../src/isa/notation.js";
import { ISA } from "../src/kernel/fs/proc/system.js";
import type { SystemCall } from "../src/kernel/syscall.js";
import { table as systemCalls } from "../src/kernel/syscalls/table.js";

const folder = path.join(import.meta.dirname, "../docs/generated");

const cell = (text: string) => `\`${text}\``.replaceAll("|", "\\|");
const table = (head: readonly string[], lines: readonly (readonly string[])[]) =>
  [`| ${head.join(" | ")} |`, `|${head.map(() => "---").join("|")}|`, ...lines.map((line) => `| ${line.join(" | ")} |`)].join("\n");

function isa(): string {
  const extensions = [...new Set(rows.map((row) => row.extension))];
  const sections = extensions.map((extension) => {
    const members = rows.filter((row) => row.extension === extension);
    const lines = members.map((row) => [cell(row.syntax), cell(row.encoding.text), row.description, cell(notation(row.meaning))]);
    return `## ${extension}\n\n${table(["Instruction", "Encoding", "What it does", "Meaning"], lines)}`;
  });
  const short = compressedRows.map((row) => [cell(row.syntax), cell(row.encoding.text), cell(`${row.expands} ${Object.entries(row.fields).map(([field, value]) => `${field}=${value}`).join(" ")}`.trim())]);
  return [
    "# The instruction set",
    `${rows.length} instructions and ${compressedRows.length} short forms, made from the rows in src/isa by \`npm run docs\`. The interpreter, the disassembler and this page derive from the same rows.`,
    "Effects of an instruction are simultaneous. `imm` is the immediate, a shift's too; `length` the instruction's own, in bytes. Shifts and rotations use the low six bits of their amount; `>>` and `<` are signed, `>>>` and `<u` unsigned; f32 and f64 are IEEE 754 operations that raise fflags.",
    ...sections,
    `## C\n\n${table(["Instruction", "Encoding", "Stands for"], short)}`,
  ].join("\n\n") + "\n";
}

function support({ support: how }: SystemCall): string {
  switch (how.level) {
    case "full": return "full";
    case "partial": return `partial: ${how.gap}`;
    case "missing": return `missing: ${how.errno.name}`;
    default: return how satisfies never;
  }
}

function syscalls(): string {
  const calls = systemCalls.filter((call) => call !== undefined);
  const count = (level: SystemCall["support"]["level"]) => calls.filter((call) => call.support.level === level).length;
  const lines = calls.map((call) => [String(call.number), cell(`${call.name}(${call.args.map((argument) => argument.name).join(", ")})`), support(call).replaceAll("|", "\\|")]);
  return [
    "# The system calls",
    `Linux's riscv64 numbers and what this kernel makes of them, made from the rows in src/kernel/syscalls by \`npm run docs\`: ${count("full")} full, ${count("partial")} partial, ${count("missing")} missing.`,
    table(["Number", "Call", "Support"], lines),
  ].join("\n\n") + "\n";
}

function devices(): string {
  const disk = { blocks: 0, readSync: () => undefined };
  const board = new Board({
    engine: new WebAssembly.Module(interpreterModule() as Uint8Array<ArrayBuffer>), ramBytes: 16 << 20, disk,
    serial: { transmit: () => undefined }, time: { realtimeNs: () => 0n }, entropy: { fill: () => undefined },
  });
  const hex = (value: number) => cell(`0x${value.toString(16)}`);
  const placed = board.map.devices.map(({ address, size, device }) => ({ name: device.name, address, size, manual: device.manual }));
  const manuals = [...placed, ...(board.disk === undefined ? [] : [board.disk])].map(({ name, manual }) => {
    if (manual === undefined) throw new Error(`the device ${name} has no manual`);
    return { name, manual };
  });
  const rows = [
    ["hart 0", "", "", `Processor: RV64GC with Zba, Zbb and Zbs (${cell(ISA)}), Sv39; see [isa.md](isa.md).`],
    ["memory", hex(addresses.ram), "as asked for", "RAM in frames of 4 KiB; at most 4 GiB less the engine's own state."],
    ...placed.map(({ name, address, size, manual }) => [name, hex(address), `${size} bytes`, manual?.about ?? ""]),
    ...(board.disk === undefined ? [] : [[board.disk.name, "", "the image's", board.disk.manual.about]]),
    ["entropy", "", "", "Random bytes on request, from the host."],
  ];
  const sections = manuals.filter(({ manual }) => manual.registers.length > 0).map(({ name, manual }) =>
    `## ${name}\n\n${table(["Offset", "Register", "What it is"], manual.registers.map(({ at, name: register, about }) => [hex(at), register, about]))}`);
  return [
    "# The board's devices",
    "Made from the devices in src/hardware by `npm run docs`. Addresses are guest-physical, where QEMU's virt machine has them too. No process reaches them: the kernel does. There is no network card in this version.",
    table(["Device", "Address", "Size", "What it is"], rows), ...sections,
  ].join("\n\n") + "\n";
}

/** One function for each generated document. */
const documents: Record<string, () => string> = { "isa.md": isa, "syscalls.md": syscalls, "devices.md": devices };

const check = process.argv.includes("--check");
for (const [name, make] of Object.entries(documents)) {
  const file = path.join(folder, name), text = make();
  const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  if (before === text) continue;
  if (check) {
    console.error(`docs/generated/${name} is out of date: run npm run docs`);
    process.exitCode = 1;
  } else {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
    console.log(`docs/generated/${name} written`);
  }
}
