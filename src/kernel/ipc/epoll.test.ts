// epoll, eventfd, timerfd and signalfd through their calls.
import { expect, test } from "vitest";
import { EFD_NONBLOCK, EFD_SEMAPHORE, EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, TFD_NONBLOCK } from "../../abi/poll.js";
import { SIGUSR1 } from "../../abi/signal.js";
import { CLOCK_MONOTONIC } from "../../abi/time.js";
import { Computer, type Program } from "./testing/computer.js";

function watch(program: Program, epoll: number, operation: number, fd: number, events: number): unknown {
  return program.call("epoll_ctl", epoll, operation, fd, program.ints(512, events, 0, fd, 0));
}

/** Ready descriptors with their events, without waiting. */
function ready(program: Program, epoll: number): unknown {
  const n = program.call("epoll_pwait", epoll, program.at + 1024, 10, 0, 0, 8);
  if (typeof n !== "number") return n;
  return Array.from({ length: n }, (_, i) => [program.int(1024 + 16 * i + 8), program.int(1024 + 16 * i)]);
}

function setup(): { program: Program; epoll: number; from: number; to: number } {
  const program = new Computer().program();
  const epoll = Number(program.call("epoll_create1", 0));
  program.call("pipe2", program.at, 0);
  const [from, to] = program.pair(0);
  return { program, epoll, from, to };
}

test("level-triggered tells as long as it holds, edge-triggered once per change, one-shot until it is armed again", () => {
  const { program, epoll, from, to } = setup();
  expect(watch(program, epoll, EPOLL_CTL_ADD, from, EPOLLIN)).toBe(0);
  expect(ready(program, epoll)).toEqual([]);
  program.write(to, "x");
  expect(ready(program, epoll)).toEqual([[from, EPOLLIN]]);
  expect(ready(program, epoll)).toEqual([[from, EPOLLIN]]);
  watch(program, epoll, EPOLL_CTL_MOD, from, EPOLLIN | EPOLLET);
  expect(ready(program, epoll)).toEqual([[from, EPOLLIN]]);
  expect(ready(program, epoll)).toEqual([]);
  program.write(to, "y");
  expect(ready(program, epoll)).toEqual([[from, EPOLLIN]]);
  watch(program, epoll, EPOLL_CTL_MOD, from, EPOLLIN | EPOLLONESHOT);
  expect(ready(program, epoll)).toEqual([[from, EPOLLIN]]);
  program.write(to, "z");
  expect(ready(program, epoll)).toEqual([]);
  watch(program, epoll, EPOLL_CTL_MOD, from, EPOLLIN | EPOLLONESHOT);
  expect(ready(program, epoll)).toEqual([[from, EPOLLIN]]);
});

test("a closed file leaves the set, a hang-up is always told", () => {
  const { program, epoll, from, to } = setup();
  watch(program, epoll, EPOLL_CTL_ADD, from, 0);
  watch(program, epoll, EPOLL_CTL_ADD, to, 0);
  program.call("close", to);
  expect(ready(program, epoll)).toEqual([[from, EPOLLHUP]]);
  program.call("close", from);
  expect(ready(program, epoll)).toEqual([]);
  expect(watch(program, epoll, EPOLL_CTL_DEL, from, 0)).toBe("EBADF");
});

test("sets in sets become ready through each other, but not in a circle", () => {
  const { program, epoll, from, to } = setup();
  const outer = Number(program.call("epoll_create1", 0));
  expect(watch(program, outer, EPOLL_CTL_ADD, epoll, EPOLLIN)).toBe(0);
  expect(watch(program, epoll, EPOLL_CTL_ADD, outer, EPOLLIN)).toBe("ELOOP");
  watch(program, epoll, EPOLL_CTL_ADD, from, EPOLLIN | EPOLLERR);
  expect(program.call("epoll_pwait", outer, program.at + 1024, 10, -1, 0, 8)).toBe("waits");
  program.write(to, "x");
  expect(program.again("epoll_pwait", outer, program.at + 1024, 10, -1, 0, 8)).toBe(1);
});

test("eventfd counts, and counts down as a semaphore", () => {
  const program = new Computer().program();
  const count = Number(program.call("eventfd2", 3, EFD_NONBLOCK));
  expect(program.read(count)).toBe('"\x03\0\0\0\0\0\0\0"');
  expect(program.read(count)).toBe("EAGAIN");
  const semaphore = Number(program.call("eventfd2", 2, EFD_NONBLOCK | EFD_SEMAPHORE));
  expect([1, 2, 3].map(() => program.read(semaphore, 8))).toEqual(['"\x01\0\0\0\0\0\0\0"', '"\x01\0\0\0\0\0\0\0"', "EAGAIN"]);
});

test("timerfd tells how often it ended since it was read", () => {
  const computer = new Computer();
  const program = computer.program();
  const timer = Number(program.call("timerfd_create", CLOCK_MONOTONIC, TFD_NONBLOCK));
  expect(program.call("timerfd_settime", timer, 0, program.ints(0, 0, 0, 1_000_000, 0, 0, 0, 5_000_000, 0), 0)).toBe(0);
  expect(program.read(timer)).toBe("EAGAIN");
  computer.pass(5_000_000);
  expect(program.read(timer)).toBe('"\x01\0\0\0\0\0\0\0"');
  computer.pass(3_000_000);
  expect(program.read(timer)).toBe('"\x03\0\0\0\0\0\0\0"');
});

test("signalfd gives the signals of its mask to whoever reads", () => {
  const program = new Computer().program();
  program.call("rt_sigprocmask", 0, program.ints(0, 1 << (SIGUSR1 - 1), 0), 0, 8);
  const signals = Number(program.call("signalfd4", -1, program.at, 8, 0));
  expect(program.call("read", signals, program.at + 1024, 128)).toBe("waits");
  program.call("kill", program.task.process.pid, SIGUSR1);
  expect(program.again("read", signals, program.at + 1024, 128)).toBe(128);
  expect([program.int(1024), program.int(1024 + 12)]).toEqual([SIGUSR1, program.task.process.pid]);
});
