// under PROGRAM: runs a program in the same surroundings wherever it is, its output a pipe, and tells how it ended.
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_SECONDS 60

static pid_t child;
static int output[2];

static void give_up(int signal)
{
	(void)signal;
	kill(-child, SIGKILL);
	kill(child, SIGKILL);
}

static void begin(char *program)
{
	char directory[256];
	snprintf(directory, sizeof directory, "/dev/shm/%s.%d", basename(strdup(program)), getpid());
	setsid();
	umask(022);
	setgroups(0, NULL);
	if (mkdir(directory, 0755) < 0 || chdir(directory) < 0)
		perror(directory);
	int null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	dup2(output[1], 1);
	dup2(output[1], 2);
	close_range(3, ~0U, 0);
	for (int signal = 1; signal < 65; signal++) {
		struct sigaction none = { .sa_handler = SIG_DFL };
		sigaction(signal, &none, NULL);
	}
	sigset_t empty;
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 1024, 4096 });
	char *arguments[] = { program, NULL };
	char *environment[] = { "PATH=/usr/bin:/bin", "HOME=/", NULL };
	execve(program, arguments, environment);
	perror(program);
	_exit(127);
}

/** Hands on what the program prints; false where there is nothing now. */
static int hand_on(int wait_ms)
{
	char buffer[4096];
	struct pollfd ready = { output[0], POLLIN, 0 };
	if (poll(&ready, 1, wait_ms) <= 0)
		return 0;
	ssize_t length = read(output[0], buffer, sizeof buffer);
	return length > 0 && write(1, buffer, length) == length;
}

int main(int count, char **arguments)
{
	if (count != 2)
		return 2;
	pipe(output);
	child = fork();
	if (child == 0)
		begin(arguments[1]);
	signal(SIGALRM, give_up);
	alarm(LIMIT_SECONDS);
	close(output[1]);
	int status;
	while (waitpid(child, &status, WNOHANG) == 0)
		hand_on(10);
	while (hand_on(0)) // not to its end: a process that was left behind may hold it
		;
	kill(-child, SIGKILL);
	if (WIFEXITED(status))
		dprintf(1, "ended: exit %d\n", WEXITSTATUS(status));
	else
		dprintf(1, "ended: signal %s\n", sigabbrev_np(WTERMSIG(status)));
	return 0;
}
