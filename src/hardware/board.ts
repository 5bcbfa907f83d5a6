// A board: one hart, RAM, and the devices in their places. What runs on it (our kernel, or one of its own) is not its matter.
import { AddressMap, type Placed } from "./bus.js";
import { RealTimeClock, type TimeKeeper } from "./devices/clock.js";
import { Disk, type DiskImage } from "./devices/disk.js";
import { Power } from "./devices/power.js";
import { Serial, type SerialLine } from "./devices/serial.js";
import { Hart } from "./hart.js";
import { MachineMemory } from "./memory.js";
import { UserHart } from "./user-hart.js";

/** Where the devices stand, as on QEMU's virt machine. */
export const addresses = { power: 0x100000, rtc: 0x101000, serial: 0x10000000, ram: 0x80000000 } as const;

/** What the board is plugged into. */
export interface BoardWires {
  /** Compiled interpreter module (interpreter/build.ts). */
  engine: WebAssembly.Module;
  /** RAM in bytes; as much as there is, if not given. */
  ramBytes?: number;
  disk?: DiskImage;
  serial: SerialLine;
  time: TimeKeeper;
  entropy: { fill(into: Uint8Array): void };
}

export class Board {
  readonly memory: MachineMemory;
  readonly hart: Hart;
  /** The hart as our kernel drives it. */
  readonly processor: UserHart;
  readonly disk: Disk | undefined;
  readonly serial: Serial;
  readonly power = new Power();
  readonly rtc: RealTimeClock;
  readonly entropy: { fill(into: Uint8Array): void };
  readonly map: AddressMap;

  constructor(wires: BoardWires) {
    this.memory = new MachineMemory(wires.ramBytes);
    this.disk = wires.disk === undefined ? undefined : new Disk(wires.disk, this.memory);
    this.serial = new Serial(wires.serial);
    this.rtc = new RealTimeClock(wires.time);
    this.entropy = wires.entropy;
    const placed: Placed[] = [
      { address: addresses.power, size: 0x1000, device: this.power },
      { address: addresses.rtc, size: 0x1000, device: this.rtc },
      { address: addresses.serial, size: 0x100, device: this.serial },
    ];
    this.map = new AddressMap(placed);
    this.hart = new Hart(this.memory, this.map, wires.engine);
    this.processor = new UserHart(this.hart);
  }
}
