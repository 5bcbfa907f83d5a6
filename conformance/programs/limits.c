// Resource limits and scheduling: descriptors, file size, address space, stack, processes, core; priorities and affinity.
#include "check.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

static volatile int got;
static void note(int signal) { got = signal; }

static long set(int which, unsigned long soft, unsigned long hard)
{
	return setrlimit(which, &(struct rlimit){ soft, hard });
}

static int deep(int level)
{
	volatile char frame[4096];
	frame[0] = level;
	return level > 100000 ? 0 : deep(level + 1) + frame[0];
}

int main(void)
{
	static const char *names[] = { "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME" };
	struct rlimit limit;
	for (int i = 0; i < 16; i++) {
		getrlimit(i, &limit);
		if (i != RLIMIT_NPROC && i != RLIMIT_SIGPENDING && i != RLIMIT_MEMLOCK) // these grow with the memory
			say(names[i], "%ld %ld", (long)limit.rlim_cur, (long)limit.rlim_max);
	}
	show("unknown", getrlimit(16, &limit));
	show("soft over hard", set(RLIMIT_NOFILE, 5000, 100));
	show("prlimit of nobody", prlimit(0x3ffffff, RLIMIT_NOFILE, NULL, &limit));
	show("prlimit of the parent", prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit));
	IN_CHILD("user raises hard", { setuid(1000); show("raise", set(RLIMIT_NOFILE, 100, 5000)); show("lower", set(RLIMIT_NOFILE, 100, 200)); show("back", set(RLIMIT_NOFILE, 100, 4096)); });
	IN_CHILD("NOFILE", {
		set(RLIMIT_NOFILE, 10, 4096);
		int last = 0, next;
		while ((next = dup(0)) >= 0)
			last = next;
		show("highest descriptor", last);
		show("then", next);
		show("dup2 over", dup2(0, 10));
		show("fcntl over", fcntl(0, F_DUPFD, 10));
		int p[2];
		show("pipe", pipe(p));
	});
	IN_CHILD("FSIZE", {
		set(RLIMIT_FSIZE, 10, RLIM_INFINITY);
		handle(SIGXFSZ, note, 0);
		int fd = open("file", O_RDWR | O_CREAT, 0600);
		show("write over it is cut", write(fd, "0123456789abc", 13));
		show("write at it", write(fd, "x", 1));
		say("signal", "%d", got == SIGXFSZ);
		got = 0;
		show("ftruncate", ftruncate(fd, 11));
		say("signal", "%d", got == SIGXFSZ);
		show("inside", pwrite(fd, "x", 1, 9));
		signal(SIGXFSZ, SIG_DFL);
		write(fd, "x", 1);
	});
	IN_CHILD("AS", {
		set(RLIMIT_AS, 64 << 20, RLIM_INFINITY);
		okay("large map", (long)mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		okay("small map", (long)mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		yes("large malloc", malloc(128 << 20) == NULL);
	});
	IN_CHILD("DATA", { set(RLIMIT_DATA, 1 << 20, RLIM_INFINITY); okay("brk", (long)sbrk(8 << 20)); okay("map", (long)mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); });
	IN_CHILD("stack overflow", deep(0));
	IN_CHILD("stack overflow on an alternate stack", {
		sigaltstack(&(stack_t){ .ss_sp = malloc(65536), .ss_size = 65536 }, NULL);
		handle(SIGSEGV, (void (*)(int))_exit, SA_ONSTACK);
		deep(0);
	});
	IN_CHILD("STACK grows with its limit", { set(RLIMIT_STACK, 1 << 20, RLIM_INFINITY); handle(SIGSEGV, note, 0); deep(0); });
	IN_CHILD("CPU", { set(RLIMIT_CPU, 1, 2); handle(SIGXCPU, note, 0); while (!got); show("soft", got == SIGXCPU); for (;;); });
	IN_CHILD("NPROC", {
		setgid(1234), setuid(1234);
		set(RLIMIT_NPROC, 2, 100);
		pid_t first = fork();
		if (first == 0) {
			usleep(200000);
			_exit(0);
		}
		show("second", fork());
	});
	IN_CHILD("SIGPENDING", {
		set(RLIMIT_SIGPENDING, 3, 3);
		sigset_t all;
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		setuid(4321);
		for (int i = 0; i < 4; i++)
			show("queue", sigqueue(getpid(), SIGRTMIN, (union sigval){ i }));
		show("kill still works", kill(getpid(), SIGUSR1));
	});

	errno = 0;
	show("getpriority", getpriority(PRIO_PROCESS, 0));
	show("raw getpriority", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	show("nobody's", getpriority(PRIO_PROCESS, 0x3ffffff));
	show("bad kind", getpriority(9, 0));
	IN_CHILD("nice", {
		show("setpriority", setpriority(PRIO_PROCESS, 0, 50));
		show("is", getpriority(PRIO_PROCESS, 0));
		setuid(1000);
		show("lower as a user", setpriority(PRIO_PROCESS, 0, 0));
	});
	struct sched_param parameter = { 0 };
	show("policy", sched_getscheduler(0));
	show("nobody's policy", sched_getscheduler(0x3ffffff));
	show("set other with a priority", sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 5 }));
	show("set batch", sched_setscheduler(0, SCHED_BATCH, &parameter));
	show("policy", sched_getscheduler(0));
	show("set other", sched_setscheduler(0, SCHED_OTHER, &parameter));
	show("set unknown", sched_setscheduler(0, 99, &parameter));
	show("getparam", sched_getparam(0, &parameter));
	show("highest fifo", sched_get_priority_max(SCHED_FIFO));
	show("lowest fifo", sched_get_priority_min(SCHED_FIFO));
	show("highest other", sched_get_priority_max(SCHED_OTHER));
	show("highest unknown", sched_get_priority_max(99));
	show("yield", sched_yield());
	cpu_set_t cpus;
	yes("affinity", syscall(SYS_sched_getaffinity, 0, sizeof cpus, &cpus) >= 8 && CPU_ISSET(0, &cpus));
	show("room too small", syscall(SYS_sched_getaffinity, 0, 1, &cpus));
	show("room not in words", syscall(SYS_sched_getaffinity, 0, 12, &cpus));
	show("nobody's affinity", sched_getaffinity(0x3ffffff, sizeof cpus, &cpus));
	CPU_ZERO(&cpus);
	show("empty affinity", sched_setaffinity(0, sizeof cpus, &cpus));
	CPU_SET(0, &cpus);
	show("set affinity", sched_setaffinity(0, sizeof cpus, &cpus));
	return 0;
}
