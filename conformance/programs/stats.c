// stat, statx, statfs and the times of files: what changes which, utimensat.
#include "check.h"
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <time.h>

static struct stat before;

/** Which times a change moved since the last call. */
static void moved(const char *what, const char *path)
{
	struct stat now;
	lstat(path, &now);
#define NEWER(field) (now.field.tv_sec != before.field.tv_sec || now.field.tv_nsec != before.field.tv_nsec)
	say(what, "%s%s%s", NEWER(st_atim) ? "a" : "-", NEWER(st_mtim) ? "m" : "-", NEWER(st_ctim) ? "c" : "-");
	usleep(20000);
	lstat(path, &before);
}

static long set_times(const char *path, long a, long an, long m, long mn, int flags)
{
	struct timespec times[2] = { { a, an }, { m, mn } };
	return utimensat(AT_FDCWD, path, times, flags);
}

static void shape(const char *path)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		show(path, -1);
	else
		say(path, "mode %o, links %ld, size %ld, block size %d, device %d:%d", st.st_mode, S_ISDIR(st.st_mode) ? 0l : (long)st.st_nlink, S_ISDIR(st.st_mode) ? 0l : (long)st.st_size, st.st_blksize,
		    major(st.st_rdev), minor(st.st_rdev));
}

int main(void)
{
	char byte;
	struct statx x;
	struct stat st;
	put("file", "content"), mkdir("dir", 0755), symlink("file", "link");
	shape("file"), shape("dir"), shape("link"), shape("/dev/null"), shape("/dev/zero"), shape("/dev/tty"), shape("missing"), shape("/proc/self/status"), shape("/proc/self/fd/0");
	lstat("file", &before);
	usleep(20000);
	before.st_atim.tv_sec = before.st_mtim.tv_sec = before.st_ctim.tv_sec = 0;
	moved("created", "file");
	int fd = open("file", O_RDWR);
	read(fd, &byte, 1), moved("first read", "file");
	write(fd, "x", 1), moved("write", "file");
	read(fd, &byte, 1), moved("read after a write (relatime)", "file");
	read(fd, &byte, 1), moved("read again", "file");
	write(fd, "", 0), moved("write of nothing", "file");
	ftruncate(fd, 7), moved("ftruncate to the same size", "file");
	truncate("file", 7), moved("truncate to the same size", "file");
	ftruncate(fd, 9), moved("ftruncate", "file");
	chmod("file", 0644), moved("chmod", "file");
	chown("file", -1, -1), moved("chown of nothing", "file");
	chown("file", 0, 0), moved("chown", "file");
	link("file", "hard"), moved("link", "file");
	unlink("hard"), moved("unlink", "file");
	rename("file", "file2"), moved("rename", "file2");
	rename("file2", "file"), close(open("file", O_WRONLY | O_TRUNC)), moved("O_TRUNC", "file");
	close(open("file", O_WRONLY | O_TRUNC)), moved("O_TRUNC of nothing", "file");
	lstat("dir", &before), usleep(20000);
	put("dir/x", ""), moved("directory: entry made", "dir");
	close(open("dir/x", O_WRONLY)), moved("directory: entry opened", "dir");
	rename("dir/x", "dir/y"), moved("directory: entry renamed", "dir");
	unlink("dir/y"), moved("directory: entry removed", "dir");
	mkdir("dir/d", 0755), moved("directory: directory made", "dir");

	show("set", set_times("file", 1, 2, 3, 4, 0));
	stat("file", &st);
	say("is", "%ld.%09ld %ld.%09ld", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	show("omit", set_times("file", 0, UTIME_OMIT, 9, 0, 0));
	stat("file", &st);
	say("is", "%ld.%09ld %ld.%09ld", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	show("now", set_times("file", 0, UTIME_NOW, 0, UTIME_OMIT, 0));
	stat("file", &st);
	yes("is now", st.st_atim.tv_sec > 1000000 && st.st_mtim.tv_sec == 9);
	show("before 1970", set_times("file", -5, 0, -5, 0, 0));
	stat("file", &st);
	show("is", st.st_mtim.tv_sec);
	show("bad nanoseconds", set_times("file", 0, 1000000000, 0, 0, 0));
	show("bad flags", set_times("file", 0, 0, 0, 0, 1));
	show("link itself", set_times("link", 5, 0, 5, 0, AT_SYMLINK_NOFOLLOW));
	lstat("link", &st);
	show("is", st.st_mtim.tv_sec);
	show("missing", set_times("missing", 0, 0, 0, 0, 0));
	show("both omitted of a missing", set_times("missing", 0, UTIME_OMIT, 0, UTIME_OMIT, 0));
	show("of a descriptor", futimens(fd, NULL));
	show("no path", syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0));

	show("statx", syscall(SYS_statx, AT_FDCWD, "file", 0, STATX_BASIC_STATS | STATX_BTIME, &x));
	yes("basic fields", (x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
	say("fields", "mode %o, links %d, size %d, block size %d", x.stx_mode, x.stx_nlink, (int)x.stx_size, x.stx_blksize);
	fstat(fd, &st);
	yes("same file", x.stx_ino == st.st_ino && makedev(x.stx_dev_major, x.stx_dev_minor) == st.st_dev);
	show("statx link", syscall(SYS_statx, AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_MODE, &x));
	yes("is a link", S_ISLNK(x.stx_mode));
	show("statx empty path", syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_SIZE, &x));
	show("statx empty path without the flag", syscall(SYS_statx, fd, "", 0, STATX_SIZE, &x));
	show("statx reserved mask", syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX__RESERVED, &x));
	show("statx two syncs", syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_SYNC_TYPE, STATX_SIZE, &x));
	show("statx bad flags", syscall(SYS_statx, fd, "", 1, STATX_SIZE, &x));
	show("statx bad address", syscall(SYS_statx, AT_FDCWD, "file", 0, STATX_SIZE, 8));
	show("fstatat bad flags", syscall(SYS_newfstatat, AT_FDCWD, "file", &st, 1));
	show("fstatat empty", syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH));
	show("fstat closed", fstat(500, &st));
	show("fstat O_PATH", fstat(open("link", O_PATH | O_NOFOLLOW), &st));
	yes("of the link", S_ISLNK(st.st_mode));

	struct statfs fs;
	const char *places[] = { ".", "/proc", "/sys", "/dev", "/dev/pts", "/dev/shm" };
	for (int i = 0; i < 6; i++) {
		if (statfs(places[i], &fs) < 0)
			show(places[i], -1);
		else
			say(places[i], "type %lx, block size %ld, name length %ld, has blocks %d", fs.f_type, fs.f_bsize, fs.f_namelen, fs.f_blocks != 0);
	}
	show("statfs missing", statfs("missing", &fs));
	show("fstatfs closed", fstatfs(500, &fs));
	show("fstatfs a pipe", ({ int p[2]; pipe(p); fstatfs(p[0], &fs); }));
	say("pipe's type", "%lx", fs.f_type);
	return 0;
}
