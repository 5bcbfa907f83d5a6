// The wire by which traps go to the guest's own vector: a hart that runs S- and U-mode, with an environment below it that answers its calls.
import { causes, type Hart } from "./hart.js";
import { systemNumbers } from "./interpreter/lowering.js";
import { exits, FS, LEFT, SCRATCH } from "./layout.js";
import { FS_MASK, initialState, MXR, SEIP, SIE, SPIE, SPP, SSIP, STIP, SUM, SupervisorCsrs, type SupervisorState } from "./supervisor-csrs.js";

/** What lies below S-mode: firmware, a hypervisor, a test. */
export interface Environment {
  /** An ecall from S-mode. Registers are the hart's; a0 and a1 take the answer. "stop" ends the run. */
  call(hart: Hart): "continue" | "stop";
  /** The external interrupt line. */
  externalInterrupt(): boolean;
}

export interface SupervisorHartState {
  csrs: SupervisorState;
  user: boolean;
}

/** "idle": in wfi with nothing pending. "wait": a frame is not there now; run again when it is. */
export type SupervisorExit = "budget" | "idle" | "stop" | "wait";

/** Address space numbers of caches: the guest's own, and one for bare addressing. */
const BARE = 0x10000;

export class SupervisorHart {
  readonly hart: Hart;
  readonly csrs: SupervisorCsrs;
  private readonly environment: Environment;
  private user: boolean;

  constructor(hart: Hart, environment: Environment, saved: SupervisorHartState = { csrs: initialState(), user: false }) {
    this.hart = hart;
    this.environment = environment;
    this.user = saved.user;
    this.csrs = new SupervisorCsrs({
      inSupervisor: () => !this.user,
      floatState: () => BigInt(hart.memory.i32[FS / 4]),
      setFloatState: (value) => { hart.memory.i32[FS / 4] = Number(value); },
      lines: () => this.lines(),
      translationChanged: (previous) => this.translationChanged(previous),
    }, saved.csrs);
    hart.controlRegisters = this.csrs;
    hart.memory.i32[FS / 4] = Number((saved.csrs.status & FS_MASK) >> 13n);
    this.enter();
  }

  save(): SupervisorHartState {
    return { csrs: { ...this.csrs.state, status: this.csrs.status & ~(1n << 63n) }, user: this.user };
  }

  private lines(): bigint {
    const timer = BigInt(Math.floor(this.hart.time())) >= this.csrs.state.timeCompare ? STIP : 0n;
    return timer | (this.environment.externalInterrupt() ? SEIP : 0n);
  }

  private addressSpace(): number {
    const { translation } = this.csrs.state;
    return translation === 0n ? BARE : Number((translation >> 44n) & 0xffffn);
  }

  private translationChanged(previous: bigint): void {
    const { translation } = this.csrs.state;
    // Software may leave out sfence.vma only where the address space number changes with the table.
    if (previous !== translation) this.hart.caches.forget(this.addressSpace());
    this.enter();
  }

  /** Puts the privilege and the translation in force. */
  private enter(): void {
    const { status, translation, counterEnable } = this.csrs.state;
    const privilege = { user: this.user, sum: (status & SUM) !== 0n, mxr: (status & MXR) !== 0n };
    this.hart.privilege = privilege;
    this.hart.root = translation === 0n ? undefined : Number(translation & ((1n << 44n) - 1n));
    this.hart.counters = this.user ? Number(counterEnable) : 7;
    const context = (privilege.user ? 0 : 1) + (privilege.sum ? 2 : 0) + (privilege.mxr ? 4 : 0);
    this.hart.caches.use(this.addressSpace() * 8 + context);
  }

  /** Runs at most `budget` instructions. Timer interrupts come at the end of a run: keep budgets short of the next deadline. */
  run(budget: number): SupervisorExit {
    for (let left = budget; left > 0;) {
      this.takeInterrupt();
      const exit = this.hart.run(left);
      left = this.hart.memory.i32[LEFT / 4];
      if (exit === exits.budget) return "budget";
      if (exit === exits.trap) {
        if (this.hart.cause === causes.frameWait) return "wait";
        this.trap(BigInt(this.hart.cause), this.trapValue());
      } else if (exit === exits.system) {
        const end = this.system(systemNumbers[this.hart.cause]);
        if (end !== undefined) return end;
        left--;
      }
    }
    return "budget";
  }

  private trapValue(): bigint {
    return this.hart.cause === causes.illegal ? BigInt(this.hart.instructionAtPc()) : this.hart.trapValue;
  }

  /** External before software before timer (specification 12.1.3). */
  private takeInterrupt(): void {
    const { state } = this.csrs;
    const enabled = this.user || (state.status & SIE) !== 0n;
    const ready = enabled ? this.csrs.pending & state.interruptEnable : 0n;
    if (ready === 0n) return;
    const number = (ready & SEIP) !== 0n ? 9n : (ready & SSIP) !== 0n ? 1n : 5n;
    this.trap((1n << 63n) | number, 0n);
  }

  private trap(cause: bigint, value: bigint): void {
    const { state } = this.csrs;
    state.cause = cause;
    state.exceptionPc = this.hart.pc;
    state.trapValue = value;
    const enabled = (state.status & SIE) !== 0n;
    state.status = (state.status & ~(SIE | SPIE | SPP)) | (enabled ? SPIE : 0n) | (this.user ? 0n : SPP);
    this.user = false;
    const vectored = (state.vector & 1n) !== 0n && cause >> 63n === 1n;
    this.hart.pc = (state.vector & ~3n) + (vectored ? 4n * (cause & 0xfffn) : 0n);
    this.enter();
  }

  private system(what: string): SupervisorExit | undefined {
    const { hart, user } = this;
    if (what === "ecall" && user) this.trap(BigInt(causes.ecallUser), 0n);
    else if (what === "ecall") {
      const then = this.environment.call(hart);
      hart.retire(4);
      if (then === "stop") return "stop";
    } else if (what === "ebreak") this.trap(BigInt(causes.breakpoint), 0n);
    else if (user || what === "mret") this.trap(BigInt(causes.illegal), BigInt(hart.instructionAtPc()));
    else if (what === "sret") this.return();
    else if (what === "sfence.vma") this.fence();
    else if (what === "wfi") {
      hart.retire(4);
      if ((this.csrs.pending & this.csrs.state.interruptEnable) === 0n) return "idle";
    }
    return undefined;
  }

  private return(): void {
    const { state } = this.csrs;
    this.hart.retire(4);
    this.hart.pc = state.exceptionPc;
    this.user = (state.status & SPP) === 0n;
    const enabled = (state.status & SPIE) !== 0n;
    state.status = (state.status & ~(SIE | SPP)) | SPIE | (enabled ? SIE : 0n);
    this.enter();
  }

  /** Forgets more than it must: a whole address space where rs2 names one, all of them otherwise. */
  private fence(): void {
    const { hart } = this;
    const register = hart.memory.i32[SCRATCH / 4];
    hart.retire(4);
    if (register === 0) hart.caches.forgetEverything();
    else hart.caches.forget(Number(hart.x(register) & 0xffffn));
  }
}
