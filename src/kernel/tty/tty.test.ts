// Terminals through their calls: console, pseudo-terminals, job control, raw reads.
import { expect, test } from "vitest";
import { O_NOCTTY, O_NONBLOCK, O_RDWR } from "../../abi/fcntl.js";
import { FIONREAD, TCGETS, TCSETS, TIOCGPGRP, TIOCGPTN, TIOCGWINSZ, TIOCNOTTY, TIOCPKT, TIOCSCTTY, TIOCSPGRP, TIOCSPTLCK, TIOCSTI, TIOCSWINSZ } from "../../abi/ioctl.js";
import { SIGCONT, SIGHUP, SIGINT, SIGTTIN, SIGTTOU, SIGWINCH } from "../../abi/signal.js";
import { S_IFCHR, makedev } from "../../abi/stat.js";
import { ICANON, ECHO, TOSTOP, VMIN, VTIME } from "../../abi/termios.js";
import { fromBytes, toBytes } from "../bytestring.js";
import { registerMemoryDevices } from "../drivers/memory.js";
import { registerTerminals } from "../drivers/terminals.js";
import { Computer, type Program } from "../ipc/testing/computer.js";
import { restore, save } from "../save.js";
import { ProcessGroup } from "../task/process-group.js";
import type { ConsoleTty } from "./console.js";

const nodes: [string, number, number][] = [["/null", 1, 3], ["/zero", 1, 5], ["/full", 1, 7], ["/urandom", 1, 9], ["/tty", 5, 0], ["/console", 5, 1], ["/ptmx", 5, 2], ["/ttyS0", 4, 64]];

function machine(): { computer: Computer; console: ConsoleTty; program: Program } {
  const computer = new Computer();
  registerMemoryDevices(computer.kernel.devices);
  const console = registerTerminals(computer.kernel.devices);
  const program = computer.program();
  for (const [path, major, minor] of nodes) expect(program.call("mknodat", -100, program.put(0, `${path}\0`), S_IFCHR | 0o666, makedev(major, minor))).toBe(0);
  program.call("mkdirat", -100, program.put(0, "/pts\0"), 0o755);
  expect(program.call("mount", program.put(0, "devpts\0"), program.put(100, "/pts\0"), program.put(200, "devpts\0"), 0, program.put(300, "mode=620,ptmxmode=666\0"))).toBe(0);
  return { computer, console, program };
}

const open = (program: Program, path: string, flags = O_RDWR): number | string => program.call("openat", -100, program.put(0, `${path}\0`), flags, 0);
const shown = (console: ConsoleTty): string => fromBytes(console.takeOutput());
const type = (console: ConsoleTty, text: string): void => console.input(toBytes(text));

/** Changes c_lflag, VMIN and VTIME of the terminal at `fd`. */
function setMode(program: Program, fd: number, lflag: (before: number) => number, min = 1, time = 0): void {
  program.call("ioctl", fd, TCGETS, program.at);
  program.task.memory.writeI32(program.at + 12, lflag(program.int(12)));
  program.task.memory.write(program.at + 17 + VTIME, Uint8Array.of(time));
  program.task.memory.write(program.at + 17 + VMIN, Uint8Array.of(min));
  expect(program.call("ioctl", fd, TCSETS, program.at)).toBe(0);
}

test("null, zero, full and urandom are what they are on Linux", () => {
  const { program } = machine();
  const [nothing, zero, full, random] = nodes.slice(0, 4).map(([path]) => Number(open(program, path)));
  expect(program.read(nothing)).toBe('""');
  expect(program.write(nothing, "gone")).toBe(4);
  expect(program.read(zero, 3)).toBe('"\0\0\0"');
  expect(program.write(full, "x")).toBe("ENOSPC");
  expect(program.read(random, 2)).toBe('"\x07\x07"');
});

test("what is typed at the console is echoed, edited, and read as a line", () => {
  const { console, program } = machine();
  const fd = Number(open(program, "/console"));
  expect(program.read(fd)).toBe("waits");
  type(console, "lx\x7fs\r");
  expect(shown(console)).toBe("lx\b \bs\r\n");
  expect(program.again("read", fd, program.at + 0x9000, 100)).toBe(3);
  expect(program.text(0x9000, 3)).toBe("ls\n");
  program.write(fd, "a\nb\n");
  expect(shown(console)).toBe("a\r\nb\r\n");
});

test("a writer sleeps when 64 KiB wait to be shown, and goes on when they are taken", () => {
  const { console, program } = machine();
  const fd = Number(open(program, "/console"));
  setMode(program, fd, (before) => before & ~ECHO);
  let written = 0;
  for (;;) {
    const n = program.call("write", fd, program.at, 0x8000);
    if (n === "waits") break;
    written += Number(n);
  }
  const so = { ...program.task.resume };
  expect(written + so.done).toBeGreaterThan(32000);
  expect(console.outputPending).toBeLessThanOrEqual(65536);
  console.takeOutput();
  Object.assign(program.task.resume, so);
  expect(program.again("write", fd, program.at, 0x8000)).toBe(0x8000);
});

test("Ctrl-C goes to the foreground group, and resize tells it too", () => {
  const { computer, console, program } = machine();
  const fd = Number(open(program, "/ttyS0"));
  program.call("rt_sigprocmask", 0, program.ints(0, -1, -1), 0, 8);
  const job = computer.program(new ProcessGroup(50, program.task.process.group.session), program);
  computer.kernel.groups.set(50, job.task.process.group);
  job.call("rt_sigprocmask", 0, job.ints(0, -1, -1), 0, 8);
  expect(program.call("ioctl", fd, TIOCSPGRP, program.ints(0, 50))).toBe(0);
  expect(program.call("ioctl", fd, TIOCGPGRP, program.at + 64)).toBe(0);
  expect(program.int(64)).toBe(50);
  type(console, "\x03");
  console.resize(40, 120);
  expect(job.signals()).toEqual([SIGINT, SIGWINCH]);
  expect(program.signals()).toEqual([]);
  program.call("ioctl", fd, TIOCGWINSZ, program.at);
  expect(program.int(0)).toBe(40 + (120 << 16));
});

