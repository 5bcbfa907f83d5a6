// Which signal, code and address a wrong access gets, and misaligned access, which works.
#include "check.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf back;
static siginfo_t seen;
static uintptr_t pc;

static void caught(int signal, siginfo_t *info, void *context)
{
	seen = *info;
	pc = ((ucontext_t *)context)->uc_mcontext.__gregs[REG_PC];
	siglongjmp(back, 1);
}

static const char *code(void)
{
	switch (seen.si_signo * 100 + seen.si_code) {
	case SIGSEGV * 100 + SEGV_MAPERR: return "SEGV MAPERR";
	case SIGSEGV * 100 + SEGV_ACCERR: return "SEGV ACCERR";
	case SIGBUS * 100 + BUS_ADRERR: return "BUS ADRERR";
	case SIGBUS * 100 + BUS_ADRALN: return "BUS ADRALN";
	case SIGILL * 100 + ILL_ILLOPC: return "ILL ILLOPC";
	case SIGILL * 100 + ILL_ILLTRP: return "ILL ILLTRP";
	case SIGTRAP * 100 + TRAP_BRKPT: return "TRAP BRKPT";
	default: return "other";
	}
}

#define TRY(what, at, statement)                                                                                     \
	do {                                                                                                         \
		memset(&seen, 0, sizeof seen);                                                                       \
		if (sigsetjmp(back, 1) == 0) {                                                                       \
			statement;                                                                                   \
			say(what, "no fault");                                                                       \
		} else                                                                                               \
			say(what, "%s, code %d, address %s", code(), seen.si_code,                                    \
			    (uintptr_t)seen.si_addr == (uintptr_t)(at) ? "right" : seen.si_addr == (void *)pc ? "pc" : "wrong"); \
	} while (0)

#define READ(p) (void)*(volatile char *)(p)
#define WRITE(p) (*(volatile char *)(p) = 1)
#define CALL(p) ((void (*)(void))(p))()

int main(void)
{
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
	for (int i = 0; i < 5; i++)
		sigaction(signals[i], &action, NULL);
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *wo = mmap(NULL, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *xo = mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *gone = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(gone, 4096);
	TRY("read null", 0, READ(NULL));
	TRY("write at 16", 16, WRITE(16));
	TRY("read unmapped", gone + 7, READ(gone + 7));
	TRY("read none", none + 3, READ(none + 3));
	TRY("write read-only", ro + 5, WRITE(ro + 5));
	TRY("read read-only", ro, READ(ro));
	TRY("read write-only", wo, READ(wo));
	TRY("read execute-only", xo, READ(xo));
	TRY("write execute-only", xo, WRITE(xo));
	TRY("write code", main, WRITE(main));
	TRY("execute data", ro, CALL(ro));
	TRY("execute unmapped", gone, CALL(gone));
	TRY("execute zeros", xo, CALL(xo));
	TRY("read kernel address", 0xffffffc000000000, READ(0xffffffc000000000));
	TRY("read non-canonical", 0x4000000000000000, READ(0x4000000000000000));
	TRY("ebreak", pc, __asm__ volatile("ebreak"));
	TRY("illegal", pc, __asm__ volatile(".word 0xffffffff"));
	TRY("unimp", pc, __asm__ volatile("unimp"));
	TRY("supervisor register", pc, __asm__ volatile("csrr t0, sstatus" ::: "t0"));
	TRY("sret", pc, __asm__ volatile("sret"));
	TRY("wfi", pc, __asm__ volatile("wfi"));
	volatile long zero = 0;
	show("division by zero gives", 5 / zero);

	int fd = open("short", O_RDWR | O_CREAT, 0600);
	write(fd, "x", 1);
	char *file = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	TRY("in the file's last page", file, READ(file + 4095));
	TRY("read beyond the file", file + 4096, READ(file + 4096));
	TRY("write beyond the file", file + 8192, WRITE(file + 8192));
	ftruncate(fd, 8192);
	TRY("after it has grown", file, READ(file + 4096));
	ftruncate(fd, 0);
	TRY("after it was cut", file, READ(file));
	show("read(2) into a bad address", read(fd, none, 1));
	pwrite(fd, "abc", 3, 0);
	show("read(2) into read-only memory", pread(fd, ro, 1, 0));
	show("write(2) from unmapped memory", pwrite(fd, gone, 1, 0));
	show("read(2) half into a hole", pread(fd, gone - 1, 2, 0) <= 1);

	char buffer[32] = { 0 };
	for (int shift = 1; shift < 8; shift++) {
		volatile uint64_t *at = (void *)(buffer + shift);
		*at = 0x0102030405060708;
		if (*at != 0x0102030405060708)
			show("misaligned", shift);
	}
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(volatile uint64_t *)(two + 4093) = 0x1122334455667788;
	yes("misaligned over two pages", *(volatile uint64_t *)(two + 4093) == 0x1122334455667788);
	mprotect(two + 4096, 4096, PROT_READ);
	TRY("misaligned store into a read-only page", two + 4096, *(volatile uint64_t *)(two + 4093) = 0);
	yes("nothing of it was stored", two[4093] == (char)0x88);
	IN_CHILD("uncaught in the child", { signal(SIGSEGV, SIG_DFL); WRITE(16); });
	IN_CHILD("ignored is deadly", { signal(SIGSEGV, SIG_IGN); WRITE(16); });
	IN_CHILD("blocked is deadly", { sigset_t s; sigfillset(&s); sigprocmask(SIG_SETMASK, &s, NULL); WRITE(16); });
	IN_CHILD("abort", { signal(SIGABRT, SIG_IGN); abort(); });
	return 0;
}
