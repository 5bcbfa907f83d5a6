// The board of a virtual machine: devices that the hypervisor makes, on frames that the machine around it gives.
import { AddressMap, type Placed } from "../hardware/bus.js";
import { RealTimeClock, type TimeKeeper } from "../hardware/devices/clock.js";
import { Plic, type InterruptSource, type PlicState } from "../hardware/devices/plic.js";
import { Power } from "../hardware/devices/power.js";
import { Serial, type SerialLine, type SerialState } from "../hardware/devices/serial.js";

/** Where the devices stand and which lines of the interrupt controller are theirs, as on QEMU's virt machine. */
export const addresses = { power: 0x100000, rtc: 0x101000, plic: 0xc000000, serial: 0x10000000, ram: 0x80000000 } as const;
export const lines = { serial: 10, rtc: 11, pci: 32 } as const;
export const TIMEBASE_HZ = 10_000_000;

/** Context of hart 0's S-mode; its M-mode has number 0. */
const SUPERVISOR = 1, CONTEXTS = 2;

export interface VirtualBoardState {
  plic: PlicState;
  serial: SerialState;
}

export class VirtualBoard {
  readonly serial: Serial;
  readonly power = new Power();
  readonly plic: Plic;
  readonly map: AddressMap;

  constructor(wires: { serial: SerialLine; time: TimeKeeper }, saved?: VirtualBoardState) {
    this.serial = new Serial(wires.serial, saved?.serial);
    this.plic = new Plic(new Map<number, InterruptSource>([[lines.serial, this.serial]]), CONTEXTS, saved?.plic);
    const placed: Placed[] = [
      { address: addresses.power, size: 0x1000, device: this.power },
      { address: addresses.rtc, size: 0x1000, device: new RealTimeClock(wires.time) },
      { address: addresses.plic, size: 0x600000, device: this.plic },
      { address: addresses.serial, size: 0x100, device: this.serial },
    ];
    this.map = new AddressMap(placed);
  }

  /** The external interrupt line into hart 0's S-mode. */
  get interrupt(): boolean {
    return this.plic.raised(SUPERVISOR);
  }

  save(): VirtualBoardState {
    return { plic: this.plic.save(), serial: this.serial.save() };
  }
}
