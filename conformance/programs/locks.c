// Locks: POSIX, of open file descriptions and flock, between processes; splitting, deadlock, what releases them.
#include "check.h"
#include <sys/file.h>

static long lock(int fd, int how, int type, off_t start, off_t length)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
	return fcntl(fd, how, &l);
}

/** What another process would meet. */
static void meets(const char *what, const char *path, off_t start, off_t length)
{
	pid_t parent = getpid();
	pid_t child = fork();
	if (child == 0) {
		struct flock l = { .l_type = F_WRLCK, .l_start = start, .l_len = length };
		fcntl(open(path, O_RDWR), F_GETLK, &l);
		if (l.l_type == F_UNLCK)
			say(what, "free");
		else
			say(what, "%s %ld+%ld %s", l.l_type == F_RDLCK ? "read" : "write", l.l_start, l.l_len, l.l_pid == parent ? "ours" : l.l_pid == -1 ? "-1" : "other");
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

int main(void)
{
	put("file", "0123456789");
	int a = open("file", O_RDWR), b = open("file", O_RDWR), r = open("file", O_RDONLY), w = open("file", O_WRONLY);
	show("write lock", lock(a, F_SETLK, F_WRLCK, 10, 20));
	meets("inside", "file", 15, 1), meets("before", "file", 0, 10), meets("over", "file", 0, 0), meets("behind", "file", 30, 5);
	show("own other descriptor doesn't mind", lock(b, F_SETLK, F_WRLCK, 10, 20));
	show("middle becomes a read lock", lock(a, F_SETLK, F_RDLCK, 15, 5));
	meets("middle", "file", 15, 5), meets("left", "file", 10, 5), meets("right", "file", 20, 10);
	show("unlock in the middle", lock(a, F_SETLK, F_UNLCK, 16, 2));
	meets("middle", "file", 16, 2), meets("left rest", "file", 15, 1), meets("right rest", "file", 18, 2);
	show("to the end of everything", lock(a, F_SETLK, F_WRLCK, 100, 0));
	meets("far away", "file", 1000000, 1);
	show("negative length", lock(a, F_SETLK, F_WRLCK, 60, -5));
	meets("which lies before", "file", 50, 20);
	show("before the beginning", lock(a, F_SETLK, F_WRLCK, 2, -5));
	show("bad type", lock(a, F_SETLK, 9, 0, 0));
	show("read lock of a writer", lock(w, F_SETLK, F_RDLCK, 0, 1));
	show("write lock of a reader", lock(r, F_SETLK, F_WRLCK, 0, 1));
	IN_CHILD("child", {
		show("not inherited", lock(a, F_SETLK, F_WRLCK, 10, 1));
		show("read beside read", lock(a, F_SETLK, F_RDLCK, 15, 1));
	});
	close(r);
	meets("closing any descriptor frees all", "file", 0, 0);

	lock(a, F_SETLK, F_WRLCK, 0, 1);
	int p[2];
	char c;
	pipe(p);
	pid_t child = fork();
	if (child == 0) {
		lock(a, F_SETLK, F_WRLCK, 1, 1);
		write(p[1], "x", 1);
		lock(a, F_SETLKW, F_WRLCK, 0, 1);
		say("child", "got it");
		_exit(0);
	}
	read(p[0], &c, 1);
	usleep(100000);
	show("deadlock", lock(a, F_SETLKW, F_WRLCK, 1, 1));
	lock(a, F_SETLK, F_UNLCK, 0, 1);
	ended("child", child);
	meets("an exit frees", "file", 0, 0);

	show("OFD lock", lock(a, F_OFD_SETLK, F_WRLCK, 0, 10));
	show("of another description", lock(b, F_OFD_SETLK, F_WRLCK, 5, 1));
	show("POSIX lock there", lock(a, F_SETLK, F_WRLCK, 5, 1));
	meets("seen by others", "file", 5, 1);
	IN_CHILD("inherited", show("child may", lock(a, F_OFD_SETLK, F_WRLCK, 5, 1)));
	int copy = dup(a);
	close(copy);
	meets("a closed copy leaves it", "file", 5, 1);
	struct flock with_pid = { .l_type = F_WRLCK, .l_pid = 5 };
	show("OFD with a pid", fcntl(a, F_OFD_SETLK, &with_pid));
	show("unlock", lock(a, F_OFD_SETLK, F_UNLCK, 0, 0));

	show("flock shared", flock(a, LOCK_SH));
	show("and another", flock(b, LOCK_SH | LOCK_NB));
	show("exclusive", flock(a, LOCK_EX | LOCK_NB));
	show("unlock", flock(b, LOCK_UN));
	show("exclusive now", flock(a, LOCK_EX | LOCK_NB));
	show("another", flock(b, LOCK_SH | LOCK_NB));
	IN_CHILD("child", { show("has it too", flock(a, LOCK_EX | LOCK_NB)); show("unlocks for both", flock(a, LOCK_UN)); });
	show("another now", flock(b, LOCK_EX | LOCK_NB));
	show("independent of POSIX", lock(a, F_SETLK, F_WRLCK, 0, 0));
	show("bad operation", flock(a, 0));
	show("both", flock(a, LOCK_SH | LOCK_EX));
	show("closed", flock(500, LOCK_SH));
	show("of a pipe", flock(p[0], LOCK_EX));
	show("of a directory", flock(open(".", O_RDONLY), LOCK_EX));
	child = fork();
	if (child == 0) {
		close(b); // or it would hold what it waits for
		int mine = open("file", O_RDWR);
		flock(mine, LOCK_EX);
		say("waited", "and got it");
		_exit(0);
	}
	usleep(50000);
	close(b);
	ended("waiter", child);
	show("lease", fcntl(a, F_GETLEASE));
	show("unknown command", fcntl(a, 9999));
	show("lockf", lockf(a, F_TLOCK, 5));
	return 0;
}
