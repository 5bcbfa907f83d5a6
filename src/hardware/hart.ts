// A hart: its registers in the machine's memory, the engine that runs it, and what the engine asks back on its slow paths.
import { CAUSE, FFLAGS, FRM, FS, LEFT, PC, RESERVED, SCRATCH, TVAL, VA, X } from "./layout.js";
import type { EngineImports } from "./interpreter/build.js";
import { DecodedCode } from "./decoded-code.js";
import { type FrameMap, NO_RAM, PENDING } from "./frame-map.js";
import type { MachineMemory } from "./memory.js";
import { type Access, type Privilege, Sv39 } from "./sv39.js";
import { softOperation } from "./soft-operation.js";
import { TranslationCaches } from "./translation-cache.js";

/** Exception causes (privileged specification table 25). */
export const causes = {
  fetchMisaligned: 0, fetchAccess: 1, illegal: 2, breakpoint: 3, loadMisaligned: 4, loadAccess: 5, storeMisaligned: 6, storeAccess: 7,
  ecallUser: 8, ecallSupervisor: 9, ecallMachine: 11, fetchPage: 12, loadPage: 13, storePage: 15,
  /** Not architectural (24 to 31 are for custom use): the frame of a page is not there now. The instruction runs again when it is. */
  frameWait: 24,
} as const;

const pageFaults: Record<Access, number> = { execute: causes.fetchPage, read: causes.loadPage, write: causes.storePage };
const accessFaults: Record<Access, number> = { execute: causes.fetchAccess, read: causes.loadAccess, write: causes.storeAccess };

/** Devices, reached by guest-physical address. Values are unsigned; undefined: nothing is there. */
export interface Bus {
  load(address: number, bytes: number): bigint | undefined;
  store(address: number, bytes: number, value: bigint): boolean;
}

/** Registers beyond the engine's own: the CSRs of whoever owns the hart. */
export interface ControlRegisters {
  /** The value, or undefined where the register does not exist or is not accessible. */
  read(number: number): bigint | undefined;
  /** False: illegal. "resync": what the engine assumes has changed. */
  write(number: number, value: bigint): boolean | "resync";
}

/** What a hart has of the machine that it runs, beside the registers. */
export interface HartWiring {
  bus: Bus;
  frames: FrameMap;
  controlRegisters: ControlRegisters | undefined;
  time: () => number;
  root: number | undefined;
  privilege: Privilege;
  counters: number;
  cache: number;
}

export class Hart {
  readonly memory: MachineMemory;
  readonly caches: TranslationCaches;
  readonly code: DecodedCode;
  private readonly mmu: Sv39;
  /** The devices of the machine that the hart runs. */
  bus: Bus;
  private readonly engine: () => number;
  /** Owner's CSRs; without, there are only the unprivileged ones. */
  controlRegisters: ControlRegisters | undefined;
  /** What the time CSR shows. */
  time: () => number = () => 0;

  /** The RAM of the machine that the hart runs. Whoever changes it, or takes a frame out of it, forgets the translations. */
  frames: FrameMap;
  /** Root page table (guest-physical page number), or undefined for bare addressing. */
  root: number | undefined;
  privilege: Privilege = { user: true, sum: false, mxr: false };

  /** Which of cycle, time and instret (bits 0 to 2) can be read. */
  counters = 7;

  private budget = 0;
  private retiredBefore = 0;

  /** `engine` is the compiled module of interpreter/build.ts. */
  constructor(memory: MachineMemory, bus: Bus, engine: WebAssembly.Module) {
    this.memory = memory;
    this.frames = memory;
    this.bus = bus;
    this.mmu = new Sv39(memory);
    this.caches = new TranslationCaches(memory);
    this.code = new DecodedCode(memory, this.caches);
    const instance = new WebAssembly.Instance(engine, { engine: { memory: memory.memory, ...this.imports() } });
    this.engine = instance.exports["run"] as () => number;
    this.clearReservation();
    this.caches.use(0);
    memory.i32[FS / 4] = 3;
  }

  /** Instructions retired since power-on. */
  get retired(): number {
    return this.retiredBefore + this.budget - this.memory.i32[LEFT / 4];
  }

  /** Runs at most `budget` instructions, exactly; one of `exits`. */
  run(budget: number): number {
    this.retiredBefore = this.retired;
    this.budget = budget;
    this.memory.i32[LEFT / 4] = budget;
    return this.engine();
  }

  /** Counts an instruction that was carried out for the hart, and goes on behind it. */
  retire(bytes: number): void {
    this.retiredBefore++;
    this.pc = this.pc + BigInt(bytes);
  }

  /** The machine that the hart runs now. The next one exchanges the registers too (layout.ts: X to HART_STATE_END), with the counts settled. */
  get wiring(): HartWiring {
    const { bus, frames, controlRegisters, time, root, privilege, counters } = this;
    return { bus, frames, controlRegisters, time, root, privilege, counters, cache: this.caches.key };
  }

  set wiring({ cache, ...rest }: HartWiring) {
    Object.assign(this, rest);
    this.caches.use(cache);
  }

