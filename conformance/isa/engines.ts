// The processors that run a program of random sequences: QEMU's, ours, and the slow oracle. Each gives the data at its end, or what stopped it.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { decode, type Instruction } from "../../src/isa/index.js";
import { type Ending, evaluate, type MachineState, type Surroundings } from "../../src/isa/evaluate.js";
import { causes, Hart } from "../../src/hardware/hart.js";
import { interpreterModule } from "../../src/hardware/interpreter/build.js";
import { systemNumbers } from "../../src/hardware/interpreter/lowering.js";
import type { Operation } from "../../src/hardware/interpreter/operations.js";
import { exits, F, FFLAGS, FRM, X } from "../../src/hardware/layout.js";
import { MachineMemory } from "../../src/hardware/memory.js";
import { BASE, calls, ENOSYS, type Program, signals } from "./program.js";
import type { Random } from "./random.js";

export interface Result {
  data: Uint8Array;
  /** What stopped the program, where it did not end by itself. */
  stopped?: string;
}

/** Which signal tells of which trap. */
const signalOf: Partial<Record<number, number>> = {
  [causes.illegal]: signals.illegal, [causes.loadMisaligned]: signals.misaligned, [causes.storeMisaligned]: signals.misaligned,
  [causes.loadPage]: signals.fault, [causes.storePage]: signals.fault,
};

const none = new Uint8Array(0);

export function hasQemu(): boolean {
  return spawnSync("qemu-riscv64", ["--version"]).status === 0;
}

