// What the conformance programs share: a line for each thing that they look at, with errno by name.
#ifndef CHECK_H
#define CHECK_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/** Each line goes out at once, so that forked processes don't print it again. */
__attribute__((unused, format(printf, 2, 3))) static void say(const char *what, const char *format, ...)
{
	char line[4096];
	int at = snprintf(line, 1024, "%s: ", what);
	va_list rest;
	va_start(rest, format);
	at += vsnprintf(line + at, sizeof line - 1024 - 2, format, rest);
	va_end(rest);
	line[at++] = '\n';
	int before = errno;
	(void)!write(1, line, at);
	errno = before;
}

/** A value, or the name of errno where it is -1. */
__attribute__((unused)) static long show(const char *what, long value)
{
	if (value == -1)
		say(what, "-1 %s", strerrorname_np(errno));
	else
		say(what, "%ld", value);
	return value;
}

/** Only whether it went well: for descriptors, addresses and what else differs between systems. */
__attribute__((unused)) static long okay(const char *what, long value)
{
	if (value == -1)
		say(what, "-1 %s", strerrorname_np(errno));
	else
		say(what, "ok");
	return value;
}

__attribute__((unused)) static void yes(const char *what, bool value)
{
	say(what, value ? "yes" : "no");
}

__attribute__((unused)) static void show_status(const char *what, int status)
{
	if (WIFEXITED(status))
		say(what, "exit %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		say(what, "signal %s", sigabbrev_np(WTERMSIG(status)));
	else if (WIFSTOPPED(status))
		say(what, "stopped %s", sigabbrev_np(WSTOPSIG(status)));
	else if (WIFCONTINUED(status))
		say(what, "continued");
	else
		say(what, "status %x", status);
}

/** Waits for a child and shows how it ended. */
__attribute__((unused)) static void ended(const char *what, pid_t child)
{
	int status = 0;
	if (waitpid(child, &status, 0) < 0)
		show(what, -1);
	else
		show_status(what, status);
}

/** Runs the statement in a child and shows how that ended. */
#define IN_CHILD(what, ...)            \
	do {                           \
		pid_t pid_ = fork();   \
		if (pid_ == 0) {       \
			__VA_ARGS__;   \
			_exit(0);      \
		}                      \
		ended(what, pid_);     \
	} while (0)

__attribute__((unused)) static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	sigaction(signal, &action, NULL);
}

__attribute__((unused)) static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	(void)!write(fd, text, strlen(text));
	close(fd);
}
#endif