  /** Between runs: nothing of a budget is left. */
  settle(): void {
    this.retiredBefore = this.retired;
    this.budget = 0;
    this.memory.i32[LEFT / 4] = 0;
  }

  get pc(): bigint {
    return this.memory.u64[PC / 8];
  }

  set pc(value: bigint) {
    this.memory.u64[PC / 8] = BigInt.asUintN(64, value);
  }

  get cause(): number {
    return this.memory.i32[CAUSE / 4];
  }

  get trapValue(): bigint {
    return this.memory.u64[TVAL / 8];
  }

  x(index: number): bigint {
    return index === 0 ? 0n : this.memory.u64[X / 8 + index];
  }

  setX(index: number, value: bigint): void {
    if (index !== 0) this.memory.u64[X / 8 + index] = BigInt.asUintN(64, value);
  }

  /** The bits of the instruction at pc, for the trap value of an illegal one; 0 where it can't be fetched. */
  instructionAtPc(): number {
    const { pc } = this;
    const half = (address: bigint) => {
      const at = this.translate(Number(BigInt.asIntN(32, address)), Number(BigInt.asIntN(32, address >> 32n)), "execute");
      return at < 0 ? 0 : this.memory.u16[at / 2];
    };
    const low = half(pc);
    return (low & 3) === 3 ? (low | (half(pc + 2n) << 16)) >>> 0 : low;
  }

  clearReservation(): void {
    this.memory.u64[RESERVED / 8] = 0xffffffffffffffffn;
  }

  private imports(): Record<keyof EngineImports, (...values: never[]) => unknown> {
    const imports: EngineImports = {
      fetchMiss: () => this.fetchMiss(),
      decode: (dp) => this.code.decode(dp),
      straddle: (dp) => this.straddle(dp),
      loadMiss: (bytes) => this.loadMiss(bytes),
      storeMiss: (bytes) => this.storeMiss(bytes),
      atomicMiss: (bytes, writes) => this.atomicMiss(bytes, writes !== 0),
      csr: (number, how, writes) => this.csr(number, how, writes !== 0),
      soft: (operation, rounding) => softOperation(this.memory, operation, rounding),
    };
    return imports;
  }

  /** Tells the engine of a trap for the address with these halves. */
  private trap(cause: number, low: number, high: number): 0 {
    this.memory.i32[CAUSE / 4] = cause;
    this.memory.i32[TVAL / 4] = low;
    this.memory.i32[TVAL / 4 + 1] = high;
    return 0;
  }

  /**
   * The byte offset in memory of a virtual address, entered into the cache; -1: a trap was told; -2: not RAM, and the
   * guest-physical address is in `devicePage`.
   */
  private translate(low: number, high: number, access: Access): number {
    let page: number;
    let readable = true, writable = true, level = 0;
    if (this.root === undefined) {
      page = (high >>> 0) * 2 ** 20 + (low >>> 12);
    } else {
      const found = this.mmu.walk(this.frames, this.root, low, high, access, this.privilege);
      if (found === undefined || typeof found === "string") {
        this.trap(found === "pending" ? causes.frameWait : (found === undefined ? pageFaults : accessFaults)[access], low, high);
        return -1;
      }
      ({ page, readable, writable, level } = found);
    }
    const frame = this.frames.frameOf(page, access === "write");
    if (frame === PENDING) {
      this.trap(causes.frameWait, low, high);
      return -1;
    }
    if (frame === NO_RAM) {
      this.devicePage = page;
      return -2;
    }
    if (access === "write") this.memory.dirtied(frame);
    this.caches.enter(low, high, frame, readable, writable && !this.code.has(frame));
    if (level !== 0) this.caches.superpage(low, high, level);
    return frame * 4096 + (low & 0xfff);
  }

  private devicePage = 0;

  private fetchMiss(): number {
    const low = this.memory.i32[VA / 4], high = this.memory.i32[VA / 4 + 1];
    const at = this.translate(low, high, "execute");
    if (at === -2) return this.trap(causes.fetchAccess, low, high);
    if (at < 0) return 0;
    const records = this.code.records(Math.floor(at / 4096));
    this.caches.enterFetch(low, high, records);
    return records;
  }

  /** The halves of an instruction that begins with the last two bytes of a page. */
  private straddle(dp: number): number {
    const low = this.memory.i32[VA / 4], high = this.memory.i32[VA / 4 + 1];
    const first = this.translate(low, high, "execute");
    if (first < 0) return first === -2 ? this.trap(causes.fetchAccess, low, high) : 0;
    const nextLow = (low + 2) | 0, nextHigh = nextLow === 0 ? high + 1 : high;
    const second = this.translate(nextLow, nextHigh, "execute");
    if (second < 0) return second === -2 ? this.trap(causes.fetchAccess, nextLow, nextHigh) : 0;
    return this.code.straddle(dp, this.memory.u16[first / 2] | (this.memory.u16[second / 2] << 16));
  }

