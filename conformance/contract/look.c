// What conformance/contract.test.ts asks of a machine: the bytes of a file, and addresses of the board seen from a process.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf back;

static void caught(int signal) {
  siglongjmp(back, signal);
}

static void cat(const char *name) {
  static char bytes[65536];
  int fd = open(name, O_RDONLY);
  for (long n; (n = read(fd, bytes, sizeof bytes)) > 0;) write(1, bytes, n);
}

// Every width, loads and stores, at each address; and the address mapped first, where only fresh zeros may be seen.
static void poke(unsigned long at) {
  int refused = 0;
  for (int how = 0; how < 8; how++) {
    if (sigsetjmp(back, 1)) {
      refused++;
      continue;
    }
    switch (how) {
      case 0: *(volatile char *)at; break;
      case 1: *(volatile short *)at; break;
      case 2: *(volatile int *)at; break;
      case 3: *(volatile long *)at; break;
      case 4: *(volatile char *)at = 1; break;
      case 5: *(volatile short *)at = 1; break;
      case 6: *(volatile int *)at = 0x5555; break;
      case 7: *(volatile long *)at = 0x5555; break;
    }
  }
  printf("%lx: %d of 8 refused; ", at, refused);
  unsigned long page = at & ~4095ul;
  unsigned char *mapped = mmap((void *)page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (mapped == MAP_FAILED) {
    printf("can't be mapped: %s\n", strerror(errno));
    return;
  }
  int other = 0;
  for (int i = 0; i < 4096; i++) other |= mapped[i];
  *(volatile int *)at = 0x5555;
  printf("mapped: %s\n", other ? "something was there" : "zeros");
  munmap((void *)page, 4096);
}

int main(int count, char **words) {
  if (count == 3 && strcmp(words[1], "cat") == 0) cat(words[2]);
  else if (count > 2 && strcmp(words[1], "poke") == 0) {
    signal(SIGSEGV, caught);
    signal(SIGBUS, caught);
    for (int i = 2; i < count; i++) poke(strtoul(words[i], 0, 16));
  } else for (int i = 0; i < count; i++) puts(words[i]);
  return 0;
}
