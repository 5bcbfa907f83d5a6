// The machine code of the vDSO, words with their assembly beside them. Time is computed in user mode: rdtime counts nanoseconds since boot.

/** Offset of the code in the [vdso] page; jumps and the distance to [vvar], two pages below, are relative to it. */
export const CODE_OFFSET = 0x800;
/** Pages of [vvar]. */
export const VVAR_PAGES = 2;

/** Offsets in the first page of [vvar], 64-bit words: real time at boot, and whether each call has to go to the kernel. */
export const VVAR_SECONDS = 0;
export const VVAR_NANOSECONDS = 8;
export const VVAR_ASK_KERNEL = 16;

/** In the order in which they lie behind each other. */
export const functions: Readonly<Record<string, readonly number[]>> = {
  // Exactly these two words: unwinders recognise a signal frame by them.
  __vdso_rt_sigreturn: [
    0x08b00893, // li a7, 139
    0x00000073, // ecall
  ],
  __vdso_clock_gettime: [
    0x00800293, // li t0, 8
    0x06557663, // bgeu a0, t0, 0x878
    0x00100313, // li t1, 1
    0x00a31333, // sll t1, t1, a0
    0xffffd397, // auipc t2, 0xffffd
    0x7e838393, // addi t2, t2, 2024
    0x0103b283, // ld t0, 16(t2)    VVAR_ASK_KERNEL
    0x04029a63, // bnez t0, 0x878
    0xc0102e73, // rdtime t3
    0x3b9adeb7, // lui t4, 0x3b9ad
    0xa00e8e9b, // addiw t4, t4, -1536
    0x03de5f33, // divu t5, t3, t4
    0x03de7fb3, // remu t6, t3, t4
    0x0d237293, // andi t0, t1, 210    the monotonic clocks: 1, 4, 6, 7
    0x02029463, // bnez t0, 0x868
    0x02137293, // andi t0, t1, 33    the real ones: 0, 5
    0x02028863, // beqz t0, 0x878
    0x0003b283, // ld t0, 0(t2)
    0x0083b303, // ld t1, 8(t2)
    0x005f0f33, // add t5, t5, t0
    0x006f8fb3, // add t6, t6, t1
    0x01dfe663, // bltu t6, t4, 0x868
    0x41df8fb3, // sub t6, t6, t4
    0x001f0f13, // addi t5, t5, 1
    0x01e5b023, // sd t5, 0(a1)
    0x01f5b423, // sd t6, 8(a1)
    0x00000513, // li a0, 0
    0x00008067, // ret
    0x07100893, // li a7, 113
    0x00000073, // ecall
    0x00008067, // ret
  ],
  __vdso_gettimeofday: [
    0x06050063, // beqz a0, 0x8e4
    0x04059e63, // bnez a1, 0x8e4
    0xffffd397, // auipc t2, 0xffffd
    0x77438393, // addi t2, t2, 1908
    0x0103b283, // ld t0, 16(t2)    VVAR_ASK_KERNEL
    0x04029663, // bnez t0, 0x8e4
    0xc0102e73, // rdtime t3
    0x3b9adeb7, // lui t4, 0x3b9ad
    0xa00e8e9b, // addiw t4, t4, -1536
    0x03de5f33, // divu t5, t3, t4
    0x03de7fb3, // remu t6, t3, t4
    0x0003b283, // ld t0, 0(t2)
    0x0083b303, // ld t1, 8(t2)
    0x005f0f33, // add t5, t5, t0
    0x006f8fb3, // add t6, t6, t1
    0x01dfe663, // bltu t6, t4, 0x8cc
    0x41df8fb3, // sub t6, t6, t4
    0x001f0f13, // addi t5, t5, 1
    0x3e800293, // li t0, 1000
    0x025fdfb3, // divu t6, t6, t0
    0x01e53023, // sd t5, 0(a0)
    0x01f53423, // sd t6, 8(a0)
    0x00000513, // li a0, 0
    0x00008067, // ret
    0x0a900893, // li a7, 169
    0x00000073, // ecall
    0x00008067, // ret
  ],
  __vdso_clock_getres: [
    0x07200893, // li a7, 114
    0x00000073, // ecall
    0x00008067, // ret
  ],
  __vdso_getcpu: [
    0x0a800893, // li a7, 168
    0x00000073, // ecall
    0x00008067, // ret
  ],
  __vdso_flush_icache: [
    0x10300893, // li a7, 259
    0x00000073, // ecall
    0x00008067, // ret
  ],
  __vdso_riscv_hwprobe: [
    0x10200893, // li a7, 258
    0x00000073, // ecall
    0x00008067, // ret
  ],
};
