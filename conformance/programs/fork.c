// fork, vfork, clone and what a child inherits.
#include "check.h"
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/times.h>
#include <sys/time.h>

static int global = 1;

static int thread(void *argument)
{
	*(int *)argument += 1;
	return 5;
}

static void pending_of(const char *what)
{
	sigset_t set;
	sigpending(&set);
	show(what, sigismember(&set, SIGUSR1));
}

int main(void)
{
	volatile int local = 1;
	int *heap = malloc(sizeof *heap);
	*heap = 1;
	int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t parent = getpid();
	IN_CHILD("child", {
		global = local = *heap = *shared = 2;
		yes("parent is the parent", getppid() == parent);
		yes("own pid", getpid() != parent && getpid() == syscall(SYS_gettid));
		_exit(300);
	});
	say("copies are private, shared is shared", "%d %d %d %d", global, local, *heap, *shared);
	double before = 1.5;
	__asm__ volatile("fsrm %0" ::"r"(1));
	IN_CHILD("rounding mode is inherited", { unsigned long mode; __asm__("frrm %0" : "=r"(mode)); _exit(mode + (before == 1.5) * 10); });
	__asm__ volatile("fsrm %0" ::"r"(0));

	put("file", "abcdef");
	int fd = open("file", O_RDONLY);
	char byte;
	IN_CHILD("reader", read(fd, &byte, 1); lseek(fd, 2, SEEK_CUR));
	read(fd, &byte, 1);
	say("offset is shared", "%c", byte);
	IN_CHILD("closing in the child", close(fd));
	show("parent's stays open", lseek(fd, 0, SEEK_CUR));

	handle(SIGUSR1, SIG_IGN, 0);
	IN_CHILD("ignored signals stay ignored", { raise(SIGUSR1); _exit(7); });
	handle(SIGUSR1, SIG_DFL, 0);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	pending_of("pending in the parent");
	IN_CHILD("pending is not inherited", pending_of("pending in the child"));
	handle(SIGUSR1, SIG_IGN, 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { 100, 0 } }, NULL);
	IN_CHILD("timers are not inherited", { struct itimerval it; getitimer(ITIMER_REAL, &it); _exit(it.it_value.tv_sec != 0); });
	alarm(0);
	IN_CHILD("times begin at zero", { struct tms t; times(&t); _exit(t.tms_cutime + t.tms_cstime != 0); });

	local = 1;
	pid_t child = vfork();
	if (child == 0) {
		local = 9;
		_exit(3);
	}
	show("vfork shares memory", local);
	ended("vfork's child", child);

	static char stack[65536] __attribute__((aligned(16)));
	int value = 1;
	child = clone(thread, stack + sizeof stack, CLONE_VM | SIGCHLD, &value);
	ended("clone with memory", child);
	show("value", value);
	signal(SIGUSR2, SIG_IGN);
	child = clone(thread, stack + sizeof stack, SIGUSR2, &value);
	int status;
	show("another signal than SIGCHLD: plain wait", waitpid(child, &status, 0));
	yes("with __WCLONE", waitpid(child, &status, __WCLONE) == child);
	show("value in its own memory", value);
	pid_t told = 0, cleared = 99;
	child = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &told, 0, &cleared);
	if (child == 0)
		_exit(cleared == getpid());
	yes("parent's tid was set", told == child);
	show("parent's copy of the child's stays", cleared);
	ended("child saw its tid", child);
	show("clone: thread without memory", syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
	show("clone: handlers without memory", syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0));
	show("clone: fs and new namespace", syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	show("clone3 too small", syscall(SYS_clone3, &arguments, 8));
	show("clone3 too large", syscall(SYS_clone3, &arguments, 8192));
	arguments.flags = CLONE_DETACHED;
	show("clone3 detached", syscall(SYS_clone3, &arguments, sizeof arguments));
	arguments.flags = 0;
	arguments.exit_signal = 65;
	show("clone3 bad signal", syscall(SYS_clone3, &arguments, sizeof arguments));
	arguments.exit_signal = SIGCHLD;
	child = syscall(SYS_clone3, &arguments, sizeof arguments);
	if (child == 0)
		_exit(11);
	ended("clone3", child);
	int pidfd = -1;
	arguments.flags = CLONE_PIDFD;
	arguments.pidfd = (uintptr_t)&pidfd;
	child = syscall(SYS_clone3, &arguments, sizeof arguments);
	if (child == 0)
		_exit(12);
	siginfo_t info;
	show("waitid by pidfd", waitid(P_PIDFD, pidfd, &info, WEXITED));
	show("its status", info.si_status);
	show("pidfd closes on exec", fcntl(pidfd, F_GETFD));
	return 0;
}
