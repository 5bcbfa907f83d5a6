# A program that does what no process may: load or store at an address, or execute one instruction word.
#   probe load ADDRESS · probe store ADDRESS · probe execute WORD      (hexadecimal digits, without 0x)
# It ends with status 0 where nothing stopped it. Its bytes are in probe.ts; conformance/contract.test.ts assembles it and compares.
        .option norvc
        .option norelax
        .globl  _start
_start: ld      a0, 16(sp)              # argv[1]
        lbu     t0, 0(a0)               # its first letter tells what to do
        ld      a1, 24(sp)              # argv[2]
        li      s0, 0
digit:  lbu     t1, 0(a1)
        beqz    t1, do
        addi    t1, t1, -'0'
        li      t2, 10
        blt     t1, t2, 1f
        addi    t1, t1, '0' - 'a' + 10
1:      slli    s0, s0, 4
        or      s0, s0, t1
        addi    a1, a1, 1
        j       digit
do:     li      t1, 'l'
        beq     t0, t1, load
        li      t1, 's'
        beq     t0, t1, store
        auipc   t2, 0                   # the word is written into the program's own text
        sw      s0, 16(t2)
        fence.i
        j       word
word:   .word   0
        j       out
load:   lb      a0, 0(s0)
        j       out
store:  sb      zero, 0(s0)
out:    li      a0, 0
        li      a7, 93                  # exit
        ecall
