// The disk: blocks of 4 KiB that are moved into frames of memory, with counters that tell what was really read.
import type { DeviceManual } from "../bus.js";
import type { MachineMemory } from "../memory.js";

/** What the blocks come from. A short or failed read throws. */
export interface DiskImage {
  readonly blocks: number;
  readSync(block: number, count: number, into: Uint8Array): void;
}

const BLOCK_BYTES = 4096;

const manual: DeviceManual = {
  about: `Disk: reads blocks of ${BLOCK_BYTES} bytes into a list of frames, and counts requests and blocks. It has no registers: the kernel's driver hands it the list.`,
  registers: [],
};

export class Disk {
  readonly name = "disk";
  readonly manual = manual;
  private readonly image: DiskImage;
  private readonly memory: MachineMemory;
  /** Requests, and blocks moved by them, since power-on. */
  reads = 0;
  blocksRead = 0;

  constructor(image: DiskImage, memory: MachineMemory) {
    this.image = image;
    this.memory = memory;
  }

  get blocks(): number {
    return this.image.blocks;
  }

  /** Reads consecutive blocks from `block` on, one into each frame (a scatter list); true when done. Throws where the image can't be read. */
  read(block: number, frames: readonly number[]): boolean {
    this.reads++;
    this.blocksRead += frames.length;
    for (let i = 0; i < frames.length;) {
      // Frames that follow each other in memory are filled by one request to the image.
      let count = 1;
      while (i + count < frames.length && frames[i + count] === frames[i] + count) count++;
      this.image.readSync(block + i, count, this.memory.u8.subarray(frames[i] * BLOCK_BYTES, (frames[i] + count) * BLOCK_BYTES));
      for (let k = 0; k < count; k++) this.memory.dirtied(frames[i] + k);
      i += count;
    }
    return true;
  }
}
