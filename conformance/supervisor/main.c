// What S-mode code sees of a hart: control registers, traps, Sv39 in all its permissions, timer interrupts. Prints one line per
// observation; the same program runs under qemu-system-riscv64 with OpenSBI and under our hypervisor, and the lines must be equal.
typedef unsigned long u64;
typedef unsigned int u32;

static void sbi_putchar(int c) {
  register u64 a0 asm("a0") = c, a7 asm("a7") = 1;
  asm volatile("ecall" : "+r"(a0) : "r"(a7) : "memory", "a1");
}
static void print(const char *s) { while (*s) sbi_putchar(*s++); }
static void hex(u64 v) {
  char b[17]; int i = 16; b[16] = 0;
  do { b[--i] = "0123456789abcdef"[v & 15]; v >>= 4; } while (v);
  print(b + i);
}
static void line(const char *name, u64 v) { print(name); print(" "); hex(v); print("\n"); }

static void shut_down(void) {
  register u64 a0 asm("a0") = 0, a1 asm("a1") = 0, a6 asm("a6") = 0, a7 asm("a7") = 0x53525354;
  asm volatile("ecall" :: "r"(a0), "r"(a1), "r"(a6), "r"(a7));
}

static volatile u64 seen, cause, value, trap_pc;
static volatile u64 resume_at, leave_user, skip = 1;
extern char user_return[];

u64 record_trap(u64 c, u64 v, u64 pc) {
  seen++; cause = c; value = v; trap_pc = pc;
  if (c >> 63) { // an interrupt: disable its source and go on
    asm volatile("csrc sie, %0" :: "r"(1ul << (c & 63)));
    return pc;
  }
  if (leave_user) { leave_user = 0; asm volatile("csrs sstatus, %0" :: "r"(0x100ul)); return (u64)user_return; }
  if (resume_at) return resume_at;
  if (c == 12 || c == 1) { print("lost at "); hex(pc); shut_down(); }
  return pc + ((*(unsigned short *)pc & 3) == 3 ? 4 : 2);
}

static void outcome(const char *name) {
  print(name);
  if (!seen) { print(" ok\n"); return; }
  print(" cause "); hex(cause); print(" value "); hex(value); print("\n");
}
#define TRY(name, code) do { seen = 0; asm volatile(code ::: "memory", "t0", "t1", "a0", "a1"); outcome(name); } while (0)
#define READ(csr) ({ u64 v_; asm volatile("csrr %0, " #csr : "=r"(v_)); v_; })
#define WRITE(csr, v) asm volatile("csrw " #csr ", %0" :: "r"((u64)(v)) : "memory")
#define WARL(csr, v) do { u64 o_ = READ(csr); WRITE(csr, v); print(#csr " <- "); hex(v); line(" =", READ(csr)); WRITE(csr, o_); } while (0)

static void control_registers(void) {
  WARL(sscratch, ~0ul); WARL(sepc, ~1ul); WARL(sepc, 0x80200002ul); WARL(scause, 0x8000000000000005ul); WARL(stval, ~0ul);
  WARL(stvec, 0x80200001ul); WARL(scounteren, 7);
  WARL(sie, 0x222); WARL(sie, 0);
  u64 status = READ(sstatus);
  line("status bits", status & 0xc0120);
  asm volatile("csrw sstatus, %0" :: "r"(status | 0x6000 | 0xc0000 | 0x120));
  line("status set", READ(sstatus) & ~(3ul << 32));
  line("status uxl", (READ(sstatus) >> 32) & 3);
  asm volatile("csrw sstatus, %0" :: "r"(0ul));
  line("status cleared", READ(sstatus) & ~(3ul << 32));
  TRY("float off", "fadd.d f0, f1, f2");
  TRY("fcsr off", "csrr t0, fcsr");
  asm volatile("csrw sstatus, %0" :: "r"(0x2000ul));
  TRY("float on", "fmv.d.x f0, zero");
  line("status after float", READ(sstatus) & 0x8000000000006000ul);
  asm volatile("csrw sstatus, %0" :: "r"(status));
  TRY("csr of machine", "csrr t0, mstatus");
  TRY("csr unknown", "csrr t0, 0x5ff");
  TRY("csr read-only", "csrw cycle, t0");
  TRY("csr read-only not written", "csrrs t0, time, zero");
  TRY("illegal word", ".word 0xffffffff");
  TRY("illegal short", ".hword 0x0000");
  TRY("breakpoint short", ".hword 0x9002");
  TRY("mret", ".word 0x30200073");
  TRY("sfence", "sfence.vma zero, zero");
  WARL(satp, 0x7ul << 60);
}

