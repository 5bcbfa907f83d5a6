// Locks of processes, open files and flock(2), as fcntl_locking(2) tells of them.
import { expect, test } from "vitest";
import { EAGAIN, EDEADLK } from "../../abi/errno.js";
import { O_RDWR } from "../../abi/fcntl.js";
import { Credentials } from "../task/credentials.js";
import { Wait } from "../wait.js";
import { type LockOwner, lockRange, lockWhole, locksOf, unlockRange } from "./locks.js";
import { another, machine, opened, writeFile } from "./testing/machine.js";

function two() {
  const m = machine();
  writeFile(m.task, "/f", "0123456789");
  const b = another(m, new Credentials());
  return { a: m.task, b, file: opened(m.task, "/f", O_RDWR), other: opened(b, "/f", O_RDWR) };
}

const range = (owner: LockOwner, start: number, end: number, exclusive = true) => ({ owner, start, end, exclusive, pid: 1 });

test("ranges split, join and stand in each other's way", () => {
  const { a, b, file } = two();
  const locks = locksOf(file.inode);
  expect(lockRange(a, locks, range(a.files, 0, 10), false)).toBe(undefined);
  unlockRange(locks, a.files, 4, 6);
  expect(locks.ranges.map(({ start, end }) => [start, end])).toEqual([[0, 4], [6, 10]]);
  expect(lockRange(b, locks, range(b.files, 4, 6), false)).toBe(undefined);
  expect(lockRange(b, locks, range(b.files, 3, 6), false)).toBe(EAGAIN);
  expect(lockRange(b, locks, range(b.files, 3, 6), true)).toBeInstanceOf(Wait);
  unlockRange(locks, b.files, 0, Infinity);
  expect(lockRange(a, locks, range(a.files, 4, 6), false)).toBe(undefined);
  expect(locks.ranges.map(({ start, end }) => [start, end])).toEqual([[0, 10]]);
  expect(lockRange(a, locks, range(a.files, 0, 10, false), false)).toBe(undefined);
  expect(lockRange(b, locks, range(b.files, 0, 10, false), false)).toBe(undefined);
});

test("two processes that would wait for each other for ever: the second gets EDEADLK", () => {
  const { a, b, file } = two();
  const locks = locksOf(file.inode);
  lockRange(a, locks, range(a.files, 0, 1), false);
  lockRange(b, locks, range(b.files, 1, 2), false);
  expect(lockRange(a, locks, range(a.files, 1, 2), true)).toBeInstanceOf(Wait);
  a.state = "waiting";
  expect(lockRange(b, locks, range(b.files, 0, 1), true)).toBe(EDEADLK);
  a.state = "runnable";
  expect(lockRange(b, locks, range(b.files, 0, 1), true)).toBeInstanceOf(Wait);
});

test("closing any descriptor of the file gives up the process's locks", () => {
  const { a, file } = two();
  const locks = locksOf(file.inode);
  a.files.install(file, false, 10);
  a.files.install(file, false, 10);
  lockRange(a, locks, range(a.files, 0, 1), false);
  a.files.close(a, 0);
  expect(locks.ranges).toEqual([]);
});

test("flock belongs to the open file", () => {
  const { file, other } = two();
  expect(lockWhole(file, "shared", false)).toBe(undefined);
  expect(lockWhole(other, "shared", false)).toBe(undefined);
  expect(lockWhole(other, "exclusive", false)).toBe(EAGAIN);
  expect(lockWhole(file, "none", false)).toBe(undefined);
  expect(lockWhole(other, "exclusive", false)).toBe(undefined);
  expect(lockWhole(file, "shared", true)).toBeInstanceOf(Wait);
});
