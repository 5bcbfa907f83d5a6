// /proc as programs read it: shapes recorded from real Linux, links that lead to open files, and what is refused.
import { expect, test } from "vitest";
import { failed } from "../../../abi/errno.js";
import { AT_FDCWD, O_RDONLY } from "../../../abi/fcntl.js";
import { fromBytes } from "../../bytestring.js";
import { BufferSink } from "../../io.js";
import { restoreKernel, saveKernel } from "../../persist.js";
import type { Task } from "../../task/task.js";
import { TestMachine, compile, wiring } from "../../testing/machine.js";
import { mkdir } from "../../vfs/change.js";
import { lookup } from "../../vfs/lookup.js";
import { attach, newMount } from "../../vfs/mount.js";
import { open } from "../../vfs/open.js";
import { Wait } from "../../wait.js";
import { fileSystemType } from "../types.js";
import "./procfs.js";
import "../sysfs/sysfs.js";

function withProc(program: string): TestMachine {
  const machine = TestMachine.fresh(32 << 20);
  const task = machine.kernel.kernelTask;
  for (const [at, name] of [["/proc", "proc"], ["/sys", "sysfs"]]) {
    mkdir(task, AT_FDCWD, at, 0o555);
    const type = fileSystemType(name);
    const place = lookup(task, AT_FDCWD, at);
    if (failed(type) || failed(place)) throw new Error(name);
    const fs = type.mount(task, name, "");
    if (failed(fs)) throw new Error(name);
    attach(task.namespaces.mnt, newMount(task.kernel, fs, 0), place);
  }
  machine.write("/bin/program", compile(`
    #define _GNU_SOURCE
    #include <dirent.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/stat.h>
    #include <sys/wait.h>
    #include <unistd.h>
    static char buffer[65536];
    static const char *get(const char *path) {
      int fd = open(path, O_RDONLY), n = 0, m;
      if (fd < 0) return strerrorname_np(errno);
      while ((m = read(fd, buffer + n, sizeof buffer - 1 - n)) > 0) n += m;
      if (m < 0) return strerrorname_np(errno);
      buffer[n] = 0; close(fd); return buffer;
    }
    static const char *where(const char *path) { int n = readlink(path, buffer, sizeof buffer - 1); if (n < 0) return strerrorname_np(errno); buffer[n] = 0; return buffer; }
    int main(int argc, char **argv) { ${program} return 0; }`));
  return machine;
}

const printed = (program: string): string => withProc(program).run("/bin/program", "one", "two words").out;
const file = (path: string): string => printed(`fputs(get("${path}"), stdout);`);
const names = (text: string): string[] => text.trimEnd().split("\n").map((line) => line.split(/:/, 1)[0]);

test("stat has the 52 fields of proc_pid_stat(5)", () => {
  const text = file("/proc/self/stat");
  expect(text).toMatch(/^1 \(program\) R 0 1 1 0 -1 \d+ (\d+ ){8}20 0 1 0 \d+ \d+ \d+ 18446744073709551615 (\d+ ){26}\d+\n$/);
  expect(text.trimEnd().split(" ")).toHaveLength(52);
});

// cut -d: -f1 /proc/self/status, Debian's 6.12.107+deb13-riscv64.
const statusNames = `Name Umask State Tgid Ngid Pid PPid TracerPid Uid Gid FDSize Groups NStgid NSpid NSpgid NSsid Kthread VmPeak VmSize VmLck VmPin VmHWM VmRSS RssAnon
 RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap HugetlbPages CoreDumping THP_enabled untag_mask Threads SigQ SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh CapPrm
 CapEff CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters Speculation_Store_Bypass SpeculationIndirectBranch Cpus_allowed Cpus_allowed_list Mems_allowed Mems_allowed_list
 voluntary_ctxt_switches nonvoluntary_ctxt_switches`.split(/\s+/);

test("status has the lines of Linux in their order, sizes in columns", () => {
  const text = file("/proc/self/status");
  expect(names(text)).toEqual(statusNames);
  expect(text).toMatch(/\nVmSize:\t {1,7}\d+ kB\n/);
  expect(text).toContain("Groups:\t \n");
  expect(text).toContain("CapEff:\t000001ffffffffff\n");
});

