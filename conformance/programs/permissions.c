// Permissions as another user: bits, groups, directories, sticky, umask, setgid, chmod and chown.
#include "check.h"
#include <grp.h>
#include <sys/stat.h>

#define S(call) show(#call, call)

static int mode(const char *path)
{
	struct stat st;
	return lstat(path, &st) < 0 ? -1 : (int)(st.st_mode & 07777);
}

static void owner(const char *what, const char *path)
{
	struct stat st;
	lstat(path, &st);
	say(what, "%d:%d %o", st.st_uid, st.st_gid, st.st_mode & 07777);
}

static void make(const char *path, int bits, int uid, int gid)
{
	put(path, "#!/bin/true\n");
	chown(path, uid, gid);
	chmod(path, bits);
}

static int mount_nothing(void) { return syscall(SYS_mount, "none", ".", "tmpfs", 0, NULL); }

static void as_user(void)
{
	gid_t groups[] = { 50, 60 };
	setgroups(2, groups);
	setgid(1000);
	setuid(1000);
	for (int i = 0; i < 8; i++) {
		char name[16];
		sprintf(name, "own%d", i);
		say(name, "%d %d %d", access(name, R_OK) == 0, access(name, W_OK) == 0, access(name, X_OK) == 0);
	}
	S(access("group", R_OK));
	S(access("group", W_OK));
	S(open("group", O_RDONLY) >= 0 ? 0 : -1);
	S(open("notgroup", O_RDONLY));
	S(open("other", O_RDWR));
	S(open("other", O_RDONLY) >= 0 ? 0 : -1);
	S(open("root", O_RDONLY | O_PATH) >= 0 ? 0 : -1);
	S(open("root", O_RDONLY));
	S(truncate("root", 0));
	S(open("nosearch/x", O_RDONLY));
	S(access("nosearch/missing", F_OK));
	S(open("noread", O_RDONLY | O_DIRECTORY));
	S(access("noread/x", R_OK));
	S(unlink("nowrite/x"));
	S(open("nowrite/new", O_CREAT | O_RDWR, 0600));
	S(mkdir("nowrite/x", 0700));
	S(mkdir("nowrite/dir", 0700));
	S(rmdir("nowrite/missing"));
	S(unlink("sticky/root"));
	S(rename("sticky/root", "sticky/mine2"));
	S(rename("sticky/mine", "sticky/root"));
	S(unlink("sticky/mine"));
	S(chmod("own7", 0644));
	S(chmod("root", 0644));
	S(chown("own7", 0, -1));
	S(chown("own7", -1, 50));
	S(chown("own7", -1, 70));
	S(chown("own7", 1000, 1000));
	S(chown("own7", -1, -1));
	S(chown("root", -1, -1));
	S(chmod("own7", 06755));
	owner("set bits by the owner", "own7");
	S(chown("own7", -1, 60));
	owner("chown takes them", "own7");
	S(chmod("own7", 02755));
	S(chmod("own6", 02644));
	chown("own6", -1, 1000);
	owner("setgid without execute", "own6");
	chmod("own7", 06777);
	int fd = open("own7", O_WRONLY);
	write(fd, "x", 1);
	owner("write takes them", "own7");
	S(mkdir("setgid/sub", 0755));
	owner("directory below a setgid one", "setgid/sub");
	put("setgid/file", "");
	owner("file below a setgid one", "setgid/file");
	close(open("setgid/foreign", O_CREAT | O_RDWR, 02755));
	owner("setgid file there", "setgid/foreign");
	S(mknod("device", S_IFCHR | 0600, 0x103));
	S(mknod("fifo", S_IFIFO | 0600, 0));
	S(link("root", "hard"));
	S(symlink("root", "soft"));
	S(utimensat(AT_FDCWD, "other", NULL, 0));
	S(utimensat(AT_FDCWD, "other", (struct timespec[2]){ { 1, 1 }, { 1, 1 } }, 0));
	S(utimensat(AT_FDCWD, "writable", NULL, 0));
	S(utimensat(AT_FDCWD, "writable", (struct timespec[2]){ { 1, 1 }, { 1, 1 } }, 0));
	S(chdir("nosearch"));
	S(chroot("."));
	S(mount_nothing());
}

int main(void)
{
	chmod(".", 0777);
	umask(0);
	close(open("u0", O_CREAT | O_RDWR, 07777));
	say("umask 0", "%o", mode("u0"));
	show("umask was", umask(027));
	close(open("u27", O_CREAT | O_RDWR, 0777));
	say("umask 27", "%o", mode("u27"));
	mkdir("d27", 0777);
	say("directory", "%o", mode("d27"));
	mkdir("ds", 03777);
	say("directory with sticky and setgid", "%o", mode("ds"));
	show("umask keeps nine bits", umask(07777));
	show("was", umask(022));
	symlink("u0", "l");
	say("links are 777", "%o", mode("l"));
	for (int i = 0; i < 8; i++) {
		char name[16];
		sprintf(name, "own%d", i);
		make(name, i << 6 | 0007, 1000, 1000);
	}
	make("group", 0040, 0, 60), make("notgroup", 0704, 0, 60), make("other", 0774, 0, 99), make("root", 0600, 0, 0), make("writable", 0666, 0, 0);
	const char *directories[] = { "nosearch", "noread", "nowrite", "sticky", "setgid" };
	for (int i = 0; i < 5; i++) {
		char name[32];
		mkdir(directories[i], 0777);
		sprintf(name, "%s/x", directories[i]);
		make(name, 0666, 1000, 1000);
	}
	make("sticky/root", 0666, 0, 0), make("sticky/mine", 0666, 1000, 1000);
	chmod("nosearch", 0666), chmod("noread", 0333), chmod("nowrite", 0555), chmod("sticky", 01777), chown("setgid", 0, 60), chmod("setgid", 02777);
	S(access("own0", R_OK | W_OK));
	make("noexec", 0666, 0, 0);
	S(access("noexec", X_OK));
	S(access("own1", X_OK));
	S(access("root", 8));
	S(faccessat(AT_FDCWD, "root", R_OK, AT_EACCESS));
	make("bits", 06755, 0, 0);
	chown("bits", 0, 0);
	owner("root's chown takes them too", "bits");
	make("bits", 06755, 0, 0);
	write(open("bits", O_WRONLY), "x", 1);
	owner("root's write leaves them", "bits");
	S(fchmodat(AT_FDCWD, "l", 0600, AT_SYMLINK_NOFOLLOW));
	S(lchown("l", 5, 6));
	owner("link's owner", "l");
	IN_CHILD("user", as_user());
	return 0;
}
