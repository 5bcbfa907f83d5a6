// Timers and clocks: setitimer, timer_create, sleeping, the order of clocks, processor time, the vDSO.
#include "check.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static volatile int fired;
static siginfo_t last;
static void fire(int signal, siginfo_t *info, void *context) { fired++; last = *info; }

/** The vDSO's function of that name. */
static void *vdso(const char *name)
{
	char *base = (char *)getauxval(AT_SYSINFO_EHDR);
	if (!base)
		return NULL;
	ElfW(Ehdr) *header = (void *)base;
	ElfW(Phdr) *segments = (void *)(base + header->e_phoff);
	ElfW(Sym) *symbols = NULL;
	char *strings = NULL;
	uint32_t *hash = NULL;
	for (int i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_DYNAMIC)
			for (ElfW(Dyn) *each = (void *)(base + segments[i].p_offset); each->d_tag; each++) {
				if (each->d_tag == DT_SYMTAB) symbols = (void *)(base + each->d_un.d_ptr);
				if (each->d_tag == DT_STRTAB) strings = base + each->d_un.d_ptr;
				if (each->d_tag == DT_HASH) hash = (void *)(base + each->d_un.d_ptr);
			}
	for (uint32_t i = 0; hash && i < hash[1]; i++)
		if (!strcmp(strings + symbols[i].st_name, name))
			return base + symbols[i].st_value;
	return NULL;
}

static double seconds(struct timespec t) { return t.tv_sec + t.tv_nsec / 1e9; }

int main(void)
{
	struct timespec a, b, c;
	clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI, 10, 50 };
	for (int i = 0; i < 11; i++) {
		char what[32];
		sprintf(what, "clock %d", clocks[i]);
		show(what, clock_gettime(clocks[i], &a));
		if (clock_getres(clocks[i], &b) == 0)
			say("  resolution", "%ld.%09ld", b.tv_sec, b.tv_nsec);
		else
			show("  resolution", -1);
	}
	int back = 0;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 10000; i++, a = b) {
		clock_gettime(CLOCK_MONOTONIC, &b);
		back += seconds(b) < seconds(a);
	}
	show("monotonic goes back", back);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &a), clock_gettime(CLOCK_MONOTONIC, &b), syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &c);
	yes("coarse, fine and call are in order", seconds(a) <= seconds(b) && seconds(b) <= seconds(c) && seconds(c) - seconds(a) < 0.5);
	long (*now)(clockid_t, struct timespec *) = vdso("__vdso_clock_gettime");
	long (*cpu)(unsigned *, unsigned *, void *) = vdso("__vdso_getcpu");
	say("vdso has", "%d %d %d %d %d", now != NULL, cpu != NULL, vdso("__vdso_gettimeofday") != NULL, vdso("__vdso_clock_getres") != NULL, vdso("__vdso_rt_sigreturn") != NULL);
	if (now && cpu) {
		unsigned at = 99;
		show("its clock_gettime", now(CLOCK_MONOTONIC, &c));
		yes("is the same clock", seconds(c) >= seconds(b) && seconds(c) - seconds(b) < 0.5);
		show("bad clock", now(50, &c));
		show("its getcpu", cpu(&at, NULL, NULL));
		show("processor", at);
	}
	show("settime monotonic", clock_settime(CLOCK_MONOTONIC, &a));
	show("gettime to a bad address", syscall(SYS_clock_gettime, 0, 8));
	IN_CHILD("user", { setuid(1000); show("settime", clock_settime(CLOCK_REALTIME, &a)); });

	clock_gettime(CLOCK_MONOTONIC, &a);
	show("nanosleep", nanosleep(&(struct timespec){ 0, 20000000 }, NULL));
	clock_gettime(CLOCK_MONOTONIC, &b);
	yes("slept long enough", seconds(b) - seconds(a) >= 0.02);
	show("nanosleep bad", nanosleep(&(struct timespec){ 0, 1000000000 }, NULL));
	show("nanosleep negative", nanosleep(&(struct timespec){ -1, 0 }, NULL));
	show("until the past", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &a, NULL));
	show("on a bad clock", clock_nanosleep(50, 0, &a, NULL));
	show("on the thread's processor time", clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &a, NULL));

	struct sigaction action = { .sa_sigaction = fire, .sa_flags = SA_SIGINFO };
	sigaction(SIGALRM, &action, NULL), sigaction(SIGVTALRM, &action, NULL), sigaction(SIGPROF, &action, NULL), sigaction(SIGUSR1, &action, NULL);
	struct itimerval set = { { 0, 0 }, { 0, 10000 } }, old;
	show("setitimer", setitimer(ITIMER_REAL, &set, NULL));
	getitimer(ITIMER_REAL, &old);
	yes("time is left", old.it_value.tv_usec > 0 && old.it_value.tv_usec <= 10000);
	pause();
	say("it fired", "%d, code %d", fired, last.si_code);
	getitimer(ITIMER_REAL, &old);
	say("now", "%ld", old.it_value.tv_usec);
	show("bad timer", setitimer(9, &set, NULL));
	show("bad time", setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 0 }, { 0, 1000000 } }, NULL));
	show("alarm", alarm(10));
	show("alarm again", alarm(0));
	fired = 0;
	setitimer(ITIMER_VIRTUAL, &set, NULL);
	while (!fired)
		;
	show("virtual", last.si_signo);
	fired = 0;
	setitimer(ITIMER_PROF, &set, NULL);
	while (!fired)
		;
	show("profiling", last.si_signo);

	timer_t timer;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42 };
	show("timer_create", timer_create(CLOCK_MONOTONIC, &event, &timer));
	fired = 0;
	show("settime", timer_settime(timer, 0, &(struct itimerspec){ { 0, 5000000 }, { 0, 5000000 } }, NULL));
	while (fired < 3)
		pause();
	say("its signal", "code %d, value %d", last.si_code, last.si_value.sival_int);
	sigset_t block;
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, NULL);
	usleep(50000);
	siginfo_t info;
	show("one is queued", sigwaitinfo(&block, &info));
	yes("overrun", info.si_overrun >= 4);
	struct itimerspec left;
	timer_gettime(timer, &left);
	yes("time left", left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 5000000);
	show("delete", timer_delete(timer));
	show("bad clock", timer_create(50, &event, &timer));
	event.sigev_signo = 100;
	show("bad signal", timer_create(CLOCK_REALTIME, &event, &timer));
	show("raw settime of none", syscall(SYS_timer_settime, 99, 0, &left, NULL));
	struct rusage usage;
	show("getrusage", getrusage(RUSAGE_SELF, &usage));
	yes("processor time was used", usage.ru_utime.tv_sec + usage.ru_utime.tv_usec > 0);
	show("getrusage of nothing", getrusage(9, &usage));
	struct tms t;
	yes("times", times(&t) != -1 && t.tms_utime > 0);
	yes("minor faults", usage.ru_minflt > 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	usleep(50000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	yes("sleep costs no processor time", seconds(b) - seconds(a) < 0.04);
	return 0;
}
