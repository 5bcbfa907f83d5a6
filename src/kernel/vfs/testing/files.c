// File calls whose results any Linux gives alike: run in an empty directory, as root or not.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define T(e) do { errno = 0; long r = (long)(e); printf("%s = %s%ld %s\n", #e, r < 0 ? "" : "", r, r < 0 ? strerrorname_np(errno) : ""); } while (0)

static char buf[100000];

static int compare(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static void list(const char *d) {
  struct dirent **names;
  int n = scandir(d, &names, 0, compare);
  printf("%s:", d);
  for (int i = 0; i < n; i++) printf(" %s/%d", names[i]->d_name, names[i]->d_type);
  printf("\n");
}

static void tell(const char *f) {
  struct stat s;
  if (lstat(f, &s) < 0) { printf("%s: %s\n", f, strerrorname_np(errno)); return; }
  printf("%s: mode %o nlink %d size %ld\n", f, s.st_mode, S_ISDIR(s.st_mode) ? 0 : (int)s.st_nlink, S_ISDIR(s.st_mode) ? 0 : (long)s.st_size);
}

int main(void) {
  setvbuf(stdout, 0, _IOFBF, 1 << 16);
  umask(022);
  int fd, fd2, p[2];
  T(fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
  T(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
  T(write(fd, "hello world", 11));
  T(lseek(fd, 0, SEEK_CUR));
  T(pwrite(fd, "W", 1, 6));
  T(pread(fd, buf, 100, 3));
  printf("%.8s\n", buf);
  T(lseek(fd, 100000, SEEK_SET));
  T(write(fd, "x", 1));
  tell("a");
  T(ftruncate(fd, 5));
  T(ftruncate(fd, 50));
  T(pread(fd, buf, 100, 0));
  printf("%d %d\n", buf[4], buf[5]);
  T(lseek(fd, -1, SEEK_SET));
  T(lseek(fd, 1, 99));
  T(lseek(fd, -10, SEEK_END));
  struct iovec v[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
  T(pwritev(fd, v, 3, 0));
  T(readv(fd, v, -1));
  T(dup2(fd, 50));
  T(fcntl(50, F_GETFL) & O_ACCMODE);
  T(fcntl(50, F_GETFD));
  T(fcntl(fd, F_DUPFD_CLOEXEC, 60));
  T(fcntl(60, F_GETFD));
  T(dup3(fd, fd, 0));
  T(dup2(99, 1000));
  T(close(50));
  T(close(50));
  T(open("a", O_WRONLY | O_APPEND));
  T(write(4, "end", 3));
  T(lseek(4, 0, SEEK_CUR));
  T(read(4, buf, 1));
  T(write(open("a", O_RDONLY), "x", 1));
  T(mkdir("d", 0777));
  T(mkdir("d", 0777));
  T(mkdir("d/", 0777));
  T(mkdir("e/", 02777));
  tell("e");
  T(rmdir("e/"));
  T(rmdir("a"));
  T(unlink("d"));
  T(mkdir("none/d", 0777));
  T(symlink("a", "l"));
  T(symlink("nowhere", "broken"));
  T(symlink("l2", "l1"));
  T(symlink("l1", "l2"));
  T(open("l1", O_RDONLY));
  T(open("broken", O_RDONLY));
  T(open("l", O_RDONLY | O_NOFOLLOW));
  T(open("d", O_WRONLY));
  T(open("a/", O_RDONLY));
  T(open("a/b", O_RDONLY));
  T(open("", O_RDONLY));
  T(open("a", O_RDONLY | O_DIRECTORY));
  T(open("d", O_RDONLY | O_CREAT, 0666));
  T(readlink("l", buf, 100));
  T(readlink("a", buf, 100));
  T(readlink("l", buf, 0));
  T(link("a", "d/hard"));
  T(link("d", "d2"));
  T(link("a", "d/hard"));
  T(link("l", "l3"));
  tell("a");
  tell("l3");
  T(rename("a", "d"));
  T(rename("d", "a"));
  T(rename("d", "d/sub"));
  T(rename("d/hard", "a"));
  T(rename("none", "x"));
  T(rename("d/.", "x"));
  T(renameat2(AT_FDCWD, "a", AT_FDCWD, "l", RENAME_NOREPLACE));
  T(renameat2(AT_FDCWD, "a", AT_FDCWD, "l", RENAME_EXCHANGE));
  tell("l");
  T(renameat2(AT_FDCWD, "a", AT_FDCWD, "l", RENAME_EXCHANGE));
  T(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
  T(unlink("d/hard"));
  list(".");
  T(chmod("a", 06755));
  tell("a");
  T(write(fd, "x", 1));
  T(chmod("broken", 0777));
  T(fchmodat(AT_FDCWD, "a", 0644, 0));
  T(access("a", X_OK | R_OK));
  T(access("none", F_OK));
  T(access("a", 99));
  T(faccessat(AT_FDCWD, "broken", F_OK, AT_SYMLINK_NOFOLLOW));
  struct timespec times[2] = { { 1000, 5 }, { 0, UTIME_OMIT } };
  T(utimensat(AT_FDCWD, "a", times, 0));
  struct stat s;
  stat("a", &s);
  printf("atime %ld.%ld\n", s.st_atim.tv_sec, s.st_atim.tv_nsec);
  times[0].tv_nsec = 1000000000;
  T(utimensat(AT_FDCWD, "a", times, 0));
  T(truncate("a", 3));
  T(truncate("d", 3));
  T(truncate("a", -1));
  T(mkfifo("fifo", 0644));
  T(open("fifo", O_WRONLY | O_NONBLOCK));
  T(fd2 = open("fifo", O_RDONLY | O_NONBLOCK));
  T(lseek(fd2, 0, SEEK_SET));
  T(pread(fd2, buf, 1, 0));
  T(mkdir("deep", 0755));
  T(chdir("deep"));
  T(strcmp(strrchr(getcwd(buf, sizeof buf), '/'), "/deep"));
  T(rmdir("../deep"));
  T(getcwd(buf, sizeof buf) == 0);
  T(open("new", O_CREAT | O_WRONLY, 0666));
  T(open(".", O_RDONLY) >= 0);
  T(chdir(".."));
  T(chdir("a"));
  T(getcwd(buf, 2) == 0);
  T(open("many", O_RDONLY | O_CREAT | O_DIRECTORY, 0666));
  T(mkdir("many", 0755));
  for (int i = 0; i < 300; i++) {
    sprintf(buf, "many/file-%d", i);
    close(open(buf, O_CREAT | O_WRONLY, 0600));
  }
  DIR *dir = opendir("many");
  int count = 0;
  long third = 0;
  char name[256];
  for (struct dirent *e; (e = readdir(dir)); count++) {
    if (count == 2) third = telldir(dir);
    if (count == 3) strcpy(name, e->d_name);
  }
  printf("%d entries\n", count);
  seekdir(dir, third);
  printf("again %d\n", strcmp(readdir(dir)->d_name, name));
  rewinddir(dir);
  for (int i = 0; i < 300; i++) { sprintf(buf, "many/file-%d", i); unlink(buf); }
  T(rmdir("many"));
  char *long_name = malloc(5000);
  memset(long_name, 'n', 4999);
  long_name[4999] = 0;
  T(open(long_name, O_RDONLY));
  long_name[256] = 0;
  T(open(long_name, O_RDONLY));
  long_name[255] = 0;
  T(open(long_name, O_RDONLY));
  T(close(open(long_name, O_CREAT | O_WRONLY, 0600)));
  T(unlink(long_name));
  T(fd2 = open("lock", O_RDWR | O_CREAT, 0644));
  struct flock lk = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5 };
  T(fcntl(fd2, F_SETLK, &lk));
  lk.l_type = F_RDLCK;
  T(fcntl(fd2, F_GETLK, &lk));
  printf("type %d\n", lk.l_type);
  lk.l_whence = 9;
  T(fcntl(fd2, F_SETLK, &lk));
  T(flock(fd2, LOCK_EX | LOCK_NB));
  int fd3 = open("lock", O_RDWR);
  T(flock(fd3, LOCK_EX | LOCK_NB));
  T(flock(fd2, LOCK_UN));
  T(flock(fd3, LOCK_SH | LOCK_NB));
  T(flock(fd3, 77));
  struct flock ofd = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  T(fcntl(fd2, F_OFD_SETLK, &ofd));
  T(fcntl(fd3, F_OFD_SETLK, &ofd));
  T(pipe(p));
  T(fd = open("src", O_RDWR | O_CREAT, 0644));
  memset(buf, 'q', sizeof buf);
  T(write(fd, buf, sizeof buf));
  T(fd2 = open("dst", O_RDWR | O_CREAT, 0644));
  off_t off = 10;
  T(sendfile(fd2, fd, &off, 70000));
  printf("off %ld\n", (long)off);
  T(copy_file_range(fd, (off_t[]){ 0 }, fd2, (off_t[]){ 70000 }, 30000, 0));
  T(splice(fd, (off_t[]){ 0 }, p[1], 0, 4096, 0));
  T(splice(p[0], 0, fd2, (off_t[]){ 0 }, 10000, 0));
  T(splice(fd, 0, fd2, 0, 10, 0));
  tell("dst");
  T(posix_fallocate(fd2, 0, 200000));
  T(fallocate(fd2, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096));
  T(pread(fd2, buf, 1, 5000));
  printf("%d\n", buf[0]);
  T(fallocate(fd2, 0, -1, 10));
  tell("dst");
  char *map = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd2, 0);
  map[1] = 'M';
  T(pread(fd2, buf, 2, 0));
  printf("%c\n", buf[1]);
  T(pwrite(fd2, "N", 1, 2));
  printf("%c\n", map[2]);
  T(fd = memfd_create("x", MFD_ALLOW_SEALING));
  T(write(fd, "abc", 3));
  T(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
  T(write(fd, "abc", 3));
  T(ftruncate(fd, 1));
  T(fcntl(fd, F_GET_SEALS));
  T(fd = open(".", O_PATH));
  T(read(fd, buf, 1));
  T(fchmod(fd, 0755));
  T(openat(fd, "src", O_RDONLY) > 0);
  T(fstat(fd, &s));
  T(open("/dev/null/x", O_RDONLY));
  T(unlink("none"));
  T(read(9999, buf, 1));
  T(write(1, (void *)8, 1));
  T(open((void *)8, O_RDONLY));
  T(read(open("src", O_RDONLY), (void *)8, 10));
  T(close_range(40, 70, 0));
  list(".");
  return 0;
}
