// Processes, threads, signals and time as C programs see them, on the real hart.
import { expect, test } from "vitest";
import { TestMachine, compile } from "../testing/machine.js";

/** Runs one program; gives its output and status word. */
function run(source: string, ...args: string[]): { status: number; out: string } {
  const machine = TestMachine.fresh();
  machine.write("/bin/program", compile(source));
  return machine.run("/bin/program", ...args);
}

const head = `
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <ucontext.h>
`;

test("fork, wait and statuses", () => {
  const { out, status } = run(`${head}
    int main(void) {
      setvbuf(stdout, 0, _IONBF, 0);
      for (int i = 0; i < 3; i++) if (fork() == 0) _exit(10 + i);
      int sum = 0, st;
      while (wait(&st) > 0) sum += WEXITSTATUS(st);
      printf("sum %d errno %d\\n", sum, errno);
      pid_t p = fork();
      if (p == 0) { raise(SIGKILL); }
      waitpid(p, &st, 0);
      printf("signaled %d by %d\\n", WIFSIGNALED(st), WTERMSIG(st));
      p = fork();
      if (p == 0) { *(volatile int *)0 = 1; }
      waitpid(p, &st, 0);
      printf("signaled %d by %d core %d\\n", WIFSIGNALED(st), WTERMSIG(st), !!WCOREDUMP(st));
      p = fork();
      if (p == 0) { raise(SIGSTOP); _exit(3); }
      waitpid(p, &st, WUNTRACED);
      printf("stopped %d by %d\\n", WIFSTOPPED(st), WSTOPSIG(st));
      kill(p, SIGCONT);
      waitpid(p, &st, WCONTINUED);
      printf("continued %d\\n", WIFCONTINUED(st));
      siginfo_t info; memset(&info, 0, sizeof info);
      waitid(P_PID, p, &info, WEXITED);
      printf("code %d status %d pid %d\\n", info.si_code == CLD_EXITED, info.si_status, info.si_pid == p);
      return 0;
    }`);
  expect(out).toBe("sum 33 errno 10\nsignaled 1 by 9\nsignaled 1 by 11 core 0\nstopped 1 by 19\ncontinued 1\ncode 1 status 3 pid 1\n");
  expect(status).toBe(0);
});

test("handlers get siginfo and context, on the alternate stack, and return through the trampoline", () => {
  const { out } = run(`${head}
    static char stack[16384]; static sigjmp_buf back; static volatile int count;
    static void segv(int n, siginfo_t *i, void *c) {
      ucontext_t *u = c; char here;
      printf("segv %d code %d addr %p on stack %d pc %d\\n", n, i->si_code, i->si_addr, &here > stack && &here < stack + sizeof stack, u->uc_mcontext.__gregs[0] != 0);
      siglongjmp(back, 1);
    }
    static void count_it(int n, siginfo_t *i, void *c) { count += i->si_value.sival_int; }
    static void fp(int n) { volatile double d = 3.0; d = d / 7.0; }
    int main(void) {
      stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack }; sigaltstack(&ss, 0);
      struct sigaction a = { .sa_sigaction = segv, .sa_flags = SA_SIGINFO | SA_ONSTACK };
      sigaction(SIGSEGV, &a, 0);
      if (!sigsetjmp(back, 1)) *(volatile int *)0x1234 = 1;
      if (!sigsetjmp(back, 1)) ((void (*)(void))0x8)();
      struct sigaction q = { .sa_sigaction = count_it, .sa_flags = SA_SIGINFO };
      sigaction(SIGRTMIN, &q, 0); sigaction(SIGUSR1, &q, 0);
      sigset_t set; sigemptyset(&set); sigaddset(&set, SIGRTMIN); sigaddset(&set, SIGUSR1);
      sigprocmask(SIG_BLOCK, &set, 0);
      for (int i = 1; i <= 3; i++) { union sigval v = { .sival_int = i }; sigqueue(getpid(), SIGRTMIN, v); sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 100 }); }
      sigprocmask(SIG_UNBLOCK, &set, 0);
      printf("count %d\\n", count);
      signal(SIGUSR2, fp);
      volatile double x = 1.0 / 3.0; double before = x * 2; raise(SIGUSR2); printf("%d\\n", before == x * 2);
      sigprocmask(SIG_BLOCK, &set, 0); sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 5 });
      siginfo_t got; printf("waited %d", sigwaitinfo(&set, &got) == SIGRTMIN); printf(" %d\\n", got.si_value.sival_int);
      struct timespec t = { 0, 1000000 }; printf("timeout %d %d\\n", sigtimedwait(&set, &got, &t), errno == EAGAIN);
      return 0;
    }`);
  expect(out).toBe("segv 11 code 1 addr 0x1234 on stack 1 pc 1\nsegv 11 code 1 addr 0x8 on stack 1 pc 1\ncount 106\n1\nwaited 1 5\ntimeout -1 1\n");
});

