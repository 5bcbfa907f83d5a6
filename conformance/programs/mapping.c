// mmap, munmap, mprotect, mremap, madvise, brk: results, errors, and the shape that /proc/self/maps shows.
#include "check.h"
#include <sys/mman.h>

static const size_t P = 4096;

/** The mappings that lie in a range, each as pages and permissions. */
static void shape(const char *what, char *from, size_t pages)
{
	char line[512], out[1024] = "";
	FILE *file = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, file)) {
		uintptr_t begin, end;
		char permissions[8];
		sscanf(line, "%lx-%lx %7s", &begin, &end, permissions);
		if (end <= (uintptr_t)from || begin >= (uintptr_t)from + pages * P)
			continue;
		if (begin < (uintptr_t)from) begin = (uintptr_t)from;
		if (end > (uintptr_t)from + pages * P) end = (uintptr_t)from + pages * P;
		sprintf(out + strlen(out), " %ld+%ld %s", (begin - (uintptr_t)from) / P, (end - begin) / P, permissions);
	}
	fclose(file);
	say(what, "%s", out);
}

static long map(const char *what, void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	return okay(what, (long)mmap(at, length, protection, flags, fd, offset));
}

int main(void)
{
	const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS, both = PROT_READ | PROT_WRITE;
	char *area = mmap(NULL, 64 * P, PROT_NONE, anonymous | MAP_NORESERVE, -1, 0);
	char *a = mmap(area + 8 * P, 16 * P, both, anonymous | MAP_FIXED, -1, 0);
	yes("fixed", a == area + 8 * P);
	shape("fixed over none", area, 32);
	show("mprotect the middle", mprotect(a + 4 * P, 4 * P, PROT_READ));
	shape("split in three", a, 16);
	show("mprotect back", mprotect(a + 4 * P, 4 * P, both));
	shape("merged", a, 16);
	show("munmap the middle", munmap(a + 6 * P, 2 * P));
	shape("a hole", a, 16);
	show("munmap the hole", munmap(a + 6 * P, 2 * P));
	show("mprotect over the hole", mprotect(a + 4 * P, 8 * P, PROT_READ));
	shape("what came before the hole changed", a, 16);
	show("munmap misaligned", munmap(a + 1, P));
	show("munmap nothing", munmap(a, 0));
	show("munmap part of a page", munmap(a, 1));
	shape("a page less", a, 4);
	show("mprotect misaligned", mprotect(a + P + 1, P, PROT_READ));
	show("mprotect nothing", mprotect(a + P, 0, PROT_READ));
	show("mprotect odd bits", mprotect(a + P, P, 0x80));
	show("mprotect grows down", mprotect(a + P, P, PROT_READ | PROT_GROWSDOWN));

	map("length 0", NULL, 0, both, anonymous, -1, 0);
	map("no kind", NULL, P, both, MAP_ANONYMOUS, -1, 0);
	map("two kinds", NULL, P, both, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, -1, 0);
	map("odd offset", NULL, P, both, anonymous, -1, 1);
	map("bad descriptor", NULL, P, both, MAP_PRIVATE, 77, 0);
	map("too much", NULL, 1ul << 60, both, anonymous, -1, 0);
	map("fixed misaligned", area + 1, P, both, anonymous | MAP_FIXED, -1, 0);
	map("fixed beyond user space", (void *)(1ul << 62), P, both, anonymous | MAP_FIXED, -1, 0);
	map("not over something", area, P, both, anonymous | MAP_FIXED_NOREPLACE, -1, 0);
	map("page zero", NULL, P, both, anonymous | MAP_FIXED, -1, 0);
	munmap(NULL, P);

	put("file", "hello");
	int reading = open("file", O_RDONLY), writing = open("file", O_WRONLY), fd = open("file", O_RDWR);
	map("shared writable of a read-only file", NULL, P, both, MAP_SHARED, reading, 0);
	map("private writable of a read-only file", NULL, P, both, MAP_PRIVATE, reading, 0);
	map("of a write-only file", NULL, P, PROT_WRITE, MAP_SHARED, writing, 0);
	char *ro = mmap(NULL, P, PROT_READ, MAP_SHARED, reading, 0);
	show("mprotect writable a shared read-only file", mprotect(ro, P, both));
	int pipes[2];
	pipe(pipes);
	map("of a pipe", NULL, P, PROT_READ, MAP_PRIVATE, pipes[0], 0);
	map("of a directory", NULL, P, PROT_READ, MAP_PRIVATE, open(".", O_RDONLY), 0);
	char *shared = mmap(NULL, P, both, MAP_SHARED, fd, 0), *private = mmap(NULL, P, both, MAP_PRIVATE, fd, 0);
	shared[0] = 'H';
	say("private sees what shared wrote", "%.5s", private);
	private[1] = 'E';
	say("shared after private wrote", "%.5s", shared);
	pwrite(fd, "y", 1, 4);
	say("write reaches both", "%.5s %.5s", shared, private);
	show("byte after the end", shared[5]);
	shared[6] = 'x';
	char bytes[8];
	show("file keeps its size", pread(fd, bytes, 8, 0));
	show("msync", msync(shared, P, MS_SYNC));
	show("msync both ways", msync(shared, P, MS_SYNC | MS_ASYNC));
	show("msync unmapped", msync(area + 63 * P, 4096 * P, MS_ASYNC));

	char *m = mmap(NULL, 4 * P, both, anonymous, -1, 0);
	strcpy(m, "kept");
	char *grown = mremap(m, 4 * P, 400 * P, MREMAP_MAYMOVE);
	say("mremap keeps", "%s", grown);
	yes("grown part is zero", grown[399 * P] == 0);
	yes("shrinks in place", mremap(grown, 400 * P, 2 * P, 0) == grown);
	okay("mremap in the way", (long)mremap(area, 4 * P, 80 * P, 0));
	okay("mremap to nothing", (long)mremap(grown, P, 0, 0));
	okay("mremap misaligned", (long)mremap(grown + 1, P, 2 * P, MREMAP_MAYMOVE));
	okay("mremap unmapped", (long)mremap((void *)P, P, 2 * P, MREMAP_MAYMOVE));
	okay("mremap bad flags", (long)mremap(grown, P, 2 * P, 8));
	okay("mremap fixed without maymove", (long)mremap(grown, P, P, MREMAP_FIXED, area));
	yes("mremap fixed", mremap(grown, P, P, MREMAP_FIXED | MREMAP_MAYMOVE, area + 40 * P) == area + 40 * P);
	say("moved", "%s", area + 40 * P);
	shape("after the move", area + 38 * P, 4);

	char *d = mmap(NULL, 4 * P, both, anonymous, -1, 0);
	memset(d, 1, 4 * P);
	show("madvise dontneed", madvise(d, P, MADV_DONTNEED));
	say("zero again, next stays", "%d %d", d[0], d[P]);
	private[1] = 'Q';
	madvise(private, P, MADV_DONTNEED);
	say("private file page is the file's again", "%.5s", private);
	show("madvise misaligned", madvise(d + 1, P, MADV_DONTNEED));
	show("madvise unknown", madvise(d, P, 12345));
	show("madvise nothing", madvise(d, 0, MADV_DONTNEED));
	show("madvise unmapped", madvise((void *)P, P, MADV_DONTNEED));
	show("madvise willneed", madvise(d, P, MADV_WILLNEED));
	show("madvise free", madvise(d, P, MADV_FREE));
	show("madvise dontfork", madvise(d + 2 * P, P, MADV_DONTFORK));
	show("madvise wipeonfork", madvise(d + 3 * P, P, MADV_WIPEONFORK));
	IN_CHILD("child", { say("wiped in the child", "%d", d[3 * P]); _exit(d[2 * P]); });
	unsigned char in[4];
	show("mincore", mincore(d, 2 * P, in));
	show("mincore unmapped", mincore((void *)P, P, in));
	char *top = sbrk(0);
	yes("brk grows", sbrk(3 * P) == top && sbrk(0) == top + 3 * P);
	top[2 * P] = 1;
	yes("brk shrinks", sbrk(-3 * P) != (void *)-1 && sbrk(0) == top);
	yes("brk below its beginning stays", syscall(SYS_brk, P) == (long)top);
	show("mlock", mlock(d, P));
	show("munlock", munlock(d, P));
	show("memfd size", ftruncate(syscall(SYS_memfd_create, "m", 0), 10));
	return 0;
}
