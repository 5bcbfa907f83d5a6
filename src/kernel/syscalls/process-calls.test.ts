// Calls of processes, credentials, limits and futexes made directly, each line with the result that Linux gives.
import { expect, test } from "vitest";
import { TestMachine, compile } from "../testing/machine.js";

const head = `
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/klog.h>
#include <unistd.h>
#define SAY(x) do { errno = 0; long r_ = (long)(x); printf("%s = %ld %s\\n", #x, r_, r_ == -1 ? strerrorname_np(errno) : ""); } while (0)
`.replace("#include <sys/capability.h>\n", "");

function run(body: string, before = ""): string[] {
  const machine = TestMachine.fresh();
  machine.write("/bin/program", compile(`${head}\n${before}\nint main(int argc, char **argv) { setvbuf(stdout, 0, _IONBF, 0); ${body} return 0; }`));
  const { out, status } = machine.run("/bin/program");
  expect(status, out).toBe(0);
  return out.trimEnd().split("\n").map((line) => line.trimEnd());
}

test("clone3 gives a pidfd that is readable at the end, can be waited for and signalled through", () => {
  expect(run(`
    int fd = -1; struct clone_args a = { .flags = CLONE_PIDFD, .pidfd = (uint64_t)&fd, .exit_signal = SIGCHLD };
    long p = syscall(SYS_clone3, &a, sizeof a); if (p == 0) { for (;;) pause(); }
    struct pollfd f = { fd, POLLIN }; SAY(poll(&f, 1, 0));
    SAY(syscall(SYS_pidfd_send_signal, fd, SIGTERM, 0, 0));
    SAY(poll(&f, 1, 1000)); siginfo_t i; SAY(waitid(P_PIDFD, fd, &i, WEXITED)); printf("%d %d\\n", i.si_code == CLD_KILLED, i.si_status);
    SAY(waitid(P_PIDFD, fd, &i, WEXITED)); SAY(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
    a.flags = CLONE_THREAD; SAY(syscall(SYS_clone3, &a, sizeof a)); a.flags = CLONE_SIGHAND; SAY(syscall(SYS_clone3, &a, sizeof a)); SAY(syscall(SYS_clone3, &a, 8));
    SAY(syscall(SYS_pidfd_open, 1, 0) >= 3); SAY(syscall(SYS_pidfd_open, 999, 0));`)).toEqual([
    "poll(&f, 1, 0) = 0", "syscall(SYS_pidfd_send_signal, fd, SIGTERM, 0, 0) = 0", "poll(&f, 1, 1000) = 1", "waitid(P_PIDFD, fd, &i, WEXITED) = 0", "1 15",
    "waitid(P_PIDFD, fd, &i, WEXITED) = -1 ECHILD", "syscall(SYS_pidfd_send_signal, fd, 0, 0, 0) = -1 ESRCH",
    "syscall(SYS_clone3, &a, sizeof a) = -1 EINVAL", "syscall(SYS_clone3, &a, sizeof a) = -1 EINVAL", "syscall(SYS_clone3, &a, 8) = -1 EINVAL",
    "syscall(SYS_pidfd_open, 1, 0) >= 3 = 1", "syscall(SYS_pidfd_open, 999, 0) = -1 ESRCH",
  ]);
});

