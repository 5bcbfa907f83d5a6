// Loads a kernel as firmware does: its image, a first root filesystem and the device tree in RAM, then the jump (Linux Documentation/arch/riscv/boot.rst).
import type { FrameMap } from "../hardware/frame-map.js";
import type { MachineMemory } from "../hardware/memory.js";
import { boardTree } from "./board-tree.js";
import { flattened } from "./device-tree.js";
import { addresses } from "./virtual-board.js";
import type { VirtualMachine } from "./vm.js";

const PAGE = 4096, MEGABYTE = 2 ** 20;
/** "RSC\x05" at offset 56 of an Image (Documentation/arch/riscv/boot-image-header.rst). */
const IMAGE_MAGIC = 0x05435352;
/** The device tree and the first root filesystem stay below 3 GiB of RAM, as QEMU has it. */
const HIGHEST = 3 * 2 ** 30;

export interface BootFiles {
  kernel: Uint8Array;
  initrd?: Uint8Array;
  commandLine: string;
  ramBytes: number;
  /** 32 bytes that nobody can predict. */
  seed: Uint8Array;
}

/** Why a machine can't be started. */
export interface BootRefusal {
  refused: string;
}

/** Copies bytes into RAM; false where there is none, or a frame is not to be had now. */
function place(memory: MachineMemory, ram: FrameMap, at: number, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length;) {
    const offset = (at + done) % PAGE;
    const frame = ram.frameOf(Math.floor((at + done) / PAGE), true);
    if (frame <= 0) return false;
    const part = bytes.subarray(done, done + PAGE - offset);
    memory.dirtied(frame);
    memory.u8.set(part, frame * PAGE + offset);
    done += part.length;
  }
  return true;
}

/** Where the kernel wants to be, counted from the beginning of RAM, and how much it needs there. */
function imageHeader(kernel: Uint8Array): { offset: number; size: number } | BootRefusal {
  if (kernel.length < 64) return { refused: "the kernel's file is too short for a RISC-V Image" };
  const view = new DataView(kernel.buffer, kernel.byteOffset, 64);
  if (view.getUint32(56, true) !== IMAGE_MAGIC) return { refused: "the kernel's file is no RISC-V Image: an uncompressed Image has \"RSC\\x05\" at offset 56" };
  return { offset: Number(view.getBigUint64(8, true)), size: Math.max(kernel.length, Number(view.getBigUint64(16, true))) };
}

export function boot(machine: VirtualMachine, memory: MachineMemory, ram: FrameMap, files: BootFiles): BootRefusal | undefined {
  const { kernel, initrd, commandLine, ramBytes, seed } = files;
  const header = imageHeader(kernel);
  if ("refused" in header) return header;
  const down = (at: number, unit: number) => Math.floor(at / unit) * unit;
  const top = addresses.ram + Math.min(ramBytes, HIGHEST);
  const start = initrd === undefined ? undefined : down(top - 2 * MEGABYTE - initrd.length, 2 * MEGABYTE);
  const described = start === undefined || initrd === undefined ? undefined : { start, end: start + initrd.length };
  const tree = flattened(boardTree({ ramBytes, commandLine, initrd: described, seed }));
  const treeAt = down(top - tree.length, 2 * MEGABYTE);
  const kernelAt = addresses.ram + header.offset;
  if (kernelAt + header.size > (start ?? treeAt)) return { refused: `${ramBytes / MEGABYTE} MiB of memory are too few for this kernel` };
  const placed = place(memory, ram, kernelAt, kernel) && place(memory, ram, treeAt, tree) && (start === undefined || initrd === undefined || place(memory, ram, start, initrd));
  if (!placed) return { refused: "the machine around gives no memory" };
  machine.start(kernelAt, treeAt);
  return undefined;
}
