// The board of a virtual machine: devices that the hypervisor makes, on frames that the machine around it gives.
import { AddressMap, type Placed } from "../hardware/bus.js";
import { RealTimeClock, type TimeKeeper } from "../hardware/devices/clock.js";
import { Plic, type InterruptSource, type PlicState } from "../hardware/devices/plic.js";
import { PciConfiguration, PciLine, PciMemory } from "../hardware/devices/pci.js";
import { Power } from "../hardware/devices/power.js";
import { Serial, type SerialLine, type SerialState } from "../hardware/devices/serial.js";
import type { VirtioDevice } from "../hardware/devices/virtio/device.js";
import { VirtioPci, type VirtioPciState } from "../hardware/devices/virtio/pci-transport.js";
import type { GuestMemory } from "../hardware/guest-memory.js";

/** Where the devices stand and which lines of the interrupt controller are theirs, as on QEMU's virt machine. */
export const addresses = { power: 0x100000, rtc: 0x101000, pciPorts: 0x3000000, plic: 0xc000000, serial: 0x10000000, pci: 0x30000000, pciMemory: 0x40000000, ram: 0x80000000 } as const;
export const lines = { serial: 10, rtc: 11, pci: 32 } as const;
export const TIMEBASE_HZ = 10_000_000;
const MEBIBYTE = 2 ** 20;
/** Bytes that the devices' registers take. */
export const sizes = { power: 0x1000, rtc: 0x1000, plic: 6 * MEBIBYTE, serial: 0x100, pciPorts: 0x10000, pci: 256 * MEBIBYTE, pciMemory: 1024 * MEBIBYTE } as const;

/** Context of hart 0's S-mode; its M-mode has number 0. */
const SUPERVISOR = 1, CONTEXTS = 2;
/** INTA to INTD. */
export const PCI_LINES = 4;

export interface VirtualBoardState {
  plic: PlicState;
  serial: SerialState;
  /** By slot, from 1 on. */
  pci: VirtioPciState[];
}

export interface VirtualBoardWires {
  serial: SerialLine;
  time: TimeKeeper;
  memory: GuestMemory;
  /** Devices in the slots of the PCI bus, from 1 on. */
  virtio: readonly VirtioDevice[];
}

export class VirtualBoard {
  readonly serial: Serial;
  readonly power = new Power();
  readonly plic: Plic;
  readonly map: AddressMap;
  private readonly virtio: readonly VirtioPci[];

  constructor(wires: VirtualBoardWires, saved?: VirtualBoardState) {
    this.serial = new Serial(wires.serial, saved?.serial);
    this.virtio = wires.virtio.map((device, i) => new VirtioPci(device, wires.memory, saved?.pci[i]));
    const sources = new Map<number, InterruptSource>([[lines.serial, this.serial]]);
    for (let line = 0; line < PCI_LINES; line++) {
      const slots = this.virtio.filter((_, i) => (i + 1) % PCI_LINES === line);
      if (slots.length > 0) sources.set(lines.pci + line, new PciLine(slots));
    }
    this.plic = new Plic(sources, CONTEXTS, saved?.plic);
    const placed: Placed[] = [
      { address: addresses.power, size: sizes.power, device: this.power },
      { address: addresses.rtc, size: sizes.rtc, device: new RealTimeClock(wires.time) },
      { address: addresses.plic, size: sizes.plic, device: this.plic },
      { address: addresses.serial, size: sizes.serial, device: this.serial },
      { address: addresses.pci, size: sizes.pci, device: new PciConfiguration(this.virtio) },
      { address: addresses.pciMemory, size: sizes.pciMemory, device: new PciMemory(this.virtio, addresses.pciMemory) },
    ];
    this.map = new AddressMap(placed);
  }

  /** The external interrupt line into hart 0's S-mode. */
  get interrupt(): boolean {
    return this.plic.raised(SUPERVISOR);
  }

  /** Lets a device serve: the outside has something for the guest. */
  serve(device: VirtioDevice): void {
    this.virtio.find((each) => each.device === device)?.serve();
  }

  /** Serves requests that waited for a frame. */
  servePending(): void {
    for (const each of this.virtio) if (each.pending) each.serve();
  }

  /** The device's configuration changed. */
  changed(device: VirtioDevice): void {
    this.virtio.find((each) => each.device === device)?.changed();
  }

  save(): VirtualBoardState {
    return { plic: this.plic.save(), serial: this.serial.save(), pci: this.virtio.map((each) => each.save()) };
  }
}
