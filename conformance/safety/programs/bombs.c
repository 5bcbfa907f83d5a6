// Takes as much as the kernel gives of one kind of thing, says how much that was and why it ended, and keeps it until killed or told to go: bombs KIND [LIMIT]
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static char page[65536];
static char name[8192];

static void nothing(int signal) { (void)signal; }
static void *rest(void *argument) { for (;;) pause(); }
static int pair[2];

/* Each takes one more, the n-th; false: it got none, errno says why. */
static bool touch(long n)
{
	char *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED) return false;
	for (int i = 0; i < 1 << 20; i += 4096) at[i] = n;
	return true;
}
static bool tmpfile_page(long n)
{
	static int fd = -1;
	if (fd < 0) fd = open("/tmp/big", O_RDWR | O_CREAT, 0666);
	return write(fd, page, sizeof page) > 0;
}
static bool memfd(long n)
{
	static int fd = -1;
	if (fd < 0) fd = memfd_create("m", 0);
	return write(fd, page, sizeof page) > 0;
}
static bool tables(long n)
{
	/* One page in each 2 MiB: each costs a table besides. */
	static char *at;
	if (at == NULL) at = mmap(NULL, 240l << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED) return false;
	if (n >= 240l << 9) return false;
	*(volatile char *)(at + (n << 21));
	at[n << 21] = 1;
	return true;
}
static bool maps(long n)
{
	return mmap(NULL, 4096, n % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static bool more_descriptors(void)
{
	/* The next process goes on, with what this one has kept. */
	static int depth;
	if (errno != EMFILE || ++depth > 200) return false;
	pid_t child = fork();
	if (child < 0) return false;
	if (child > 0) rest(NULL);
	for (int fd = 3; fd < 5000; fd++) close(fd);
	return true;
}
static bool pipes(long n)
{
	int fd[2];
	if (pipe2(fd, O_NONBLOCK) < 0 && !more_descriptors()) return false;
	while (write(fd[1], page, sizeof page) > 0);
	return true;
}
static bool sockets(long n)
{
	int fd[2];
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fd) < 0 && !more_descriptors()) return false;
	while (send(fd[1], page, 100, 0) > 0);
	return true;
}
static bool small_sockets(long n)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || more_descriptors();
}
static bool in_flight(long n)
{
	/* Sockets that hold sockets: no descriptor is kept. */
	static int fd[2] = { -1, -1 };
	int next[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, next) < 0) return false;
	if (fd[0] >= 0) {
		char control[CMSG_SPACE(8)] = "";
		struct iovec vector = { page, 1 };
		struct msghdr message = { NULL, 0, &vector, 1, control, sizeof control, 0 };
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		*c = (struct cmsghdr){ CMSG_LEN(8), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(c), fd, 8);
		if (sendmsg(next[0], &message, 0) < 0) return false;
		close(fd[0]);
		close(fd[1]);
	}
	memcpy(fd, next, sizeof fd);
	return true;
}
static bool eventfds(long n) { return eventfd(0, 0) >= 0 || more_descriptors(); }
static bool files(long n)
{
	sprintf(name, "/tmp/f%ld", n);
	int fd = open(name, O_CREAT | O_WRONLY, 0666);
	return fd >= 0 && close(fd) == 0;
}
static bool written_files(long n)
{
	sprintf(name, "/tmp/f%ld", n);
	int fd = open(name, O_CREAT | O_WRONLY, 0666);
	return fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0;
}
static bool root_files(long n)
{
	sprintf(name, "/root/f%ld", n);
	int fd = open(name, O_CREAT | O_WRONLY, 0666);
	return fd >= 0 && close(fd) == 0;
}
static bool long_links(long n)
{
	sprintf(name, "/tmp/l%ld", n);
	static char target[4001];
	memset(target, 'x', 4000);
	return symlink(target, name) == 0;
}
static bool hard_links(long n)
{
	if (n == 0) close(open("/tmp/original", O_CREAT | O_WRONLY, 0666));
	sprintf(name, "/tmp/%0200ld", n);
	return link("/tmp/original", name) == 0;
}
static bool deep(long n) { return mkdir("d", 0777) == 0 && chdir("d") == 0; }
static bool missing(long n)
{
	struct stat facts;
	sprintf(name, "/tmp/no%0200ld", n);
	return stat(name, &facts) < 0 && errno == ENOENT && n < 2000000;
}
static bool spread_missing(long n)
{
	/* 1000 names that are not there in each of many directories. */
	struct stat facts;
	if (n % 1000 == 0) {
		sprintf(name, "/tmp/s%ld", n / 1000);
		if (mkdir(name, 0777) < 0 || chdir(name) < 0) return false;
	}
	sprintf(name, "no%0200ld", n);
	return stat(name, &facts) < 0 && errno == ENOENT && n < 3000000;
}
static bool attributes(long n)
{
	if (n % 31 == 0) {
		sprintf(name, "/tmp/x%ld", n / 31);
		close(open(name, O_CREAT | O_WRONLY, 0666));
	}
	char key[100];
	sprintf(key, "user.k%ld", n % 31);
	return setxattr(name, key, page, 4000, 0) == 0;
}
static bool timers(long n)
{
	timer_t id;
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	return timer_create(CLOCK_MONOTONIC, &event, &id) == 0;
}
static bool watches(long n)
{
	static int inner;
	if (n % 1000 == 0) inner = eventfd(0, 0);
	int epoll = epoll_create1(0);
	if (epoll < 0) return more_descriptors();
	for (int fd = 3; fd < 1024; fd++) {
		struct epoll_event event = { EPOLLIN, { 0 } };
		if (fd != epoll && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 && (errno == ENOMEM || errno == ENOSPC)) return false;
	}
	return true;
}
static bool signals(long n)
{
	static sigset_t all;
	if (n == 0) {
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
	}
	union sigval value = { 0 };
	return sigqueue(getpid(), SIGRTMIN, value) == 0;
}
static bool locks(long n)
{
	static int fd = -1;
	if (fd < 0) fd = open("/tmp/locked", O_CREAT | O_RDWR, 0666);
	struct flock lock = { F_WRLCK, SEEK_SET, n * 2, 1 };
	return fcntl(fd, F_SETLK, &lock) == 0 && n < 300000;
}
static bool mounts(long n)
{
	if (n == 0) mkdir("/tmp/m", 0777);
	return mount("none", "/tmp/m", "tmpfs", 0, "") == 0;
}
static bool binds(long n)
{
	if (n == 0) mkdir("/tmp/m", 0777);
	return mount("/tmp", "/tmp/m", "", MS_BIND, "") == 0;
}
static bool ptys(long n)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && !more_descriptors()) return false;
	while (write(fd, page, 4096) > 0);
	return true;
}
static bool forks(long n)
{
	pid_t child = fork();
	if (child == 0) rest(NULL);
	return child > 0;
}
static bool zombies(long n)
{
	pid_t child = fork();
	if (child == 0) _exit(0);
	return child > 0;
}
static bool threads(long n)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16384);
	pthread_t thread;
	errno = pthread_create(&thread, &attributes, rest, NULL);
	return errno == 0;
}
static bool fork_bomb(long n)
{
	for (;;) fork();
}
static bool vfork_bomb(long n)
{
	for (;;) if (vfork() == 0) { fork(); _exit(0); }
}
static bool argument_list(long n)
{
	if (n > 0) return false;
	static char *list[40000];
	char *text = malloc(130000);
	memset(text, 'a', 129999);
	text[129999] = 0;
	for (int i = 0; i < 15; i++) list[i] = text;
	for (int i = 0; i < 3; i++) if (fork() == 0) for (;;) { execv("/proc/self/exe", list); execv("/bin/true", list); _exit(0); }
	while (wait(NULL) > 0);
	return true;
}
static bool listing(long n)
{
	static int fd = -1;
	if (n == 0) for (long i = 0; i < 20000; i++) files(i);
	fd = open("/tmp", O_RDONLY);
	if (fd < 0 && !more_descriptors()) return false;
	return syscall(SYS_getdents64, fd, page, sizeof page) > 0;
}
static bool reads_of_proc(long n)
{
	int fd = open("/proc/self/maps", O_RDONLY);
	if (n == 0) for (int i = 0; i < 30000; i++) maps(i);
	if (fd < 0 && !more_descriptors()) return false;
	return read(fd, page, 10) > 0;
}
static bool bound(long n)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0) return more_descriptors();
	struct sockaddr_un address = { AF_UNIX, "" };
	sprintf(address.sun_path + 1, "%0100ld", n);
	return bind(fd, (void *)&address, sizeof address) == 0;
}
static bool locked(long n)
{
	static char *at;
	if (at == NULL) at = mmap(NULL, 1l << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return n == 0 ? mlockall(MCL_CURRENT | MCL_FUTURE) == 0 : touch(n);
}
static bool spin(long n) { for (;;); }
static bool spin_in_calls(long n) { for (;;) syscall(SYS_getpid); }
static bool sleepers(long n)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	if (fd < 0) return more_descriptors();
	struct itimerspec often = { { 0, 1 }, { 0, 1 } };
	return timerfd_settime(fd, 0, &often, NULL) == 0;
}
static bool often(long n)
{
	/* A timer of a nanosecond. */
	signal(SIGALRM, nothing);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	timer_t id;
	struct itimerspec spec = { { 0, 1 }, { 0, 1 } };
	return timer_create(CLOCK_MONOTONIC, &event, &id) == 0 && timer_settime(id, 0, &spec, NULL) == 0 && n < 200;
}

