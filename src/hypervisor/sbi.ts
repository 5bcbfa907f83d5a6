// The Supervisor Binary Interface, answered by the hypervisor when a guest starts in S-mode (RISC-V SBI specification 2.0).
import { NO_RAM, PENDING } from "../hardware/frame-map.js";
import type { Hart } from "../hardware/hart.js";
import type { Environment } from "../hardware/supervisor-hart.js";

/** What the calls reach. */
export interface SbiWires {
  /** A byte for the debug console. */
  print(byte: number): void;
  /** A byte from the debug console, or undefined where none has arrived. */
  read(): number | undefined;
  /** System reset: the guest asked to be off or started anew. */
  reset(kind: "shutdown" | "reboot", failed: boolean): void;
  /** Sets the time (of the time CSR) of the next timer interrupt. */
  setTimer(deadline: bigint): void;
  /** Raises the software interrupt of the one hart. */
  interrupt(): void;
  /** Forgets translations of `pages` pages from `va`, or all, of one address space, or of every one. */
  forget(va?: number, pages?: number, space?: number): void;
  externalInterrupt(): boolean;
  instructionsUntil?(time: number): number;
}

const SUCCESS = 0n, FAILED = -1n, NOT_SUPPORTED = -2n, INVALID_PARAMETER = -3n, ALREADY_AVAILABLE = -6n;
const A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A6 = 16, A7 = 17;
const ALL = (1n << 64n) - 1n;
/** Bytes that one call of the console moves: it may do less than it was asked. */
const MOST_AT_ONCE = 4096n;
const SPECIFICATION = 0x2000000n, IMPLEMENTATION = 0x6e62n;
/** Legacy extensions 0 to 8 but for 0x04 (IPI) and the fences 0x05 to 0x07, which nobody uses beside their successors. */
const EXTENSIONS = {
  legacyTimer: 0x00n, legacyPutchar: 0x01n, legacyGetchar: 0x02n, legacyShutdown: 0x08n,
  base: 0x10n, time: 0x54494d45n, ipi: 0x735049n, fence: 0x52464e43n, hart: 0x48534dn, console: 0x4442434en, reset: 0x53525354n,
} as const;
const known = new Set<bigint>(Object.values(EXTENSIONS));

interface Answer {
  error: bigint;
  value: bigint;
  /** What the hart does then, if it does not go on. */
  then?: "idle" | "stop";
}

const done = (value = 0n): Answer => ({ error: SUCCESS, value });
const refused = (error: bigint): Answer => ({ error, value: 0n });

export class Sbi implements Environment {
  private readonly wires: SbiWires;

  constructor(wires: SbiWires) {
    this.wires = wires;
  }

  externalInterrupt(): boolean {
    return this.wires.externalInterrupt();
  }

  instructionsUntil(time: number): number {
    return this.wires.instructionsUntil?.(time) ?? Infinity;
  }

  call(hart: Hart): "continue" | "idle" | "stop" {
    const extension = hart.x(A7);
    if (extension < EXTENSIONS.base) return this.legacy(hart, extension);
    const { error, value, then } = this.answer(hart, extension, hart.x(A6));
    hart.setX(A0, error);
    hart.setX(A1, value);
    return then ?? "continue";
  }

  private legacy(hart: Hart, extension: bigint): "continue" | "stop" {
    if (extension === EXTENSIONS.legacyShutdown) {
      this.wires.reset("shutdown", false);
      return "stop";
    }
    if (extension === EXTENSIONS.legacyPutchar) this.wires.print(Number(hart.x(A0) & 0xffn));
    if (extension === EXTENSIONS.legacyTimer) this.wires.setTimer(hart.x(A0));
    const character = extension === EXTENSIONS.legacyGetchar ? BigInt(this.wires.read() ?? -1) : 0n;
    hart.setX(A0, known.has(extension) ? character : NOT_SUPPORTED);
    return "continue";
  }

  private answer(hart: Hart, extension: bigint, call: bigint): Answer {
    switch (extension) {
      case EXTENSIONS.base: return this.base(hart, call);
      case EXTENSIONS.time: return this.time(hart, call);
      case EXTENSIONS.ipi: return this.interProcessor(hart, call);
      case EXTENSIONS.fence: return this.fence(hart, call);
      case EXTENSIONS.hart: return this.hartState(hart, call);
      case EXTENSIONS.console: return this.console(hart, call);
      case EXTENSIONS.reset: return this.reset(hart, call);
      default: return refused(NOT_SUPPORTED);
    }
  }

