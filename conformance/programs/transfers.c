// Moving data: readv, writev, preadv2, sendfile, splice, tee, copy_file_range; partial results and bad memory.
#include "check.h"
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define S(call) show(#call, call)

int main(void)
{
	char a[4], b[8], buffer[64] = { 0 };
	put("file", "0123456789"), put("out", "");
	int fd = open("file", O_RDWR), out = open("out", O_RDWR), appending = open("out", O_WRONLY | O_APPEND), p[2], q[2], s[2];
	struct iovec two[] = { { a, 4 }, { b, 8 } }, hole[] = { { a, 4 }, { (void *)8, 8 } }, none[] = { { NULL, 0 }, { a, 0 } }, many[1025] = { 0 }, huge[] = { { a, 4 }, { a, -1 } };
	S(readv(fd, two, 2));
	say("parts", "%.4s %.6s", a, b);
	S(readv(fd, two, 2));
	S(preadv(fd, two, 2, 8));
	S(preadv(fd, hole, 2, 0));
	S(preadv(fd, hole + 1, 1, 0));
	S(readv(fd, none, 2));
	S(readv(fd, two, 0));
	S(readv(fd, two, -1));
	S(readv(fd, many, 1024));
	S(readv(fd, many, 1025));
	S(readv(fd, huge, 2));
	S(readv(fd, (void *)8, 1));
	S(writev(out, two, 2));
	S(pwritev(out, two, 2, -1));
	S(pwritev(out, two, 1, 100));
	S(writev(out, hole, 2));
	S(syscall(SYS_preadv2, fd, two, 1, -1, 0, 0));
	lseek(fd, 0, SEEK_SET);
	S(syscall(SYS_preadv2, fd, two, 1, -1, 0, 0));
	S(lseek(fd, 0, SEEK_CUR));
	S(syscall(SYS_preadv2, fd, two, 1, 0, 0, 0x1000));
	S(syscall(SYS_pwritev2, out, two, 1, 0, 0, RWF_APPEND));
	S(lseek(out, 0, SEEK_END));
	S(read(fd, buffer, 0));
	S(read(fd, (char *)8, 5));
	S(read(fd, buffer, -1));

	off_t at = 2;
	ftruncate(out, 0), lseek(out, 0, SEEK_SET), lseek(fd, 0, SEEK_SET);
	S(sendfile(out, fd, &at, 5));
	S(at);
	S(lseek(fd, 0, SEEK_CUR));
	S(sendfile(out, fd, NULL, 100));
	S(sendfile(out, fd, NULL, 100));
	pread(out, buffer, 60, 0);
	say("out", "%s", buffer);
	pipe(p), pipe(q);
	S(sendfile(p[1], fd, &(off_t){ 0 }, 4));
	S(sendfile(out, p[0], NULL, 4));
	S(sendfile(appending, fd, &(off_t){ 0 }, 4));
	S(sendfile(fd, out, &(off_t){ -1 }, 4));
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	S(sendfile(s[0], fd, &(off_t){ 0 }, 4));
	S(read(p[0], buffer, 60));

	write(p[1], "through the pipe", 16);
	S(tee(p[0], q[1], 7, 0));
	S(splice(p[0], NULL, out, &(off_t){ 50 }, 16, 0));
	S(read(q[0], buffer, 60));
	S(splice(fd, &(off_t){ 3 }, p[1], NULL, 100, 0));
	S(splice(p[0], NULL, q[1], NULL, 4, SPLICE_F_MOVE));
	S(splice(fd, NULL, out, NULL, 4, 0));
	S(splice(p[0], &(off_t){ 0 }, out, NULL, 4, 0));
	S(splice(p[0], NULL, appending, NULL, 4, 0));
	S(splice(p[0], NULL, p[1], NULL, 4, 0));
	S(splice(p[0], NULL, out, NULL, 100, SPLICE_F_NONBLOCK));
	S(splice(p[0], NULL, out, NULL, 100, SPLICE_F_NONBLOCK));
	S(tee(fd, q[1], 4, 0));
	S(vmsplice(q[1], two, 1, 0));
	S(read(q[0], buffer, 60));

	off_t from = 0, to = 20;
	S(copy_file_range(fd, &from, out, &to, 6, 0));
	say("places", "%ld %ld", from, to);
	S(copy_file_range(fd, &from, out, &to, 100, 0));
	S(copy_file_range(fd, &from, out, &to, 100, 0));
	S(copy_file_range(fd, &from, out, &to, 1, 1));
	S(copy_file_range(fd, &(off_t){ 0 }, fd, &(off_t){ 2 }, 5, 0));
	S(copy_file_range(fd, &(off_t){ 0 }, fd, &(off_t){ 50 }, 5, 0));
	S(copy_file_range(p[0], NULL, out, NULL, 1, 0));
	S(copy_file_range(fd, NULL, appending, NULL, 1, 0));
	S(copy_file_range(open(".", 0), NULL, out, NULL, 1, 0));

	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(pages + 4096, 4096);
	memset(pages, 'p', 4096);
	ftruncate(out, 0);
	S(pwrite(out, pages + 4090, 12, 0));
	S(write(p[1], pages + 4090, 12));
	S(pread(fd, pages + 4094, 10, 0));
	S(lseek(out, 0, SEEK_END));
	S(write(open("/dev/full", O_WRONLY), "x", 1));
	S(read(open("/dev/null", 0), buffer, 10));
	S(write(open("/dev/null", 1), (void *)8, 10));
	S(read(open("/dev/zero", 0), buffer, 10));
	yes("zeros", !memcmp(buffer, "\0\0\0\0\0\0\0\0\0", 10));
	S(lseek(open("/dev/null", 0), 5, SEEK_SET));
	S(syscall(SYS_readahead, fd, 0, 10));
	S(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED));
	S(posix_fadvise(fd, 0, 0, 99));
	S(posix_fadvise(p[0], 0, 0, POSIX_FADV_NORMAL));
	S(fsync(fd));
	S(fdatasync(0));
	S(sync_file_range(fd, 0, 0, 0));
	S(syncfs(fd));
	S(syncfs(500));
	struct iovec local = { buffer, 3 }, remote = { a, 3 };
	S(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	S(process_vm_readv(0x3ffffff, &local, 1, &remote, 1, 0));
	S(process_vm_readv(getpid(), &local, 1, &remote, 1, 1));
	return 0;
}
