// Pipes and FIFOs through their calls.
import { expect, test } from "vitest";
import { O_NONBLOCK, O_RDONLY, O_WRONLY } from "../../abi/fcntl.js";
import { SIGPIPE } from "../../abi/signal.js";
import { S_IFIFO } from "../../abi/stat.js";
import { Computer, type Program } from "./testing/computer.js";

function pipe(program: Program, flags = 0): [number, number] {
  expect(program.call("pipe2", program.at, flags)).toBe(0);
  return program.pair(0);
}

test("what is written is read in order, and the end of the writers is the end of file", () => {
  const program = new Computer().program();
  const [from, to] = pipe(program);
  expect(program.read(from)).toBe("waits");
  expect(program.write(to, "one ")).toBe(4);
  expect(program.write(to, "two")).toBe(3);
  expect(program.read(from, 2)).toBe('"on"');
  expect(program.read(from)).toBe('"e two"');
  program.call("close", to);
  expect(program.read(from)).toBe('""');
});

test("a write without readers is EPIPE and SIGPIPE", () => {
  const program = new Computer().program();
  const [from, to] = pipe(program);
  program.call("close", from);
  expect(program.write(to, "x")).toBe("EPIPE");
  expect(program.signals()).toEqual([SIGPIPE]);
});

test("a full pipe holds 64 KiB, and a write that had to wait goes on where it was", () => {
  const program = new Computer().program();
  const [from, to] = pipe(program);
  const big = program.at;
  expect(program.call("write", to, big, 0x10000)).toBe(0x10000);
  expect(program.call("write", to, big, 5000)).toBe("waits");
  expect(program.task.resume.done).toBe(0);
  const reader = program.task.kernel.frames.used;
  expect(program.call("write", to, big, 0)).toBe(0);
  // As Linux: room for one page comes only when one was read to its end.
  const done = { ...program.task.resume };
  expect(program.call("read", from, big, 4096)).toBe(4096);
  expect(program.task.kernel.frames.used).toBe(reader - 1);
  Object.assign(program.task.resume, done);
  expect(program.again("write", to, big, 5000)).toBe("waits");
  expect(program.task.resume.done).toBe(4096);
  const half = { ...program.task.resume };
  expect(program.call("read", from, big, 8192)).toBe(8192);
  Object.assign(program.task.resume, half);
  expect(program.again("write", to, big, 5000)).toBe(5000);
});

test("up to PIPE_BUF is written whole or not at all", () => {
  const program = new Computer().program();
  const [from, to] = pipe(program, O_NONBLOCK);
  expect(program.call("write", to, program.at, 0x10000)).toBe(0x10000);
  program.call("read", from, program.at, 1000);
  expect(program.call("write", to, program.at, 1000)).toBe("EAGAIN");
  program.call("read", from, program.at, 3096);
  expect(program.call("write", to, program.at, 4000)).toBe(4000);
});

test("frames are charged to the cgroup and given back", () => {
  const computer = new Computer();
  const program = computer.program();
  const before = program.task.cgroup.memory.current;
  const [from, to] = pipe(program);
  const empty = program.task.cgroup.memory.current;
  expect(empty).toBeGreaterThan(before);
  program.write(to, "x");
  expect(program.task.cgroup.memory.current).toBe(empty + 4096);
  program.call("close", from);
  program.call("close", to);
  expect(program.task.cgroup.memory.current).toBe(before);
});

test("the two ends of a FIFO wait for each other in open, and a byte written at once is not lost", () => {
  const computer = new Computer();
  const reader = computer.program();
  const writer = computer.program();
  expect(reader.call("mknodat", -100, reader.put(0, "/f\0"), S_IFIFO | 0o666, 0)).toBe(0);
  writer.put(0, "/f\0");
  expect(writer.call("openat", -100, writer.at, O_WRONLY | O_NONBLOCK, 0)).toBe("ENXIO");
  expect(reader.call("openat", -100, reader.at, O_RDONLY, 0)).toBe("waits");
  reader.task.state = "waiting";
  expect(writer.call("openat", -100, writer.at, O_WRONLY, 0)).toBe(0);
  expect(writer.write(0, "hello")).toBe(5);
  expect(reader.again("openat", -100, reader.at, O_RDONLY, 0)).toBe(0);
  expect(reader.read(0)).toBe('"hello"');
  writer.call("close", 0);
  expect(reader.read(0)).toBe('""');
});

test("ppoll tells readiness, hang-up and bad descriptors, and ends in time", () => {
  const computer = new Computer();
  const program = computer.program();
  const [from, to] = pipe(program);
  const at = program.ints(64, from, 1, to, 4, 99, 1);
  expect(program.call("ppoll", at, 3, 0, 0, 8)).toBe(2);
  expect([4, 12, 20].map((offset) => program.int(64 + offset) >>> 16)).toEqual([0, 4, 0x20]);
  const time = program.ints(256, 0, 0, 5_000_000, 0);
  expect(program.call("ppoll", at, 1, time, 0, 8)).toBe("waits");
  computer.pass(5_000_000);
  expect(program.again("ppoll", at, 1, time, 0, 8)).toBe(0);
  program.call("close", to);
  expect(program.call("ppoll", at, 1, 0, 0, 8)).toBe(1);
  expect(program.int(68) >>> 16).toBe(0x10);
});
