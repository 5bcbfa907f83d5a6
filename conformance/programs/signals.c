// Signals: masks, queueing and order, siginfo, nested handlers, alternate stacks, waiting for them.
#include "check.h"
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

static volatile int order[32], values[32], count;
static volatile int depth, deepest;
static siginfo_t last;
static sigset_t inside;

static void note(int signal, siginfo_t *info, void *context)
{
	if (count < 32) {
		order[count] = signal;
		values[count++] = info->si_value.sival_int;
	}
	last = *info;
	sigprocmask(0, NULL, &inside);
}

static void nest(int signal)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (signal == SIGUSR1)
		raise(SIGUSR2);
	depth--;
}

static void again(int signal)
{
	depth++;
	if (depth < 3)
		raise(signal);
	deepest = depth > deepest ? depth : deepest;
	depth--;
}

static void install(int signal, int flags, int masked)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | flags };
	if (masked)
		sigaddset(&action.sa_mask, masked);
	sigaction(signal, &action, NULL);
}

static void block(int how, int signal)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(how, &set, NULL);
}

static void show_order(const char *what)
{
	char line[256] = "";
	for (int i = 0; i < count; i++)
		sprintf(line + strlen(line), " %d(%d)", order[i], values[i]);
	say(what, "%s", line);
	count = 0;
}

static void *stack_at;
static void on_stack(int signal)
{
	stack_t now;
	char here;
	sigaltstack(NULL, &now);
	yes("handler runs on the alternate stack", (char *)&here > (char *)stack_at && &here < (char *)stack_at + 65536);
	show("flags there", now.ss_flags);
	show("changing it there", sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL));
}