test("calls are interrupted or restarted as their handlers ask", () => {
  const { out } = run(`${head}
    static volatile int hits; static void hit(int n) { hits++; }
    int main(void) {
      int p[2]; pipe(p); char c;
      struct sigaction a = { .sa_handler = hit }; sigaction(SIGALRM, &a, 0);
      ualarm(1000, 0); printf("%zd %d", read(p[0], &c, 1), errno == EINTR); printf(" hits %d\\n", hits);
      a.sa_flags = SA_RESTART; sigaction(SIGALRM, &a, 0);
      if (fork() == 0) { usleep(20000); write(p[1], "x", 1); _exit(0); }
      ualarm(1000, 0); printf("%zd %c hits %d\\n", read(p[0], &c, 1), c, hits);
      struct timespec t = { 1, 0 }, rest = { 9, 9 };
      ualarm(250000, 0); int r = nanosleep(&t, &rest);
      printf("%d %d %d\\n", r, errno == EINTR, rest.tv_sec == 0 && rest.tv_nsec > 700000000 && rest.tv_nsec < 760000000);
      sigset_t none; sigemptyset(&none); ualarm(1000, 0); sigsuspend(&none); printf("suspended %d\\n", errno == EINTR);
      int st; wait(&st);
      return 0;
    }`);
  expect(out).toBe("-1 1 hits 1\n1 x hits 2\n-1 1 1\nsuspended 1\n");
});

test("threads share memory, meet at mutexes and conditions, and are joined", () => {
  const { out, status } = run(`${head}
    static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static int n, ready; static __thread int own;
    static void *work(void *arg) {
      for (int i = 0; i < 20000; i++) { pthread_mutex_lock(&m); n++; own++; pthread_mutex_unlock(&m); if (i % 1000 == 0) sched_yield(); }
      pthread_mutex_lock(&m); ready++; pthread_cond_signal(&c); pthread_mutex_unlock(&m);
      return (void *)(long)own;
    }
    int main(void) {
      pthread_t t[4]; long sum = 0;
      for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, work, 0);
      pthread_mutex_lock(&m); while (ready < 4) pthread_cond_wait(&c, &m); pthread_mutex_unlock(&m);
      for (int i = 0; i < 4; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
      struct timespec until; clock_gettime(CLOCK_REALTIME, &until); until.tv_nsec += 1000000; if (until.tv_nsec >= 1000000000) { until.tv_nsec -= 1000000000; until.tv_sec++; }
      pthread_mutex_lock(&m); int r = pthread_cond_timedwait(&c, &m, &until); pthread_mutex_unlock(&m);
      printf("%d %ld timedout %d own %d\\n", n, sum, r == ETIMEDOUT, own);
      pthread_mutexattr_t at; pthread_mutexattr_init(&at); pthread_mutexattr_setrobust(&at, PTHREAD_MUTEX_ROBUST);
      static pthread_mutex_t robust; pthread_mutex_init(&robust, &at);
      pthread_create(&t[0], 0, (void *(*)(void *))pthread_mutex_lock, &robust); pthread_join(t[0], 0);
      printf("owner died %d\\n", pthread_mutex_lock(&robust) == EOWNERDEAD);
      exit(5);
    }`);
  expect(out).toBe("80000 80000 timedout 1 own 0\nowner died 1\n");
  expect(status).toBe(5 << 8);
});

test("a thread that execs takes over its process, and vfork waits for the exec", () => {
  const { out } = run(`${head}
    static void *forever(void *x) { for (;;) pause(); }
    static void *again(void *x) { execl("/bin/program", "program", "second", (char *)0); return 0; }
    int main(int argc, char **argv) {
      setvbuf(stdout, 0, _IONBF, 0);
      if (argc > 1 && !strcmp(argv[1], "second")) { printf("second pid %d tid %d\\n", getpid(), gettid()); return 0; }
      if (argc > 1 && !strcmp(argv[1], "third")) { usleep(5000); printf("third\\n"); return 9; }
      volatile int x = 1; pid_t p = vfork();
      if (p == 0) { x = 2; execl("/bin/program", "program", "third", (char *)0); _exit(1); }
      int st; printf("x %d\\n", x); waitpid(p, &st, 0); printf("status %d pid %d\\n", WEXITSTATUS(st), getpid());
      pthread_t t; pthread_create(&t, 0, forever, 0); pthread_create(&t, 0, again, 0); pthread_join(t, 0);
      return 1;
    }`);
  expect(out).toBe("x 2\nthird\nstatus 9 pid 1\nsecond pid 1 tid 1\n");
});

