// The wire by which traps go to the guest's own vector: a hart that runs S- and U-mode, with an environment below it that answers its calls.
import { causes, type Hart } from "./hart.js";
import { systemNumbers } from "./interpreter/lowering.js";
import { exits, FS, LEFT, SCRATCH } from "./layout.js";
import type { Privilege } from "./sv39.js";
import { FS_MASK, FS_SHIFT, initialState, MXR, SEIP, SIE, SPIE, SPP, SSIP, SUM, SupervisorCsrs, type SupervisorState } from "./supervisor-csrs.js";

/** What lies below S-mode: firmware, a hypervisor, a test. */
export interface Environment {
  /** An ecall from S-mode. Registers are the hart's; a0 and a1 take the answer. "stop" ends the run. */
  call(hart: Hart): "continue" | "idle" | "stop";
  /** The external interrupt line. */
  externalInterrupt(): boolean;
  /** How many instructions retire before the time CSR shows `time`; without it, timer interrupts come at the ends of runs. */
  instructionsUntil?(time: number): number;
}

export interface SupervisorHartState {
  csrs: SupervisorState;
  user: boolean;
}

/** "idle": waiting for an interrupt, with none pending. "wait": a frame is not there now; run again when it is. */
export type SupervisorExit = "budget" | "idle" | "stop" | "wait";

/** Address spaces of one machine in the translation caches: the guest's 2^16, and one for bare addressing. */
export const SPACES = 0x20000;
const BARE = 0x10000;

export class SupervisorHart {
  readonly hart: Hart;
  readonly csrs: SupervisorCsrs;
  private readonly environment: Environment;
  private readonly firstSpace: number;
  /** The root table that each address space number was last used with. */
  private readonly roots = new Map<number, number>();
  private user: boolean;
  /** satp in parts. */
  private space = 0;
  private root: number | undefined;
  private readonly privilege: Privilege = { user: false, sum: false, mxr: false };

  /** `machine` numbers the machines that share the hart's translation caches. */
  constructor(hart: Hart, environment: Environment, saved: SupervisorHartState = { csrs: initialState(), user: false }, machine = 0) {
    this.hart = hart;
    this.environment = environment;
    this.user = saved.user;
    this.firstSpace = machine * SPACES;
    this.csrs = new SupervisorCsrs({
      inSupervisor: () => !this.user,
      floatState: () => hart.memory.i32[FS / 4],
      setFloatState: (value) => { hart.memory.i32[FS / 4] = value; },
      external: () => environment.externalInterrupt(),
      time: () => hart.time(),
      translationChanged: (previous) => this.translationChanged(previous),
      privilegeChanged: () => this.enter(),
    }, saved.csrs);
    hart.memory.i32[FS / 4] = (saved.csrs.status & FS_MASK) >> FS_SHIFT;
    this.readTranslation();
    this.resume();
  }

  save(): SupervisorHartState {
    const status = (this.csrs.state.status & ~FS_MASK) | (this.hart.memory.i32[FS / 4] << FS_SHIFT);
    return { csrs: { ...this.csrs.state, status }, user: this.user };
  }

  /** Takes the hart, which may have run another machine meanwhile. Its registers are for the caller to bring back. */
  resume(): void {
    this.hart.controlRegisters = this.csrs;
    this.hart.privilege = this.privilege;
    this.enter();
  }

  private readTranslation(): void {
    const { translation } = this.csrs.state;
    this.space = this.firstSpace + (translation === 0n ? BARE : Number((translation >> 44n) & 0xffffn));
    this.root = translation === 0n ? undefined : Number(translation & ((1n << 44n) - 1n));
  }

  private translationChanged(previous: bigint): void {
    if (previous !== this.csrs.state.translation) {
      this.readTranslation();
      // Software may leave out sfence.vma only where the address space number changes with the table.
      if (this.root !== undefined && this.roots.get(this.space) !== this.root) {
        this.hart.caches.forget(this.space);
        this.roots.set(this.space, this.root);
      }
    }
    this.enter();
  }

  /** Puts the privilege and the translation in force. */
  private enter(): void {
    const { hart, user, privilege } = this;
    const { status, counterEnable } = this.csrs.state;
    const sum = (status & SUM) !== 0, mxr = (status & MXR) !== 0;
    privilege.user = user;
    privilege.sum = sum;
    privilege.mxr = mxr;
    hart.root = this.root;
    hart.counters = user ? counterEnable : 7;
    hart.caches.use(this.space * 8 + (user ? 0 : sum ? 3 : 1) + (mxr ? 4 : 0));
  }