int main(void)
{
	sigset_t set, old;
	pid_t self = getpid();
	show("unknown signal", kill(self, 65));
	show("signal 0", kill(self, 0));
	show("nobody", kill(0x3ffffff, 0));
	show("sigaction of KILL", sigaction(SIGKILL, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL));
	show("asking about KILL", syscall(SYS_rt_sigaction, SIGKILL, NULL, NULL, 8));
	show("wrong set size", syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 16));
	show("sigprocmask bad how", sigprocmask(9, &(sigset_t){ 0 }, NULL));
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigprocmask(0, NULL, &old);
	say("KILL and STOP can't be blocked", "%d %d", sigismember(&old, SIGKILL), sigismember(&old, SIGSTOP));
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);

	const int rt = SIGRTMIN + 3;
	install(SIGUSR1, 0, 0), install(SIGUSR2, 0, 0), install(rt, 0, 0), install(rt + 1, 0, 0);
	block(SIG_BLOCK, SIGUSR1), block(SIG_BLOCK, SIGUSR2), block(SIG_BLOCK, rt), block(SIG_BLOCK, rt + 1);
	sigqueue(self, rt + 1, (union sigval){ 1 });
	sigqueue(self, rt, (union sigval){ 2 });
	sigqueue(self, rt, (union sigval){ 3 });
	sigqueue(self, SIGUSR2, (union sigval){ 4 });
	sigqueue(self, SIGUSR2, (union sigval){ 5 });
	sigqueue(self, SIGUSR1, (union sigval){ 6 });
	sigpending(&set);
	say("pending", "%d %d %d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2), sigismember(&set, rt), sigismember(&set, rt + 1));
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	show_order("handlers ran in this order");
	raise(SIGUSR1);
	say("raise", "code %d, pid %d, uid %d", last.si_code, last.si_pid == self, last.si_uid);
	kill(self, SIGUSR1);
	say("kill", "code %d, pid %d", last.si_code, last.si_pid == self);
	sigqueue(self, rt, (union sigval){ 77 });
	say("sigqueue", "code %d, value %d", last.si_code, last.si_value.sival_int);
	say("masked while it runs", "%d %d", sigismember(&inside, rt), sigismember(&inside, SIGUSR1));
	install(SIGUSR1, SA_NODEFER, SIGTERM);
	raise(SIGUSR1);
	say("NODEFER and sa_mask", "%d %d", sigismember(&inside, SIGUSR1), sigismember(&inside, SIGTERM));
	install(SIGUSR1, SA_RESETHAND, 0);
	raise(SIGUSR1);
	struct sigaction action;
	sigaction(SIGUSR1, NULL, &action);
	say("RESETHAND", "%d flags %x", action.sa_handler == SIG_DFL, action.sa_flags);
	siginfo_t forged = { .si_signo = SIGUSR2, .si_code = SI_KERNEL };
	IN_CHILD("forging the kernel's code for another", show("sigqueueinfo", syscall(SYS_rt_sigqueueinfo, self, SIGUSR2, &forged)));

	handle(SIGUSR1, nest, 0), handle(SIGUSR2, nest, 0);
	raise(SIGUSR1);
	show("a handler interrupted by another", deepest);
	depth = deepest = 0;
	handle(SIGUSR1, again, SA_NODEFER);
	raise(SIGUSR1);
	show("a handler interrupted by itself", deepest);

	stack_at = malloc(65536);
	show("alternate stack too small", sigaltstack(&(stack_t){ .ss_sp = stack_at, .ss_size = 1024 }, NULL));
	show("alternate stack bad flags", sigaltstack(&(stack_t){ .ss_sp = stack_at, .ss_size = 65536, .ss_flags = 64 }, NULL));
	show("alternate stack", sigaltstack(&(stack_t){ .ss_sp = stack_at, .ss_size = 65536 }, NULL));
	handle(SIGUSR1, on_stack, SA_ONSTACK);
	raise(SIGUSR1);
	stack_t now;
	sigaltstack(NULL, &now);
	show("flags outside", now.ss_flags);

	struct timespec zero = { 0, 0 }, bad = { 0, -1 };
	siginfo_t info;
	block(SIG_BLOCK, rt), block(SIG_BLOCK, SIGUSR2);
	sigemptyset(&set);
	sigaddset(&set, rt), sigaddset(&set, SIGUSR2);
	show("sigtimedwait nothing", sigtimedwait(&set, &info, &zero));
	show("sigtimedwait bad time", sigtimedwait(&set, &info, &bad));
	sigqueue(self, rt, (union sigval){ 5 });
	raise(SIGUSR2);
	show("sigwaitinfo takes the lowest", sigwaitinfo(&set, &info));
	say("then the queued one", "%d, value %d", sigtimedwait(&set, &info, &zero) == rt, info.si_value.sival_int);
	handle(SIGALRM, nest, 0);
	alarm(1);
	show("sigtimedwait interrupted", sigwaitinfo(&set, &info));
	raise(SIGUSR2);
	sigemptyset(&set);
	install(SIGUSR2, 0, 0);
	show("sigsuspend", sigsuspend(&set));
	show_order("ran");
	sigprocmask(0, NULL, &old);
	show("mask is back", sigismember(&old, SIGUSR2));
	struct timespec nap = { 100, 0 }, rest;
	alarm(1);
	show("nanosleep interrupted", nanosleep(&nap, &rest));
	yes("remainder", rest.tv_sec == 98 || (rest.tv_sec == 99 && rest.tv_nsec < 500000000));
	alarm(1);
	show("pause", pause());
	IN_CHILD("default of USR1", { signal(SIGUSR1, SIG_DFL); raise(SIGUSR1); });
	IN_CHILD("default of CHLD, WINCH, URG, CONT", raise(SIGCHLD); raise(SIGWINCH); raise(SIGURG); raise(SIGCONT));
	IN_CHILD("default of a real-time signal", { block(SIG_UNBLOCK, rt); signal(rt, SIG_DFL); raise(rt); });
	IN_CHILD("KILL is stronger than blocks", { sigfillset(&set); sigprocmask(SIG_SETMASK, &set, NULL); raise(SIGKILL); });
	return 0;
}