static u64 root[512] __attribute__((aligned(4096))), middle[512] __attribute__((aligned(4096))), leaf[512] __attribute__((aligned(4096)));
static u64 page[512] __attribute__((aligned(4096))), next_page[512] __attribute__((aligned(4096)));
#define PPN(p) (((u64)(p) >> 12) << 10)
#define AT 0x40000000ul

static void tables(void) {
  for (int i = 0; i < 512; i++) root[i] = middle[i] = leaf[i] = 0;
  root[2] = (0x80000000ul >> 12) << 10 | 0xcf; // the program itself, a gigapage
  root[1] = PPN(middle) | 1;
  middle[0] = PPN(leaf) | 1;
  WRITE(satp, 8ul << 60 | (u64)root >> 12);
  asm volatile("sfence.vma");
}

static void try_access(const char *who, int kind, u64 at) {
  seen = 0;
  if (kind == 0) asm volatile("ld t0, 0(%0)" :: "r"(at) : "t0", "memory");
  else if (kind == 1) asm volatile("sd %1, 0(%0)" :: "r"(at), "r"(0x0000806700008067ul) : "memory");
  else { // call it; a fault comes back here
    u64 back;
    asm volatile("la %0, 1f\n sd %0, %1\n jalr ra, 0(%2)\n1: sd zero, %1" : "=&r"(back), "=m"(resume_at) : "r"(at) : "ra", "memory");
  }
  outcome(who);
}

static void permissions(void) {
  static const char *kinds[] = {"load", "store", "fetch"};
  page[0] = 0x0000806700008067ul; // ret
  for (u64 status = 0; status < 4; status++) {
    asm volatile("csrc sstatus, %0" :: "r"(0xc0000ul));
    asm volatile("csrs sstatus, %0" :: "r"(status << 18));
    for (u64 bits = 0; bits < 256; bits += 2) for (u64 valid = bits == 254 ? 0 : 1; valid < 2; valid++) {
      for (int kind = 0; kind < 3; kind++) {
        leaf[0] = PPN(page) | bits | valid;
        asm volatile("sfence.vma");
        print("sum/mxr "); hex(status); print(" pte "); hex(bits | valid); print(" ");
        try_access(kinds[kind], kind, AT);
        line(" after", leaf[0] & 0xff);
      }
    }
  }
  asm volatile("csrc sstatus, %0" :: "r"(0xc0000ul));
}