// cat /proc/self/limits
const limitsText = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max file size             unlimited            unlimited            bytes     
Max data size             unlimited            unlimited            bytes     
Max stack size            8388608              unlimited            bytes     
Max core file size        0                    unlimited            bytes     
`;

test("limits stand in Linux's columns", () => {
  const text = file("/proc/self/limits");
  expect(text.startsWith(limitsText)).toBe(true);
  expect(text).toMatch(/\nMax nice priority {9}0 {20}0 {20}\nMax realtime priority {5}0 {20}0 {20}\nMax realtime timeout {6}unlimited {12}unlimited {12}us {8}\n$/);
});

test("maps names files at column 73 and what has no name ends in a blank", () => {
  const text = file("/proc/self/maps");
  expect(text).toMatch(/^00010000-[0-9a-f]{8} r-xp 00000000 [0-9a-f]{2}:[0-9a-f]{2} \d+ +\/bin\/program\n/);
  for (const line of text.trimEnd().split("\n")) expect(line).toMatch(/^(.{72} [/[].*|\S+ \S+ \S+ \S+ \d+ )$/);
  expect(text).toMatch(/\[heap\]\n[^]*\[vvar\]\n.*\[vdso\]\n.*\[stack\]\n$/);
});

test("smaps_rollup sums up what smaps tells", () => {
  const sum = (text: string, name: string): number => [...text.matchAll(new RegExp(`^${name}: +(\\d+) kB$`, "gm"))].reduce((total, [, kB]) => total + Number(kB), 0);
  const text = printed(`get("/proc/self/smaps"); static char first[65536]; strcpy(first, get("/proc/self/smaps")); fputs(first, stdout); puts("==="); fputs(get("/proc/self/smaps_rollup"), stdout);`);
  const [each, all] = text.split("===\n");
  expect(sum(all, "Anonymous")).toBeGreaterThan(0);
  for (const name of ["Pss", "Pss_Dirty", "Private_Dirty"]) expect(Math.abs(sum(each, name) - sum(all, name))).toBeLessThanOrEqual(16);
});

test("cmdline, environ and comm come from the process itself; comm can be written and is cut at 15", () => {
  const text = printed(`
    int fd = open("/proc/self/cmdline", O_RDONLY), n = read(fd, buffer, 999); for (int i = 0; i < n; i++) putchar(buffer[i] ? buffer[i] : '|');
    fd = open("/proc/self/comm", O_WRONLY); write(fd, "a-name-that-is-too-long\\n", 24); fputs(get("/proc/thread-self/comm"), stdout); fputs(get("/proc/self/environ"), stdout);`);
  expect(text).toBe("/bin/program|one|two words|a-name-that-is-\nPATH=/bin");
});

test("a pipe is opened again through /proc/self/fd, and a deleted file too", () => {
  expect(printed(`
    int p[2]; pipe(p); write(p[1], "through", 7); close(p[1]);
    char name[64]; sprintf(name, "/proc/self/fd/%d", p[0]); printf("%.6s ", where(name)); puts(get(name));
    int fd = open("/tmp/gone", O_CREAT | O_RDWR, 0600); write(fd, "still here", 10); unlink("/tmp/gone");
    sprintf(name, "/proc/self/fd/%d", fd); puts(where(name)); puts(get(name));
    puts(where("/proc/self/exe")); puts(where("/proc/self/cwd")); puts(where("/proc/self/fd/77"));`)).toBe("pipe:[ through\n/tmp/gone (deleted)\nstill here\n/bin/program\n/\nENOENT\n");
});

test("a file of /proc is made anew when it is read from its beginning, and positions hold in between", () => {
  expect(printed(`
    int fd = open("/proc/self/comm", O_RDWR); char a[8] = {0}, b[8] = {0}, c[8] = {0};
    read(fd, a, 4); read(fd, b, 4); write(fd, "other", 5); pread(fd, c, 7, 0); printf("%s %s %s", a, b, c);
    printf("%ld %d", lseek(fd, 0, SEEK_END), errno == EINVAL);`)).toBe("prog ram\n other\n-1 1");
});

test("memory is read and written at its addresses, and where none is mapped that is EIO", () => {
  expect(printed(`
    static char text[] = "before"; int fd = open("/proc/self/mem", O_RDWR); char copy[8] = {0};
    pread(fd, copy, 6, (long)text); pwrite(fd, "after!", 6, (long)text); printf("%s %s ", copy, text);
    printf("%zd %s", pread(fd, copy, 1, 1), strerrorname_np(errno));`)).toBe("before after! -1 EIO");
});

test("what another user may not see is refused, what all may see is not", () => {
  expect(printed(`
    char name[64]; int parent = getpid(); if (fork() == 0) {
      setgid(1000); setuid(1000);
      for (const char **f = (const char *[]){"environ", "maps", "mem", "auxv", "fd", 0}; *f; f++) { sprintf(name, "/proc/%d/%s", parent, *f); printf("%s ", open(name, O_RDONLY) < 0 ? strerrorname_np(errno) : "open"); }
      sprintf(name, "/proc/%d/exe", parent); printf("%s ", where(name)); sprintf(name, "/proc/%d/comm", parent); fputs(get(name), stdout); fflush(stdout);
      struct stat s; stat("/proc/self/environ", &s); printf("%u\\n", s.st_uid); fflush(stdout); _exit(0); } wait(0);`)).toBe("EACCES EACCES EACCES EACCES EACCES EACCES program\n0\n");
});

test("a directory of a process that was waited for is empty, and its open files say ESRCH", () => {
  expect(printed(`
    int child = fork(); if (child == 0) { pause(); } char name[64]; sprintf(name, "/proc/%d", child); int at = open(name, O_RDONLY | O_DIRECTORY);
    int fd = openat(at, "stat", O_RDONLY); kill(child, 9); siginfo_t i; waitid(P_PID, child, &i, WEXITED | WNOWAIT); sprintf(name, "/proc/%d/stat", child);
    printf("%s", strchr(get(name), ')')[2] == 'Z' ? "zombie " : "? "); wait(0);
    printf("%s ", read(fd, buffer, 9) < 0 ? strerrorname_np(errno) : "read"); printf("%s ", openat(at, "stat", O_RDONLY) < 0 ? strerrorname_np(errno) : "open"); printf("%s", get(name));`))
    .toBe("zombie ESRCH ENOENT ENOENT");
});

test("sysctl values can't be written where the kernel would not follow them, not even by root; the host name can", () => {
  expect(printed(`
    printf("%s ", open("/proc/sys/kernel/pid_max", O_WRONLY) < 0 ? strerrorname_np(errno) : "open"); int fd = open("/proc/sys/kernel/hostname", O_WRONLY); write(fd, "other\\n", 6);
    char name[64]; gethostname(name, 64); printf("%s %s", name, get("/proc/sys/kernel/hostname"));`)).toBe("EACCES other other\n");
});

test("namespaces are told apart by the inode that their links lead to", () => {
  expect(printed(`struct stat a, b; stat("/proc/self/ns/pid", &a); stat("/proc/1/ns/uts", &b); printf("%s %lu %d", where("/proc/self/ns/pid"), a.st_ino, a.st_ino != b.st_ino);`))
    .toBe("pid:[4026531836] 4026531836 1");
});

test("meminfo, cpuinfo and the rest of the machine read as Linux's", () => {
  expect(file("/proc/cpuinfo")).toMatch(/^processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\S*\nmmu\t\t: sv39\n/);
  expect(file("/proc/meminfo")).toMatch(/^MemTotal: {10}32768 kB\nMemFree: +\d+ kB\nMemAvailable: +\d+ kB\nBuffers: +0 kB\nCached: +\d+ kB\n/);
  expect(file("/proc/uptime")).toMatch(/^\d+\.\d\d \d+\.\d\d\n$/);
  expect(file("/proc/loadavg")).toMatch(/^(\d+\.\d\d ){3}\d+\/\d+ \d+\n$/);
  expect(file("/proc/stat")).toMatch(/^cpu {2}(\d+ ){9}0\ncpu0 (\d+ ){9}0\nintr 0\nctxt \d+\nbtime 1700000000\nprocesses \d+\nprocs_running 1\nprocs_blocked 0\n/);
  expect(file("/sys/devices/system/cpu/online")).toBe("0\n");
});

function read(task: Task, path: string): string {
  const opened = open(task, AT_FDCWD, path, O_RDONLY, 0);
  if (failed(opened) || opened instanceof Wait) throw new Error(path);
  const sink = new BufferSink(new Uint8Array(4096));
  opened.read(task, sink, 0);
  return fromBytes(sink.bytes.subarray(0, sink.filled));
}

test("a kernel that was saved has its /proc again, with directories that are open in it", () => {
  const machine = withProc(`int at = open("/proc/self", O_RDONLY | O_DIRECTORY); sleep(1); int fd = openat(at, "comm", O_RDONLY); read(fd, buffer, 99); fputs(buffer, stdout);`);
  const { pid } = machine.start("/bin/program").process;
  for (let i = 0; i < 3; i++) machine.kernel.step(1_000_000);
  const restored = new TestMachine(restoreKernel(saveKernel(machine.kernel), wiring(32 << 20)));
  expect(read(restored.kernel.kernelTask, `/proc/${pid}/comm`)).toBe("program\n");
  const task = restored.kernel.initialNamespaces.pid.tasks.get(pid);
  if (task === undefined) throw new Error("it is gone");
  expect(restored.finish(task).out).toBe("program\n");
});
