// Calls the kernel at random, over and over, with arguments that are hostile or nearly right. Children do it; each has a seed, a time limit and nobody's rights.
// calls SEED CHILDREN CALLS_EACH [root|wild] [-v]
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A letter per argument: f descriptor, d directory descriptor, p path, s string, b buffer, o place for a result, l length, i small number, n any number,
 * m mode, g signal, k process, t timespec, v iovec, c count of iovecs, h msghdr, a socket address, z its length, L place of a length, x flag bits, q offset, u id,
 * A argv, S signal mask, 8 its size, w time of two, e epoll event, P pollfds, y address of memory, Y length of memory, r protection, C ioctl command, F fcntl command.
 */
static const struct { short number; const char *args; } table[] = {
	{ 5, "pxbli" }, { 6, "psbli" }, { 7, "fsbli" }, { 8, "psol" }, { 10, "fsol" }, { 11, "pol" }, { 13, "fol" }, { 14, "ps" }, { 16, "fs" }, { 17, "ol" },
	{ 19, "nx" }, { 20, "x" }, { 21, "fife" }, { 22, "foitS8" }, { 23, "f" }, { 24, "ffx" }, { 25, "fFn" }, { 25, "fFb" }, { 29, "fCb" }, { 29, "fCn" }, { 30, "iii" }, { 31, "ii" },
	{ 32, "fi" }, { 33, "dpmn" }, { 34, "dpm" }, { 35, "dpx" }, { 36, "sdp" }, { 37, "dpdpx" }, { 38, "dpdp" }, { 43, "po" }, { 44, "fo" }, { 45, "pq" }, { 46, "fq" },
	{ 47, "fiqq" }, { 48, "dpi" }, { 49, "p" }, { 50, "f" }, { 52, "fm" }, { 53, "dpm" }, { 54, "dpuux" }, { 55, "fuu" }, { 56, "dpxm" }, { 56, "dpxm" }, { 57, "f" }, { 59, "ox" },
	{ 61, "fol" }, { 62, "fqi" }, { 63, "fol" }, { 64, "fbl" }, { 65, "fvc" }, { 66, "fvc" }, { 67, "folq" }, { 68, "fblq" }, { 69, "fvcqq" }, { 70, "fvcqq" },
	{ 71, "ffbl" }, { 72, "nbbbtb" }, { 73, "PitS8" }, { 74, "fS8x" }, { 75, "fvcx" }, { 76, "fbfblx" }, { 77, "fflx" }, { 78, "dpol" }, { 79, "dpox" }, { 80, "fo" },
	{ 81, "" }, { 82, "f" }, { 83, "f" }, { 84, "fqqi" }, { 85, "ix" }, { 86, "fiwo" }, { 87, "fo" }, { 88, "dpwx" }, { 90, "bb" }, { 91, "bb" }, { 92, "n" },
	{ 95, "ikoxo" }, { 96, "o" }, { 97, "x" }, { 98, "bintbn" }, { 98, "bintbn" }, { 99, "bl" }, { 100, "koo" }, { 101, "to" }, { 102, "io" }, { 103, "iwo" }, { 107, "iboo" }, { 108, "io" }, { 109, "i" },
	{ 110, "iiwo" }, { 111, "i" }, { 113, "io" }, { 114, "io" }, { 115, "iito" }, { 116, "iol" }, { 118, "kb" }, { 119, "kib" }, { 120, "k" }, { 121, "ko" }, { 122, "klb" }, { 123, "klo" },
	{ 124, "" }, { 125, "i" }, { 126, "i" }, { 127, "ko" }, { 132, "bo" }, { 133, "S8" }, { 134, "gbo8" }, { 135, "iSo8" }, { 136, "o8" }, { 137, "Sot8" }, { 139, "" },
	{ 140, "iki" }, { 141, "ik" }, { 143, "uu" }, { 145, "uu" }, { 147, "uuu" }, { 148, "ooo" }, { 149, "uuu" }, { 150, "ooo" }, { 151, "u" }, { 152, "u" }, { 153, "o" }, { 154, "kk" },
	{ 155, "k" }, { 156, "k" }, { 157, "" }, { 158, "io" }, { 159, "ib" }, { 160, "o" }, { 161, "bl" }, { 162, "bl" }, { 163, "io" }, { 164, "ib" }, { 165, "io" }, { 166, "m" },
	{ 167, "inbbb" }, { 167, "iiiii" }, { 168, "ooo" }, { 169, "oo" }, { 172, "" }, { 179, "o" }, { 198, "ixi" }, { 199, "ixio" }, { 200, "faz" }, { 201, "fi" }, { 202, "foL" }, { 203, "faz" },
	{ 204, "foL" }, { 205, "foL" }, { 206, "fblxaz" }, { 207, "folxoL" }, { 208, "fiibl" }, { 209, "fiioL" }, { 210, "fi" }, { 211, "fhx" }, { 212, "fhx" }, { 213, "fql" }, { 214, "n" }, { 214, "y" },
	{ 215, "yY" }, { 216, "yYYxy" }, { 216, "yYYxy" }, { 220, "xboob" }, { 221, "pAA" }, { 222, "yYrxfq" }, { 222, "yYrxfq" }, { 222, "yYrxfq" }, { 223, "fqqi" }, { 226, "yYr" }, { 227, "yYi" }, { 228, "yY" }, { 229, "yY" },
	{ 230, "i" }, { 231, "" }, { 232, "yYo" }, { 233, "yYi" }, { 240, "kkgb" }, { 242, "foLx" }, { 243, "fhixt" }, { 258, "blloi" }, { 259, "yyi" }, { 260, "koxo" }, { 261, "kibo" },
	{ 267, "f" }, { 269, "fhix" }, { 272, "kkiff" }, { 274, "kbi" }, { 275, "koli" }, { 276, "dpdpi" }, { 278, "olx" }, { 279, "sx" }, { 281, "dpAAx" }, { 283, "iii" }, { 284, "yYi" },
	{ 285, "fbfbli" }, { 286, "fvcqqi" }, { 287, "fvcqqi" }, { 291, "dpxno" }, { 293, "blii" }, { 424, "fgbi" }, { 434, "kx" }, { 435, "bl" }, { 436, "nnx" }, { 437, "dpbl" }, { 438, "ffi" }, { 439, "dpix" }, { 441, "foitS8" }, { 452, "dpmx" },
};
/* What root could do harm with, by right: not as root. Who is wild does it too. */
static const short for_wild[] = { 39, 40, 41, 51, 112, 170 };
static const char *const wild_args[] = { "pi", "spsxb", "pp", "p", "it", "bb" };

