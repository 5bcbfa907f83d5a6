// Every constant of this room against the real headers, printed by a C program for riscv64.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as auxv from "./auxv.js";
import * as capability from "./capability.js";
import * as dirent from "./dirent.js";
import * as elf from "./elf.js";
import { EAGAIN, ENOENT, Errno, errnoByNumber, failed } from "./errno.js";
import * as errno from "./errno.js";
import * as fcntl from "./fcntl.js";
import * as futex from "./futex.js";
import * as inotify from "./inotify.js";
import * as ioctl from "./ioctl.js";
import * as ipc from "./ipc.js";
import * as mman from "./mman.js";
import * as mount from "./mount.js";
import * as poll from "./poll.js";
import * as prctl from "./prctl.js";
import * as random from "./random.js";
import * as resource from "./resource.js";
import * as sched from "./sched.js";
import * as signal from "./signal.js";
import * as socket from "./socket.js";
import * as stat from "./stat.js";
import { SYS, syscallName } from "./syscall-numbers.js";
import * as termios from "./termios.js";
import * as time from "./time.js";
import * as utsname from "./utsname.js";
import * as wait from "./wait.js";
import * as xattr from "./xattr.js";

type Module = {
  exports: object;
  /** Sets of headers that can be included together; between them they name every constant but those of `unknown`. */
  headers: string[];
  /** What headers may lack: it is ours alone, internal to Linux, or newer than Debian 12's (Linux 6.1). */
  unknown?: string[];
};

