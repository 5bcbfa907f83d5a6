// Process groups and sessions, who may move whom, orphaned groups.
#include "check.h"
#include <sys/prctl.h>

static volatile int got;
static void count(int signal) { got |= signal == SIGHUP ? 1 : signal == SIGCONT ? 2 : 4; }

int main(void)
{
	pid_t self = getpid();
	yes("leads its session and group", getsid(0) == self && getpgid(0) == self);
	show("setsid of a leader", setsid());
	show("setpgid of a session leader", setpgid(0, 0));
	show("getpgid of nobody", getpgid(0x3ffffff));
	show("getsid of nobody", getsid(0x3ffffff));
	show("setpgid negative", setpgid(0, -1));
	show("setpgid of nobody", setpgid(0x3ffffff, 0));
	show("setpgid of no child", setpgid(getppid(), 0));
	int pipes[2];
	char c;
	pipe(pipes);
	pid_t child = fork();
	if (child == 0) {
		close(pipes[1]);
		read(pipes[0], &c, 1);
		yes("child is in its own group", getpgrp() == getpid());
		yes("in the parent's session", getsid(0) == self);
		show("setsid of a group leader", setsid());
		show("joining a group that isn't there", setpgid(0, 0x3ffffff));
		show("joining the parent's", setpgid(0, self));
		yes("setsid now", setsid() == getpid());
		show("setpgid into another session", setpgid(0, self));
		_exit(0);
	}
	show("child into its own group", setpgid(child, child));
	close(pipes[0]), close(pipes[1]);
	ended("child", child);
	pipe(pipes);
	child = fork();
	if (child == 0) {
		setsid();
		write(pipes[1], "x", 1);
		pause();
	}
	read(pipes[0], &c, 1);
	show("moving a child of another session", setpgid(child, self));
	yes("its session", getsid(child) == child);
	kill(child, SIGKILL);
	ended("child", child);
	// All of a group hear a signal to it, and nobody else does.
	handle(SIGUSR1, count, 0);
	pid_t group = 0, members[3];
	for (int i = 0; i < 3; i++) {
		members[i] = fork();
		if (members[i] == 0)
			for (;;)
				pause();
		setpgid(members[i], group);
		if (!group)
			group = members[i];
	}
	show("kill of the group", kill(-group, SIGTERM));
	for (int i = 0; i < 3; i++)
		ended("member", members[i]);
	show("kill of a group that is gone", kill(-group, 0));
	show("killpg", kill(0, SIGUSR1));
	show("oneself hears it", got);
	got = 0;

	// A stopped member of a group that becomes orphaned gets HUP and CONT.
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pipe(pipes);
	child = fork();
	if (child == 0) {
		setsid();
		pid_t stopped = fork();
		if (stopped == 0) {
			setpgid(0, 0);
			handle(SIGHUP, count, 0);
			handle(SIGCONT, count, 0);
			write(pipes[1], "x", 1);
			raise(SIGSTOP);
			for (int i = 0; i < 50 && got != 3; i++)
				usleep(10000);
			usleep(100000);
			say("woken by", "%d", got);
			_exit(0);
		}
		int status;
		waitpid(stopped, &status, WUNTRACED);
		show_status("stopped", status);
		_exit(0);
	}
	ended("its parent", child);
	int status;
	while (wait(&status) > 0)
		show_status("orphan", status);

	// TSTP is ignored in an orphaned group, STOP isn't.
	child = fork();
	if (child == 0) {
		setsid();
		raise(SIGTSTP);
		raise(SIGTTIN);
		raise(SIGTTOU);
		_exit(5);
	}
	yes("TSTP in an orphaned group", waitpid(child, &status, WUNTRACED) == child);
	show_status("does", status);
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		raise(SIGTSTP);
		_exit(6);
	}
	waitpid(child, &status, WUNTRACED);
	show_status("TSTP in a group with a parent", status);
	kill(child, SIGCONT);
	ended("and then", child);
	return 0;
}