static uint64_t state;
static bool verbose, wild, as_root;
static int log_fd;
static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dull;
}
static unsigned below(unsigned n) { return (random64() >> 33) % n; }
static bool one_in(unsigned n) { return below(n) == 0; }

enum { ARENA = 1 << 20 };
static char *arena, *edge, *closed, *readonly, *area;
static char *const good(void) { return arena + below(ARENA - 65536) / 8 * 8 + (one_in(8) ? below(8) : 0); }

static uint64_t number(void)
{
	switch (below(8)) {
	case 0: return 1ull << below(64);
	case 1: return (1ull << below(64)) - 1;
	case 2: return -(1ull << below(64));
	case 3: return random64();
	case 4: return -(uint64_t)below(5000);
	default: return below(300);
	}
}

static uint64_t pointer(void)
{
	switch (below(24)) {
	case 0: return 0;
	case 1: return number();
	case 2: return (uint64_t)edge + 4096 - below(70);
	case 3: return (uint64_t)closed + below(4096);
	case 4: return (uint64_t)readonly + below(4096);
	case 5: return 0x4000000000 - below(8192);
	case 6: return 0xffffffd800000000 + below(1 << 30);
	case 7: return (uint64_t)good() + below(9);
	default: return (uint64_t)good();
	}
}