  /** Runs at most `budget` instructions. */
  run(budget: number): SupervisorExit {
    for (let left = budget; left > 0;) {
      this.takeInterrupt();
      const slice = this.slice(left);
      const exit = this.hart.run(slice);
      left -= slice - this.hart.memory.i32[LEFT / 4];
      if (exit === exits.trap) {
        if (this.hart.cause === causes.frameWait) return "wait";
        this.trap(BigInt(this.hart.cause), this.trapValue());
        // Or a vector that can't be fetched would keep us here.
        left--;
      } else if (exit === exits.system) {
        const end = this.system(systemNumbers[this.hart.cause]);
        if (end !== undefined) return end;
        left--;
      }
    }
    return "budget";
  }

  /** A run ends where the timer interrupt comes. */
  private slice(left: number): number {
    const until = this.environment.instructionsUntil?.(this.csrs.timerDeadline) ?? left;
    return until > 0 && until < left ? until : left;
  }

  private trapValue(): bigint {
    return this.hart.cause === causes.illegal ? BigInt(this.hart.instructionAtPc()) : this.hart.trapValue;
  }

  /** External before software before timer (specification 12.1.3). */
  private takeInterrupt(): void {
    const ready = this.user || (this.csrs.state.status & SIE) !== 0 ? this.csrs.ready : 0;
    if (ready === 0) return;
    const number = (ready & SEIP) !== 0 ? 9n : (ready & SSIP) !== 0 ? 1n : 5n;
    this.trap((1n << 63n) | number, 0n);
  }

  private trap(cause: bigint, value: bigint): void {
    const { state } = this.csrs;
    state.cause = cause;
    state.exceptionPc = this.hart.pc;
    state.trapValue = value;
    const enabled = (state.status & SIE) !== 0;
    state.status = (state.status & ~(SIE | SPIE | SPP)) | (enabled ? SPIE : 0) | (this.user ? 0 : SPP);
    const vectored = (state.vector & 1n) !== 0n && cause >> 63n === 1n;
    this.hart.pc = (state.vector & ~3n) + (vectored ? 4n * (cause & 0xfffn) : 0n);
    this.become(false);
  }

  private become(user: boolean): void {
    if (user === this.user) return;
    this.user = user;
    this.enter();
  }

  private system(what: string): SupervisorExit | undefined {
    const { hart, user } = this;
    if (what === "ecall" && user) this.trap(BigInt(causes.ecallUser), 0n);
    else if (what === "ecall") {
      const then = this.environment.call(hart);
      hart.retire(4);
      if (then === "stop") return "stop";
      if (then === "idle") return this.csrs.ready === 0 ? "idle" : undefined;
    } else if (what === "ebreak") this.trap(BigInt(causes.breakpoint), 0n);
    else if (user || what === "mret") this.trap(BigInt(causes.illegal), BigInt(hart.instructionAtPc()));
    else if (what === "sret") this.return();
    else if (what === "sfence.vma") this.fence();
    else if (what === "wfi") {
      hart.retire(4);
      if (this.csrs.ready === 0) return "idle";
    }
    return undefined;
  }

  private return(): void {
    const { state } = this.csrs;
    this.hart.retire(4);
    this.hart.pc = state.exceptionPc;
    const enabled = (state.status & SPIE) !== 0, user = (state.status & SPP) === 0;
    state.status = (state.status & ~(SIE | SPP)) | SPIE | (enabled ? SIE : 0);
    this.become(user);
  }

  /** rs1 names an address, rs2 an address space; x0 in their place means all. */
  private fence(): void {
    const { hart } = this;
    const address = hart.memory.i32[SCRATCH / 4 + 1], space = hart.memory.i32[SCRATCH / 4];
    hart.retire(4);
    const va = address === 0 ? undefined : Number(BigInt.asIntN(64, hart.x(address)));
    this.forget(va, 1, space === 0 ? undefined : Number(hart.x(space) & 0xffffn));
  }

  /** Forgets translations of `pages` pages from `va`, or all, of one address space, or of every one. */
  forget(va?: number, pages = 1, space?: number): void {
    const from = va !== undefined && Number.isSafeInteger(va) ? va : undefined;
    if (space !== undefined) this.hart.caches.forget(this.firstSpace + space, from, pages);
    else this.hart.caches.forgetSpaces(this.firstSpace, this.firstSpace + SPACES, from, pages);
  }
}