const modules: Record<string, Module> = {
  auxv: { exports: auxv, headers: ["linux/auxvec.h asm/auxvec.h asm/hwcap.h"], unknown: ["AT_RSEQ_FEATURE_SIZE", "AT_RSEQ_ALIGN"] },
  capability: { exports: capability, headers: ["linux/capability.h"] },
  dirent: { exports: dirent, headers: ["dirent.h"] },
  elf: { exports: elf, headers: ["linux/elf.h", "elf.h"], unknown: ["ELF64_HEADER_BYTES", "ELF64_PROGRAM_HEADER_BYTES"] },
  errno: { exports: errno, headers: ["asm-generic/errno.h"], unknown: ["ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK"] },
  fcntl: {
    exports: fcntl,
    headers: ["linux/fcntl.h linux/fs.h linux/falloc.h linux/fadvise.h linux/openat2.h linux/close_range.h linux/memfd.h linux/uio.h", "fcntl.h unistd.h"],
    unknown: ["FLOCK_BYTES", "F_DUPFD_QUERY", "F_CREATED_QUERY", "AT_HANDLE_FID", "MFD_NOEXEC_SEAL", "MFD_EXEC"],
  },
  futex: { exports: futex, headers: ["linux/futex.h"], unknown: ["ROBUST_LIST_HEAD_BYTES", "ROBUST_LIST_FUTEX_OFFSET", "ROBUST_LIST_OP_PENDING"] },
  inotify: { exports: inotify, headers: ["linux/inotify.h"], unknown: ["INOTIFY_EVENT_BYTES"] },
  ioctl: {
    exports: ioctl,
    headers: [
      "stddef.h sys/ioctl.h linux/sockios.h linux/fs.h linux/fiemap.h linux/blkzoned.h linux/hdreg.h linux/cdrom.h linux/fd.h linux/loop.h asm/termbits.h",
      "linux/nsfs.h linux/rtc.h linux/random.h linux/kd.h linux/vt.h",
    ],
  },
  ipc: { exports: ipc, headers: ["linux/ipc.h linux/sem.h linux/shm.h linux/msg.h"] },
  mman: { exports: mman, headers: ["linux/mman.h linux/membarrier.h"] },
  mount: {
    exports: mount,
    headers: ["fcntl.h linux/mount.h linux/magic.h", "sys/mount.h sys/statvfs.h"],
    unknown: ["FSCONFIG_CMD_CREATE_EXCL", "ST_VALID", "MQUEUE_MAGIC"],
  },
  poll: {
    exports: poll,
    headers: ["linux/types.h linux/poll.h", "linux/types.h linux/eventpoll.h", "sys/eventfd.h sys/signalfd.h sys/timerfd.h"],
    unknown: ["EPOLL_EVENT_BYTES", "EPOLL_EVENT_DATA", "POLLFD_BYTES", "POLLFD_EVENTS", "POLLFD_REVENTS"],
  },
  prctl: {
    exports: prctl,
    headers: ["linux/prctl.h linux/securebits.h linux/seccomp.h sys/personality.h linux/reboot.h linux/rseq.h linux/kcmp.h"],
    unknown: [
      "PR_SET_MDWE", "PR_MDWE_REFUSE_EXEC_GAIN", "PR_MDWE_NO_INHERIT", "PR_GET_MDWE", "PR_SET_MEMORY_MERGE", "PR_GET_MEMORY_MERGE",
      "PR_RISCV_V_SET_CONTROL", "PR_RISCV_V_GET_CONTROL", "PR_RISCV_SET_ICACHE_FLUSH_CTX", "PR_GET_AUXV", "SYS_RISCV_FLUSH_ICACHE_LOCAL",
      ...Object.keys(prctl).filter((name) => name.startsWith("RISCV_HWPROBE_")),
    ],
  },
  random: { exports: random, headers: ["linux/random.h"] },
  resource: { exports: resource, headers: ["linux/resource.h"], unknown: ["RLIMIT_BYTES", "RUSAGE_BYTES", "SYSINFO_BYTES"] },
  sched: { exports: sched, headers: ["linux/sched.h linux/resource.h linux/ioprio.h linux/pidfd.h"] },
  signal: { exports: signal, headers: ["linux/signal.h"], unknown: ["NSIG", "SIGACTION_BYTES", "STACK_T_BYTES"] },
  socket: {
    exports: socket,
    headers: ["sys/socket.h netinet/in.h netinet/tcp.h netinet/udp.h linux/netlink.h linux/un.h", "linux/socket.h asm/socket.h linux/tcp.h linux/in.h linux/in6.h"],
    unknown: ["SOCK_TYPE_MASK"],
  },
  stat: { exports: stat, headers: ["linux/stat.h"], unknown: ["STATX_MNT_ID_UNIQUE", "STATX_SUBVOL", "STAT_BYTES", "STATX_BYTES", "STATFS_BYTES"] },
  syscalls: {
    exports: Object.fromEntries(Object.entries(SYS).map(([name, number]) => [`__NR_${name}`, number])),
    headers: ["asm/unistd.h"],
    unknown: [
      "riscv_hwprobe", "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue", "statmount", "listmount",
      "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules", "mseal",
    ].map((name) => `__NR_${name}`),
  },
  termios: { exports: termios, headers: ["asm/termbits.h linux/tty.h"], unknown: ["TERMIOS_BYTES", "WINSIZE_BYTES"] },
  time: { exports: time, headers: ["linux/time.h linux/timex.h", "sys/stat.h"], unknown: ["USER_HZ", "TIMESPEC_BYTES", "TIMEVAL_BYTES"] },
  utsname: { exports: utsname, headers: ["limits.h"], unknown: ["UTSNAME_FIELD_BYTES", "UTSNAME_BYTES"] },
  wait: { exports: wait, headers: ["linux/wait.h"] },
  xattr: { exports: xattr, headers: ["linux/xattr.h"] },
};

const compiler = "riscv64-linux-gnu-gcc";
let directory = "";

/** The values that the headers give, by "module.NAME"; what no header of the module names is absent. */
const real = new Map<string, bigint>();

const constantsOf = (module: Module): [string, number | bigint][] =>
  Object.entries(module.exports).flatMap(([name, value]: [string, unknown]): [string, number | bigint][] => {
    if (!/^_*[A-Z][A-Za-z0-9_]*$/.test(name)) return [];
    if (value instanceof Errno) return [[name, value.number]];
    return typeof value === "number" || typeof value === "bigint" ? [[name, value]] : [];
  });

