// execve and execveat: arguments, scripts, what is kept and what is reset, errors.
#include "check.h"
#include <limits.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char self[256];

static void report(int count, char **arguments)
{
	char line[1024] = "";
	for (int i = 0; i < count && strlen(arguments[i]) < 100; i++)
		sprintf(line + strlen(line), "[%s]", arguments[i]);
	say("  arguments", "%s", line);
}

static void try(const char *what, const char *path, char **arguments, char **variables)
{
	pid_t child = fork();
	if (child == 0) {
		execve(path, arguments, variables);
		_exit(show(what, -1));
	}
	int status;
	waitpid(child, &status, 0);
	if (WEXITSTATUS(status) != 255)
		show_status(what, status);
}

static void script(const char *name, const char *text)
{
	put(name, text);
	chmod(name, 0755);
}

static void inherited(void)
{
	struct sigaction action;
	sigset_t set;
	char name[17];
	stack_t stack;
	sigaction(SIGUSR1, NULL, &action);
	say("  handled becomes default", "%d", action.sa_handler == SIG_DFL);
	sigaction(SIGUSR2, NULL, &action);
	say("  ignored stays", "%d", action.sa_handler == SIG_IGN);
	sigprocmask(0, NULL, &set);
	say("  mask stays", "%d", sigismember(&set, SIGTERM));
	sigpending(&set);
	say("  pending stays", "%d", sigismember(&set, SIGTERM));
	sigaltstack(NULL, &stack);
	say("  no alternate stack", "%d", stack.ss_flags == SS_DISABLE);
	prctl(PR_GET_NAME, name);
	say("  name", "%s", name);
	show("  descriptor 50 (kept)", fcntl(50, F_GETFD));
	show("  descriptor 51 (closed)", fcntl(51, F_GETFD));
	say("  umask and directory stay", "%o", umask(0));
	yes("  alarm stays", alarm(0) > 0);
	show("  personality", syscall(SYS_personality, 0xffffffff));
}

int main(int count, char **arguments)
{
	if (count > 1 && !strcmp(arguments[1], "inherited"))
		return inherited(), 0;
	if (count == 0 || !arguments[0][0] || strncmp(arguments[0], "report", 6) == 0 || count > 1)
		return report(count, arguments), 0;
	realpath(arguments[0], self);
	char *none[] = { NULL }, *plain[] = { "report", "a", "b c", NULL };
	char line[512];
	try("plain", self, plain, none);
	sprintf(line, "#!%s\nignored\n", self);
	script("one", line);
	try("script", "./one", (char *[]){ "zero", "x", NULL }, none);
	sprintf(line, "#! \t%s  an argument  with spaces \t\n", self);
	script("two", line);
	try("script with an argument", "./two", (char *[]){ "zero", "x", NULL }, none);
	char nested[64];
	sprintf(nested, "#!./one\n");
	script("three", nested);
	try("script of a script", "./three", (char *[]){ "zero", "x", NULL }, none);
	script("loop", "#!./loop\n");
	try("script of itself", "./loop", plain, none);
	script("gone", "#!/no/such/interpreter\n");
	try("interpreter that isn't there", "./gone", plain, none);
	script("empty", "");
	try("empty file", "./empty", plain, none);
	script("bang", "#!\n");
	try("no interpreter", "./bang", plain, none);
	script("text", "just text\n");
	try("text", "./text", plain, none);
	script("elf", "\177ELF");
	try("cut ELF", "./elf", plain, none);
	put("plain", "#!/bin/sh\n");
	try("not executable", "./plain", plain, none);
	try("a directory", ".", plain, none);
	try("missing", "./missing", plain, none);
	try("below a file", "./plain/x", plain, none);
	try("empty name", "", plain, none);
	memset(line, 'x', 300);
	line[300] = 0;
	try("long name", line, plain, none);
	symlink("l1", "l2");
	symlink("l2", "l1");
	try("link loop", "./l1", plain, none);
	try("bad pointer", (char *)8, plain, none);
	try("bad argv", self, (char **)8, none);
	try("no argv", self, NULL, none);
	try("empty argv", self, none, none);

	char *big = malloc(200000);
	memset(big, 'x', 199999);
	big[199999] = 0;
	try("argument over 128 KiB", self, (char *[]){ "report", big, NULL }, none);
	big[131071] = 0;
	IN_CHILD("argument just below", { freopen("/dev/null", "w", stdout); dup2(open("/dev/null", O_WRONLY), 1); execve(self, (char *[]){ "report-long", big, NULL }, none); });
	static char *many[3000];
	big[1000] = 0;
	for (int i = 0; i < 2999; i++)
		many[i] = big;
	try("arguments over a quarter of the stack", self, many, none);

	int fd = open("one", O_RDWR);
	try("busy for writing", "./one", plain, none);
	close(fd);
	IN_CHILD("user without permission", { chmod("two", 0700); setgid(1000); setuid(1000); execv("./two", plain); show("user", -1); });
	IN_CHILD("setting up", {
		handle(SIGUSR1, (void *)report, SA_ONSTACK);
		handle(SIGUSR2, SIG_IGN, 0);
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		sigprocmask(SIG_SETMASK, &set, NULL);
		raise(SIGTERM);
		sigaltstack(&(stack_t){ .ss_sp = malloc(65536), .ss_size = 65536 }, NULL);
		prctl(PR_SET_NAME, "renamed");
		dup2(1, 50);
		dup3(1, 51, O_CLOEXEC);
		umask(027);
		alarm(1000);
		execve(self, (char *[]){ "zero", "inherited", NULL }, none);
	});
	int directory = open(".", O_PATH), program = open(self, O_RDONLY);
	IN_CHILD("execveat below a directory", { syscall(SYS_execveat, directory, "one", plain, none, 0); show("failed", -1); });
	IN_CHILD("execveat of a descriptor", { syscall(SYS_execveat, program, "", plain, none, AT_EMPTY_PATH); show("failed", -1); });
	IN_CHILD("execveat empty without the flag", { syscall(SYS_execveat, program, "", plain, none, 0); show("failed", -1); });
	symlink("one", "link");
	IN_CHILD("execveat not through links", { syscall(SYS_execveat, directory, "link", plain, none, AT_SYMLINK_NOFOLLOW); show("failed", -1); });
	IN_CHILD("execveat bad flag", { syscall(SYS_execveat, directory, "one", plain, none, 1); show("failed", -1); });
	return 0;
}
