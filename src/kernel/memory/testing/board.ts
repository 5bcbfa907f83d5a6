// A board for tests of memory: frames in a plain array, and a hart that walks the page tables and keeps old translations until it is told to forget them.
import { Cgroup } from "../../cgroups/cgroup.js";
import { Clock } from "../../clock.js";
import type { Kernel } from "../../kernel.js";
import type { Exit, Processor } from "../../processor.js";
import { failed } from "../../../abi/errno.js";
import { SIGKILL, SI_KERNEL } from "../../../abi/signal.js";
import { Wait } from "../../wait.js";
import { AddressSpace } from "../address-space.js";
import { type Access, Fault } from "../fault.js";
import { type FrameMemory, Frames } from "../frames.js";
import { PTE_R, PTE_V, PTE_W, PTE_X } from "../page-table.js";
import { Vdso } from "../vdso.js";

export class ArrayMemory implements FrameMemory {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly firstFrame = 1;
  readonly frameCount: number;
  readonly changed = new Set<number>();

  constructor(frameCount: number) {
    this.frameCount = frameCount;
    this.u8 = new Uint8Array((frameCount + 1) * 4096);
    this.u32 = new Uint32Array(this.u8.buffer);
  }

  dirtied(frame: number): void {
    this.changed.add(frame);
  }

  pageOf(frame: number): number {
    return 0x80000 + frame - this.firstFrame;
  }

  frameOf(page: number): number {
    return page - 0x80000 + this.firstFrame;
  }
}

/** User-mode loads and stores through Sv39, with a translation buffer that never forgets by itself. */
export class WalkingHart implements Processor {
  private readonly memory: ArrayMemory;
  private readonly translations = new Map<string, number>();
  pc = 0;
  faultAddress = 0;
  faultAccess: Access = "read";
  retired = 0;

  constructor(memory: ArrayMemory) {
    this.memory = memory;
  }

  readRegister(): number { return 0; }
  writeRegister(): void {}
  readWord(): number { return 0; }
  saveRegisters(): void {}
  loadRegisters(): void {}
  useAddressSpace(): void {}
  clearReservation(): void {}
  run(): Exit { return "budget"; }

  forget(asid: number, va?: number, pages = 1): void {
    for (const key of [...this.translations.keys()]) {
      const [of, page] = key.split(":").map(Number);
      if (of === asid && (va === undefined || (page >= va / 4096 && page < va / 4096 + pages))) this.translations.delete(key);
    }
  }

  /** Position in memory, or undefined for a page fault. */
  translate(space: AddressSpace, at: number, access: Access): number | undefined {
    const page = Math.floor(at / 4096);
    const needed = PTE_V | { read: PTE_R, write: PTE_W, execute: PTE_X }[access];
    const key = `${space.asid}:${page}`;
    let entry = this.translations.get(key) ?? 0;
    if ((entry & needed) !== needed) {
      entry = this.walk(space, page);
      if ((entry & needed) !== needed) return undefined;
      this.translations.set(key, entry);
    }
    return this.memory.frameOf(entry >>> 10) * 4096 + (at % 4096);
  }

  private walk(space: AddressSpace, page: number): number {
    let table = space.table.root;
    for (const shift of [18, 9]) {
      const entry = this.memory.u32[table * 1024 + ((page >>> shift) & 511) * 2];
      if ((entry & PTE_V) === 0) return 0;
      table = this.memory.frameOf(entry >>> 10);
    }
    return this.memory.u32[table * 1024 + (page & 511) * 2];
  }
}

export class Board {
  readonly memory: ArrayMemory;
  readonly hart: WalkingHart;
  readonly kernel: Kernel;
  readonly payer = new Cgroup(1, "", undefined);

  constructor(frameCount = 4096) {
    this.memory = new ArrayMemory(frameCount);
    this.hart = new WalkingHart(this.memory);
    const frames = new Frames(this.memory);
    const parts: Pick<Kernel, "frames" | "processor" | "clock" | "entropy" | "vdso" | "watch"> = {
      frames,
      processor: this.hart,
      clock: new Clock(this.hart),
      entropy: { fill: (into) => { into.fill(0xa5); } },
      vdso: new Vdso(frames, this.payer),
      watch: undefined,
    };
    this.kernel = parts as Kernel;
  }

  space(): AddressSpace {
    const space = AddressSpace.create(this.kernel, this.payer, undefined);
    if (failed(space)) throw new Error(space.name);
    return space;
  }

  /** Loads a byte as a program would: the value, or the signal. */
  load(space: AddressSpace, at: number, access: Access = "read"): number | Fault {
    const place = this.reach(space, at, access);
    return typeof place === "number" ? this.memory.u8[place] : place;
  }

  store(space: AddressSpace, at: number, value: number): Fault | undefined {
    const place = this.reach(space, at, "write");
    if (typeof place !== "number") return place;
    this.memory.u8[place] = value;
    return undefined;
  }

  private reach(space: AddressSpace, at: number, access: Access): number | Fault {
    for (let tries = 0; tries < 3; tries++) {
      const place = this.hart.translate(space, at, access);
      if (place !== undefined) return place;
      const outcome = space.fault(at, access);
      if (outcome instanceof Wait) throw new Error("nothing here waits");
      if (outcome === "exhausted") return new Fault(SIGKILL, SI_KERNEL, at);
      if (outcome !== undefined) return outcome;
    }
    throw new Error(`the fault at ${at.toString(16)} was not resolved`);
  }
}
