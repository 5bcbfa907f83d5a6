// The frames of the machine: 4 KiB pieces of its memory, counted by reference and charged to the cgroup that pays.
import type { Cgroup } from "../cgroups/cgroup.js";
import { savable } from "../save.js";

/** Number of a frame: its byte offset in the machine's memory divided by 4096. 0 is never a frame. */
export type Frame = number;
export const FRAME_SIZE = 4096;

/** What the allocator needs of the board's memory (hardware/memory.ts provides it). */
export interface FrameMemory {
  readonly u8: Uint8Array;
  /** First frame of RAM and how many there are. */
  readonly firstFrame: Frame;
  readonly frameCount: number;
  /** The one hook that hears of every change of a frame's bytes that no store of the hart made, so that decoded code is dropped. */
  dirtied(frame: Frame): void;
}

/** Allocates frames lowest first. A frame's bytes are zero when it is handed out. */
export class Frames {
  private readonly memory: FrameMemory;
  private readonly references: Uint32Array;
  private readonly payers: (Cgroup | undefined)[] = [];
  private readonly freed: Frame[] = [];
  private untouched: Frame;
  /** Frames in use now. */
  used = 0;

  constructor(memory: FrameMemory) {
    this.memory = memory;
    this.references = new Uint32Array(memory.frameCount);
    this.untouched = memory.firstFrame;
  }

  get total(): number {
    return this.memory.frameCount;
  }

  /** A zeroed frame with one reference, charged to `payer`; 0 where memory or the cgroup's limit is exhausted. */
  allocate(payer: Cgroup): Frame {
    const { firstFrame, frameCount } = this.memory;
    if (this.freed.length === 0 && this.untouched === firstFrame + frameCount) return 0;
    if (!payer.charge("memory", FRAME_SIZE)) return 0;
    const reused = this.freed.pop();
    const frame = reused ?? this.untouched++;
    if (reused !== undefined) this.memory.u8.fill(0, frame * FRAME_SIZE, (frame + 1) * FRAME_SIZE);
    this.references[frame - firstFrame] = 1;
    this.payers[frame - firstFrame] = payer;
    this.used++;
    return frame;
  }

  referencesOf(frame: Frame): number {
    return this.references[frame - this.memory.firstFrame];
  }

  /** One reference more. */
  share(frame: Frame): void {
    this.references[frame - this.memory.firstFrame]++;
  }

  /** One reference less; the last one frees the frame and gives its charge back. */
  release(frame: Frame): void {
    const at = frame - this.memory.firstFrame;
    if (--this.references[at] > 0) return;
    this.payers[at]?.uncharge("memory", FRAME_SIZE);
    this.payers[at] = undefined;
    this.memory.dirtied(frame);
    this.freed.push(frame);
    this.used--;
  }

  /** The frame's bytes, to be read only. */
  bytes(frame: Frame): Uint8Array {
    return this.memory.u8.subarray(frame * FRAME_SIZE, (frame + 1) * FRAME_SIZE);
  }

  /** The frame's bytes, about to be changed. */
  writable(frame: Frame): Uint8Array {
    this.memory.dirtied(frame);
    return this.memory.u8.subarray(frame * FRAME_SIZE, (frame + 1) * FRAME_SIZE);
  }
}

savable(Frames);