const source = (index: number, headers: string, names: string[]): string =>
  `#define _GNU_SOURCE\n${headers.split(" ").map((header) => `#include <${header}>\n`).join("")}` +
  `const long long set${index}[] = {\n${names.map((name) => `(long long)(${name}),\n`).join("")}0 };\n`;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "abi-"));
  const sets = Object.entries(modules).flatMap(([module, row]) =>
    row.headers.map((headers) => ({ module, headers, names: constantsOf(row).map(([name]) => name) })));
  const files = sets.map((_, index) => `set${index}.c`);
  const write = (): void => sets.forEach((set, index) => writeFileSync(join(directory, files[index]), source(index, set.headers, set.names)));

  // A first pass learns which names the headers do not know (they may be enumerators, so #ifdef would not do).
  write();
  const complaints = spawnSync(compiler, ["-fsyntax-only", "-w", "-fmax-errors=0", ...files], { cwd: directory, encoding: "utf8" }).stderr;
  for (const [, index, name] of complaints.matchAll(/^set(\d+)\.c:.* error: .(\w+). undeclared/gm)) {
    const set = sets[Number(index)];
    set.names = set.names.filter((known) => known !== name);
  }
  write();
  writeFileSync(join(directory, "main.c"), `#include <stdio.h>\n${sets.map((_, i) => `extern const long long set${i}[];\n`).join("")}` +
    `int main(void) {\n${sets.map((set, i) => `for (int i = 0; i < ${set.names.length}; i++) printf("%lld\\n", set${i}[i]);\n`).join("")}}\n`);
  execFileSync(compiler, ["-static", "-w", "-o", "constants", "main.c", ...files], { cwd: directory });
  const values = execFileSync("qemu-riscv64", [join(directory, "constants")], { encoding: "utf8" }).trim().split("\n");
  sets.flatMap((set) => set.names.map((name) => `${set.module}.${name}`)).forEach((key, i) => {
    if (!real.has(key)) real.set(key, BigInt(values[i]));
  });
}, 120_000);

afterAll(() => rmSync(directory, { recursive: true }));

// C has 1 << 31 as a negative int and ~0UL as an unsigned long; what counts is the bits that both sides have.
const same = (ours: number | bigint, theirs: bigint): boolean =>
  BigInt.asIntN(64, BigInt(ours)) === theirs || (theirs < 0 && BigInt.asUintN(32, theirs) === BigInt(ours));

for (const [name, module] of Object.entries(modules)) {
  test(`${name} has the values of the headers`, () => {
    const constants = constantsOf(module);
    const wrong = constants.filter(([constant, ours]) => {
      const theirs = real.get(`${name}.${constant}`);
      return theirs !== undefined && !same(ours, theirs);
    });
    expect(wrong.map(([constant, ours]) => `${constant}: ${ours}, not ${real.get(`${name}.${constant}`)}`)).toEqual([]);
    const absent = constants.map(([constant]) => constant).filter((constant) => !real.has(`${name}.${constant}`));
    expect(absent.filter((constant) => !(module.unknown ?? []).includes(constant))).toEqual([]);
  });
}

test("an errno is recognised among other values, and found by its number", () => {
  expect([failed(ENOENT), failed(2), failed(null)]).toEqual([true, false, false]);
  expect(errnoByNumber(11)).toBe(EAGAIN);
  expect(errnoByNumber(0)).toBeUndefined();
});

test("every error number of the headers has its constant, and every constant its number", () => {
  const constants = Object.values(errno).filter((value) => value instanceof Errno);
  expect(constants.every((constant) => errnoByNumber(constant.number) === constant)).toBe(true);
  const macros = execFileSync(compiler, ["-dM", "-E", "-include", "asm-generic/errno.h", "-x", "c", "/dev/null"], { encoding: "utf8" });
  const names = [...macros.matchAll(/#define (E[A-Z0-9]+) /g)].map(([, name]) => name);
  expect(names.filter((name) => !(name in errno))).toEqual([]);
  expect(names.length).toBeGreaterThan(130);
});

test("a system call is found by its number", () => {
  expect([syscallName(63), syscallName(100_000)]).toEqual(["read", undefined]);
});

test("a capability's name stands at its number", () => {
  const numbered = Object.entries(capability).filter(([name, value]) => name.startsWith("CAP_") && name !== "CAP_LAST_CAP" && typeof value === "number");
  expect(numbered.every(([name, value]) => capability.capabilityNames[Number(value)] === name.toLowerCase())).toBe(true);
  expect(capability.capabilityNames).toHaveLength(capability.CAP_LAST_CAP + 1);
});