  private loadMiss(bytes: number): number {
    const low = this.memory.i32[VA / 4], high = this.memory.i32[VA / 4 + 1];
    if (((low & 0xfff) + bytes) > 4096) return this.crossing(low, high, bytes, "read");
    const at = this.translate(low, high, "read");
    if (at === -1) return 0;
    const { u8 } = this.memory;
    if (at === -2) return this.deviceLoad(low, high, bytes);
    for (let i = 0; i < bytes; i++) u8[SCRATCH + i] = u8[at + i];
    return 1;
  }

  private storeMiss(bytes: number): number {
    const low = this.memory.i32[VA / 4], high = this.memory.i32[VA / 4 + 1];
    if (((low & 0xfff) + bytes) > 4096) return this.crossing(low, high, bytes, "write");
    const at = this.translate(low, high, "write");
    if (at === -1) return 0;
    if (at === -2) return this.deviceStore(low, high, bytes);
    const { u8 } = this.memory;
    for (let i = 0; i < bytes; i++) u8[at + i] = u8[SCRATCH + i];
    return 2;
  }

  /** An access over two pages: both are translated before a byte moves. */
  private crossing(low: number, high: number, bytes: number, access: "read" | "write"): number {
    const firstBytes = 4096 - (low & 0xfff);
    const nextLow = (low + firstBytes) | 0, nextHigh = nextLow === 0 ? high + 1 : high;
    const first = this.translate(low, high, access);
    if (first === -1) return 0;
    const second = this.translate(nextLow, nextHigh, access);
    if (second === -1) return 0;
    if (first === -2 || second === -2) return this.trap(accessFaults[access], low, high);
    const { u8 } = this.memory;
    for (let i = 0; i < bytes; i++) {
      const at = i < firstBytes ? first + i : second + i - firstBytes;
      if (access === "read") u8[SCRATCH + i] = u8[at];
      else u8[at] = u8[SCRATCH + i];
    }
    return access === "read" ? 1 : 2;
  }

  private atomicMiss(bytes: number, writes: boolean): number {
    const low = this.memory.i32[VA / 4], high = this.memory.i32[VA / 4 + 1];
    if ((low & (bytes - 1)) !== 0) return this.trap(writes ? causes.storeMisaligned : causes.loadMisaligned, low, high);
    const at = this.translate(low, high, writes ? "write" : "read");
    if (at === -2) return this.trap(writes ? causes.storeAccess : causes.loadAccess, low, high);
    return at === -1 ? 0 : at;
  }

  private deviceLoad(low: number, high: number, bytes: number): number {
    const value = this.bus.load(this.devicePage * 4096 + (low & 0xfff), bytes);
    if (value === undefined) return this.trap(causes.loadAccess, low, high);
    this.memory.u64[SCRATCH / 8] = BigInt.asUintN(64, value);
    return 1;
  }

  private deviceStore(low: number, high: number, bytes: number): number {
    const value = BigInt.asUintN(bytes * 8, this.memory.u64[SCRATCH / 8]);
    // The device may have raised an interrupt: the run ends behind the store.
    return this.bus.store(this.devicePage * 4096 + (low & 0xfff), bytes, value) ? 3 : this.trap(causes.storeAccess, low, high);
  }

  /** 0: illegal. The new value (or the bits to set or clear) is in SCRATCH, where the old value goes. */
  private csr(number: number, how: number, writes: boolean): number {
    const { u64 } = this.memory;
    const operand = u64[SCRATCH / 8];
    const old = this.readCsr(number);
    if (old === undefined) return 0;
    if (writes) {
      const value = how === 0 ? operand : how === 1 ? old | operand : old & ~operand;
      const done = number >>> 10 === 3 ? false : this.writeCsr(number, BigInt.asUintN(64, value));
      if (done === false) return 0;
      u64[SCRATCH / 8] = old;
      return done === "resync" ? 2 : 1;
    }
    u64[SCRATCH / 8] = old;
    return 1;
  }

  private readCsr(number: number): bigint | undefined {
    const { i32 } = this.memory;
    if (number >= 1 && number <= 3 && i32[FS / 4] === 0) return undefined;
    if (number >= 0xc00 && number <= 0xc02 && ((this.counters >> (number & 3)) & 1) === 0) return undefined;
    switch (number) {
      case 1: return BigInt(i32[FFLAGS / 4]);
      case 2: return BigInt(i32[FRM / 4]);
      case 3: return BigInt(i32[FFLAGS / 4] | (i32[FRM / 4] << 5));
      case 0xc00: case 0xc02: return BigInt(this.retired - 1);
      case 0xc01: return BigInt(Math.floor(this.time()));
      default: return this.controlRegisters?.read(number);
    }
  }

  private writeCsr(number: number, value: bigint): boolean | "resync" {
    const { i32 } = this.memory;
    if (number < 1 || number > 3) return this.controlRegisters?.write(number, value) ?? false;
    if (number !== 2) i32[FFLAGS / 4] = Number(value & 31n);
    if (number !== 1) i32[FRM / 4] = Number((number === 2 ? value : value >> 5n) & 7n);
    i32[FS / 4] = 3;
    return true;
  }
}