#define KIND(name) { #name, name }
static const struct { const char *name; bool (*take)(long n); } kinds[] = {
	KIND(touch), KIND(tmpfile_page), KIND(memfd), KIND(tables), KIND(maps), KIND(pipes), KIND(sockets), KIND(small_sockets), KIND(in_flight), KIND(eventfds), KIND(files), KIND(written_files), KIND(root_files),
	KIND(long_links), KIND(hard_links), KIND(deep), KIND(missing), KIND(spread_missing), KIND(attributes), KIND(timers), KIND(watches), KIND(signals), KIND(locks), KIND(mounts), KIND(binds), KIND(ptys), KIND(forks), KIND(zombies), KIND(threads),
	KIND(fork_bomb), KIND(vfork_bomb), KIND(argument_list), KIND(listing), KIND(reads_of_proc), KIND(bound), KIND(locked), KIND(spin), KIND(spin_in_calls), KIND(sleepers), KIND(often),
};

int main(int count, char **args)
{
	if (count < 2) {
		for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) puts(kinds[i].name);
		return 0;
	}
	long limit = count > 2 ? atol(args[2]) : 1l << 40;
	struct rlimit all;
	getrlimit(RLIMIT_NOFILE, &all);
	all.rlim_cur = all.rlim_max;
	setrlimit(RLIMIT_NOFILE, &all);
	(void)!chdir("/tmp");
	setvbuf(stdout, NULL, _IONBF, 0);
	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(args[1], kinds[i].name)) continue;
		long n = 0;
		errno = 0;
		while (n < limit && kinds[i].take(n)) n++;
		dprintf(1, "%s: %ld, then %s\n", args[1], n, errno ? strerrorname_np(errno) : "enough");
		/* What was taken is kept until standard input ends. */
		while (read(0, page, 1) > 0);
		kill(0, SIGKILL);
	}
	return 2;
}