  /** Version 2.0; the implementation id is none of the registered ones; mvendorid, marchid and mimpid are 0. */
  private base(hart: Hart, call: bigint): Answer {
    const values: readonly bigint[] = [SPECIFICATION, IMPLEMENTATION, 1n, known.has(hart.x(A0)) ? 1n : 0n, 0n, 0n, 0n];
    return call < BigInt(values.length) ? done(values[Number(call)]) : refused(NOT_SUPPORTED);
  }

  private time(hart: Hart, call: bigint): Answer {
    if (call !== 0n) return refused(NOT_SUPPORTED);
    this.wires.setTimer(hart.x(A0));
    return done();
  }

  /** Whether a mask and its base name hart 0 and no other; undefined: harts that are not there. */
  private mine(mask: bigint, base: bigint): boolean | undefined {
    if (base === ALL || (base === 0n && mask === 1n)) return true;
    return mask === 0n ? false : undefined;
  }

  private interProcessor(hart: Hart, call: bigint): Answer {
    if (call !== 0n) return refused(NOT_SUPPORTED);
    const mine = this.mine(hart.x(A0), hart.x(A1));
    if (mine === true) this.wires.interrupt();
    return mine === undefined ? refused(INVALID_PARAMETER) : done();
  }

  /** fence.i, sfence.vma and sfence.vma with an address space; those of the H extension are missing with it. */
  private fence(hart: Hart, call: bigint): Answer {
    if (call > 2n) return refused(NOT_SUPPORTED);
    const mine = this.mine(hart.x(A0), hart.x(A1));
    if (mine === undefined) return refused(INVALID_PARAMETER);
    // Decoded code follows every store by itself: a remote fence.i has nothing to do.
    if (!mine || call === 0n) return done();
    const start = hart.x(A2), size = hart.x(A3);
    const space = call === 2n ? Number(hart.x(A4) & 0xffffn) : undefined;
    if ((start === 0n && size === 0n) || size > 1n << 20n) this.wires.forget(undefined, undefined, space);
    else {
      const first = BigInt.asIntN(64, start) & ~0xfffn;
      this.wires.forget(Number(first), Math.ceil(Number(BigInt.asIntN(64, start) + size - first) / 4096), space);
    }
    return done();
  }

  private hartState(hart: Hart, call: bigint): Answer {
    const id = hart.x(A0);
    if (call === 0n) return refused(id === 0n ? ALREADY_AVAILABLE : INVALID_PARAMETER);
    // Stopping the only hart would end the machine with nobody to start it again.
    if (call === 1n) return refused(FAILED);
    if (call === 2n) return id === 0n ? done(0n) : refused(INVALID_PARAMETER);
    if (call === 3n && id === 0n) return { ...done(), then: "idle" };
    return refused(NOT_SUPPORTED);
  }

  private reset(hart: Hart, call: bigint): Answer {
    if (call !== 0n) return refused(NOT_SUPPORTED);
    if (hart.x(A0) > 2n || hart.x(A1) > 1n) return refused(INVALID_PARAMETER);
    this.wires.reset(hart.x(A0) === 0n ? "shutdown" : "reboot", hart.x(A1) !== 0n);
    return { ...done(), then: "stop" };
  }

  /** Writes from and reads into guest-physical memory, up to where it is no RAM or not there. */
  private console(hart: Hart, call: bigint): Answer {
    if (call === 2n) {
      this.wires.print(Number(hart.x(A0) & 0xffn));
      return done();
    }
    if (call > 2n) return refused(NOT_SUPPORTED);
    const length = hart.x(A0) < MOST_AT_ONCE ? Number(hart.x(A0)) : Number(MOST_AT_ONCE), address = hart.x(A1);
    if (hart.x(A2) !== 0n || address >= 1n << 44n) return refused(INVALID_PARAMETER);
    let count = 0;
    for (; count < length; count++) {
      const at = Number(address) + count;
      const frame = hart.frames.frameOf(Math.floor(at / 4096), call === 1n);
      if (frame === NO_RAM && count === 0) return refused(INVALID_PARAMETER);
      if (frame === NO_RAM || frame === PENDING) break;
      const place = frame * 4096 + (at % 4096);
      if (call === 0n) this.wires.print(hart.memory.u8[place]);
      else {
        const byte = this.wires.read();
        if (byte === undefined) break;
        hart.memory.dirtied(frame);
        hart.memory.u8[place] = byte;
      }
    }
    return done(BigInt(count));
  }
}
