// The files of /proc that describe a process: their keys, fields and links.
#include "check.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>

static char text[65536];
static const char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY), got, length = 0;
	if (fd < 0)
		return NULL;
	while ((got = read(fd, text + length, sizeof text - 1 - length)) > 0)
		length += got;
	text[length] = 0;
	close(fd);
	return text;
}

static void keys(const char *path)
{
	char line[4000] = "";
	slurp(path);
	for (char *each = strtok(text, "\n"); each; each = strtok(NULL, "\n"))
		if (strchr(each, ':'))
			sprintf(line + strlen(line), " %.*s", (int)(strchr(each, ':') - each), each);
	say(path, "%s", line);
}

static void link_of(const char *what, const char *path)
{
	char target[300];
	int length = readlink(path, target, sizeof target - 1);
	if (length < 0) {
		show(what, -1);
		return;
	}
	target[length] = 0;
	char *end = target;
	for (char *c = target; *c; c++)
		if (*c < '0' || *c > '9')
			*end++ = *c;
		else if (end == target || end[-1] != 'N')
			*end++ = 'N';
	*end = 0;
	say(what, "%s", target);
}

static void field(const char *what, const char *key)
{
	slurp("/proc/self/status");
	char *at = strstr(text, key);
	say(what, "%.*s", at ? (int)strcspn(at, "\n") : 4, at ? at : "none");
}

int main(void)
{
	char path[64], name[64] = "";
	keys("/proc/self/status");
	keys("/proc/self/io");
	field("state", "State:"), field("threads", "Threads:"), field("umask", "Umask:"), field("ignored", "SigIgn:"), field("caught", "SigCgt:");
	signal(SIGUSR1, SIG_IGN), handle(SIGUSR2, (void (*)(int))exit, 0);
	field("ignored", "SigIgn:"), field("caught", "SigCgt:");
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTERM);
	field("blocked", "SigBlk:"), field("pending", "SigPnd:"), field("pending of the process", "ShdPnd:");
	slurp("/proc/self/stat");
	int fields = 1;
	for (char *c = strrchr(text, ')'); *c; c++)
		fields += *c == ' ';
	show("fields of stat", fields + 1);
	int pid, parent, group, session;
	char state;
	sscanf(text, "%d %60s %c %d %d %d", &pid, name, &state, &parent, &group, &session);
	say("stat", "pid %d, name %s, state %c, parent %d, group %d, session %d", pid == getpid(), name, state, parent == getppid(), group == getpgrp(), session == getsid(0));
	slurp("/proc/self/statm");
	fields = 1;
	for (char *c = text; *c; c++)
		fields += *c == ' ';
	show("fields of statm", fields);
	int p[2], file = open("file", O_RDWR | O_CREAT | O_APPEND, 0600);
	pipe(p);
	link_of("cwd", "/proc/self/cwd"), link_of("root", "/proc/self/root"), link_of("self", "/proc/self"), link_of("thread-self", "/proc/thread-self");
	link_of("exe", "/proc/self/exe");
	sprintf(path, "/proc/self/fd/%d", p[0]), link_of("pipe", path);
	sprintf(path, "/proc/self/fd/%d", file), link_of("file", path);
	unlink("file"), link_of("deleted file", path);
	link_of("closed", "/proc/self/fd/99");
	link_of("mnt", "/proc/self/ns/mnt"), link_of("pid", "/proc/self/ns/pid");
	sprintf(path, "/proc/self/fdinfo/%d", file), keys(path);
	write(file, "x", 1);
	slurp(path);
	say("position", "%.*s", (int)strcspn(text, "\n"), text);
	say("flags", "%s", strtok(strstr(text, "flags"), "\n"));
	struct stat st;
	sprintf(path, "/proc/self/fd/%d", file);
	lstat(path, &st);
	say("link's mode tells how it is open", "%o", st.st_mode & 0700);
	stat(path, &st);
	show("through it", st.st_size);
	int again = open(path, O_RDONLY);
	show("opened through it, own position", lseek(again, 0, SEEK_CUR));
	slurp("/proc/self/maps");
	int lines = 0, stack = 0, heap = 0, vdso = 0, good = 0;
	sbrk(4096);
	slurp("/proc/self/maps");
	for (char *each = strtok(text, "\n"); each; each = strtok(NULL, "\n")) {
		unsigned long a, b, offset, ino;
		char permissions[5];
		unsigned ma, mi;
		good += sscanf(each, "%lx-%lx %4s %lx %x:%x %lu", &a, &b, permissions, &offset, &ma, &mi, &ino) == 7;
		lines++, stack += strstr(each, "[stack]") != NULL, heap += strstr(each, "[heap]") != NULL, vdso += strstr(each, "[vdso]") != NULL;
	}
	say("maps", "all lines are whole %d, stack %d, heap %d, vdso %d", lines == good, stack, heap, vdso);
	slurp("/proc/meminfo");
	say("meminfo", "%d %d %d %d", strstr(text, "MemTotal:") != NULL, strstr(text, "MemAvailable:") != NULL, strstr(text, "Cached:") != NULL, strstr(text, "SwapTotal:") != NULL);
	keys("/proc/self/limits");
	slurp("/proc/self/limits");
	say("open files", "%s", strtok(strstr(text, "Max open files"), "\n"));
	slurp("/proc/loadavg");
	fields = 1;
	for (char *c = text; *c; c++)
		fields += *c == ' ';
	show("fields of loadavg", fields);
	show("mounts has proc", strstr(slurp("/proc/self/mounts"), " /proc proc ") != NULL);
	slurp("/proc/sys/kernel/random/boot_id");
	show("boot_id", strlen(text));
	say("ostype", "%s", strtok((char *)slurp("/proc/sys/kernel/ostype"), "\n"));
	yes("version", !strncmp(slurp("/proc/version"), "Linux version ", 14));
	show("uptime has two numbers", sscanf(slurp("/proc/uptime"), "%*f %*f%n", &lines) == 0 && lines > 3);
	keys("/proc/self/status/x");
	show("task", access("/proc/self/task", F_OK));
	sprintf(path, "/proc/self/task/%d/comm", getpid());
	show("rename through comm", (put(path, "other"), 0));
	say("comm", "%s", strtok((char *)slurp("/proc/self/comm"), "\n"));
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	siginfo_t info;
	waitid(P_PID, child, &info, WEXITED | WNOWAIT);
	sprintf(path, "/proc/%d/stat", child);
	sscanf(slurp(path), "%*d %60s %c", name, &state);
	say("zombie", "%s %c", name, state);
	sprintf(path, "/proc/%d/cmdline", child), slurp(path);
	show("its cmdline", strlen(text));
	sprintf(path, "/proc/%d/exe", child), link_of("its exe", path);
	wait(NULL);
	show("gone", access(path, F_OK));
	show("mkdir", mkdir("/proc/x", 0755));
	show("create", open("/proc/x", O_CREAT | O_RDWR, 0600));
	show("unlink", unlink("/proc/version"));
	show("write to a reader's file", open("/proc/version", O_WRONLY) >= 0);
	show("unknown pid", access("/proc/99999999", F_OK));
	pid_t root = getppid();
	IN_CHILD("user", { setuid(1000); sprintf(path, "/proc/%d/exe", root), link_of("root's exe", path); sprintf(path, "/proc/%d/environ", root), show("root's environ", open(path, O_RDONLY)); sprintf(path, "/proc/%d/status", root), yes("root's status", open(path, O_RDONLY) >= 0); });
	return 0;
}
