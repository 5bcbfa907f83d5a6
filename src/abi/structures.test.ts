// Every structure that this room writes or reads, held against the members' offsets and sizes as a C compiler for riscv64 lays them out.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { i64, readI64, readU64, u64 } from "./bytes.js";
import { encodeDirent } from "./dirent.js";
import { decodeElfHeader, decodeProgramHeader, ELF64_HEADER_BYTES, ELF64_PROGRAM_HEADER_BYTES } from "./elf.js";
import { decodeFlock, encodeFlock, FLOCK_BYTES } from "./fcntl.js";
import { EPOLL_EVENT_BYTES, EPOLL_EVENT_DATA, POLLFD_BYTES, POLLFD_EVENTS, POLLFD_REVENTS } from "./poll.js";
import { ROBUST_LIST_FUTEX_OFFSET, ROBUST_LIST_HEAD_BYTES, ROBUST_LIST_OP_PENDING } from "./futex.js";
import { INOTIFY_EVENT_BYTES } from "./inotify.js";
import { encodeRusage, encodeSysinfo, RLIMIT_BYTES, RUSAGE_BYTES, SYSINFO_BYTES } from "./resource.js";
import { encodeSiginfo, SIGINFO_BYTES } from "./siginfo.js";
import type { Siginfo } from "./siginfo.js";
import { defaultAction, NSIG, signalByName, signalName, SIGACTION_BYTES, STACK_T_BYTES } from "./signal.js";
import { encodeStat, encodeStatfs, encodeStatx, major, makedev, minor, STAT_BYTES, STATFS_BYTES, STATX_BYTES } from "./stat.js";
import { decodeTermios, decodeWinsize, encodeTermios, encodeWinsize, saneTermios, TERMIOS_BYTES, WINSIZE_BYTES } from "./termios.js";
import { decodeTimespec, encodeTimespec, encodeTimeval, nsFromTimespec, timespecFromNs, TIMESPEC_BYTES, TIMEVAL_BYTES } from "./time.js";
import { encodeUtsname, UTSNAME_BYTES } from "./utsname.js";

type Members = Record<string, bigint | number>;
type Structure = { name: string; headers: string; type: string; bytes: number; view: DataView; members: Members };

const viewOf = (bytes: number, fill: (view: DataView) => void): DataView => {
  const view = new DataView(new ArrayBuffer(bytes));
  fill(view);
  return view;
};
const row = (headers: string, type: string, bytes: number, fill: (view: DataView) => void, members: Members, name = type): Structure =>
  ({ name, headers, type, bytes, view: viewOf(bytes, fill), members });

const [atime, btime, ctime, mtime] = [11, 12, 13, 14].map((n) => ({ seconds: n * 2 ** 32 + n, nanoseconds: n * 1000 + 7 }));
const stat = {
  dev: makedev(0xabc, 0xdef12), ino: 2 ** 33 + 5, mode: 0o100644, nlink: 3, uid: 4, gid: 5, rdev: makedev(6, 7), size: 2 ** 40 + 6,
  blksize: 4096, blocks: 2 ** 34 + 7, atime, mtime, ctime,
};
const times = (name: string, time: { seconds: number; nanoseconds: number }): Members => ({ [`${name}.tv_sec`]: time.seconds, [`${name}.tv_nsec`]: time.nanoseconds });

const siginfo = (name: string, info: Siginfo, members: Members): Structure =>
  row("signal.h", "siginfo_t", SIGINFO_BYTES, (view) => encodeSiginfo(view, 0, info), { si_signo: info.signo, si_code: info.code, si_errno: info.errno ?? 0, ...members }, name);