static uint64_t length(void)
{
	static const uint64_t odd[] = { 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7ffff000, 0x7ffffffffffff000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0xfffffffffffff000, 65536, 65537, 1 << 20, 1 << 30 };
	switch (below(6)) {
	case 0: return odd[below(sizeof odd / sizeof *odd)];
	case 1: return number();
	case 2: return below(70000);
	default: return below(200);
	}
}

static int descriptor(void) { return one_in(20) ? (int)number() : (int)below(48); }

static const char *const names[] = { "a", "b", "c", "dir", "dir/x", "dir/y", "link", "loop", "fifo", "sock", ".", "..", "dir/../a", "dir/../../tmp", "/", "/proc/self/fd/3", "/proc/self/fd", "/proc/self/mem", "/proc/self/maps",
	"/proc/self/cwd/a", "/proc/self/root/tmp", "/proc/self/task", "/proc/self/environ", "/proc/self/status", "/proc/self/comm", "/proc/1/maps", "/proc/self/oom_score_adj", "/proc/sys/kernel/hostname", "/proc/meminfo", "/proc/mounts",
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/tty", "/dev/ptmx", "/dev/pts/0", "/dev/kmsg", "/dev/vda", "/dev/mem", "/sys", "/sys/class", "/tmp", "/dev/shm/a", "nosuch", "dir/", "a/", "", "//", "x/y/z", "/etc/passwd", "/proc/self/exe", "/bin/busybox", "program" };
/* The last three are programs that run: root could truncate them, which a real Linux refuses. */
enum { NAMES = sizeof names / sizeof *names, PROGRAMS = 3 };
static char *string(void)
{
	char *at = good();
	switch (below(16)) {
	case 0: memset(at, 'a', 300); at[300] = 0; break;
	case 1: memset(at, '/', 5000); at[5000] = 0; break;
	case 2: for (int i = 0; i < 6000; i++) at[i] = i % 2 ? '/' : 'q'; at[one_in(2) ? 4095 : 4096] = 0; at[6000] = 0; break;
	case 3: for (int i = 0; i < 40; i++) at[i] = 1 + below(255); at[40] = 0; break;
	case 4: return edge + 4096 - below(4);
	default: strcpy(at, names[below(as_root ? NAMES - PROGRAMS : NAMES)]);
	}
	return at;
}

static void fill(char *at)
{
	unsigned words = 1 + below(40);
	uint64_t *to = (uint64_t *)((uint64_t)at & ~7ull);
	for (unsigned i = 0; i < words; i++)
		switch (below(6)) {
		case 0: to[i] = pointer(); break;
		case 1: to[i] = number(); break;
		case 2: to[i] = below(64) | (uint64_t)below(64) << 32; break;
		case 3: to[i] = length(); break;
		case 4: to[i] = descriptor() | (uint64_t)below(0x10000) << 32; break;
		default: to[i] = 0;
		}
}

static uint64_t buffer(void)
{
	uint64_t at = pointer();
	if (at >= (uint64_t)arena && at < (uint64_t)arena + ARENA - 65536 && !one_in(4)) fill((char *)at);
	return at;
}

static uint64_t vectors(void)
{
	uint64_t *at = (uint64_t *)((uint64_t)good() & ~7ull);
	for (int i = 0; i < 20; i++) {
		at[i * 2] = pointer();
		at[i * 2 + 1] = one_in(12) ? length() : below(5000);
	}
	return one_in(12) ? pointer() : (uint64_t)at;
}

static uint64_t address(void)
{
	struct sockaddr_un *at = (void *)good();
	memset(at, 0, 200);
	at->sun_family = one_in(10) ? number() : AF_UNIX;
	if (one_in(3)) at->sun_path[1] = 'a' + below(4);
	else strncpy(at->sun_path, names[below(12)], 20);
	return one_in(12) ? pointer() : (uint64_t)at;
}

static uint64_t message(void)
{
	struct msghdr *at = (void *)((uint64_t)good() & ~7ull);
	struct cmsghdr *control = (void *)((uint64_t)good() & ~7ull);
	memset(at, 0, 512);
	memset(control, 0, 512);
	for (int i = 0; i < 3; i++) {
		struct msghdr *each = (void *)((char *)at + i * 64);
		*each = (struct msghdr){ one_in(3) ? (void *)address() : NULL, one_in(8) ? number() : sizeof(struct sockaddr_un), (void *)vectors(), one_in(10) ? number() : below(5), NULL, 0, 0 };
		if (one_in(2)) {
			each->msg_control = one_in(10) ? (void *)pointer() : control;
			each->msg_controllen = one_in(6) ? length() : 16 + 4 * below(8);
		}
	}
	int count = 1 + below(4);
	control->cmsg_len = one_in(5) ? length() : CMSG_LEN(4 * count);
	control->cmsg_level = one_in(8) ? number() : SOL_SOCKET;
	control->cmsg_type = one_in(8) ? number() : 1 + below(2);
	for (int i = 0; i < count; i++) ((int *)CMSG_DATA(control))[i] = descriptor();
	return one_in(12) ? pointer() : (uint64_t)at;
}

static uint64_t spec(int count)
{
	struct timespec *at = (void *)((uint64_t)good() & ~7ull);
	for (int i = 0; i < count; i++) at[i] = (struct timespec){ one_in(6) ? (int64_t)number() : 0, one_in(6) ? (int64_t)number() : below(10000000) };
	return one_in(6) ? pointer() : (uint64_t)at;
}

static uint64_t arguments(void)
{
	char **at = (char **)((uint64_t)good() & ~7ull);
	int count = below(6);
	for (int i = 0; i < count; i++) at[i] = one_in(10) ? (char *)pointer() : string();
	at[count] = NULL;
	return one_in(10) ? pointer() : (uint64_t)at;
}

static uint64_t command(void)
{
	static const unsigned known[] = { 0x5401, 0x5402, 0x5403, 0x5404, 0x5405, 0x5406, 0x5407, 0x5408, 0x5409, 0x540a, 0x540b, 0x540e, 0x540f, 0x5410, 0x5411, 0x5412, 0x5413, 0x5414, 0x541b, 0x541d, 0x5420, 0x5421, 0x5422, 0x5423, 0x5424,
		0x5428, 0x5429, 0x80045430, 0x40045431, 0x5441, 0x5450, 0x5451, 0x5452, 0x5460, 0x80045438, 0x80045439, 0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d, 0x125e, 0x1260, 0x80081272, 0x40049409, 0xc020660b, 0x80086601, 0x8912, 0x8927, 0x8906, 0x4b46, 0x5600, 0x80045200, 0x40045203 };
	return one_in(10) ? number() : known[below(sizeof known / sizeof *known)];
}

static uint64_t process_id(void)
{
	switch (below(6)) {
	case 0: return number();
	case 1: return getpid();
	case 2: return getppid();
	case 3: return 1;
	default: return 0;
	}
}

static uint64_t argument(char kind)
{
	if (one_in(40)) return number();
	switch (kind) {
	case 'f': return descriptor();
	case 'd': return one_in(3) ? descriptor() : AT_FDCWD;
	case 'p': case 's': return one_in(16) ? pointer() : (uint64_t)string();
	case 'b': case 'e': case 'P': return buffer();
	case 'o': return pointer();
	case 'l': return length();
	case 'i': return one_in(6) ? number() : below(24);
	case 'n': return number();
	case 'm': return one_in(3) ? number() : (below(14) << 12) | below(01000);
	case 'g': return below(68);
	case 'k': return process_id();
	case 't': return spec(1);
	case 'w': return spec(2);
	case 'v': return vectors();
	case 'c': return one_in(6) ? number() : below(10);
	case 'h': return message();
	case 'a': return address();
	case 'z': return one_in(6) ? number() : 2 + below(100);
	case 'L': { uint64_t at = (uint64_t)good() & ~7ull; *(uint64_t *)at = length(); return one_in(8) ? pointer() : at; }
	case 'x': return below(3) ? (1ull << below(24)) | (one_in(2) ? 1ull << below(24) : 0) : one_in(2) ? number() : 0;
	case 'q': return one_in(2) ? number() : below(100000);
	case 'u': return one_in(2) ? (uint64_t)-1 : one_in(2) ? below(70000) : number();
	case 'A': return arguments();
	case 'S': return buffer();
	case '8': return one_in(10) ? number() : 8;
	case 'y': return one_in(8) ? number() & ~4095ull : one_in(8) ? 0 : (uint64_t)area + below(256) * 4096 + (one_in(10) ? below(4096) : 0);
	case 'Y': return one_in(6) ? length() : (1 + below(64)) * 4096;
	case 'r': return one_in(6) ? number() : below(8);
	case 'C': return command();
	case 'F': return one_in(8) ? number() : one_in(3) ? 1024 + below(16) : below(40);
	}
	return 0;
}

/** A descriptor of every kind, 3 to about 40. */
static void open_all(void)
{
	int pair[2];
	(void)!chdir("/tmp/fuzz");
	open("a", O_RDWR | O_CREAT, 0666);
	open("dir", O_RDONLY | O_DIRECTORY);
	(void)!pipe2(pair, O_NONBLOCK);
	(void)!pipe(pair);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un name = { AF_UNIX, "" };
	name.sun_path[1] = 'a' + below(4);
	bind(listener, (void *)&name, 4);
	listen(listener, 2);
	socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int epoll = epoll_create1(0);
	struct epoll_event event = { EPOLLIN, { 0 } };
	epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
	int outer = epoll_create1(0);
	epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &event);
	eventfd(3, 0);
	eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
	timerfd_create(CLOCK_MONOTONIC, 0);
	sigset_t set;
	sigfillset(&set);
	signalfd(-1, &set, SFD_NONBLOCK);
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	int unlock = 0;
	ioctl(master, TIOCSPTLCK, &unlock);
	ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	open("/dev/null", O_RDWR);
	open("/dev/zero", O_RDWR);
	open("/dev/full", O_RDWR);
	open("/dev/urandom", O_RDWR);
	open("/proc/self/mem", O_RDWR);
	open("/proc/self/maps", O_RDONLY);
	open("/proc/self/status", O_RDONLY);
	open("/proc", O_RDONLY);
	open("/proc/self/fd", O_RDONLY);
	open("/sys", O_RDONLY);
	memfd_create("m", MFD_ALLOW_SEALING);
	open("/tmp", O_TMPFILE | O_RDWR, 0600);
	open("fifo", O_RDWR);
	open("link", O_PATH | O_NOFOLLOW);
	open("/", O_PATH);
	syscall(SYS_pidfd_open, getpid(), 0);
	open("/dev/vda", O_RDONLY);
	open("/etc/passwd", O_RDONLY);
	open("b", O_RDWR | O_CREAT | O_APPEND, 0666);
}

