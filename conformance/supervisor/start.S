# Entry in S-mode at 0x80200000, as OpenSBI and our hypervisor start a kernel; and the trap vector that records what happened.
    .section .text.start, "ax"
    .globl _start
_start:
    la sp, stack_top
    la t0, trap_vector
    csrw stvec, t0
    call main
    # SRST: shut down
    li a7, 0x53525354
    li a6, 0
    li a0, 0
    li a1, 0
    ecall
1:  j 1b

# Saves all registers that C may use, calls record_trap(cause, value, pc), resumes at the address it returns.
    .align 2
    .globl trap_vector
trap_vector:
    csrw sscratch, sp
    la sp, trap_stack_top
    addi sp, sp, -256
    .irp r, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\r, \r*8(sp)
    .endr
    csrr a0, scause
    csrr a1, stval
    csrr a2, sepc
    call record_trap
    csrw sepc, a0
    .irp r, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\r, \r*8(sp)
    .endr
    csrr sp, sscratch
    sret

# run_user(pc): goes to U-mode at pc; comes back when a trap is recorded with leave_user set.
    .globl run_user
run_user:
    addi sp, sp, -256
    .irp r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    sd x\r, \r*8(sp)
    .endr
    la t0, user_return_sp
    sd sp, 0(t0)
    csrw sepc, a0
    li t0, 0x100
    csrc sstatus, t0
    sret
    .globl user_return
user_return:
    la t0, user_return_sp
    ld sp, 0(t0)
    .irp r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    ld x\r, \r*8(sp)
    .endr
    addi sp, sp, 256
    ret

    .bss
    .align 12
    .space 65536
stack_top:
    .space 16384
trap_stack_top:
user_return_sp: .space 8
