// Reading directories: entries, offsets, seeking, deleting meanwhile, small buffers; extended attributes.
#include "check.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct entry { uint64_t ino; int64_t off; unsigned short reclen; unsigned char type; char name[]; };

static int order(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *what, const char *path)
{
	char *names[64], line[512] = "";
	int count = 0;
	DIR *directory = opendir(path);
	for (struct dirent *each = readdir(directory); each; each = readdir(directory)) {
		static const char kinds[] = "?pc?d?b?-?l?s";
		char *name = malloc(300);
		sprintf(name, "%s%c", each->d_name, kinds[each->d_type]);
		names[count++] = name;
	}
	closedir(directory);
	qsort(names, count, sizeof *names, order);
	for (int i = 0; i < count; i++)
		sprintf(line + strlen(line), " %s", names[i]);
	say(what, "%s", line);
}

#define S(call) show(#call, call)

int main(void)
{
	char buffer[4096], name[300];
	mkdir("d", 0755);
	put("d/file", ""), mkdir("d/sub", 0755), symlink("x", "d/link"), mkfifo("d/fifo", 0600), mknod("d/device", S_IFCHR | 0600, 0x103);
	list("kinds", "d");
	int fd = open("d", O_RDONLY | O_DIRECTORY);
	show("too small", syscall(SYS_getdents64, fd, buffer, 10));
	show("size 0", syscall(SYS_getdents64, fd, buffer, 0));
	show("bad address", syscall(SYS_getdents64, fd, 8, 4096));
	int total = 0, calls = 0, got;
	while ((got = syscall(SYS_getdents64, fd, buffer, 56)) > 0) {
		for (int at = 0; at < got; at += ((struct entry *)(buffer + at))->reclen, total++)
			if (((struct entry *)(buffer + at))->reclen % 8)
				show("misaligned entry", at);
		calls++;
	}
	say("in small steps", "%d entries, more than one call %d", total, calls > 1);
	show("end again", syscall(SYS_getdents64, fd, buffer, 4096));
	lseek(fd, 0, SEEK_SET);
	yes("all at once after seeking back", syscall(SYS_getdents64, fd, buffer, 4096) > 7 * 24);
	show("of a file", syscall(SYS_getdents64, open("d/file", 0), buffer, 4096));
	show("of O_PATH", syscall(SYS_getdents64, open("d", O_PATH), buffer, 4096));

	DIR *directory = opendir("d");
	for (int i = 0; i < 3; i++)
		readdir(directory);
	long here = telldir(directory);
	char third[300];
	strcpy(third, readdir(directory)->d_name);
	while (readdir(directory))
		;
	seekdir(directory, here);
	yes("telldir and seekdir come back", !strcmp(readdir(directory)->d_name, third));
	rewinddir(directory);
	put("d/late", "");
	int found = 0;
	rewinddir(directory);
	for (struct dirent *each = readdir(directory); each; each = readdir(directory))
		found += !strcmp(each->d_name, "late");
	show("new entry after rewinding", found);
	closedir(directory);

	mkdir("many", 0755);
	for (int i = 0; i < 500; i++) {
		sprintf(name, "many/a-rather-long-name-%d", i);
		put(name, "");
	}
	directory = opendir("many");
	int seen = 0;
	for (struct dirent *each = readdir(directory); each; each = readdir(directory)) {
		if (each->d_name[0] != 'a')
			continue;
		seen++;
		sprintf(name, "many/%s", each->d_name);
		unlink(name);
	}
	show("deleted while reading", seen);
	show("empty now", rmdir("many"));
	show("removed directory is at its end", readdir(directory) != NULL);
	closedir(directory);
	fd = open("d/sub", O_RDONLY);
	rmdir("d/sub");
	show("getdents of a removed one", syscall(SYS_getdents64, fd, buffer, 4096));
	struct stat root, above;
	stat("/", &root), stat("/..", &above);
	yes("/.. is /", root.st_ino == above.st_ino);
	fd = open(".", O_RDONLY);
	got = syscall(SYS_getdents64, fd, buffer, 4096);
	struct stat st;
	stat(".", &st);
	for (int at = 0; at < got; at += ((struct entry *)(buffer + at))->reclen)
		if (!strcmp(((struct entry *)(buffer + at))->name, "."))
			yes("number of . is the directory's", ((struct entry *)(buffer + at))->ino == st.st_ino);

	put("file", ""), symlink("file", "link");
	S(setxattr("file", "user.one", "value", 5, 0));
	S(setxattr("file", "user.one", "value", 5, XATTR_CREATE));
	S(setxattr("file", "user.two", "v", 1, XATTR_REPLACE));
	S(setxattr("file", "user.two", "", 0, 0));
	S(setxattr("file", "user.three", "v", 1, 8));
	S(setxattr("file", "nothing", "v", 1, 0));
	S(setxattr("file", "strange.name", "v", 1, 0));
	S(setxattr("file", "user.", "v", 1, 0));
	S(setxattr("file", "", "v", 1, 0));
	S(getxattr("file", "user.one", buffer, 100));
	say("value", "%.5s", buffer);
	S(getxattr("file", "user.one", buffer, 2));
	S(getxattr("file", "user.one", NULL, 0));
	S(getxattr("file", "user.none", buffer, 100));
	S(getxattr("file", "user.two", buffer, 100));
	S(listxattr("file", NULL, 0));
	S(listxattr("file", buffer, 3));
	S(lsetxattr("link", "user.x", "v", 1, 0));
	S(lsetxattr("link", "trusted.x", "v", 1, 0));
	S(lgetxattr("link", "trusted.x", buffer, 9));
	S(getxattr("link", "user.one", buffer, 9));
	S(setxattr("/dev/null", "user.x", "v", 1, 0));
	S(removexattr("file", "user.one"));
	S(removexattr("file", "user.one"));
	S(listxattr("file", buffer, 100));
	S(setxattr("missing", "user.x", "v", 1, 0));
	memset(name, 'n', 299);
	memcpy(name, "user.", 5);
	name[256] = 0;
	S(setxattr("file", name, "v", 1, 0));
	S(setxattr("file", "user.big", malloc(70000), 70000, 0));
	chmod("file", 0444);
	IN_CHILD("user", {
		setuid(1000);
		S(setxattr("file", "user.x", "v", 1, 0));
		S(getxattr("file", "user.two", buffer, 9));
		S(setxattr("file", "trusted.x", "v", 1, 0));
		S(getxattr("file", "trusted.x", buffer, 9));
		S(setxattr("file", "security.x", "v", 1, 0));
	});
	return 0;
}
