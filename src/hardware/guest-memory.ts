// A machine's RAM as its devices reach it: by guest-physical address, through the flat frame map.
import { type FrameMap, NO_RAM, PENDING } from "./frame-map.js";
import type { MachineMemory } from "./memory.js";

const PAGE = 4096;

/** "pending": a frame is not there now; nothing was done, ask again. "outside": the address is no RAM. */
export type Unreachable = "pending" | "outside";

export class GuestMemory {
  private readonly memory: MachineMemory;
  private readonly frames: FrameMap;

  constructor(memory: MachineMemory, frames: FrameMap) {
    this.memory = memory;
    this.frames = frames;
  }

  /** The bytes from `at` to the end of their page, at most `bytes`. With `write` they are about to be changed. */
  private piece(at: number, bytes: number, write: boolean): Uint8Array | Unreachable {
    const frame = this.frames.frameOf(Math.floor(at / PAGE), write);
    if (frame === NO_RAM) return "outside";
    if (frame === PENDING) return "pending";
    if (write) this.memory.dirtied(frame);
    const offset = at % PAGE;
    return this.memory.u8.subarray(frame * PAGE + offset, frame * PAGE + Math.min(PAGE, offset + bytes));
  }

  /** Adds the pieces that a range consists of. */
  collect(at: number, bytes: number, write: boolean, into: Uint8Array[]): Unreachable | undefined {
    for (let done = 0; done < bytes;) {
      const piece = this.piece(at + done, bytes - done, write);
      if (typeof piece === "string") return piece;
      into.push(piece);
      done += piece.length;
    }
    return undefined;
  }

  /** A little-endian number of 2, 4 or 8 bytes; one of 8 loses what a number can't hold. */
  read(at: number, bytes: 2 | 4 | 8): number | Unreachable {
    const pieces: Uint8Array[] = [];
    const failure = this.collect(at, bytes, false, pieces);
    if (failure !== undefined) return failure;
    let value = 0, scale = 1;
    for (const piece of pieces) {
      for (const byte of piece) {
        value += byte * scale;
        scale *= 256;
      }
    }
    return value;
  }

  /** Of a number below 2^32. */
  write(at: number, bytes: 2 | 4, value: number): Unreachable | undefined {
    const pieces: Uint8Array[] = [];
    const failure = this.collect(at, bytes, true, pieces);
    if (failure !== undefined) return failure;
    let left = value;
    for (const piece of pieces) {
      for (let i = 0; i < piece.length; i++) {
        piece[i] = left & 0xff;
        left >>>= 8;
      }
    }
    return undefined;
  }
}
