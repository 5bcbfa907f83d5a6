// The supervisor's control registers (privileged specification chapter 12), as values with their legal bits.
import type { ControlRegisters } from "./hart.js";

/** sstatus bits. */
export const SIE = 1n << 1n, SPIE = 1n << 5n, SPP = 1n << 8n, FS_MASK = 3n << 13n, SUM = 1n << 18n, MXR = 1n << 19n;
const UXL_64 = 2n << 32n, SD = 1n << 63n;
const WRITABLE_STATUS = SIE | SPIE | SPP | FS_MASK | SUM | MXR;
/** Interrupts: software 1, timer 5, external 9. */
export const SSIP = 1n << 1n, STIP = 1n << 5n, SEIP = 1n << 9n;
const INTERRUPTS = SSIP | STIP | SEIP;
const SATP_MODE_SV39 = 8n;

export interface SupervisorState {
  status: bigint;
  interruptEnable: bigint;
  /** Software-set pending bits; timer and external come from the outside. */
  interruptPending: bigint;
  vector: bigint;
  counterEnable: bigint;
  scratch: bigint;
  exceptionPc: bigint;
  cause: bigint;
  trapValue: bigint;
  translation: bigint;
  /** stimecmp (Sstc): the timer interrupt pends while time is at or after it. */
  timeCompare: bigint;
}

export function initialState(): SupervisorState {
  return {
    status: 0n, interruptEnable: 0n, interruptPending: 0n, vector: 0n, counterEnable: 7n, scratch: 0n, exceptionPc: 0n, cause: 0n, trapValue: 0n,
    translation: 0n, timeCompare: (1n << 64n) - 1n,
  };
}

/** What the registers reach into: the hart's mode, its floating-point state and its lines. */
export interface SupervisorWires {
  inSupervisor(): boolean;
  floatState(): bigint;
  setFloatState(value: bigint): void;
  /** Interrupt lines raised now: STIP by time, SEIP by the interrupt controller. */
  lines(): bigint;
  /** satp or the privilege bits of sstatus changed. */
  translationChanged(previous: bigint): void;
}

export class SupervisorCsrs implements ControlRegisters {
  readonly state: SupervisorState;
  private readonly wires: SupervisorWires;

  constructor(wires: SupervisorWires, saved: SupervisorState = initialState()) {
    this.state = saved;
    this.wires = wires;
  }

  get status(): bigint {
    const float = this.wires.floatState();
    return (this.state.status & ~FS_MASK) | (float << 13n) | UXL_64 | (float === 3n ? SD : 0n);
  }

  get pending(): bigint {
    return this.state.interruptPending | this.wires.lines();
  }

  read(number: number): bigint | undefined {
    if (number >> 8 !== 1 || !this.wires.inSupervisor()) return undefined;
    const { state } = this;
    switch (number) {
      case 0x100: return this.status;
      case 0x104: return state.interruptEnable;
      case 0x105: return state.vector;
      case 0x106: return state.counterEnable;
      case 0x10a: return 0n; // senvcfg: nothing of it is implemented
      case 0x140: return state.scratch;
      case 0x141: return state.exceptionPc;
      case 0x142: return state.cause;
      case 0x143: return state.trapValue;
      case 0x144: return this.pending;
      case 0x14d: return state.timeCompare;
      case 0x180: return state.translation;
      default: return undefined;
    }
  }

  write(number: number, value: bigint): boolean | "resync" {
    const { state } = this;
    if (this.read(number) === undefined) return false;
    switch (number) {
      case 0x100: return this.writeStatus(value);
      case 0x104: state.interruptEnable = value & INTERRUPTS; return "resync";
      // Mode 0 direct, 1 vectored; others keep the old value.
      case 0x105: if ((value & 2n) === 0n) state.vector = value; return true;
      case 0x106: state.counterEnable = value & 7n; return "resync";
      case 0x140: state.scratch = value; return true;
      case 0x141: state.exceptionPc = value & ~1n; return true;
      case 0x142: state.cause = value; return true;
      case 0x143: state.trapValue = value; return true;
      case 0x144: state.interruptPending = value & SSIP; return "resync";
      case 0x14d: state.timeCompare = value; return "resync";
      case 0x180: return this.writeTranslation(value);
      default: return true;
    }
  }

  private writeStatus(value: bigint): "resync" {
    this.state.status = value & WRITABLE_STATUS;
    this.wires.setFloatState((value >> 13n) & 3n);
    this.wires.translationChanged(this.state.translation);
    return "resync";
  }

  /** A mode that is not implemented leaves satp as it was. */
  private writeTranslation(value: bigint): "resync" {
    const mode = value >> 60n;
    if (mode !== 0n && mode !== SATP_MODE_SV39) return "resync";
    const previous = this.state.translation;
    this.state.translation = mode === 0n ? 0n : value;
    this.wires.translationChanged(previous);
    return "resync";
  }
}
