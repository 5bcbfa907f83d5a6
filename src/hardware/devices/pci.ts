// A PCI host bridge with its configuration space in memory (PCI Firmware 3.3, ECAM) and a window for the functions' memory. One bus.
import type { Device } from "../bus.js";

/** A function on the bus. Offsets are into its configuration space, or into its one memory region. */
export interface PciFunction {
  configLoad(at: number, bytes: number): number;
  configStore(at: number, bytes: number, value: number): void;
  /** Where the driver put its memory (a bus address), or undefined while it is switched off. */
  readonly base: number | undefined;
  readonly memoryBytes: number;
  load(at: number, bytes: number): number;
  store(at: number, bytes: number, value: number): void;
  /** Its INTA line. */
  readonly interrupt: boolean;
}

const ALL_ONES = 0xffffffff;
/** QEMU's generic PCI Express host bridge: vendor and device, class "host bridge". */
const BRIDGE_ID = 0x00081b36, BRIDGE_CLASS = 0x06000000;

/** Slot 0 is the bridge itself; functions follow from slot 1 on. */
export class PciConfiguration implements Device {
  readonly name = "pci";
  private readonly functions: readonly PciFunction[];

  constructor(functions: readonly PciFunction[]) {
    this.functions = functions;
  }

  load(at: number, bytes: number): number {
    const slot = at >>> 15, register = at & 0xfff;
    // Every function is number 0 of its slot; all slots beyond are empty.
    if ((at & 0x7000) !== 0 || slot > this.functions.length) return ALL_ONES;
    if (slot > 0) return this.functions[slot - 1].configLoad(register, bytes);
    return ((register & ~3) === 0 ? BRIDGE_ID : (register & ~3) === 8 ? BRIDGE_CLASS : 0) >>> (8 * (register & 3));
  }

  store(at: number, bytes: number, value: number): void {
    const slot = at >>> 15;
    if ((at & 0x7000) === 0 && slot > 0 && slot <= this.functions.length) this.functions[slot - 1].configStore(at & 0xfff, bytes, value);
  }
}

/** The window through which the functions' memory is reached. */
export class PciMemory implements Device {
  readonly name = "pci memory";
  private readonly functions: readonly PciFunction[];
  private readonly start: number;

  /** `start`: the bus address of the window. */
  constructor(functions: readonly PciFunction[], start: number) {
    this.functions = functions;
    this.start = start;
  }

  private at(address: number): PciFunction | undefined {
    return this.functions.find(({ base, memoryBytes }) => base !== undefined && address >= base && address < base + memoryBytes);
  }

  load(at: number, bytes: number): number {
    const found = this.at(this.start + at);
    return found?.base === undefined ? ALL_ONES : found.load(this.start + at - found.base, bytes);
  }

  store(at: number, bytes: number, value: number): void {
    const found = this.at(this.start + at);
    if (found?.base !== undefined) found.store(this.start + at - found.base, bytes, value);
  }
}

/** A line that several functions share. */
export class PciLine {
  private readonly functions: readonly PciFunction[];

  constructor(functions: readonly PciFunction[]) {
    this.functions = functions;
  }

  get interrupt(): boolean {
    return this.functions.some(({ interrupt }) => interrupt);
  }
}
