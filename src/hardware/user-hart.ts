// The wire by which a trap leads out to a kernel outside: a hart that only ever runs user mode, its registers as plain numbers.
import { exits, F, FFLAGS, FRM, LEFT, PC, TVAL, X } from "./layout.js";
import { causes, type Hart } from "./hart.js";
import { systemNumbers } from "./interpreter/lowering.js";
import type { Access } from "./sv39.js";

/** Why the hart came back. */
export type UserExit = "budget" | "ecall" | "fault" | "illegal" | "breakpoint" | "misaligned";

const REGISTER_FILE = 33 * 8;
const ECALL = systemNumbers.indexOf("ecall");
const EBREAK = systemNumbers.indexOf("ebreak");

export class UserHart {
  readonly hart: Hart;
  faultAddress = 0;
  faultAccess: Access = "read";

  constructor(hart: Hart) {
    this.hart = hart;
    hart.privilege = { user: true, sum: false, mxr: false };
  }

  readRegister(index: number): number {
    const { i32, u32 } = this.hart.memory;
    return index === 0 ? 0 : i32[X / 4 + index * 2 + 1] * 2 ** 32 + u32[X / 4 + index * 2];
  }

  writeRegister(index: number, value: number): void {
    if (index === 0) return;
    const { i32 } = this.hart.memory;
    i32[X / 4 + index * 2] = value % 2 ** 32;
    i32[X / 4 + index * 2 + 1] = Math.floor(value / 2 ** 32);
  }

  readWord(index: number): number {
    return index === 0 ? 0 : this.hart.memory.i32[X / 4 + index * 2];
  }

  get pc(): number {
    const { i32, u32 } = this.hart.memory;
    return i32[PC / 4 + 1] * 2 ** 32 + u32[PC / 4];
  }

  set pc(value: number) {
    const { i32 } = this.hart.memory;
    i32[PC / 4] = value % 2 ** 32;
    i32[PC / 4 + 1] = Math.floor(value / 2 ** 32);
  }

  /** x0..x31 and pc, then f0..f31 and fcsr, 8 bytes each. */
  saveRegisters(into: Uint8Array): void {
    const { u8, i32 } = this.hart.memory;
    into.set(u8.subarray(X, X + 256));
    into.set(u8.subarray(PC, PC + 8), 256);
    into.set(u8.subarray(F, F + 256), REGISTER_FILE);
    const fcsr = i32[FFLAGS / 4] | (i32[FRM / 4] << 5);
    into.fill(0, REGISTER_FILE + 256, REGISTER_FILE + 264);
    into[REGISTER_FILE + 256] = fcsr;
  }

  loadRegisters(from: Uint8Array): void {
    const { u8, i32 } = this.hart.memory;
    u8.set(from.subarray(8, 256), X + 8);
    u8.set(from.subarray(256, 264), PC);
    u8.set(from.subarray(REGISTER_FILE, REGISTER_FILE + 256), F);
    i32[FFLAGS / 4] = from[REGISTER_FILE + 256] & 31;
    i32[FRM / 4] = from[REGISTER_FILE + 256] >> 5;
  }

  useAddressSpace(rootPage: number, asid: number): void {
    this.hart.root = rootPage;
    this.hart.caches.use(asid * 8);
  }

  forget(asid: number, va?: number, pages?: number): void {
    this.hart.caches.forget(asid, va, pages);
  }

  clearReservation(): void {
    this.hart.clearReservation();
  }

  get retired(): number {
    return this.hart.retired;
  }

  run(budget: number): UserExit {
    const { hart } = this;
    for (let left = budget; ;) {
      const exit = hart.run(left);
      if (exit === exits.budget) return "budget";
      if (exit === exits.trap) return this.trap(hart.cause);
      if (exit === exits.system) {
        if (hart.cause === ECALL) return "ecall";
        return hart.cause === EBREAK ? "breakpoint" : "illegal";
      }
      left = hart.memory.i32[LEFT / 4];
      if (left === 0) return "budget";
    }
  }

  private trap(cause: number): UserExit {
    const { i32, u32 } = this.hart.memory;
    if (cause === causes.illegal) return "illegal";
    const [low, high] = [u32[TVAL / 4], i32[TVAL / 4 + 1]];
    this.faultAddress = high * 2 ** 32 + low;
    if (cause === causes.loadMisaligned || cause === causes.storeMisaligned) return "misaligned";
    this.faultAccess = cause === causes.fetchPage || cause === causes.fetchAccess ? "execute" : cause === causes.loadPage || cause === causes.loadAccess ? "read" : "write";
    return "fault";
  }
}
