// Which calls go on after a handler with SA_RESTART, and which end with EINTR, with it and without.
#include "check.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/stat.h>
#include <time.h>

static volatile int ticks;
static int pipes[2], full[2], sockets[2], listener, event, epoll, lockfile;
static pid_t sleeper;

/** After the second signal a child process or an alarm of its own ends the call for good. */
static void tick(int signal)
{
	ticks++;
}

static long do_read(void) { char c; return read(pipes[0], &c, 1); }
static long do_write(void) { static char big[100000]; return write(full[1], big, sizeof big); }
static long do_recv(void) { char c; return recv(sockets[0], &c, 1, 0); }
static long do_accept(void) { return accept(listener, NULL, NULL); }
static long do_wait(void) { int status; return waitpid(sleeper, &status, 0); }
static long do_waitid(void) { siginfo_t info; return waitid(P_PID, sleeper, &info, WEXITED | WNOWAIT); }
static long do_futex(void) { int word = 0; return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0); }
static long do_futex_timeout(void) { int word = 0; struct timespec t = { 5, 0 }; return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t, NULL, 0); }
static long do_flock(void) { return flock(open("lock", O_RDWR), LOCK_EX); }
static long do_setlkw(void) { struct flock l = { .l_type = F_WRLCK }; return fcntl(lockfile, F_SETLKW, &l); }
static long do_eventfd(void) { uint64_t value; return read(event, &value, 8); }
static long do_poll(void) { return poll(&(struct pollfd){ pipes[0], POLLIN, 0 }, 1, -1); }
static long do_select(void) { fd_set set; FD_ZERO(&set); FD_SET(pipes[0], &set); return select(pipes[0] + 1, &set, NULL, NULL, NULL); }
static long do_epoll(void) { struct epoll_event e; return epoll_wait(epoll, &e, 1, -1); }
static long do_nanosleep(void) { struct timespec t = { 5, 0 }; return nanosleep(&t, NULL); }
static long do_clock_nanosleep(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); t.tv_sec += 5; errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL); return errno ? -1 : 0; }
static long do_pause(void) { return pause(); }
static long do_sigsuspend(void) { sigset_t set; sigemptyset(&set); return sigsuspend(&set); }
static long do_fifo(void) { return open("fifo", O_RDONLY); }
static long do_recv_timeout(void) { char c; return recv(sockets[1], &c, 1, 0); }

static const struct { const char *name; long (*call)(void); } calls[] = {
	{ "read of a pipe", do_read }, { "write to a full pipe", do_write }, { "recv", do_recv }, { "accept", do_accept }, { "waitpid", do_wait },
	{ "waitid", do_waitid }, { "futex", do_futex }, { "futex with a timeout", do_futex_timeout }, { "flock", do_flock }, { "fcntl lock", do_setlkw },
	{ "eventfd", do_eventfd }, { "poll", do_poll }, { "select", do_select }, { "epoll_wait", do_epoll }, { "nanosleep", do_nanosleep },
	{ "clock_nanosleep", do_clock_nanosleep }, { "pause", do_pause }, { "sigsuspend", do_sigsuspend }, { "open of a FIFO", do_fifo },
	{ "recv with SO_RCVTIMEO", do_recv_timeout },
};

/** The call that goes on is ended by a second alarm, which kills the child. */
static void try(int which, int flags, const char *how)
{
	char what[80];
	int report[2];
	snprintf(what, sizeof what, "%s, %s", calls[which].name, how);
	pipe(report);
	pid_t child = fork();
	if (child == 0) {
		sleeper = fork();
		if (sleeper == 0) {
			usleep(600000);
			_exit(0);
		}
		handle(SIGUSR1, tick, flags);
		write(report[1], "x", 1);
		close(report[1]);
		long result = calls[which].call();
		if (result == -1)
			say(what, "-1 %s", strerrorname_np(errno));
		else
			say(what, "went on");
		_exit(0);
	}
	char c;
	close(report[1]);
	read(report[0], &c, 1);
	close(report[0]);
	usleep(50000);
	kill(child, SIGUSR1);
	usleep(100000);
	int status;
	if (waitpid(child, &status, WNOHANG) == 0) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		say(what, "goes on");
	}
}

int main(void)
{
	pipe(pipes), pipe(full);
	static char big[65536];
	write(full[1], big, sizeof big);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
	struct timeval timeout = { 5, 0 };
	setsockopt(sockets[1], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un name = { AF_UNIX, "socket" };
	bind(listener, (void *)&name, sizeof name);
	listen(listener, 1);
	event = eventfd(0, 0);
	epoll = epoll_create1(0);
	epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0], &(struct epoll_event){ EPOLLIN });
	put("lock", "");
	int held = open("lock", O_RDWR);
	flock(held, LOCK_EX);
	lockfile = open("lock2", O_RDWR | O_CREAT, 0600);
	struct flock lock = { .l_type = F_WRLCK };
	fcntl(lockfile, F_SETLK, &lock);
	mkfifo("fifo", 0600);
	for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
		try(i, SA_RESTART, "restarting");
		try(i, 0, "not restarting");
	}
	return 0;
}