test("users and capabilities: root gives its rights away and gets them back only by set-user-ID", () => {
  expect(run(`
    if (getenv("again")) { printf("again %d %d\\n", getuid(), geteuid()); return 0; }
    gid_t g[3] = { 30, 10, 20 }; SAY(setgroups(3, g)); gid_t got[4]; SAY(getgroups(4, got)); printf("%d %d %d\\n", got[0], got[1], got[2]);
    SAY(setresuid(1000, 1000, 0)); SAY(seteuid(0)); SAY(geteuid()); SAY(setresuid(1000, 1000, 1000)); SAY(setuid(0)); SAY(setgroups(0, 0)); SAY(sethostname("x", 1));
    SAY(kill(1, 0)); struct rlimit l = { 10, 20 }; SAY(setrlimit(RLIMIT_NOFILE, &l)); l.rlim_max = 30; SAY(setrlimit(RLIMIT_NOFILE, &l)); l.rlim_cur = 40; SAY(setrlimit(RLIMIT_NOFILE, &l));
    SAY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); SAY(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); SAY(nice(5)); SAY(nice(-3)); SAY(prctl(PR_CAPBSET_READ, 21)); SAY(prctl(PR_CAPBSET_DROP, 21));
    SAY(prctl(PR_SET_DUMPABLE, 2)); SAY(prctl(9999));`)).toEqual([
    "setgroups(3, g) = 0", "getgroups(4, got) = 3", "10 20 30", "setresuid(1000, 1000, 0) = 0", "seteuid(0) = 0", "geteuid() = 0", "setresuid(1000, 1000, 1000) = 0",
    "setuid(0) = -1 EPERM", "setgroups(0, 0) = -1 EPERM", 'sethostname("x", 1) = -1 EPERM', "kill(1, 0) = 0", "setrlimit(RLIMIT_NOFILE, &l) = 0",
    "setrlimit(RLIMIT_NOFILE, &l) = -1 EPERM", "setrlimit(RLIMIT_NOFILE, &l) = -1 EINVAL", "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0", "prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) = 1",
    "nice(5) = 5", "nice(-3) = -1 EPERM", "prctl(PR_CAPBSET_READ, 21) = 1", "prctl(PR_CAPBSET_DROP, 21) = -1 EPERM", "prctl(PR_SET_DUMPABLE, 2) = -1 EINVAL", "prctl(9999) = -1 EINVAL",
  ]);
});

test("a set-user-ID program runs as its owner, and not under no_new_privs", () => {
  expect(run(`
    if (argc > 1) { printf("%s %d %d %d\\n", argv[1], getuid(), geteuid(), prctl(PR_GET_DUMPABLE)); return 0; }
    chmod("/bin/program", 04755); setuid(1000); int st;
    if (fork() == 0) execl("/bin/program", "program", "plain", (char *)0); wait(&st);
    if (fork() == 0) { prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); execl("/bin/program", "program", "none", (char *)0); } wait(&st);`)).toEqual(["plain 1000 0 0", "none 1000 1000 1"]);
});

test("futexes: values, requeue, wake operations, shared mappings, bad arguments", () => {
  expect(run(`
    static uint32_t w, v; SAY(syscall(SYS_futex, &w, FUTEX_WAIT, 1, 0)); SAY(syscall(SYS_futex, (char *)&w + 1, FUTEX_WAIT, 0, 0)); SAY(syscall(SYS_futex, 8, FUTEX_WAIT, 0, 0));
    struct timespec t = { 0, 1000 }; SAY(syscall(SYS_futex, &w, FUTEX_WAIT_PRIVATE, 0, &t)); t.tv_nsec = -1; SAY(syscall(SYS_futex, &w, FUTEX_WAIT_PRIVATE, 0, &t));
    SAY(syscall(SYS_futex, &w, FUTEX_WAIT_BITSET, 0, 0, 0, 0)); SAY(syscall(SYS_futex, &w, FUTEX_WAKE, 1)); SAY(syscall(SYS_futex, &w, FUTEX_LOCK_PI, 0, 0));
    uint32_t *s = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 3; i++) if (fork() == 0) { syscall(SYS_futex, &s[0], FUTEX_WAIT, 0, 0); __sync_fetch_and_add(&s[9], 1); _exit(0); }
    usleep(1000); SAY(syscall(SYS_futex, &s[0], FUTEX_CMP_REQUEUE, 1, 1, &s[1], 7)); SAY(syscall(SYS_futex, &s[0], FUTEX_CMP_REQUEUE, 1, 1, &s[1], 0));
    SAY(syscall(SYS_futex, &s[0], FUTEX_WAKE_OP, 5, 5, &s[1], FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0))); while (wait(0) > 0); printf("%u %u\\n", s[1], s[9]);`)).toEqual([
    "syscall(SYS_futex, &w, FUTEX_WAIT, 1, 0) = -1 EAGAIN", "syscall(SYS_futex, (char *)&w + 1, FUTEX_WAIT, 0, 0) = -1 EINVAL", "syscall(SYS_futex, 8, FUTEX_WAIT, 0, 0) = -1 EFAULT",
    "syscall(SYS_futex, &w, FUTEX_WAIT_PRIVATE, 0, &t) = -1 ETIMEDOUT", "syscall(SYS_futex, &w, FUTEX_WAIT_PRIVATE, 0, &t) = -1 EINVAL",
    "syscall(SYS_futex, &w, FUTEX_WAIT_BITSET, 0, 0, 0, 0) = -1 EINVAL", "syscall(SYS_futex, &w, FUTEX_WAKE, 1) = 0", "syscall(SYS_futex, &w, FUTEX_LOCK_PI, 0, 0) = 0",
    "syscall(SYS_futex, &s[0], FUTEX_CMP_REQUEUE, 1, 1, &s[1], 7) = -1 EAGAIN", "syscall(SYS_futex, &s[0], FUTEX_CMP_REQUEUE, 1, 1, &s[1], 0) = 2",
    "syscall(SYS_futex, &s[0], FUTEX_WAKE_OP, 5, 5, &s[1], FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)) = 2", "3 3",
  ]);
});