static void nothing(int signal) { (void)signal; }

static void one_call(void)
{
	short which;
	const char *args;
	if (one_in(60)) {
		which = below(480);
		args = "nbnbnb";
	} else if (wild && one_in(8)) {
		int i = below(6);
		which = for_wild[i];
		args = wild_args[i];
	} else {
		int i = below(sizeof table / sizeof *table);
		which = table[i].number;
		args = table[i].args;
	}
	/* Ends of its own, and of everybody: nothing to learn. */
	if (which == 93 || which == 94 || which == 129 || which == 130 || which == 131 || which == 138 || which == 142 || which == 240 || which == 424) return;
	if (geteuid() == 0 && !wild) for (unsigned i = 0; i < 6; i++) if (which == for_wild[i]) return;
	uint64_t a[6];
	unsigned count = strlen(args);
	for (unsigned i = 0; i < 6; i++) a[i] = i < count ? argument(args[i]) : number();
	/* Most of these end the child at once. */
	if ((which == 139 || which == 214 || which == 215 || which == 221 || which == 436) && !one_in(4)) return;
	if (which == 220 || which == 435) { if (!one_in(20)) return; }
	/* A stack of its own, so that what a clone does is of the kernel's making. */
	/* Limits of the neighbour or of the parent: root may, and it is no fault. */
	if (which == 261 && a[0] != 0) a[0] = getpid();
	if (which == 220) { a[1] = one_in(2) ? 0 : (uint64_t)arena + ARENA - 4096; }
	if (verbose) {
		char line[300];
		int n = snprintf(line, sizeof line, "%d: %d(%lx, %lx, %lx, %lx, %lx, %lx)\n", getpid(), which, a[0], a[1], a[2], a[3], a[4], a[5]);
		(void)!write(log_fd, line, n);
	}
	long result = syscall(which, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (verbose) {
		char line[100];
		int n = snprintf(line, sizeof line, " = %ld %s\n", result, result < 0 ? strerrorname_np(errno) : "");
		(void)!write(log_fd, line, n);
	}
}

static void child(unsigned calls, bool root)
{
	signal(SIGALRM, nothing);
	struct sigaction action = { .sa_handler = nothing };
	for (int s = 1; s < 65; s++) if (s != SIGSEGV && s != SIGBUS && s != SIGILL && s != SIGFPE) sigaction(s, &action, NULL);
	open_all();
	if (!root) {
		setgroups(0, NULL);
		(void)!setgid(1000);
		(void)!setuid(1000);
	}
	for (unsigned i = 0; i < calls; i++) {
		struct itimerval soon = { { 0, 20000 }, { 0, 20000 } };
		setitimer(ITIMER_REAL, &soon, NULL);
		one_call();
	}
	syscall(SYS_exit_group, 0);
}

static void prepare(void)
{
	umask(0);
	mkdir("/tmp/fuzz", 0777);
	(void)!chdir("/tmp/fuzz");
	mkdir("dir", 0777);
	(void)!symlink("a", "link");
	(void)!symlink("loop", "loop");
	mkfifo("fifo", 0666);
	(void)!symlink("/bin/busybox", "program");
	arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(edge + 4096, 4096);
	closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	readonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area = mmap(NULL, 256 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/** What the last child left running, if it is still ours to find. */
static void sweep(void)
{
	DIR *proc = opendir("/proc");
	if (proc == NULL) return;
	for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
		int pid = atoi(entry->d_name), parent = 0;
		if (pid <= 0) continue;
		char path[64], text[512] = "";
		snprintf(path, sizeof path, "/proc/%d/stat", pid);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) continue;
		(void)!read(fd, text, sizeof text - 1);
		close(fd);
		char *end = strrchr(text, ')');
		if (end != NULL && sscanf(end + 1, " %*c %d", &parent) == 1 && parent == getpid()) kill(pid, SIGKILL);
	}
	closedir(proc);
	for (int i = 0; i < 1000 && waitpid(-1, NULL, WNOHANG) >= 0; i++) usleep(1000);
}

int main(int count, char **args)
{
	if (count < 4) return 2;
	uint64_t seed = strtoull(args[1], NULL, 10);
	unsigned children = atoi(args[2]), calls = atoi(args[3]);
	bool root = false;
	for (int i = 4; i < count; i++) {
		if (!strcmp(args[i], "root")) root = true;
		if (!strcmp(args[i], "wild")) root = wild = true;
		if (!strcmp(args[i], "-v")) verbose = true;
	}
	as_root = root;
	log_fd = fcntl(2, F_DUPFD, 200);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prepare();
	for (unsigned i = 0; i < children; i++) {
		state = (seed * 1000 + i + 1) * 0x9e3779b97f4a7c15ull | 1;
		for (int j = 0; j < 8; j++) random64();
		pid_t pid = fork();
		if (pid == 0) child(calls, root);
		bool ended = false;
		for (int waited = 0; waited < 400 && !ended; waited++) {
			ended = pid < 0 || waitpid(pid, NULL, WNOHANG) != 0;
			if (!ended) usleep(2000);
		}
		if (!ended) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
		sweep();
	}
	(void)!write(1, "done\n", 5);
	return 0;
}
