// Files: the ways of opening, append, holes, truncation, seeking, descriptors.
#include "check.h"
#include <sys/stat.h>
#include <linux/close_range.h>

static void try(const char *path, int flags, const char *what)
{
	char line[128];
	snprintf(line, sizeof line, "open %s %s", path, what);
	int fd = open(path, flags, 0644);
	okay(line, fd);
	if (fd >= 0)
		close(fd);
}
#define TRY(path, flags) try(path, flags, #flags)

int main(void)
{
	char buffer[64];
	struct stat st;
	put("file", "content");
	mkdir("dir", 0755);
	symlink("file", "link"), symlink("nowhere", "dangling"), symlink("dir", "dirlink"), symlink("loop", "loop");
	TRY("file", O_RDONLY), TRY("file", O_WRONLY), TRY("file", O_RDWR), TRY("file", 3);
	TRY("file", O_CREAT | O_EXCL | O_RDWR), TRY("new", O_CREAT | O_EXCL | O_RDWR), TRY("file", O_DIRECTORY), TRY("file/", O_RDONLY);
	TRY("file", O_CREAT | O_DIRECTORY), TRY("none", O_CREAT | O_DIRECTORY), TRY("dir", O_RDONLY), TRY("dir", O_WRONLY), TRY("dir", O_RDWR), TRY("dir", O_CREAT);
	TRY("dir", O_CREAT | O_EXCL), TRY("dir/", O_CREAT | O_RDWR), TRY("missing/", O_CREAT | O_RDWR), TRY("dir", O_TRUNC), TRY("link", O_NOFOLLOW), TRY("link", O_NOFOLLOW | O_PATH);
	TRY("dirlink", O_DIRECTORY | O_NOFOLLOW), TRY("dirlink/", O_DIRECTORY | O_NOFOLLOW), TRY("dangling", O_RDONLY), TRY("dangling", O_CREAT | O_EXCL | O_RDWR), TRY("dangling", O_CREAT | O_RDWR);
	TRY("nowhere", O_RDONLY), TRY("loop", O_RDONLY), TRY("loop", O_CREAT | O_RDWR), TRY("loop", O_PATH | O_NOFOLLOW), TRY("", O_RDONLY), TRY("file/x", O_RDONLY), TRY("missing/x", O_CREAT | O_RDWR);
	TRY(".", O_TMPFILE | O_RDWR), TRY(".", O_TMPFILE | O_RDONLY), TRY("file", O_TMPFILE | O_RDWR), TRY("file", O_DIRECT), TRY("file", O_PATH | O_TRUNC);
	show("openat a bad directory", openat(99, "file", 0));
	show("openat a file as directory", openat(open("file", 0), "x", 0));
	yes("openat absolute doesn't care", openat(99, "/", 0) >= 0);
	stat("file", &st);
	show("O_PATH|O_TRUNC leaves it", st.st_size);

	int a = open("file", O_RDWR | O_APPEND), b = open("file", O_RDWR), copy = dup(b), other = open("/proc/self/fd/3", O_RDONLY);
	pwrite(a, "XY", 2, 0);
	write(a, "ZZ", 2);
	show("offset after append", lseek(a, 0, SEEK_CUR));
	say("append ignores the place", "%.*s", (int)pread(b, buffer, 60, 0), buffer);
	lseek(b, 3, SEEK_SET);
	show("dup shares the place", lseek(copy, 0, SEEK_CUR));
	show("O_APPEND shows", fcntl(a, F_GETFL) & O_APPEND ? 1 : 0);
	show("set nonblock keeps append", fcntl(a, F_SETFL, O_NONBLOCK | O_APPEND));
	say("flags", "%x", fcntl(a, F_GETFL));
	fcntl(a, F_SETFL, 0);
	say("flags without", "%x", fcntl(a, F_GETFL));
	close(other);

	int h = open("holes", O_RDWR | O_CREAT, 0644);
	pwrite(h, "end", 3, 1 << 20);
	show("seek end", lseek(h, 0, SEEK_END));
	show("data", lseek(h, 0, SEEK_DATA));
	show("hole", lseek(h, 0, SEEK_HOLE));
	show("hole in the data", lseek(h, (1 << 20) + 1, SEEK_HOLE));
	show("data beyond the end", lseek(h, 2 << 20, SEEK_DATA));
	show("hole beyond the end", lseek(h, 2 << 20, SEEK_HOLE));
	fstat(h, &st);
	say("blocks", "%ld", st.st_blocks);
	show("reads zeros", pread(h, buffer, 5, 4096));
	yes("zeros", !memcmp(buffer, "\0\0\0\0\0", 5));
	show("seek negative", lseek(h, -1, SEEK_SET));
	show("seek before the start", lseek(h, -2000000, SEEK_END));
	show("seek bad way", lseek(h, 0, 9));
	show("seek far", lseek(h, 1l << 40, SEEK_SET));
	show("read there", read(h, buffer, 1));
	show("pread negative", pread(h, buffer, 1, -1));
	show("ftruncate down", ftruncate(h, 100));
	show("ftruncate up", ftruncate(h, 10000));
	show("ftruncate negative", ftruncate(h, -1));
	fstat(h, &st);
	say("size and blocks", "%ld %ld", st.st_size, st.st_blocks);
	show("truncate a directory", truncate("dir", 0));
	show("truncate what is missing", truncate("missing", 0));
	show("ftruncate read-only", ftruncate(open("file", O_RDONLY), 0));
	show("fallocate", fallocate(h, 0, 0, 20000));
	fstat(h, &st);
	say("size and blocks", "%ld %ld", st.st_size, st.st_blocks);
	show("fallocate keeping the size", fallocate(h, FALLOC_FL_KEEP_SIZE, 20000, 20000));
	show("punch", fallocate(h, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 8192));
	show("punch without keeping", fallocate(h, FALLOC_FL_PUNCH_HOLE, 0, 8192));
	show("fallocate nothing", fallocate(h, 0, 0, 0));
	show("fallocate a pipe", ({ int p[2]; pipe(p); fallocate(p[1], 0, 0, 10); }));
	show("read a directory", read(open("dir", 0), buffer, 1));
	show("write to a reader", write(open("file", O_RDONLY), "x", 1));
	show("read from a writer", read(open("file", O_WRONLY), buffer, 1));
	show("read O_PATH", read(open("file", O_PATH), buffer, 1));
	show("fchmod O_PATH", fchmod(open("file", O_PATH), 0600));

	show("dup of closed", dup(500));
	show("dup2 onto itself", dup2(b, b));
	show("dup2 of closed onto itself", dup2(500, 500));
	show("dup3 onto itself", dup3(b, b, 0));
	show("dup2 too high", dup2(b, 100000));
	show("dup2 negative", dup2(b, -1));
	show("dup3 bad flags", dup3(b, 60, 1));
	show("dupfd", fcntl(b, F_DUPFD, 100));
	show("next", fcntl(b, F_DUPFD_CLOEXEC, 100));
	show("its flag", fcntl(101, F_GETFD));
	show("dupfd too high", fcntl(b, F_DUPFD, 100000));
	show("close", close(100));
	show("again", close(100));
	show("close_range", close_range(90, 200, 0));
	show("close_range wrong way", close_range(200, 90, 0));
	close_range(3, 200, CLOSE_RANGE_CLOEXEC);
	show("flag", fcntl(b, F_GETFD));
	show("lowest descriptor", (close(b), open("file", 0)) == b);
	unlink("file");
	show("still there", pread(a, buffer, 5, 0));
	fstat(a, &st);
	show("links", st.st_nlink);
	return 0;
}