const structures: Structure[] = [
  row("asm/stat.h", "struct stat", STAT_BYTES, (view) => encodeStat(view, 0, stat), {
    st_dev: stat.dev, st_ino: stat.ino, st_mode: stat.mode, st_nlink: 3, st_uid: 4, st_gid: 5, st_rdev: stat.rdev, st_size: stat.size, st_blksize: 4096,
    st_blocks: stat.blocks, st_atime: atime.seconds, st_atime_nsec: atime.nanoseconds, st_mtime: mtime.seconds, st_mtime_nsec: mtime.nanoseconds,
    st_ctime: ctime.seconds, st_ctime_nsec: ctime.nanoseconds,
  }),
  row("linux/stat.h", "struct statx", STATX_BYTES, (view) => encodeStatx(view, 0, stat, { mask: 0x7ff, attributes: 0x1234, attributesMask: 0x5678, btime, mountId: 99 }), {
    stx_mask: 0x7ff, stx_blksize: 4096, stx_attributes: 0x1234, stx_nlink: 3, stx_uid: 4, stx_gid: 5, stx_mode: stat.mode, stx_ino: stat.ino,
    stx_size: stat.size, stx_blocks: stat.blocks, stx_attributes_mask: 0x5678, ...times("stx_atime", atime), ...times("stx_btime", btime),
    ...times("stx_ctime", ctime), ...times("stx_mtime", mtime), stx_rdev_major: 6, stx_rdev_minor: 7, stx_dev_major: 0xabc, stx_dev_minor: 0xdef12, stx_mnt_id: 99,
  }),
  row("asm/statfs.h", "struct statfs", STATFS_BYTES, (view) => encodeStatfs(view, 0, {
    type: 1, bsize: 2, blocks: 2 ** 35, bfree: 4, bavail: 5, files: 6, ffree: 7, fsid: [8, 9], namelen: 10, frsize: 11, flags: 12,
  }), {
    f_type: 1, f_bsize: 2, f_blocks: 2 ** 35, f_bfree: 4, f_bavail: 5, f_files: 6, f_ffree: 7, "f_fsid.val[0]": 8, "f_fsid.val[1]": 9, f_namelen: 10, f_frsize: 11, f_flags: 12,
  }),
  row("linux/fcntl.h", "struct flock", FLOCK_BYTES, (view) => encodeFlock(view, 0, { type: 1, whence: 2, start: -3, length: 2 ** 41, pid: -5 }),
    { l_type: 1, l_whence: 2, l_start: -3, l_len: 2 ** 41, l_pid: -5 }),
  row("asm/termbits.h", "struct termios", TERMIOS_BYTES, (view) => encodeTermios(view, 0, { iflag: 1, oflag: 2, cflag: 0x80000003, lflag: 4, line: 5, cc: Uint8Array.from({ length: 19 }, (_, i) => i + 6) }),
    { c_iflag: 1, c_oflag: 2, c_cflag: 0x80000003, c_lflag: 4, c_line: 5, "c_cc[0]": 6, "c_cc[18]": 24 }),
  row("asm/termios.h", "struct winsize", WINSIZE_BYTES, (view) => encodeWinsize(view, 0, { rows: 24, columns: 80, xpixel: 3, ypixel: 4 }),
    { ws_row: 24, ws_col: 80, ws_xpixel: 3, ws_ypixel: 4 }),
  row("linux/resource.h", "struct rusage", RUSAGE_BYTES, (view) => encodeRusage(view, 0, {
    utime: { seconds: 1, nanoseconds: 2999 }, stime: { seconds: 3, nanoseconds: 4000 }, maxrssKiB: 5, minflt: 6, majflt: 7, inblock: 8, oublock: 9, nvcsw: 10, nivcsw: 11,
  }), {
    "ru_utime.tv_sec": 1, "ru_utime.tv_usec": 2, "ru_stime.tv_sec": 3, "ru_stime.tv_usec": 4, ru_maxrss: 5, ru_minflt: 6, ru_majflt: 7, ru_inblock: 8, ru_oublock: 9,
    ru_nvcsw: 10, ru_nivcsw: 11,
  }),
  row("linux/sysinfo.h", "struct sysinfo", SYSINFO_BYTES, (view) => encodeSysinfo(view, 0, {
    uptimeSeconds: 1, loads: [2, 3, 4], totalram: 2 ** 36, freeram: 6, sharedram: 7, bufferram: 8, totalswap: 9, freeswap: 10, procs: 11, memUnit: 12,
  }), {
    uptime: 1, "loads[0]": 2, "loads[2]": 4, totalram: 2 ** 36, freeram: 6, sharedram: 7, bufferram: 8, totalswap: 9, freeswap: 10, procs: 11, totalhigh: 0, mem_unit: 12,
  }),
  row("sys/utsname.h", "struct utsname", UTSNAME_BYTES, (view) => encodeUtsname(view, 0, {
    sysname: "Linux", nodename: "box", release: "6.12", version: "v".repeat(100), machine: "riscv64", domainname: "(none)",
  }), {
    "sysname[0]": 0x4c, "nodename[0]": 0x62, "release[0]": 0x36, "version[0]": 0x76, "version[63]": 0x76, "version[64]": 0, "machine[6]": 0x34, "domainname[0]": 0x28,
  }),
  siginfo("siginfo of kill(2)", { signo: 15, code: 0, kind: "kill", pid: 7, uid: 8 }, { si_pid: 7, si_uid: 8 }),
  siginfo("siginfo of sigqueue(3)", { signo: 34, code: -1, errno: 3, kind: "queued", pid: 7, uid: 8, value: 0x1234_5678_9abcn }, { si_pid: 7, si_uid: 8, "si_value.sival_ptr": 0x1234_5678_9abcn }),
  siginfo("siginfo of a child", { signo: 17, code: 1, kind: "child", pid: 7, uid: 8, status: 9, utimeTicks: 10, stimeTicks: 11 }, { si_pid: 7, si_uid: 8, si_status: 9, si_utime: 10, si_stime: 11 }),
  siginfo("siginfo of a fault", { signo: 11, code: 2, kind: "fault", addr: 2 ** 38 + 1 }, { si_addr: 2 ** 38 + 1 }),
  siginfo("siginfo of a timer", { signo: 14, code: -2, kind: "timer", timerId: 3, overrun: 4, value: 5n }, { si_timerid: 3, si_overrun: 4, "si_value.sival_ptr": 5 }),
  siginfo("siginfo of a descriptor", { signo: 29, code: 1, kind: "poll", band: 65, fd: 6 }, { si_band: 65, si_fd: 6 }),
  siginfo("siginfo of seccomp", { signo: 31, code: 1, kind: "syscall", callAddr: 2 ** 37, syscall: 221, arch: 0xc00000f3 }, { si_call_addr: 2 ** 37, si_syscall: 221, si_arch: 0xc00000f3 }),
  row("linux/time_types.h", "struct __kernel_timespec", TIMESPEC_BYTES, (view) => encodeTimespec(view, 0, { seconds: -2, nanoseconds: 999 }), { tv_sec: -2, tv_nsec: 999 }),
  row("linux/time.h", "struct timeval", TIMEVAL_BYTES, (view) => encodeTimeval(view, 0, { seconds: 2, nanoseconds: 1999 }), { tv_sec: 2, tv_usec: 1 }),
  row("dirent.h", "struct dirent64", 280, (view) => encodeDirent(view, 0, 280, 2 ** 33, 5, 8, new TextEncoder().encode("name")),
    { d_ino: 2 ** 33, d_off: 5, d_reclen: 24, d_type: 8, "d_name[0]": 0x6e, "d_name[4]": 0 }),
  row("linux/futex.h", "struct robust_list_head", ROBUST_LIST_HEAD_BYTES, (view) => [ROBUST_LIST_FUTEX_OFFSET, ROBUST_LIST_OP_PENDING].forEach((at) => u64(view, at, at)),
    { futex_offset: 8, list_op_pending: 16 }),
  row("poll.h", "struct pollfd", POLLFD_BYTES, (view) => [POLLFD_EVENTS, POLLFD_REVENTS].forEach((at) => view.setInt16(at, at, true)), { events: 4, revents: 6 }),
  row("sys/epoll.h", "struct epoll_event", EPOLL_EVENT_BYTES, (view) => u64(view, EPOLL_EVENT_DATA, 9), { events: 0, "data.u64": 9 }),
  row("asm/signal.h", "struct sigaction", SIGACTION_BYTES, () => undefined, {}),
  row("signal.h", "stack_t", STACK_T_BYTES, () => undefined, {}),
  row("linux/resource.h", "struct rlimit64", RLIMIT_BYTES, () => undefined, {}),
  row("linux/inotify.h", "struct inotify_event", INOTIFY_EVENT_BYTES, () => undefined, {}),
];

