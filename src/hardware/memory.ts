// The machine's memory: one WebAssembly memory that holds the engine's own state and, behind it, RAM as frames.
import { type FrameMap, NO_RAM } from "./frame-map.js";
import { FIRST_FRAME } from "./layout.js";

const PAGE_64K = 65536;
/** Sizes tried, in 64 KiB pages: 4 GiB, 1 GiB, 256 MiB. A reservation costs nothing until it is touched. */
const SIZES = [65536, 16384, 4096];

/** Where RAM begins in the physical address space of a board, as a page number. */
export const RAM_PAGE = 0x80000;

/** Hears that a frame's bytes changed without a store of the hart. */
export interface DirtyListener {
  dirtied(frame: number): void;
}

/** As a FrameMap it is that of the outermost machine: its RAM is the frames, one after the other. */
export class MachineMemory implements FrameMap {
  readonly memory: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;
  readonly firstFrame = FIRST_FRAME;
  readonly frameCount: number;
  /** Set by the engine that decodes code from this memory. */
  listener: DirtyListener | undefined;

  /** Reserves as much as can be had; `ramBytes` bounds the RAM that the board shows (default: all). Throws RangeError where not even 256 MiB are to be had. */
  constructor(ramBytes = Infinity) {
    this.memory = reserve();
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.frameCount = Math.min(Math.floor(ramBytes / 4096), buffer.byteLength / 4096 - FIRST_FRAME);
  }

  dirtied(frame: number): void {
    this.listener?.dirtied(frame);
  }

  /** Guest-physical page number of a frame of RAM, and back. */
  pageOf(frame: number): number {
    return frame - FIRST_FRAME + RAM_PAGE;
  }

  frameOf(page: number): number {
    const index = page - RAM_PAGE;
    return index >= 0 && index < this.frameCount ? index + FIRST_FRAME : NO_RAM;
  }
}

function reserve(): WebAssembly.Memory {
  for (const pages of SIZES) {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new RangeError(`cannot reserve ${(SIZES[SIZES.length - 1] * PAGE_64K) / 2 ** 20} MiB of memory for a machine`);
}
