// The engine's own part of the machine's memory: a picture of what stands where, in bytes.
//
//   0x0000100  hart state (below)
//   0x0010000  translation caches: one per address space and privilege
//   0x0200000  decoded code: one page of records per frame that was executed
//   0x2400000  RAM: the frames

/** Integer registers, 8 bytes each; number 32 takes what is written to x0. */
export const X = 0x100;
export const X_SINK = 32;
/** Floating-point registers, 8 bytes each. */
export const F = 0x210;
/** fflags and frm, each a 32-bit word. */
export const FFLAGS = 0x310;
export const FRM = 0x314;
/** mstatus.FS: 0 off, 3 dirty. */
export const FS = 0x318;
export const PC = 0x320;
/** Instructions that the current run may still retire. */
export const LEFT = 0x328;
/** 1 while a store inside a run has changed decoded code. */
export const CAUSE = 0x32c;
export const TVAL = 0x330;
/** Virtual address of the load reservation; -1 without one. */
export const RESERVED = 0x338;
/** Byte offset of the translation cache in force. */
export const TLB = 0x340;
/** Arguments and results of calls out of the engine. */
export const VA = 0x348;
export const SCRATCH = 0x350;

/** What one machine's turn leaves to the next: everything from X up to here. */
export const HART_STATE_END = VA;

/** A translation cache: entries of 32 bytes {read tag i64, write tag i64, addend i32}, then fetch entries of 16 {tag i64, records i32}. */
export const TLB_BASE = 0x10000;
export const TLB_ENTRIES = 1024;
export const TLB_FETCH = TLB_ENTRIES * 32;
export const FETCH_ENTRIES = 256;
export const TLB_BYTES = TLB_FETCH + FETCH_ENTRIES * 16;
export const TLB_COUNT = 32;
/** Fills tags with words of this: no page address equals it, for it is not aligned. */
export const NO_TAG = 1;

/**
 * Decoded code: a record of 8 bytes per half-word {operation u16, rd u8, rs1 u8, immediate i32}; then an end mark, and the
 * place for an instruction that straddles two pages: a record, its second half, and an end mark.
 */
export const DECODED_BASE = 0x200000;
export const DECODED_END_SLOT = 2048;
export const STRADDLE_SLOT = 2050;
export const DECODED_BYTES = (STRADDLE_SLOT + 4) * 8;
export const DECODED_PAGES = 2048;

export const RAM_BASE = 0x2400000;
export const FIRST_FRAME = RAM_BASE / 4096;

/** How a run ended. */
export const exits = { budget: 0, trap: 1, system: 2, resync: 3 } as const;
