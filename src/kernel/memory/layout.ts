// Where things stand in a user address space (Linux arch/riscv/include/asm/processor.h and elf.h, for Sv39), without randomisation.

export const PAGE_SIZE = 4096;
/** End of user addresses, in bytes. */
export const TASK_SIZE = 0x40_0000_0000;
/** End of user addresses in pages: page numbers are below 2^26. */
export const TASK_PAGES = TASK_SIZE / PAGE_SIZE;
/** End of the stack. */
export const STACK_TOP = 0x3f_ffff_f000;
/** Where position-independent programs that have an interpreter go (ELF_ET_DYN_BASE: two thirds, page-aligned). */
export const PIE_BASE = 0x2a_aaaa_a000;
/** vm.mmap_min_addr in pages: nothing is mapped below. */
export const MIN_PAGE = 16;
/** Pages that stay free below a stack (stack_guard_gap). */
export const STACK_GUARD_PAGES = 256;
/** vm.max_map_count. */
export const MAX_MAP_COUNT = 65530;

export const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);

/** Where mmap begins to search downwards, in pages: below the room that the stack may grow into (Linux mm/util.c: mmap_base). */
export function mmapBasePage(stackLimit: number): number {
  const gap = Math.min(Math.max(stackLimit + STACK_GUARD_PAGES * PAGE_SIZE, 128 << 20), Math.floor(TASK_SIZE / 6) * 5);
  return pagesOf(STACK_TOP - gap);
}