static void shapes(void) {
  leaf[0] = PPN(page) | 0xcf; leaf[1] = 0; asm volatile("sfence.vma");
  try_access("not canonical", 0, 0x4000000000ul);
  try_access("not canonical high", 0, 0xffffff8000000000ul - 8);
  try_access("over the end", 0, AT + 4092);
  line(" at", value);
  try_access("store over the end", 1, AT + 4092);
  leaf[1] = PPN(next_page) | 0xcf; asm volatile("sfence.vma");
  page[511] = 0x1122334455667788ul; next_page[0] = 0x99aabbccddeeff00ul;
  line("split load", *(volatile u64 *)(AT + 4092));
  *(volatile u64 *)(AT + 4092) = 0x0102030405060708ul;
  line("split store low", page[511]); line("split store high", next_page[0]);
  middle[1] = (PPN(page) & ~(0x1fful << 10)) | 0xcf; asm volatile("sfence.vma");
  try_access("megapage", 0, AT + 0x200000 + ((u64)page & 0x1fffff));
  middle[1] = (PPN(page) | 1 << 10) | 0xcf; asm volatile("sfence.vma");
  try_access("megapage misaligned", 0, AT + 0x200000);
  root[3] = PPN(page) | 0xcf; asm volatile("sfence.vma");
  try_access("gigapage misaligned", 0, 0xc0000000ul);
  middle[2] = PPN(leaf) | 0x41; asm volatile("sfence.vma");
  try_access("table with A", 0, AT + 0x400000);
  leaf[2] = PPN(leaf) | 1; asm volatile("sfence.vma");
  try_access("no leaf at the last level", 0, AT + 0x2000);
  leaf[2] = PPN(page) | 1ul << 60 | 0xcf; asm volatile("sfence.vma");
  try_access("reserved bits", 0, AT + 0x2000);
  TRY("misaligned lr", "la t0, page+4\n lr.d t1, (t0)");
  TRY("misaligned amo", "la t0, page+2\n amoadd.w t1, t1, (t0)");
}

// User code is copied to a user page; each ends in ecall.
#define USER(name, code) do { \
  extern char user_##name[], user_##name##_end[]; \
  asm volatile(".pushsection .text.user, \"ax\"\n .globl user_" #name "\n user_" #name ":\n" code "\n ecall\n .globl user_" #name "_end\n user_" #name "_end: .word 0\n .popsection"); \
  for (u64 i = 0; i < (u64)user_##name##_end - (u64)user_##name; i++) ((volatile char *)page)[i] = user_##name[i]; \
  leaf[0] = PPN(page) | 0xdf; asm volatile("sfence.vma\n fence.i"); \
  seen = 0; leave_user = 1; run_user(AT); outcome("user " #name); line(" pc", trap_pc); } while (0)
void run_user(u64 pc);

static void user_mode(void) {
  USER(call, "li a0, 5");
  USER(own_page, "auipc t0, 0\n ld t1, 0(t0)\n sd t1, 64(t0)");
  USER(kernel_load, "lui t0, 0x80200\n slli t0, t0, 32\n srli t0, t0, 32\n ld t1, 0(t0)");
  USER(csr, "csrr t0, sstatus");
  USER(sret, "sret");
  USER(wfi, "wfi");
  USER(fence, "sfence.vma");
  USER(time, "csrr t0, time");
  USER(breakpoint, "ebreak");
  USER(jump, "li t0, 0x40001000\n slli t0, t0, 8\n jr t0");
  asm volatile("csrw scounteren, zero");
  USER(no_time, "csrr t0, time");
  asm volatile("csrw scounteren, %0" :: "r"(7ul));
  line("status in trap", READ(sstatus) & 0x122);
}

static void interrupts(void) {
  asm volatile("csrc sstatus, %0" :: "r"(2ul));
  seen = 0;
  u64 now; asm volatile("rdtime %0" : "=r"(now));
  register u64 a0 asm("a0") = now + 1000, a6 asm("a6") = 0, a7 asm("a7") = 0x54494d45;
  asm volatile("ecall" : "+r"(a0) : "r"(a6), "r"(a7) : "a1", "memory");
  line("timer set", a0);
  asm volatile("csrs sie, %0" :: "r"(0x20ul));
  while (!(READ(sip) & 0x20));
  line("pending, disabled", seen);
  asm volatile("csrs sstatus, %0" :: "r"(2ul));
  for (volatile int i = 0; i < 1000 && !seen; i++);
  asm volatile("csrc sstatus, %0" :: "r"(2ul));
  outcome("timer");
  seen = 0;
  WRITE(sip, 2ul);
  line("software pending", READ(sip) & 2);
  asm volatile("csrs sie, %0\n csrs sstatus, %0" :: "r"(2ul));
  outcome("software");
  WRITE(sip, 0);
  line("software cleared", READ(sip) & 2);
}

void main(void) {
  control_registers();
  tables();
  permissions();
  shapes();
  user_mode();
  interrupts();
}
