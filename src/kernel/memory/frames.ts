// The frames of the machine: 4 KiB pieces of its memory, counted by reference and charged to the cgroup that pays.
import type { Cgroup } from "../cgroups/cgroup.js";
import { savable } from "../save.js";

/** Number of a frame: its byte offset in the machine's memory divided by 4096. 0 is never a frame. */
export type Frame = number;
export const FRAME_SIZE = 4096;

/** What the allocator needs of the board's memory (hardware/memory.ts provides it). */
export interface FrameMemory {
  readonly u8: Uint8Array;
  /** The same bytes as little-endian words: word n stands at byte 4n. */
  readonly u32: Uint32Array;
  /** First frame of RAM and how many there are. */
  readonly firstFrame: Frame;
  readonly frameCount: number;
  /** The one hook that hears of every change of a frame's bytes that no store of the hart made, so that decoded code is dropped. */
  dirtied(frame: Frame): void;
  /** The guest-physical page number under which the hart finds a frame, as page table entries hold it; below 2^22. */
  pageOf(frame: Frame): number;
  frameOf(page: number): Frame;
}

/** Gives frames back when they run short: a cache of what can be read again. */
export interface Reclaimer {
  /** Frees up to `frames` frames, those that `payer` pays for first; returns how many. */
  reclaim(payer: Cgroup, frames: number): number;
}

/** Frames asked of the reclaimers at once (Linux: SWAP_CLUSTER_MAX). */
const RECLAIM_BATCH = 32;

/** A 16th of all frames is the reserve, within bounds. */
const RESERVE_SHIFT = 4;
const LEAST_RESERVE = 64;
const MOST_RESERVE = 8192;

/** Allocates frames lowest first. A frame's bytes are zero when it is handed out. */
export class Frames {
  readonly memory: FrameMemory;
  private readonly references: Uint32Array;
  private readonly payers: (Cgroup | undefined)[] = [];
  private readonly freed: Frame[] = [];
  private untouched: Frame;
  /** Frames in use now. */
  used = 0;
  /** Asked in this order where an allocation would fail. */
  readonly reclaimers = new Set<Reclaimer>();
  /** Address space numbers that are free again, and the first never used. */
  private readonly freeAsids: number[] = [];
  private nextAsid = 1;

  constructor(memory: FrameMemory) {
    this.memory = memory;
    this.references = new Uint32Array(memory.frameCount);
    this.untouched = memory.firstFrame;
  }

  get total(): number {
    return this.memory.frameCount;
  }

  /** A zeroed frame with one reference, charged to `payer`; 0 where memory or the cgroup's limit is exhausted and nothing can be reclaimed. */
  allocate(payer: Cgroup): Frame {
    while (!this.chargeOne(payer)) if (!this.reclaim(payer)) return 0;
    const { firstFrame } = this.memory;
    const reused = this.freed.pop();
    const frame = reused ?? this.untouched++;
    if (reused !== undefined) this.memory.u8.fill(0, frame * FRAME_SIZE, (frame + 1) * FRAME_SIZE);
    this.references[frame - firstFrame] = 1;
    this.payers[frame - firstFrame] = payer;
    this.used++;
    return frame;
  }

  /** Whether an allocation would have to take something from others. */
  short(payer: Cgroup): boolean {
    return this.used === this.total || payer.refuses("memory", FRAME_SIZE);
  }

  /** As `allocate`, for bytes of files in memory: they leave a reserve, so that programs go on when such files have filled the rest. */
  allocateBeyondReserve(payer: Cgroup): Frame {
    const reserve = Math.min(Math.max(this.total >>> RESERVE_SHIFT, LEAST_RESERVE), MOST_RESERVE);
    while (this.total - this.used <= reserve) if (!this.reclaim(payer)) return 0;
    return this.allocate(payer);
  }

  private chargeOne(payer: Cgroup): boolean {
    if (this.freed.length === 0 && this.untouched === this.memory.firstFrame + this.memory.frameCount) return false;
    return payer.charge("memory", FRAME_SIZE);
  }

  private reclaim(payer: Cgroup): boolean {
    for (const reclaimer of this.reclaimers) if (reclaimer.reclaim(payer, RECLAIM_BATCH) > 0) return true;
    return false;
  }

  /** A number for an address space, to tell its translations from those of others (satp.ASID: 16 bits). 0 where all are in use. */
  allocateAsid(): number {
    return this.freeAsids.pop() ?? (this.nextAsid < 0x10000 ? this.nextAsid++ : 0);
  }

  releaseAsid(asid: number): void {
    this.freeAsids.push(asid);
  }

  referencesOf(frame: Frame): number {
    return this.references[frame - this.memory.firstFrame];
  }

  /** Who is charged for it. */
  payerOf(frame: Frame): Cgroup | undefined {
    return this.payers[frame - this.memory.firstFrame];
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
