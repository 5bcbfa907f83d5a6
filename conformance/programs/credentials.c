// User and group ids: every set call from several states, capabilities after them, groups, prctl.
#include "check.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

static void ids(const char *what)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;
	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };
	syscall(SYS_capget, &header, data);
	say(what, "u %d %d %d %d, g %d %d %d, effective %s, permitted %s", r, e, s, setfsuid(-1), rg, eg, sg, data[0].effective & 1 ? "all" : data[0].effective ? "some" : "none",
	    data[0].permitted & 1 ? "all" : data[0].permitted ? "some" : "none");
}

#define AFTER(...)                     \
	IN_CHILD(#__VA_ARGS__, {       \
		show("result", (__VA_ARGS__)); \
		ids("now");            \
	})

static int become(int r, int e, int s) { return syscall(SYS_setresuid, r, e, s); }
#define setuid(x) syscall(SYS_setuid, x)
#define setreuid(x, y) syscall(SYS_setreuid, x, y)
#define setgid(x) syscall(SYS_setgid, x)
#define setregid(x, y) syscall(SYS_setregid, x, y)
#define setresgid(x, y, z) syscall(SYS_setresgid, x, y, z)

static void status(const char *what)
{
	static const char *keys[] = { "Uid:", "Gid:", "Groups:", "NoNewPrivs:", NULL };
	char line[256];
	FILE *file = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof line, file))
		for (int i = 0; keys[i]; i++)
			if (!strncmp(line, keys[i], strlen(keys[i]))) {
				line[strlen(line) - 1] = 0;
				for (char *c = line; *c; c++)
					if (*c == '\t')
						*c = ' ';
				say(what, "%s|", line);
			}
	fclose(file);
}

int main(void)
{
	ids("begin");
	AFTER(setuid(1000));
	AFTER(become(1000, 1000, 0));
	AFTER(become(-1, 1000, -1));
	AFTER(become(1000, 0, 0));
	AFTER(setreuid(1000, 2000));
	AFTER(setreuid(-1, 2000));
	AFTER(setreuid(1000, -1));
	AFTER(setgid(1000));
	AFTER(setregid(5, 6));
	AFTER(setresgid(1, 2, 3));
	AFTER(become(-1, -1, -1));
	AFTER((become(1000, 2000, 3000), setuid(1000)));
	AFTER((become(1000, 2000, 3000), setuid(3000)));
	AFTER((become(1000, 2000, 3000), setuid(2000)));
	AFTER((become(1000, 2000, 3000), setuid(4000)));
	AFTER((become(1000, 2000, 3000), setreuid(2000, 3000)));
	AFTER((become(1000, 2000, 3000), setreuid(3000, 1000)));
	AFTER((become(1000, 2000, 3000), setreuid(-1, 3000)));
	AFTER((become(1000, 2000, 3000), become(3000, 1000, 2000)));
	AFTER((become(1000, 2000, 3000), become(-1, 4000, -1)));
	AFTER((become(1000, 0, 1000), become(1000, 1000, 1000)));
	AFTER((become(0, 1000, 0), become(0, 0, 0)));
	AFTER((setresgid(10, 20, 30), become(1000, 1000, 1000), setgid(30)));
	AFTER((setresgid(10, 20, 30), become(1000, 1000, 1000), setgid(40)));
	AFTER((become(1000, 1000, 1000), setfsuid(0)));
	AFTER(setfsuid(77));
	AFTER(prctl(PR_SET_KEEPCAPS, 1) + setuid(1000));
	AFTER(prctl(PR_SET_KEEPCAPS, 2));
	IN_CHILD("capset", {
		struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
		struct __user_cap_data_struct data[2] = { { 1 << CAP_KILL, 1 << CAP_KILL | 1 << CAP_CHOWN, 0 } };
		show("drop", syscall(SYS_capset, &header, data));
		ids("now");
		show("setuid without the capability", setuid(1000));
		data[0].permitted |= 1 << CAP_SETUID;
		show("regain", syscall(SYS_capset, &header, data));
		header.version = 5;
		show("bad version", syscall(SYS_capget, &header, data));
		say("preferred version", "%x", header.version);
		header.version = _LINUX_CAPABILITY_VERSION_3, header.pid = 0x3ffffff;
		show("of nobody", syscall(SYS_capget, &header, data));
	});
	IN_CHILD("bounding", {
		show("read", prctl(PR_CAPBSET_READ, CAP_CHOWN));
		show("drop", prctl(PR_CAPBSET_DROP, CAP_CHOWN));
		show("read", prctl(PR_CAPBSET_READ, CAP_CHOWN));
		show("no such", prctl(PR_CAPBSET_READ, 63));
		setuid(1000);
		show("drop as a user", prctl(PR_CAPBSET_DROP, CAP_KILL));
	});
	IN_CHILD("groups", {
		gid_t groups[4] = { 30, 10, 20, 10 };
		gid_t back[8];
		show("set", setgroups(4, groups));
		show("count", getgroups(0, NULL));
		int count = getgroups(8, back);
		for (int i = 0; i < count; i++)
			show("group", back[i]);
		show("too little room", getgroups(2, back));
		show("negative room", getgroups(-1, back));
		show("too many", syscall(SYS_setgroups, 65537, groups));
		setuid(1000);
		show("set as a user", syscall(SYS_setgroups, 0, NULL));
		status("status");
	});
	IN_CHILD("signals", {
		pid_t other = fork();
		if (other == 0) {
			become(2000, 2000, 2000);
			pause();
		}
		usleep(50000);
		become(1000, 1000, 1000);
		show("to another user", kill(other, 0));
		show("to init", kill(1, 0));
		show("to oneself", kill(getpid(), 0));
		kill(other, SIGKILL);
	});
	IN_CHILD("prctl", {
		char name[17] = { 0 };
		int value = -1;
		show("name", prctl(PR_SET_NAME, "a name that is too long"));
		prctl(PR_GET_NAME, name);
		say("cut", "%s", name);
		show("dumpable", prctl(PR_GET_DUMPABLE));
		show("bad dumpable", prctl(PR_SET_DUMPABLE, 2));
		show("death signal", prctl(PR_SET_PDEATHSIG, SIGTERM));
		prctl(PR_GET_PDEATHSIG, &value);
		show("is", value);
		show("bad death signal", prctl(PR_SET_PDEATHSIG, 100));
		show("no new privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		show("set", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		show("unset", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
		show("slack", prctl(PR_GET_TIMERSLACK));
		show("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1));
		prctl(PR_GET_CHILD_SUBREAPER, &value);
		show("is", value);
		show("securebits", prctl(PR_GET_SECUREBITS));
		show("unknown", prctl(9999));
		setuid(1000);
		show("dumpable after setuid", prctl(PR_GET_DUMPABLE));
		status("status");
	});
	IN_CHILD("parent's death", {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pid_t child = fork();
			if (child == 0) {
				int value = 9;
				prctl(PR_GET_PDEATHSIG, &value);
				_exit(value);
			}
			ended("the child of one who asked", child);
		}
		else wait(NULL);
	});
	return 0;
}
