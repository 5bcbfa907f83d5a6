// Registers over a signal handler: integer and floating point, the frame's context, changes made in it, and preemption.
#include "check.h"
#include <math.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile int ran;
static volatile double noise;

static void spoil(int signal)
{
	double x = noise = ran + 0.25;
	for (int i = 0; i < 10; i++)
		x = sqrt(x + i) * 1.1;
	noise = x;
	__asm__ volatile("fsrmi 3\n fsflagsi 31\n li t3, -1\n li t4, -1\n li a6, -1\n fcvt.d.l ft0, t3\n fcvt.d.l ft8, t3\n fcvt.d.l fa7, t3" ::
			 : "t3", "t4", "a6", "ft0", "ft8", "fa7");
	ran++;
}

static void context(int signal, siginfo_t *info, void *given)
{
	ucontext_t *here = given;
	unsigned long *registers = here->uc_mcontext.__gregs;
	yes("frame is aligned to 16", ((uintptr_t)info & 15) == 0);
	yes("info lies before the context", (char *)given - (char *)info == 128);
	yes("context's registers lie at 176", (char *)registers - (char *)given == 176);
	say("a7 is the call", "%ld", registers[17]);
	say("a0 is its result", "%ld", registers[10]);
	show("link", here->uc_link != NULL);
	show("stack flags", here->uc_stack.ss_flags);
	yes("return address is the vdso's", __builtin_return_address(0) != NULL);
	yes("mask from before", !sigismember(&here->uc_sigmask, SIGUSR1) && sigismember(&here->uc_sigmask, SIGTERM));
	registers[10] = 4711;
	sigaddset(&here->uc_sigmask, SIGUSR2);
}

static long raw_kill(long pid, long signal)
{
	register long a0 __asm__("a0") = pid, a1 __asm__("a1") = signal, a7 __asm__("a7") = SYS_kill;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
	return a0;
}

/** The call's effect on every register but a0. */
static long changed(long pid)
{
	long difference;
	__asm__ volatile("li t0, 0x111\n li t1, 0x222\n li t2, 0x333\n li t3, 0x444\n li t4, 0x555\n li t5, 0x666\n li t6, 0x777\n"
			 "li a2, 0x12\n li a3, 0x13\n li a4, 0x14\n li a5, 0x15\n li a6, 0x16\n li s2, 0x17\n li s11, 0x18\n"
			 "fcvt.d.l ft0, t0\n fcvt.d.l ft8, t1\n fcvt.d.l fa7, t2\n fcvt.d.l fs3, t3\n fsrmi 2\n fsflagsi 5\n"
			 "mv a0, %1\n li a1, %2\n li a7, 129\n ecall\n"
			 "addi t0, t0, -0x111\n addi t1, t1, -0x222\n addi t2, t2, -0x333\n addi t3, t3, -0x444\n addi t4, t4, -0x555\n addi t5, t5, -0x666\n addi t6, t6, -0x777\n"
			 "addi a2, a2, -0x12\n addi a3, a3, -0x13\n addi a4, a4, -0x14\n addi a5, a5, -0x15\n addi a6, a6, -0x16\n addi s2, s2, -0x17\n addi s11, s11, -0x18\n"
			 "or %0, t0, t1\n or %0, %0, t2\n or %0, %0, t3\n or %0, %0, t4\n or %0, %0, t5\n or %0, %0, t6\n or %0, %0, a2\n or %0, %0, a3\n"
			 "or %0, %0, a4\n or %0, %0, a5\n or %0, %0, a6\n or %0, %0, s2\n or %0, %0, s11\n"
			 "frcsr t6\n addi t6, t6, -69\n or %0, %0, t6\n"
			 "fcvt.l.d t0, ft0, rtz\n addi t0, t0, -0x111\n or %0, %0, t0\n fcvt.l.d t0, ft8, rtz\n addi t0, t0, -0x222\n or %0, %0, t0\n"
			 "fcvt.l.d t0, fa7, rtz\n addi t0, t0, -0x333\n or %0, %0, t0\n fcvt.l.d t0, fs3, rtz\n addi t0, t0, -0x444\n or %0, %0, t0\n fsrmi 0"
			 : "=&r"(difference)
			 : "r"(pid), "i"(SIGUSR1)
			 : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s11", "ft0", "ft8", "fa7", "fs3", "memory");
	return difference;
}

/** A sum that is always the same unless an interruption spoils a register. */
static double series(long rounds)
{
	double sum = 0;
	for (long i = 1; i <= rounds; i++)
		sum += 1.0 / (double)i - sqrt((double)i) * 1e-9;
	return sum;
}

int main(void)
{
	handle(SIGUSR1, spoil, 0);
	show("registers that a handler changed", changed(getpid()));
	show("it ran", ran);

	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	struct sigaction action = { .sa_sigaction = context, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &action, NULL);
	show("result that the handler wrote", raw_kill(getpid(), SIGUSR1));
	sigprocmask(0, NULL, &set);
	show("mask that the handler wrote", sigismember(&set, SIGUSR2));

	double expected = series(20000);
	ran = 0;
	handle(SIGALRM, spoil, 0);
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 2000 }, { 0, 2000 } }, NULL);
	int wrong = 0, rounds = 0;
	while ((ran < 20 || rounds < 5) && rounds < 10000) {
		wrong += series(20000) != expected;
		rounds++;
	}
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	show("sums spoilt by interruptions", wrong);
	yes("interrupted", ran >= 20);

	pid_t children[4];
	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			__asm__ volatile("fsrm %0" ::"r"(i));
			double first = series(5000 + i);
			for (int round = 0; round < 10; round++)
				if (series(5000 + i) != first)
					_exit(100);
			unsigned long mode;
			__asm__ volatile("frrm %0" : "=r"(mode));
			_exit(mode);
		}
	}
	for (int i = 0; i < 4; i++)
		ended("process with its own rounding", children[i]);
	__asm__ volatile("fsrmi 0\n fsflagsi 0");
	volatile double one = 1, three = 3, nothing = 0, quotient = one / three;
	unsigned long flags;
	__asm__ volatile("frflags %0" : "=r"(flags));
	show("inexact", flags);
	getpid();
	quotient = one / nothing;
	__asm__ volatile("frflags %0" : "=r"(flags));
	show("flags gather over calls", flags);
	yes("infinite", isinf(quotient));
	return 0;
}
