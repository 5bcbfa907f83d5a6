// A million getpid calls, through syscall(2) so that nothing is cached.
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  const long calls = 1000000;
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (long i = 0; i < calls; i++) syscall(SYS_getpid);
  clock_gettime(CLOCK_MONOTONIC, &to);
  printf("%ld\n", ((to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec) / calls);
  return 0;
}
