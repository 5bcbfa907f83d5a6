// wait4 and waitid: what they choose, what they tell, SIGCHLD and children that nobody waits for.
#include "check.h"
#include <sys/prctl.h>
#include <sys/resource.h>

static volatile int told;
static siginfo_t last;

static void child_ended(int signal, siginfo_t *info, void *context)
{
	told++;
	last = *info;
}

static pid_t exits(int code)
{
	pid_t child = fork();
	if (child == 0)
		_exit(code);
	return child;
}

static pid_t sleeps(void)
{
	pid_t child = fork();
	if (child == 0)
		for (;;)
			pause();
	return child;
}

static void show_info(const char *what, const siginfo_t *info, pid_t child)
{
	static const char *codes[] = { "0", "EXITED", "KILLED", "DUMPED", "TRAPPED", "STOPPED", "CONTINUED" };
	say(what, "signal %d, %s, status %d, pid %s, uid %d", info->si_signo, codes[info->si_code], info->si_status,
	    info->si_pid == child ? "right" : info->si_pid ? "wrong" : "0", info->si_uid);
}

int main(void)
{
	int status = 77;
	siginfo_t info;
	struct rusage usage;
	show("no children", waitpid(-1, &status, 0));
	show("no children, not waiting", waitpid(-1, &status, WNOHANG));
	show("somebody else's", waitpid(1, &status, 0));
	show("bad options", waitpid(-1, &status, 0x100));
	show("waitid without options", waitid(P_ALL, 0, &info, 0));
	show("waitid bad kind", waitid(9, 0, &info, WEXITED));
	show("waitid pid 0", waitid(P_PID, 0, &info, WEXITED));
	show("waitid no children", waitid(P_ALL, 0, &info, WEXITED));

	pid_t child = sleeps();
	show("running, not waiting", waitpid(child, &status, WNOHANG));
	memset(&info, 9, sizeof info);
	show("waitid running, not waiting", waitid(P_PID, child, &info, WEXITED | WNOHANG));
	show_info("then", &info, child);
	kill(child, SIGSTOP);
	show("stop is not asked for", waitid(P_PID, child, &info, WSTOPPED | WNOWAIT) == 0 ? waitpid(child, &status, WNOHANG) : 9);
	yes("stopped", waitpid(child, &status, WUNTRACED) == child);
	show_status("as", status);
	show("told once", waitpid(child, &status, WUNTRACED | WNOHANG));
	kill(child, SIGCONT);
	yes("continued", waitid(P_PID, child, &info, WCONTINUED) == 0);
	show_info("as", &info, child);
	kill(child, SIGKILL);
	show("seen but left", waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	show_info("as", &info, child);
	yes("taken", wait4(child, &status, 0, &usage) == child);
	show_status("as", status);
	yes("usage is small", usage.ru_utime.tv_sec == 0);
	show("gone", waitpid(child, &status, 0));
	show("gone, signal 0", kill(child, 0));

	child = exits(256 + 3);
	ended("exit keeps 8 bits", child);
	child = exits(0);
	setpgid(child, child);
	ended("maybe moved", child);
	child = sleeps();
	setpgid(child, child);
	show("own group has none", waitpid(0, &status, WNOHANG));
	show("that group has one", waitpid(-child, &status, WNOHANG));
	kill(-child, SIGTERM);
	yes("by its group", waitpid(-child, &status, 0) == child);
	show_status("as", status);
	child = exits(4);
	yes("waitid by group", waitid(P_PGID, getpgid(0), &info, WEXITED) == 0 && info.si_pid == child);
	child = exits(4);
	show("waitid without info", waitid(P_PID, child, NULL, WEXITED));
	child = exits(1);
	show("status to a bad address", waitpid(child, (int *)8, 0));
	show("and it is gone", waitpid(child, &status, 0));

	struct sigaction action = { .sa_sigaction = child_ended, .sa_flags = SA_SIGINFO };
	sigaction(SIGCHLD, &action, NULL);
	child = exits(9);
	while (!told)
		usleep(1000);
	show_info("SIGCHLD tells", &last, child);
	ended("and it can be waited for", child);
	sigset_t set, old;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	told = 0;
	child = sleeps();
	kill(child, SIGSTOP);
	waitpid(child, &status, WUNTRACED);
	kill(child, SIGCONT);
	waitpid(child, &status, WCONTINUED);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	show("signals while blocked are one", told);
	action.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &action, NULL);
	told = 0;
	child = sleeps();
	kill(child, SIGSTOP);
	waitpid(child, &status, WUNTRACED);
	show("NOCLDSTOP: told of the stop", told);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	show("and of the end", told);
	signal(SIGCHLD, SIG_IGN);
	exits(0);
	show("ignored children vanish", wait(&status));
	action.sa_flags = SA_NOCLDWAIT | SA_SIGINFO;
	sigaction(SIGCHLD, &action, NULL);
	told = 0;
	exits(0);
	show("NOCLDWAIT: vanish", wait(&status));
	show("with a signal", told);
	signal(SIGCHLD, SIG_DFL);

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	int pipes[2];
	pipe(pipes);
	child = fork();
	if (child == 0) {
		pid_t grandchild = fork();
		if (grandchild == 0) {
			while (getppid() != 0 && kill(getppid(), 0) == 0 && read(pipes[0], &status, 1) < 0)
				;
			_exit(21);
		}
		_exit(0);
	}
	ended("child", child);
	write(pipes[1], "x", 1);
	yes("orphan comes to the subreaper", wait(&status) > 0);
	show_status("as", status);
	return 0;
}