test("bad pointers and signals are errors, never more", () => {
  expect(run(`
    SAY(kill(999, 0)); SAY(kill(1, 65)); SAY(kill(-999, 9)); SAY(syscall(SYS_tgkill, 1, 1, 0)); SAY(syscall(SYS_tgkill, 2, 1, 0)); SAY(sigaction(SIGKILL, &(struct sigaction){ 0 }, 0));
    SAY(syscall(SYS_rt_sigaction, 10, (void *)8, 0, 8)); SAY(syscall(SYS_rt_sigprocmask, 0, -1L, 0, 8)); SAY(syscall(SYS_rt_sigprocmask, 7, &(long){ 0 }, 0, 8)); SAY(syscall(SYS_wait4, -1, 0, 0x10000, 0));
    SAY(syscall(SYS_execve, 8, 0, 0)); SAY(syscall(SYS_execve, "/bin/program", -1L, 0)); SAY(syscall(SYS_uname, 8)); SAY(syscall(SYS_nanosleep, &(struct timespec){ 0, 1000000000 }, 0));
    SAY(syscall(SYS_clock_gettime, 99, 8)); SAY(syscall(SYS_getrandom, 8, 8, 0)); SAY(syscall(SYS_getrandom, 8, 8, 99)); SAY(syscall(1000)); SAY(syscall(-1)); SAY(syscall(SYS_setpgid, 0, -1)); SAY(setsid());
    int st; if (fork() == 0) { asm volatile("li sp, 16\\n li a7, 139\\n ecall"); } wait(&st); printf("%d\\n", WTERMSIG(st));
    char page[4096]; if (fork() == 0) { memset(page, 0xff, sizeof page); asm volatile("mv sp, %0\\n li a7, 139\\n ecall" : : "r"((long)(page + 16) & ~15L)); } wait(&st); printf("%d\\n", WTERMSIG(st));`)).toEqual([
    "kill(999, 0) = -1 ESRCH", "kill(1, 65) = -1 EINVAL", "kill(-999, 9) = -1 ESRCH", "syscall(SYS_tgkill, 1, 1, 0) = 0", "syscall(SYS_tgkill, 2, 1, 0) = -1 ESRCH",
    "sigaction(SIGKILL, &(struct sigaction){ 0 }, 0) = -1 EINVAL", "syscall(SYS_rt_sigaction, 10, (void *)8, 0, 8) = -1 EFAULT", "syscall(SYS_rt_sigprocmask, 0, -1L, 0, 8) = -1 EFAULT",
    "syscall(SYS_rt_sigprocmask, 7, &(long){ 0 }, 0, 8) = -1 EINVAL", "syscall(SYS_wait4, -1, 0, 0x10000, 0) = -1 EINVAL", "syscall(SYS_execve, 8, 0, 0) = -1 EFAULT",
    'syscall(SYS_execve, "/bin/program", -1L, 0) = -1 EFAULT', "syscall(SYS_uname, 8) = -1 EFAULT", "syscall(SYS_nanosleep, &(struct timespec){ 0, 1000000000 }, 0) = -1 EINVAL",
    "syscall(SYS_clock_gettime, 99, 8) = -1 EINVAL", "syscall(SYS_getrandom, 8, 8, 0) = -1 EFAULT", "syscall(SYS_getrandom, 8, 8, 99) = -1 EINVAL", "syscall(1000) = -1 ENOSYS", "syscall(-1) = -1 ENOSYS",
    "syscall(SYS_setpgid, 0, -1) = -1 EINVAL", "setsid() = -1 EPERM", "11", "11",
  ]);
});