test("the background may not read, with TOSTOP not write, and without a parent in the session gets EIO", () => {
  const { computer, program } = machine();
  const fd = Number(open(program, "/ttyS0"));
  const group = new ProcessGroup(50, program.task.process.group.session);
  const job = computer.program(group, program);
  expect(open(job, "/tty")).toBe(0);
  expect(job.read(0)).toBe("waits");
  expect(job.signals()).toEqual([SIGTTIN]);
  expect(job.write(0, "fine")).toBe(4);
  setMode(program, fd, (before) => before | TOSTOP);
  expect(job.write(0, "not so")).toBe("waits");
  expect(job.signals()).toEqual([SIGTTIN, SIGTTOU]);
  const orphan = computer.program(new ProcessGroup(60, program.task.process.group.session));
  expect(open(orphan, "/tty")).toBe(0);
  expect(orphan.read(0)).toBe("EIO");
});

test("a session without a terminal has no /dev/tty; TIOCSCTTY gives it one and TIOCNOTTY takes it", () => {
  const { program } = machine();
  expect(open(program, "/tty")).toBe("ENXIO");
  const fd = Number(open(program, "/ttyS0", O_RDWR | O_NOCTTY));
  expect(open(program, "/tty")).toBe("ENXIO");
  expect(program.call("ioctl", fd, TIOCSCTTY, 0)).toBe(0);
  expect(open(program, "/tty")).toBe(fd + 1);
  expect(program.call("ioctl", fd, TIOCSTI, program.at)).toBe("EIO");
  expect(program.call("ioctl", fd, TIOCNOTTY, 0)).toBe(0);
  expect(open(program, "/tty")).toBe("ENXIO");
});

test("VMIN and VTIME decide when a raw read returns", () => {
  const { computer, console, program } = machine();
  const fd = Number(open(program, "/console"));
  const again = (): unknown => program.again("read", fd, program.at + 0x9000, 100);
  setMode(program, fd, (before) => before & ~(ICANON | ECHO), 3, 0);
  type(console, "ab");
  expect(program.read(fd, 100)).toBe("waits");
  type(console, "c");
  expect(again()).toBe(3);
  setMode(program, fd, (before) => before, 0, 0);
  expect(program.read(fd, 100)).toBe('""');
  setMode(program, fd, (before) => before, 0, 5);
  expect(program.read(fd, 100)).toBe("waits");
  computer.pass(500_000_000);
  expect(again()).toBe(0);
  setMode(program, fd, (before) => before, 3, 1);
  expect(program.read(fd, 100)).toBe("waits");
  expect(program.task.wait?.untilNs).toBe(Infinity);
  type(console, "x");
  expect(again()).toBe("waits");
  computer.pass(60_000_000);
  type(console, "y");
  expect(again()).toBe("waits");
  computer.pass(60_000_000);
  expect(again()).toBe("waits");
  computer.pass(40_000_000);
  expect(again()).toBe(2);
});

test("a hang-up ends reads and writes and tells the session's leader", () => {
  const { console, program } = machine();
  const fd = Number(open(program, "/ttyS0"));
  program.call("rt_sigprocmask", 0, program.ints(0, -1, -1), 0, 8);
  console.hangup();
  expect(program.read(fd)).toBe('""');
  expect(program.write(fd, "x")).toBe("EIO");
  expect(program.call("ioctl", fd, TCGETS, program.at)).toBe("EIO");
  expect(program.signals()).toEqual([SIGHUP, SIGCONT]);
});

test("a pty carries both ways, shows its slave in devpts, and EIO when that is closed", () => {
  const { program } = machine();
  const master = Number(open(program, "/ptmx", O_RDWR | O_NONBLOCK));
  expect(program.call("ioctl", master, TIOCGPTN, program.at)).toBe(0);
  expect(program.int(0)).toBe(0);
  expect(open(program, "/pts/0")).toBe("EIO");
  program.call("ioctl", master, TIOCSPTLCK, program.ints(0, 0));
  const slave = Number(open(program, "/pts/0", O_RDWR | O_NOCTTY));
  expect(program.write(master, "hi\r")).toBe(3);
  expect(program.call("ioctl", slave, FIONREAD, program.at)).toBe(0);
  expect(program.int(0)).toBe(3);
  expect(program.read(slave)).toBe('"hi\n"');
  expect(program.read(master)).toBe('"hi\r\n"');
  program.write(slave, "out\n");
  program.call("ioctl", master, TIOCPKT, program.ints(0, 1));
  expect(program.read(master)).toBe('"\0out\r\n"');
  expect(program.call("ioctl", master, TIOCSWINSZ, program.ints(0, 24 + (80 << 16), 0))).toBe(0);
  program.call("close", slave);
  expect(program.read(master)).toBe("EIO");
  program.call("close", master);
  expect(open(program, "/pts/0")).toBe("ENOENT");
});

test("a console in the middle of a line is saved and goes on where it was", () => {
  const { console } = machine();
  type(console, "abc\x7f");
  console.takeOutput();
  const copy = restore(save(console, new Map()), new Map()) as ConsoleTty;
  type(copy, "\x7f\x7fok\r");
  expect(shown(copy)).toBe("\b \b\b \bok\r\n");
});
