// The bus: which device answers at which guest-physical address. A device knows offsets, never its address.
import type { Bus } from "./hart.js";

/** What docs/generated/devices.md prints of a device. */
export interface DeviceManual {
  readonly about: string;
  /** By offset in bytes. Those at one offset differ by direction or mode. */
  readonly registers: readonly { readonly at: number; readonly name: string; readonly about: string }[];
}

/** Registers of a device. Values are unsigned, of at most 32 bits; a wider access comes as two. */
export interface Device {
  /** As the device tree names it: "serial", "rtc". */
  readonly name: string;
  /** Every device of a board has one: the documents fail to be made without it. */
  readonly manual?: DeviceManual;
  load(at: number, bytes: number): number;
  store(at: number, bytes: number, value: number): void;
}

/** A device in its place; `size` in bytes. */
export interface Placed {
  readonly address: number;
  readonly size: number;
  readonly device: Device;
}

export class AddressMap implements Bus {
  readonly devices: readonly Placed[];

  constructor(devices: readonly Placed[]) {
    this.devices = devices;
  }

  private find(address: number, bytes: number): Placed | undefined {
    return this.devices.find((placed) => address >= placed.address && address + bytes <= placed.address + placed.size);
  }

  load(address: number, bytes: number): bigint | undefined {
    const placed = this.find(address, bytes);
    if (placed === undefined) return undefined;
    const at = address - placed.address;
    if (bytes < 8) return BigInt(placed.device.load(at, bytes) >>> 0);
    return BigInt(placed.device.load(at, 4) >>> 0) | (BigInt(placed.device.load(at + 4, 4) >>> 0) << 32n);
  }

  store(address: number, bytes: number, value: bigint): boolean {
    const placed = this.find(address, bytes);
    if (placed === undefined) return false;
    const at = address - placed.address;
    placed.device.store(at, Math.min(bytes, 4), Number(value & 0xffffffffn));
    if (bytes === 8) placed.device.store(at + 4, 4, Number(value >> 32n));
    return true;
  }
}
