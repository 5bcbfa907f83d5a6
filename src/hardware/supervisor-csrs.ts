// The supervisor's control registers (privileged specification chapter 12), as values with their legal bits.
import type { ControlRegisters } from "./hart.js";

/** sstatus bits. */
export const SIE = 1 << 1, SPIE = 1 << 5, SPP = 1 << 8, FS_SHIFT = 13, FS_MASK = 3 << FS_SHIFT, SUM = 1 << 18, MXR = 1 << 19;
const UXL_64 = 2n << 32n, SD = 1n << 63n;
const WRITABLE_STATUS = SIE | SPIE | SPP | FS_MASK | SUM | MXR;
/** Interrupts: software 1, timer 5, external 9. */
export const SSIP = 1 << 1, STIP = 1 << 5, SEIP = 1 << 9;
const INTERRUPTS = SSIP | STIP | SEIP;
const SATP_MODE_SV39 = 8n;

export interface SupervisorState {
  /** Without what is derived: FS is the hart's, UXL is constant. */
  status: number;
  interruptEnable: number;
  /** Software-set pending bits; timer and external come from the outside. */
  interruptPending: number;
  vector: bigint;
  counterEnable: number;
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
    status: 0, interruptEnable: 0, interruptPending: 0, vector: 0n, counterEnable: 7, scratch: 0n, exceptionPc: 0n, cause: 0n, trapValue: 0n,
    translation: 0n, timeCompare: (1n << 64n) - 1n,
  };
}

/** What the registers reach into: the hart's mode, its floating-point state and its lines. */
export interface SupervisorWires {
  inSupervisor(): boolean;
  floatState(): number;
  setFloatState(value: number): void;
  /** The external interrupt line. */
  external(): boolean;
  /** What the time CSR shows. */
  time(): number;
  /** satp changed, from this. */
  translationChanged(previous: bigint): void;
  /** SUM or MXR changed. */
  privilegeChanged(): void;
}

export class SupervisorCsrs implements ControlRegisters {
  readonly state: SupervisorState;
  private readonly wires: SupervisorWires;
  /** stimecmp as a number: exact as far as time gets. */
  private deadline: number;

  constructor(wires: SupervisorWires, saved: SupervisorState = initialState()) {
    this.state = saved;
    this.wires = wires;
    this.deadline = Number(saved.timeCompare);
  }

  /** sstatus as it is read. */
  get status(): bigint {
    const float = this.wires.floatState();
    return BigInt((this.state.status & ~FS_MASK) | (float << FS_SHIFT)) | UXL_64 | (float === 3 ? SD : 0n);
  }

  /** The time at which the timer interrupt pends. */
  get timerDeadline(): number {
    return this.deadline;
  }

  setTimer(timeCompare: bigint): void {
    this.state.timeCompare = timeCompare;
    this.deadline = Number(timeCompare);
  }

  /** The software interrupt, as another hart or the firmware raises it. */
  raiseSoftware(): void {
    this.state.interruptPending |= SSIP;
  }

  /** Interrupts that are enabled and pend. Whether S-mode takes them is for sstatus.SIE to say. */
  get ready(): number {
    const { interruptEnable } = this.state;
    return interruptEnable === 0 ? 0 : this.pending(interruptEnable) & interruptEnable;
  }

  /** sip, as far as `wanted` asks: lines cost something to look at. */
  private pending(wanted: number): number {
    const timer = (wanted & STIP) !== 0 && this.wires.time() >= this.deadline ? STIP : 0;
    const external = (wanted & SEIP) !== 0 && this.wires.external() ? SEIP : 0;
    return this.state.interruptPending | timer | external;
  }

  read(number: number): bigint | undefined {
    if (number >> 8 !== 1 || !this.wires.inSupervisor()) return undefined;
    const { state } = this;
    switch (number) {
      case 0x100: return this.status;
      case 0x104: return BigInt(state.interruptEnable);
      case 0x105: return state.vector;
      case 0x106: return BigInt(state.counterEnable);
      case 0x10a: return 0n; // senvcfg: nothing of it is implemented
      case 0x140: return state.scratch;
      case 0x141: return state.exceptionPc;
      case 0x142: return state.cause;
      case 0x143: return state.trapValue;
      case 0x144: return BigInt(this.pending(INTERRUPTS));
      case 0x14d: return state.timeCompare;
      case 0x180: return state.translation;
      default: return undefined;
    }
  }

  write(number: number, value: bigint): boolean | "resync" {
    const { state } = this;
    if (this.read(number) === undefined) return false;
    switch (number) {
      case 0x100: return this.writeStatus(Number(BigInt.asUintN(32, value)));
      case 0x104:
        state.interruptEnable = Number(BigInt.asUintN(32, value)) & INTERRUPTS;
        return this.settle();
      // Mode 0 direct, 1 vectored; others keep the old value.
      case 0x105: if ((value & 2n) === 0n) state.vector = value; return true;
      case 0x106: state.counterEnable = Number(value & 7n); return true;
      case 0x140: state.scratch = value; return true;
      case 0x141: state.exceptionPc = value & ~1n; return true;
      case 0x142: state.cause = value; return true;
      case 0x143: state.trapValue = value; return true;
      case 0x144:
        state.interruptPending = Number(BigInt.asUintN(32, value)) & SSIP;
        return this.settle();
      // The run must end even where nothing pends: the next deadline may be nearer than its end.
      case 0x14d: this.setTimer(value); return "resync";
      case 0x180: return this.writeTranslation(value);
      default: return true;
    }
  }

  /** The run goes on where there is no interrupt to take. */
  private settle(): true | "resync" {
    return (this.state.status & SIE) !== 0 && this.ready !== 0 ? "resync" : true;
  }

  private writeStatus(value: number): true | "resync" {
    const { state } = this;
    const changed = state.status ^ value;
    state.status = value & WRITABLE_STATUS;
    this.wires.setFloatState((value & FS_MASK) >> FS_SHIFT);
    if ((changed & (SUM | MXR)) !== 0) {
      this.wires.privilegeChanged();
      return "resync";
    }
    return (changed & SIE) === 0 ? true : this.settle();
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
