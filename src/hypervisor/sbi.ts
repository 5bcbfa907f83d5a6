// The Supervisor Binary Interface, answered by the hypervisor when a guest starts in S-mode (RISC-V SBI specification 2.0).
import type { Hart } from "../hardware/hart.js";
import type { Environment } from "../hardware/supervisor-hart.js";

/** What the calls reach. */
export interface SbiWires {
  /** A byte for the debug console. */
  print(byte: number): void;
  /** System reset: the guest asked to be off or started anew. */
  reset(kind: "shutdown" | "reboot", failed: boolean): void;
  /** Sets the time (of the time CSR) of the next timer interrupt. */
  setTimer(deadline: bigint): void;
  externalInterrupt(): boolean;
}

const SUCCESS = 0n, NOT_SUPPORTED = -2n, INVALID_PARAMETER = -3n;
const A0 = 10, A1 = 11, A2 = 12, A6 = 16, A7 = 17;
const EXTENSIONS = { legacyTimer: 0x00n, legacyPutchar: 0x01n, legacyShutdown: 0x08n, base: 0x10n, time: 0x54494d45n, console: 0x4442434en, reset: 0x53525354n } as const;
const known = new Set<bigint>(Object.values(EXTENSIONS));

interface Answer {
  error: bigint;
  value: bigint;
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

  call(hart: Hart): "continue" | "stop" {
    const extension = hart.x(A7);
    if (extension === EXTENSIONS.legacyPutchar) this.wires.print(Number(hart.x(A0) & 0xffn));
    if (extension === EXTENSIONS.legacyTimer) this.wires.setTimer(hart.x(A0));
    if (extension === EXTENSIONS.legacyShutdown) return this.shutdown("shutdown", false);
    if (extension < 0x10n) {
      hart.setX(A0, known.has(extension) ? 0n : NOT_SUPPORTED);
      return "continue";
    }
    if (extension === EXTENSIONS.reset && hart.x(A6) === 0n && hart.x(A0) <= 2n) return this.shutdown(hart.x(A0) === 0n ? "shutdown" : "reboot", hart.x(A1) !== 0n);
    const { error, value } = this.answer(hart, extension, hart.x(A6));
    hart.setX(A0, error);
    hart.setX(A1, value);
    return "continue";
  }

  private shutdown(kind: "shutdown" | "reboot", failed: boolean): "stop" {
    this.wires.reset(kind, failed);
    return "stop";
  }

  private answer(hart: Hart, extension: bigint, call: bigint): Answer {
    if (extension === EXTENSIONS.base) return this.base(hart, call);
    if (extension === EXTENSIONS.time && call === 0n) {
      this.wires.setTimer(hart.x(A0));
      return done();
    }
    if (extension === EXTENSIONS.console) return this.console(hart, call);
    return refused(extension === EXTENSIONS.reset ? INVALID_PARAMETER : NOT_SUPPORTED);
  }

  /** Version 2.0; the implementation id is none of the registered ones. */
  private base(hart: Hart, call: bigint): Answer {
    const values: readonly bigint[] = [0x2000000n, 0x6e62n, 1n, known.has(hart.x(A0)) ? 1n : 0n, 0n, 0n, 0n];
    return call < BigInt(values.length) ? done(values[Number(call)]) : refused(NOT_SUPPORTED);
  }

  /** Writes from guest-physical memory; what is not RAM is refused. */
  private console(hart: Hart, call: bigint): Answer {
    if (call === 2n) {
      this.wires.print(Number(hart.x(A0) & 0xffn));
      return done();
    }
    if (call !== 0n) return refused(NOT_SUPPORTED);
    const length = Number(hart.x(A0)), address = hart.x(A1);
    if (hart.x(A2) !== 0n || address >= 1n << 44n) return refused(INVALID_PARAMETER);
    for (let i = 0; i < length; i++) {
      const at = Number(address) + i;
      const frame = hart.frames.frameOf(Math.floor(at / 4096), false);
      if (frame <= 0) return i === 0 ? refused(INVALID_PARAMETER) : done(BigInt(i));
      this.wires.print(hart.memory.u8[frame * 4096 + (at % 4096)]);
    }
    return done(BigInt(length));
  }
}
