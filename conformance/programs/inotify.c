// inotify: what is told of watched files and directories, in which order, merged, renamed, removed; masks, flags and errors.
#include "check.h"
#include <dirent.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define S(call) show(#call, call)

static int in, cookie;

static void events(const char *what)
{
	static const char *names[] = { "ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF", "?", "UNMOUNT", "Q_OVERFLOW", "IGNORED" };
	char buffer[4096];
	long n = read(in, buffer, sizeof buffer);
	if (n < 0)
		say(what, "nothing, %s", strerrorname_np(errno));
	for (long at = 0; at < n;) {
		struct inotify_event *event = (void *)(buffer + at);
		char text[200] = "";
		for (int bit = 0; bit < 16; bit++)
			if (event->mask & (1u << bit))
				strcat(strcat(text, " "), names[bit]);
		if (event->mask & IN_ISDIR)
			strcat(text, " ISDIR");
		if (event->cookie)
			strcat(text, event->cookie == (unsigned)cookie ? " same cookie" : " cookie");
		cookie = event->cookie;
		say(what, "%d%s len %u %s", event->wd, text, event->len, event->len ? event->name : "");
		at += sizeof *event + event->len;
	}
}

int main(void)
{
	int fd, unread, dir, file;
	char byte;
	struct pollfd ready;
	put("file", "text");
	mkdir("dir", 0755), mkdir("other", 0755);
	S(inotify_init1(1));
	in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	show("fcntl", fcntl(in, F_GETFL));
	events("empty");
	ready = (struct pollfd){ in, POLLIN | POLLOUT, 0 };
	S(poll(&ready, 1, 0));
	S(dir = inotify_add_watch(in, "dir", IN_ALL_EVENTS));
	S(file = inotify_add_watch(in, "file", IN_ALL_EVENTS));
	S(inotify_add_watch(in, "./file", IN_ALL_EVENTS));
	S(inotify_add_watch(in, "nosuch", IN_ALL_EVENTS));
	S(inotify_add_watch(in, "file", 0));
	S(inotify_add_watch(in, "file", IN_OPEN | IN_ONLYDIR));
	S(inotify_add_watch(in, "file", IN_OPEN | IN_MASK_CREATE));
	S(inotify_add_watch(in, "file", IN_OPEN | IN_MASK_CREATE | IN_MASK_ADD));
	S(inotify_add_watch(1, "file", IN_OPEN));
	S(inotify_add_watch(in, (char *)8, IN_OPEN));
	S(inotify_rm_watch(in, 77));
	S(write(in, "x", 1));

	fd = open("file", O_RDWR), events("open");
	read(fd, &byte, 1), events("read");
	read(fd, &byte, 0), events("read of nothing");
	write(fd, "x", 1), write(fd, "y", 1), events("two writes");
	ftruncate(fd, 1), events("ftruncate");
	fchmod(fd, 0600), events("fchmod");
	futimens(fd, NULL), events("futimens");
	fsetxattr(fd, "user.a", "b", 1, 0), events("fsetxattr");
	close(fd), events("close");
	close(open("file", O_RDONLY)), events("open and close");
	close(open("file", O_WRONLY | O_TRUNC)), events("open, cut and close");
	close(open("file", O_PATH)), events("O_PATH");
	truncate("file", 10), events("truncate");
	link("file", "second"), events("link");
	unlink("second"), events("unlink of the link");
	rename("file", "renamed"), rename("renamed", "file"), events("renames");

	fd = open("dir/new", O_CREAT | O_WRONLY, 0644), events("create below");
	S(ioctl(in, FIONREAD, &unread));
	write(fd, "a", 1), S(ioctl(in, FIONREAD, &unread));
	say("unread", "%d", unread);
	S(read(in, &byte, 1));
	S(poll(&ready, 1, 0));
	close(fd), events("write and close below");
	mkdir("dir/sub", 0755), symlink("x", "dir/link"), mkfifo("dir/fifo", 0644), events("mkdir, symlink, mkfifo");
	chmod("dir/sub", 0700), chmod("dir", 0700), events("chmod below and of itself");
	rename("dir/new", "dir/a name of more than sixteen bytes"), events("rename within");
	rename("dir/a name of more than sixteen bytes", "other/x"), events("rename out of it");
	rename("other/x", "dir/x"), events("rename into it");
	put("dir/y", "y"), events("another");
	rename("dir/y", "dir/x"), events("rename over");
	syscall(SYS_renameat2, AT_FDCWD, "dir/x", AT_FDCWD, "dir/sub", 2), events("exchange");
	syscall(SYS_renameat2, AT_FDCWD, "dir/x", AT_FDCWD, "dir/sub", 2), events("exchange back");
	link("file", "dir/hard"), events("link below");
	closedir(opendir("dir")), events("opendir");
	DIR *listed = opendir("dir");
	readdir(listed), closedir(listed), events("readdir");
	unlink("dir/hard"), unlink("dir/x"), unlink("dir/link"), unlink("dir/fifo"), rmdir("dir/sub"), events("removed below");

	S(inotify_add_watch(in, "file", IN_MODIFY));
	S(inotify_add_watch(in, "file", IN_MASK_ADD | IN_ATTRIB));
	chmod("file", 0644), truncate("file", 3), close(open("file", O_RDONLY)), events("fewer events");
	S(inotify_add_watch(in, "file", IN_ALL_EVENTS | IN_ONESHOT));
	chmod("file", 0600), chmod("file", 0644), events("once");
	S(file = inotify_add_watch(in, "file", IN_ALL_EVENTS));
	fd = open("file", O_RDONLY), unlink("file"), events("unlink while open");
	close(fd), events("last close");
	S(inotify_rm_watch(in, file));
	S(dir = inotify_add_watch(in, "dir", IN_ALL_EVENTS | IN_EXCL_UNLINK));
	fd = open("dir/t", O_CREAT | O_WRONLY, 0644), unlink("dir/t"), write(fd, "x", 1), close(fd), events("unlinked below");
	S(inotify_rm_watch(in, dir));
	events("rm_watch");
	S(dir = inotify_add_watch(in, "dir", IN_ALL_EVENTS));
	rename("dir", "moved"), events("moved itself");
	rmdir("moved"), events("rmdir itself");
	put("w", ""), S(inotify_add_watch(in, "w", IN_ALL_EVENTS));
	if (fork() == 0) {
		usleep(100000);
		chmod("w", 0600);
		_exit(0);
	}
	fcntl(in, F_SETFL, 0);
	events("waited for");
	wait(NULL);
	char path[64], text[64];
	sprintf(path, "/proc/self/fd/%d", in);
	text[readlink(path, text, sizeof text - 1)] = 0;
	say("link", "%s", text);
	return 0;
}