export function runQemu(program: Program): Result {
  const folder = mkdtempSync(path.join(tmpdir(), "nestbox-fuzz-"));
  try {
    const elf = path.join(folder, "program"), output = path.join(folder, "output");
    writeFileSync(elf, program.image, { mode: 0o755 });
    const into = openSync(output, "w");
    const { status, signal, error } = spawnSync("qemu-riscv64", ["-cpu", "rv64,zba=true,zbb=true,zbs=true", elf], { stdio: ["ignore", into, "ignore"], timeout: 120_000 });
    closeSync(into);
    if (error !== undefined) throw error;
    return status === 0 ? { data: readFileSync(output) } : { data: none, stopped: `qemu-riscv64 ended with ${signal ?? status}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Slices of all lengths, mostly short or long. */
export function randomSlices(random: Random): () => number {
  return () => random.chance(0.5) ? random.between(1, 50) : random.between(1, 20000);
}

const PAGE = 4096;
/** Frames for page tables, before those of the program. */
const TABLES = 64;
const V = 1, LEAF = 0xdf;

/** Our hart, in user mode with Sv39; neighbouring pages lie in frames that are no neighbours. */
export class HartEngine {
  readonly hart: Hart;
  private readonly memory = new MachineMemory();
  private readonly slice: () => number;

  /** `slice` says how many instructions the next run may take; `operations` may have planted faults. */
  constructor(slice: () => number, operations?: readonly Operation[]) {
    this.slice = slice;
    const module = new WebAssembly.Module(interpreterModule(undefined, operations));
    this.hart = new Hart(this.memory, { load: () => undefined, store: () => false }, module);
  }

  run({ image, start, dataAt, dataBytes }: Program): Result {
    const { hart, memory } = this;
    const pages = Math.ceil(image.length / PAGE);
    const frame = (page: number) => memory.firstFrame + TABLES + (pages - 1 - page);
    this.map(pages, frame);
    for (let page = 0; page < pages; page++) {
      memory.u8.fill(0, frame(page) * PAGE, (frame(page) + 1) * PAGE);
      memory.u8.set(image.subarray(page * PAGE, (page + 1) * PAGE), frame(page) * PAGE);
    }
    this.reset(start, pages);
    for (;;) {
      const exit = hart.run(this.slice());
      if (exit === exits.budget || exit === exits.resync) continue;
      const what = exit === exits.system ? systemNumbers[hart.cause] : undefined;
      if (what === "ecall") {
        if (hart.x(17) === BigInt(calls.write)) break;
        hart.setX(10, BigInt(-ENOSYS));
        hart.retire(4);
        continue;
      }
      const signal = what === undefined ? signalOf[hart.cause] : what === "ebreak" ? signals.breakpoint : signals.illegal;
      if (signal === undefined) return { data: none, stopped: `our hart stopped at 0x${hart.pc.toString(16)} with cause ${hart.cause}, value 0x${hart.trapValue.toString(16)}` };
      memory.u64[F / 8] = BigInt(signal);
      hart.retire((hart.instructionAtPc() & 3) === 3 ? 4 : 2);
    }
    const data = new Uint8Array(dataBytes);
    for (let at = 0; at < dataBytes; at++) {
      const from = dataAt - BASE + at;
      data[at] = memory.u8[frame(Math.floor(from / PAGE)) * PAGE + (from % PAGE)];
    }
    return { data };
  }

  private reset(start: number, pages: number): void {
    const { hart, memory } = this;
    for (let i = 0; i < TABLES + pages; i++) memory.dirtied(memory.firstFrame + i);
    hart.caches.forgetSpaces(0, Infinity);
    hart.caches.use(0);
    hart.root = memory.pageOf(memory.firstFrame);
    hart.clearReservation();
    memory.u64.fill(0n, X / 8, X / 8 + 33);
    memory.u64.fill(0n, F / 8, F / 8 + 32);
    memory.i32[FFLAGS / 4] = memory.i32[FRM / 4] = 0;
    hart.pc = BigInt(start);
  }

  /** Three levels of tables: one root, one second, as many third as there must be. */
  private map(pages: number, frame: (page: number) => number): void {
    const { memory } = this;
    const root = memory.firstFrame, second = root + 1, third = root + 2;
    const first = BASE / PAGE;
    memory.u64.fill(0n, root * 512, (root + TABLES) * 512);
    const entry = (target: number, flags: number) => BigInt(memory.pageOf(target)) << 10n | BigInt(flags);
    memory.u64[root * 512] = entry(second, V);
    for (let page = 0; page < pages; page++) {
      const number = first + page, table = third + (number >> 9);
      if (table >= root + TABLES) throw new RangeError("the program is too long");
      memory.u64[second * 512 + (number >> 9)] = entry(table, V);
      memory.u64[table * 512 + (number & 511)] = entry(frame(page), LEAF);
    }
  }
}

/** No memory is there. */
class Fault {
  readonly address: bigint;

  constructor(address: bigint) {
    this.address = address;
  }
}

function signalFor(ending: Ending | "fault"): number {
  switch (ending) {
    case "fault": return signals.fault;
    case "misaligned": return signals.misaligned;
    case "ebreak": return signals.breakpoint;
    default: return signals.illegal;
  }
}

/** Runs the program by evaluating meanings; `executed` hears of each instruction of a unit. */
export function runOracle(program: Program, executed: (name: string) => void): Result {
  const memory = program.image.slice();
  const view = new DataView(memory.buffer);
  const offset = (address: bigint, bytes: number) => {
    const at = Number(address) - BASE;
    if (at < 0 || at + bytes > memory.length) throw new Fault(address);
    return at;
  };
  const surroundings: Surroundings = {
    load(address, bytes) {
      const at = offset(address, bytes);
      return bytes === 8 ? view.getBigUint64(at, true) : BigInt(bytes === 4 ? view.getUint32(at, true) : bytes === 2 ? view.getUint16(at, true) : memory[at]);
    },
    store(address, bytes, value) {
      const at = offset(address, bytes);
      for (let i = 0; i < bytes; i++) memory[at + i] = Number((value >> BigInt(8 * i)) & 255n);
    },
    readCsr: () => undefined,
    writeCsr: () => false,
  };
  const state: MachineState = { x: new Array<bigint>(32).fill(0n), f: new Array<bigint>(32).fill(0n), fcsr: 0, pc: BigInt(program.start), reserved: undefined };
  const decoded = new Map<number, Instruction | undefined>();
  const dataEnd = program.dataAt - BASE + program.dataBytes;
  for (;;) {
    const at = Number(state.pc) - BASE;
    const word = view.getUint32(at, true);
    if (!decoded.has(word)) decoded.set(word, decode(word));
    const instruction = decoded.get(word);
    const ending = instruction === undefined ? "illegal" : attempt(instruction, state, surroundings);
    if (program.body[at / 2] === 1 && instruction !== undefined) executed(instruction.short?.name ?? instruction.row.name);
    if (ending === "done") continue;
    if (ending === "ecall") {
      if (state.x[17] === BigInt(calls.write)) return { data: memory.subarray(program.dataAt - BASE, dataEnd) };
      state.x[10] = BigInt.asUintN(64, BigInt(-ENOSYS));
    } else {
      state.f[0] = BigInt(signalFor(ending));
    }
    state.pc += (word & 3) === 3 ? 4n : 2n;
  }
}

function attempt(instruction: Instruction, state: MachineState, surroundings: Surroundings): Ending | "fault" {
  try {
    return evaluate(instruction, state, surroundings);
  } catch (error) {
    if (error instanceof Fault) return "fault";
    throw error;
  }
}