test("scripts run under their interpreters with one argument, nested, and bad ones are refused", () => {
  const machine = TestMachine.fresh();
  machine.write("/bin/args", compile(`${head} int main(int c, char **v) { for (int i = 0; i < c; i++) printf("[%s]", v[i]); char n[16]; prctl(PR_GET_NAME, n); printf(" %s\\n", n); return 0; }`));
  machine.write("/bin/one", "#! /bin/args  -x  y \necho\n");
  machine.write("/bin/two", "#!/bin/one\n");
  machine.write("/bin/empty", "#!\n");
  machine.write("/bin/text", "hello\n");
  machine.write("/bin/loop", "#!/bin/loop\n");
  expect(machine.run("/bin/one", "a").out).toBe("[/bin/args][-x  y][/bin/one][a] one\n");
  expect(machine.run("/bin/two", "a").out).toBe("[/bin/args][-x  y][/bin/one][/bin/two][a] two\n");
  expect(() => machine.start("/bin/empty")).toThrow("ENOEXEC");
  expect(() => machine.start("/bin/text")).toThrow("ENOEXEC");
  expect(() => machine.start("/bin/loop")).toThrow("ELOOP");
  expect(() => machine.start("/bin/none")).toThrow("ENOENT");
  expect(() => machine.start("/bin")).toThrow("EACCES");
  expect(machine.run("/bin/args", "b").out).toBe("[/bin/args][b] args\n");
});

test("timers end in time and repeat; processor time is charged", () => {
  const { out } = run(`${head}
    static volatile int n, v; static void tick(int s) { n++; } static void vtick(int s) { v++; }
    int main(void) {
      signal(SIGALRM, tick); signal(SIGVTALRM, vtick);
      struct itimerval it = { { 0, 10000 }, { 0, 10000 } }; setitimer(ITIMER_REAL, &it, 0);
      while (n < 5) pause();
      memset(&it, 0, sizeof it); setitimer(ITIMER_REAL, &it, 0);
      struct timespec a, b, c; clock_gettime(CLOCK_MONOTONIC, &a); usleep(50000); clock_gettime(CLOCK_MONOTONIC, &b);
      long us = (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
      printf("slept %d\\n", us >= 50000 && us < 60000);
      it.it_value.tv_usec = 20000; setitimer(ITIMER_VIRTUAL, &it, 0); while (!v);
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c); printf("cpu %d\\n", c.tv_nsec >= 20000000);
      timer_t t; struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM }; timer_create(CLOCK_MONOTONIC, &e, &t);
      struct itimerspec s = { { 0, 1000000 }, { 0, 1000000 } }; sigset_t set; sigemptyset(&set); sigaddset(&set, SIGALRM); sigprocmask(SIG_BLOCK, &set, 0);
      timer_settime(t, 0, &s, 0); usleep(10500); siginfo_t i; sigwaitinfo(&set, &i); printf("overrun %d %d\\n", i.si_overrun >= 8, timer_getoverrun(t) == i.si_overrun); timer_delete(t);
      struct rusage r; getrusage(RUSAGE_SELF, &r); printf("user %d rss %d\\n", r.ru_utime.tv_usec > 0, r.ru_maxrss > 100);
      return 0;
    }`);
  expect(out).toBe("slept 1\ncpu 1\noverrun 1 1\nuser 1 rss 1\n");
});

test("a fork bomb is refused with EAGAIN and ends with its maker", () => {
  const { out, status } = run(`${head}
    int main(void) {
      struct rlimit l = { 20, 20 }; int n = 0; setrlimit(RLIMIT_NPROC, &l); setuid(1000);
      for (;;) { pid_t p = fork(); if (p < 0) break; if (p == 0) { for (;;) pause(); } n++; }
      printf("%d %d\\n", n > 10 && n <= 20, errno == EAGAIN); fflush(stdout);
      kill(-1, SIGKILL); while (wait(0) > 0); printf("all ended\\n");
      return 0;
    }`);
  expect(out).toBe("1 1\nall ended\n");
  expect(status).toBe(0);
});

test("job control: sessions, groups, orphans", () => {
  const { out } = run(`${head}
    static void quiet(int n) {}
    int main(void) {
      setvbuf(stdout, 0, _IONBF, 0);
      printf("sid %d pgid %d\\n", getsid(0) == getpid(), getpgid(0) == getpid());
      int p[2], st; pipe(p); char c;
      pid_t a = fork();
      if (a == 0) {
        setpgid(0, 0);
        pid_t b = fork();
        if (b == 0) { signal(SIGHUP, quiet); raise(SIGSTOP); printf("woken by hangup, parent %d\\n", getppid() == 1); write(p[1], "x", 1); _exit(0); }
        waitpid(b, &st, WUNTRACED); _exit(0);
      }
      waitpid(a, &st, 0); read(p[0], &c, 1);
      pid_t s = fork(); if (s == 0) { printf("setsid %d\\n", setsid() == getpid()); printf("again %d\\n", setsid() == -1 && errno == EPERM); _exit(0); }
      waitpid(s, &st, 0);
      pid_t k = fork(); if (k == 0) { setpgid(0, 0); for (;;) pause(); } setpgid(k, k);
      printf("kill group %d\\n", kill(-k, SIGTERM)); waitpid(k, &st, 0); printf("by %d\\n", WTERMSIG(st));
      return 0;
    }`);
  expect(out).toBe("sid 1 pgid 1\nwoken by hangup, parent 0\nsetsid 1\nagain 1\nkill group 0\nby 15\n");
});
