// What the kernel asks of a hart: registers, running in user mode, and translations to forget.

/** Why the hart came back to the kernel. */
export type Exit = "budget" | "ecall" | "fault" | "illegal" | "breakpoint" | "misaligned";

/** The hart in user mode, as the kernel drives it. `hardware/hart.ts` implements it. */
export interface Processor {
  /** Register x1..x31 as a signed number (exact up to 2^53). */
  readRegister(index: number): number;
  /** Sets a register to a signed value of at most 53 bits. */
  writeRegister(index: number, value: number): void;
  /** The low 32 bits of a register, as a signed integer: quick. */
  readWord(index: number): number;
  pc: number;
  /** Copies all registers (layout of Task.registers) out of and into the hart. */
  saveRegisters(into: Uint8Array): void;
  loadRegisters(from: Uint8Array): void;
  /** Root page table (guest-physical page number) and address space id; switches translations. */
  useAddressSpace(rootPage: number, asid: number): void;
  /** Forgets the translations of `pages` pages from virtual address `va` of an address space, or all of them. */
  forget(asid: number, va?: number, pages?: number): void;
  /** Runs at most `budget` instructions in user mode. */
  run(budget: number): Exit;
  /** After a fault: the address, what was tried. After other exits: the trap value. */
  readonly faultAddress: number;
  readonly faultAccess: "read" | "write" | "execute";
  /** Instructions retired since power-on. */
  readonly retired: number;
  /** Makes a load reservation (LR) invalid: on every switch between tasks. */
  clearReservation(): void;
}