/** What the decoders read, written where C says the members are. */
const elfMembers = {
  "Elf64_Ehdr": ["e_type", "e_machine", "e_entry", "e_phoff", "e_flags", "e_phentsize", "e_phnum"],
  "Elf64_Phdr": ["p_type", "p_flags", "p_offset", "p_vaddr", "p_paddr", "p_filesz", "p_memsz", "p_align"],
};

/** Numbers that a C program for riscv64 computes: each expression with the headers it needs. */
function inC(expressions: { headers: string; c: string }[]): number[] {
  const directory = mkdtempSync(join(tmpdir(), "abi-"));
  try {
    const sets = [...new Set(expressions.map(({ headers }) => headers))];
    sets.forEach((headers, i) => {
      const lines = expressions.filter((expression) => expression.headers === headers).map(({ c }) => `  ${c},\n`);
      writeFileSync(join(directory, `set${i}.c`), `#define _GNU_SOURCE\n#include <${headers}>\n#define at(type, member) __builtin_offsetof(type, member)\n` +
        `#define size(type, member) sizeof(((type *)0)->member)\nconst long long set${i}[] = {\n${lines.join("")}};\nconst int count${i} = sizeof set${i} / sizeof *set${i};\n`);
    });
    writeFileSync(join(directory, "main.c"), "#include <stdio.h>\n" + sets.map((_, i) => `extern const long long set${i}[];\nextern const int count${i};\n`).join("") +
      `int main(void) {\n${sets.map((_, i) => `for (int i = 0; i < count${i}; i++) printf("%lld\\n", set${i}[i]);\n`).join("")}}\n`);
    execFileSync("riscv64-linux-gnu-gcc", ["-static", "-w", "-o", "structures", "main.c", ...sets.map((_, i) => `set${i}.c`)], { cwd: directory });
    const values = execFileSync("qemu-riscv64", [join(directory, "structures")], { encoding: "utf8" }).trim().split("\n").map(Number);
    const order = sets.flatMap((headers) => expressions.filter((expression) => expression.headers === headers));
    return expressions.map((expression) => values[order.indexOf(expression)]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const little = (view: DataView, at: number, bytes: number): bigint => {
  let value = 0n;
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(at + i));
  return value;
};

test("every member that is written lies where C has it, and every structure is as long as in C", { timeout: 60_000 }, () => {
  const sizes = structures.map(({ headers, type }) => ({ headers, c: `sizeof(${type})` }));
  const members = structures.flatMap((structure) => Object.entries(structure.members).map(([member, value]) => ({ structure, member, value })));
  const answers = inC([
    ...sizes,
    ...members.flatMap(({ structure: { headers, type }, member }) => [{ headers, c: `at(${type}, ${member})` }, { headers, c: `size(${type}, ${member})` }]),
  ]);
  expect(structures.map(({ name }, i) => `${name}: ${answers[i]}`)).toEqual(structures.map(({ name, bytes }) => `${name}: ${bytes}`));
  const [ours, theirs] = [0, 1].map((side) => members.map(({ structure, member, value }, i) => {
    const [at, bytes] = answers.slice(sizes.length + 2 * i);
    return `${structure.name}.${member}: ${side === 0 ? little(structure.view, at, bytes) : BigInt.asUintN(8 * bytes, BigInt(value))}`;
  }));
  expect(ours).toEqual(theirs);
});

test("ELF headers are read from where C has their members", { timeout: 60_000 }, () => {
  const answers = Object.entries(elfMembers).map(([type, members]) => inC([
    { headers: "elf.h", c: `sizeof(${type})` },
    ...members.flatMap((member) => [{ headers: "elf.h", c: `at(${type}, ${member})` }, { headers: "elf.h", c: `size(${type}, ${member})` }]),
  ]));
  expect(answers.map(([size]) => size)).toEqual([ELF64_HEADER_BYTES, ELF64_PROGRAM_HEADER_BYTES]);
  const [header, program] = answers.map(([size, ...places]) => viewOf(size, (view) => {
    for (let i = 0; i < places.length; i += 2) view.setUint8(places[i] + places[i + 1] - 1, i + 1);
  }));
  const values = (names: string[], bytes: number[]): Record<string, number> => Object.fromEntries(names.map((name, i) => [name, (2 * i + 1) * 2 ** (8 * (bytes[i] - 1))]));
  const sizesOf = (answer: number[]): number[] => answer.slice(1).filter((_, i) => i % 2 === 1);
  const shorten = (names: string[]): string[] => names.map((name) => name.slice(2));
  expect(decodeElfHeader(header, 0)).toEqual(values(shorten(elfMembers.Elf64_Ehdr), sizesOf(answers[0])));
  expect(decodeProgramHeader(program, 0)).toEqual(values(shorten(elfMembers.Elf64_Phdr), sizesOf(answers[1])));
});

test("what is encoded is decoded to the same", () => {
  const view = new DataView(new ArrayBuffer(64));
  const lock = { type: 1, whence: 0, start: -(2 ** 40), length: 2 ** 50, pid: 3 };
  encodeFlock(view, 3, lock);
  expect(decodeFlock(view, 3)).toEqual(lock);
  encodeTermios(view, 1, saneTermios());
  expect(decodeTermios(view, 1)).toEqual(saneTermios());
  encodeWinsize(view, 5, { rows: 1, columns: 65535, xpixel: 2, ypixel: 3 });
  expect(decodeWinsize(view, 5)).toEqual({ rows: 1, columns: 65535, xpixel: 2, ypixel: 3 });
  encodeTimespec(view, 7, { seconds: -5, nanoseconds: 6 });
  expect(decodeTimespec(view, 7)).toEqual({ seconds: -5, nanoseconds: 6 });
});

test("64-bit integers keep their bits, negative ones and those above 2^32 too", () => {
  const view = new DataView(new ArrayBuffer(8));
  for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    u64(view, 0, value);
    expect([view.getBigUint64(0, true), readU64(view, 0), readI64(view, 0)]).toEqual([BigInt(value), value, value]);
    i64(view, 0, -value);
    expect([view.getBigInt64(0, true), readI64(view, 0) + value]).toEqual([-BigInt(value), 0]);
  }
});

test("a device number holds 12 bits of major and 20 of minor", () => {
  expect([makedev(1, 3), makedev(0xfff, 0xfffff), makedev(8, 0x12345)]).toEqual([0x103, 0xffffffff, 0x12300845]);
  expect([major(makedev(0xabc, 0xdef12)), minor(makedev(0xabc, 0xdef12))]).toEqual([0xabc, 0xdef12]);
});

test("nanoseconds before 1970 make a timespec whose nanoseconds are not negative", () => {
  expect(timespecFromNs(-1n)).toEqual({ seconds: -1, nanoseconds: 999_999_999 });
  expect([-1n, 0n, 1_700_000_000_123_456_789n].map((ns) => nsFromTimespec(timespecFromNs(ns)))).toEqual([-1n, 0n, 1_700_000_000_123_456_789n]);
});

test("a directory entry that does not fit is not begun", () => {
  const view = new DataView(new ArrayBuffer(24));
  expect(encodeDirent(view, 0, 24, 1, 2, 4, new TextEncoder().encode("12345"))).toBe(0);
  expect(new Uint8Array(view.buffer)).toEqual(new Uint8Array(24));
  expect(encodeDirent(view, 0, 24, 1, 2, 4, new TextEncoder().encode("1234"))).toBe(24);
});

test("each signal has a name that leads back to it, and the action of signal(7)", () => {
  const numbers = Array.from({ length: NSIG }, (_, i) => i + 1);
  expect(numbers.slice(0, 31).map((number) => signalByName(signalName(number)))).toEqual(numbers.slice(0, 31));
  expect([signalName(34), signalByName("term"), signalByName("9"), signalByName("65"), signalByName("NONE")]).toEqual(["SIGRT_2", 15, 9, undefined, undefined]);
  const having = (action: string): number[] => numbers.filter((number) => defaultAction(number) === action);
  expect([having("core"), having("ign"), having("stop"), having("cont")]).toEqual([[3, 4, 5, 6, 7, 8, 11, 24, 25, 31], [17, 23, 28], [19, 20, 21, 22], [18]]);
});
