// The device tree of our board: the devices of QEMU's virt machine, at its addresses, with its interrupt lines.
import { PLIC_LINES } from "../hardware/devices/plic.js";
import { addresses, lines, PCI_LINES, sizes, TIMEBASE_HZ } from "./virtual-board.js";
import { type TreeNode, wide } from "./device-tree.js";

export interface BoardDescription {
  ramBytes: number;
  /** The kernel's command line. */
  commandLine: string;
  /** Where a first root filesystem lies, guest-physical. */
  initrd?: { start: number; end: number };
  /** Seeds the kernel's random numbers: 32 bytes. */
  seed: Uint8Array;
}

/** Extensions as Linux names them (Documentation/devicetree/bindings/riscv/extensions.yaml). */
const EXTENSIONS = ["i", "m", "a", "f", "d", "c", "zicntr", "zicsr", "zifencei", "zba", "zbb", "zbs", "sstc"] as const;
const CPU = 1, CPU_INTERRUPTS = 2, PLIC = 3, TEST = 4;
const MACHINE_EXTERNAL = 11, SUPERVISOR_EXTERNAL = 9;

export function boardTree(board: BoardDescription): TreeNode {
  const syscon = (name: string, value: number): TreeNode => ({ name, properties: { compatible: `syscon-${name}`, regmap: [TEST], offset: [0], value: [value] } });
  return {
    name: "",
    properties: { "#address-cells": [2], "#size-cells": [2], compatible: "riscv-virtio", model: "nestbox,board" },
    children: [
      chosen(board),
      { name: `memory@${addresses.ram.toString(16)}`, properties: { device_type: "memory", reg: [...wide(addresses.ram), ...wide(board.ramBytes)] } },
      cpus(),
      syscon("poweroff", 0x5555),
      syscon("reboot", 0x7777),
      { name: "soc", properties: { "#address-cells": [2], "#size-cells": [2], compatible: "simple-bus", ranges: [] }, children: [plic(), serial(), rtc(), test(), pci()] },
    ],
  };
}

function chosen({ commandLine, initrd, seed }: BoardDescription): TreeNode {
  return {
    name: "chosen",
    properties: {
      bootargs: commandLine,
      "stdout-path": `/soc/serial@${addresses.serial.toString(16)}`,
      "rng-seed": seed,
      ...(initrd === undefined ? {} : { "linux,initrd-start": wide(initrd.start), "linux,initrd-end": wide(initrd.end) }),
    },
  };
}

function cpus(): TreeNode {
  const interrupts: TreeNode = { name: "interrupt-controller", properties: { "#interrupt-cells": [1], "#address-cells": [0], "interrupt-controller": [], compatible: "riscv,cpu-intc", phandle: [CPU_INTERRUPTS] } };
  const cpu: TreeNode = {
    name: "cpu@0",
    properties: {
      device_type: "cpu", reg: [0], status: "okay", compatible: "riscv", "mmu-type": "riscv,sv39", phandle: [CPU],
      "riscv,isa": `rv64${EXTENSIONS.filter((each) => each.length === 1).join("")}_${EXTENSIONS.filter((each) => each.length > 1).join("_")}`,
      "riscv,isa-base": "rv64i", "riscv,isa-extensions": EXTENSIONS,
    },
    children: [interrupts],
  };
  return { name: "cpus", properties: { "#address-cells": [1], "#size-cells": [0], "timebase-frequency": [TIMEBASE_HZ] }, children: [cpu] };
}

const registers = (at: number, bytes: number) => [...wide(at), ...wide(bytes)];

function plic(): TreeNode {
  return {
    name: `plic@${addresses.plic.toString(16)}`,
    properties: {
      compatible: ["sifive,plic-1.0.0", "riscv,plic0"], reg: registers(addresses.plic, sizes.plic), "#interrupt-cells": [1], "#address-cells": [0], "interrupt-controller": [],
      "interrupts-extended": [CPU_INTERRUPTS, MACHINE_EXTERNAL, CPU_INTERRUPTS, SUPERVISOR_EXTERNAL], "riscv,ndev": [PLIC_LINES], phandle: [PLIC],
    },
  };
}

function serial(): TreeNode {
  return {
    name: `serial@${addresses.serial.toString(16)}`,
    properties: { compatible: "ns16550a", reg: registers(addresses.serial, sizes.serial), "clock-frequency": [3686400], "interrupt-parent": [PLIC], interrupts: [lines.serial] },
  };
}

function rtc(): TreeNode {
  return {
    name: `rtc@${addresses.rtc.toString(16)}`,
    properties: { compatible: "google,goldfish-rtc", reg: registers(addresses.rtc, sizes.rtc), "interrupt-parent": [PLIC], interrupts: [lines.rtc] },
  };
}

function test(): TreeNode {
  return {
    name: `test@${addresses.power.toString(16)}`,
    properties: { compatible: ["sifive,test1", "sifive,test0", "syscon"], reg: registers(addresses.power, sizes.power), phandle: [TEST] },
  };
}

/** Spaces of a PCI bus address (IEEE 1275 PCI binding): I/O ports and 32-bit memory. */
const PORTS = 0x1000000, MEMORY_32 = 0x2000000;

function pci(): TreeNode {
  // As QEMU: the pins of slot n go to lines n, n + 1, … of four.
  const pins = Array.from({ length: PCI_LINES * PCI_LINES }, (_, i) => ({ slot: Math.floor(i / PCI_LINES), pin: i % PCI_LINES }));
  return {
    name: `pci@${addresses.pci.toString(16)}`,
    properties: {
      compatible: "pci-host-ecam-generic", device_type: "pci", reg: registers(addresses.pci, sizes.pci), "bus-range": [0, 255], "linux,pci-domain": [0], "dma-coherent": [],
      "#address-cells": [3], "#size-cells": [2], "#interrupt-cells": [1],
      ranges: [
        PORTS, ...wide(0), ...wide(addresses.pciPorts), ...wide(sizes.pciPorts),
        MEMORY_32, ...wide(addresses.pciMemory), ...wide(addresses.pciMemory), ...wide(sizes.pciMemory),
      ],
      "interrupt-map-mask": [0x1800, 0, 0, 7],
      "interrupt-map": pins.flatMap(({ slot, pin }) => [slot << 11, 0, 0, pin + 1, PLIC, lines.pci + ((slot + pin) % PCI_LINES)]),
    },
  };
}
