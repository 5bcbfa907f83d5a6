// Pipes and FIFOs: ends, sizes, atomic writes, not waiting, poll's bits, opening.
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

static void bits(const char *what, int fd, int wanted)
{
	struct pollfd p = { fd, wanted, 0 };
	poll(&p, 1, 0);
	say(what, "%s%s%s%s%s%s", p.revents & POLLIN ? "IN " : "", p.revents & POLLOUT ? "OUT " : "", p.revents & POLLHUP ? "HUP " : "",
	    p.revents & POLLERR ? "ERR " : "", p.revents & POLLNVAL ? "NVAL " : "", p.revents ? "" : "none");
}

int main(void)
{
	static char big[200000];
	int p[2], available;
	signal(SIGPIPE, SIG_IGN);
	show("pipe to a bad address", syscall(SYS_pipe2, 8, 0));
	show("pipe2 bad flags", pipe2(p, O_APPEND));
	show("pipe2", pipe2(p, O_NONBLOCK | O_CLOEXEC));
	say("flags", "%x %x %d", fcntl(p[0], F_GETFL) & 0xfff, fcntl(p[1], F_GETFL) & 0xfff, fcntl(p[1], F_GETFD));
	bits("empty: reader", p[0], POLLIN | POLLOUT), bits("empty: writer", p[1], POLLIN | POLLOUT);
	show("read of nothing", read(p[0], big, 1));
	show("read at the wrong end", read(p[1], big, 1));
	show("write at the wrong end", write(p[0], big, 1));
	show("size", fcntl(p[0], F_GETPIPE_SZ));
	show("fill", write(p[1], big, sizeof big));
	show("more", write(p[1], big, 1));
	bits("full: writer", p[1], POLLOUT), bits("full: reader", p[0], POLLIN);
	ioctl(p[0], FIONREAD, &available);
	show("readable", available);
	show("read 4095", read(p[0], big, 4095));
	bits("not a whole page free: writer", p[1], POLLOUT);
	show("atomic write that has no room", write(p[1], big, 4096));
	show("read the rest of the page", read(p[0], big, 1));
	bits("a page free: writer", p[1], POLLOUT);
	show("atomic write that has room", write(p[1], big, 4096));
	show("set a size", fcntl(p[0], F_SETPIPE_SZ, 5000));
	show("read all", read(p[0], big, sizeof big));
	show("set a size now", fcntl(p[0], F_SETPIPE_SZ, 5000));
	show("set size 0", fcntl(p[0], F_SETPIPE_SZ, 0));
	show("fill it", write(p[1], big, sizeof big));
	show("read 10", read(p[0], big, 10));
	show("write 10, which needs a page", write(p[1], big, 10));
	while (read(p[0], big, sizeof big) > 0)
		;
	write(p[1], "ab", 2), write(p[1], "cd", 2);
	show("two writes are one read", read(p[0], big, 10));
	struct iovec parts[3] = { { "abc", 3 }, { NULL, 0 }, { "defg", 4 } };
	show("writev", writev(p[1], parts, 3));
	show("write nothing", write(p[1], "", 0));
	show("read nothing", read(p[0], big, 0));
	show("lseek", lseek(p[0], 0, SEEK_SET));
	show("pread", pread(p[0], big, 1, 0));
	show("ftruncate", ftruncate(p[1], 0));
	show("fsync", fsync(p[1]));
	struct stat st;
	fstat(p[0], &st);
	say("stat", "mode %o, links %d, size %d, block size %d", st.st_mode, (int)st.st_nlink, (int)st.st_size, (int)st.st_blksize);
	char link[64] = { 0 };
	sprintf(big, "/proc/self/fd/%d", p[0]);
	readlink(big, link, 63);
	say("link", "%.6s", link);
	close(p[1]);
	bits("no writer, with data", p[0], POLLIN);
	show("rest", read(p[0], big, 100));
	bits("no writer, empty", p[0], POLLIN);
	show("end", read(p[0], big, 1));
	pipe(p);
	close(p[0]);
	bits("no reader", p[1], POLLOUT);
	show("write without a reader", write(p[1], "x", 1));
	show("write nothing without a reader", write(p[1], "x", 0));
	IN_CHILD("signal", { signal(SIGPIPE, SIG_DFL); write(p[1], "x", 1); });
	bits("closed descriptor", 500, POLLIN);

	pipe(p);
	pid_t writers[3];
	for (int i = 0; i < 3; i++) {
		writers[i] = fork();
		if (writers[i] == 0) {
			char record[3000];
			memset(record, 'a' + i, sizeof record);
			for (int n = 0; n < 40; n++)
				write(p[1], record, sizeof record);
			_exit(0);
		}
	}
	close(p[1]);
	int torn = 0, total = 0, got, have = 0;
	while ((got = read(p[0], big + have, 3000 - have)) > 0) {
		have += got, total += got;
		if (have < 3000)
			continue;
		for (int i = 1; i < 3000; i++)
			torn += big[i] != big[0];
		have = 0;
	}
	while (wait(NULL) > 0)
		;
	say("records of three writers", "%d bytes, torn %d", total, torn);

	show("mkfifo", mkfifo("fifo", 0640));
	show("again", mkfifo("fifo", 0640));
	show("open to write without a reader", open("fifo", O_WRONLY | O_NONBLOCK));
	int r = open("fifo", O_RDONLY | O_NONBLOCK);
	okay("open to read without a writer", r);
	bits("never had a writer", r, POLLIN);
	show("read", read(r, big, 1));
	int w = open("fifo", O_WRONLY);
	okay("open to write with a reader", w);
	show("read with a writer", read(r, big, 1));
	close(w);
	bits("writer has gone", r, POLLIN);
	close(r);
	int both = open("fifo", O_RDWR);
	okay("open both ways", both);
	write(both, "hi", 2);
	show("reads its own", read(both, big, 9));
	close(both);
	pid_t child = fork();
	if (child == 0) {
		w = open("fifo", O_WRONLY);
		write(w, "met", 3);
		_exit(0);
	}
	r = open("fifo", O_RDONLY);
	say("both wait for each other", "%d %.3s", (int)read(r, big, 9), big);
	ended("writer", child);
	unlink("fifo");
	show("still readable after unlink", read(r, big, 1));
	return 0;
}
