// The memory calls, as a program would make them; results are those of Linux's man pages.
import { expect, test } from "vitest";
import type { Errno} from "../../abi/errno.js";
import { EACCES, EBADF, EEXIST, EFAULT, EINVAL, ENOMEM, ENOSYS, EPERM, failed } from "../../abi/errno.js";
import * as mman from "../../abi/mman.js";
import { Fault } from "../memory/fault.js";
import { Board } from "../memory/testing/board.js";
import { MemoryFile } from "../memory/testing/memory-file.js";
import type { AddressSpace } from "../memory/address-space.js";
import { Credentials } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { FileTable } from "../vfs/file-table.js";
import { calls } from "./memory.js";

const { PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_SHARED, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE } = mman;
const RW = PROT_READ | PROT_WRITE;
const ANON = MAP_PRIVATE | MAP_ANONYMOUS;

class Program {
  readonly board = new Board();
  readonly memory: AddressSpace = this.board.space();
  readonly files = new FileTable(this.board.payer);
  readonly task: Task;

  constructor(credentials = new Credentials()) {
    const parts: Pick<Task, "memory" | "files" | "credentials" | "kernel"> = { memory: this.memory, files: this.files, credentials, kernel: this.board.kernel };
    this.task = parts as Task;
  }

  open(bytes: Uint8Array, flags = 2): number {
    const fd = this.files.install(new MemoryFile(this.board.kernel.frames, bytes, flags), false, 10);
    if (failed(fd)) throw new Error(fd.name);
    return fd;
  }

  /** The result of a call, its arguments as registers. */
  call(name: string, ...registers: number[]): number | Errno {
    const row = calls.find((one) => one.name === name);
    if (row === undefined) throw new Error(`no ${name}`);
    const values: unknown[] = [];
    for (const [i, argument] of row.args.entries()) {
      const value = argument.decode(this.task, registers[i] ?? 0);
      if (failed(value)) return value;
      values.push(value);
    }
    const result = row.body(this.task, ...(values as never[]));
    if (typeof result !== "number" && !failed(result)) throw new Error("it waits");
    return result;
  }

  map(pages: number, access = RW, flags = ANON): number {
    const at = this.call("mmap", 0, pages * 4096, access, flags, -1, 0);
    if (failed(at)) throw new Error(at.name);
    return at;
  }
}

test("mmap refuses as Linux does", () => {
  const program = new Program();
  const readOnly = program.open(new Uint8Array(4096), 0);
  const at = program.map(1);
  expect(program.call("mmap", 0, 0, RW, ANON, -1, 0)).toBe(EINVAL);
  expect(program.call("mmap", 0, 4096, RW, ANON, -1, 100)).toBe(EINVAL);
  expect(program.call("mmap", 0, 4096, RW, MAP_ANONYMOUS, -1, 0)).toBe(EINVAL);
  expect(program.call("mmap", 0, 2 ** 50, RW, ANON, -1, 0)).toBe(ENOMEM);
  expect(program.call("mmap", 0, -1, RW, ANON, -1, 0)).toBe(ENOMEM);
  expect(program.call("mmap", 0x12345, 4096, RW, ANON | MAP_FIXED, -1, 0)).toBe(EINVAL);
  expect(program.call("mmap", at, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0)).toBe(EEXIST);
  expect(program.call("mmap", 0, 4096, RW, ANON | mman.MAP_HUGETLB, -1, 0)).toBe(ENOMEM);
  expect(program.call("mmap", 0, 4096, RW, MAP_PRIVATE, 9, 0)).toBe(EBADF);
  expect(program.call("mmap", 0, 4096, RW, MAP_SHARED, readOnly, 0)).toBe(EACCES);
  const user = new Program(Credentials.of(1000, 1000));
  expect(user.call("mmap", 4096, 4096, RW, ANON | MAP_FIXED, -1, 0)).toBe(EPERM);
});

test("a read-only shared file can't be made writable, a private copy of it can", () => {
  const program = new Program();
  const file = program.open(new Uint8Array(4096).fill(5), 0);
  const shared = Number(program.call("mmap", 0, 4096, PROT_READ, MAP_SHARED, file, 0));
  const copy = Number(program.call("mmap", 0, 4096, PROT_READ, MAP_PRIVATE, file, 0));
  expect(program.call("mprotect", shared, 4096, RW)).toBe(EACCES);
  expect(program.call("mprotect", copy, 4096, RW)).toBe(0);
  program.board.store(program.memory, copy, 6);
  expect([program.board.load(program.memory, copy), program.board.load(program.memory, shared)]).toEqual([6, 5]);
  expect(program.call("mprotect", copy, 3 * 4096 + 2 ** 30, PROT_READ)).toBe(ENOMEM);
  expect(program.call("mprotect", copy + 1, 4096, PROT_READ)).toBe(EINVAL);
});

test("munmap of nothing is fine, of no range is not", () => {
  const program = new Program();
  expect(program.call("munmap", 0x100000, 4096)).toBe(0);
  expect(program.call("munmap", 0x100000, 0)).toBe(EINVAL);
  expect(program.call("munmap", 0x100001, 4096)).toBe(EINVAL);
  expect(program.call("munmap", 0x100000, -4096)).toBe(EINVAL);
});

test("mremap grows in place where it can, moves where it may, and takes the pages along", () => {
  const program = new Program();
  const at = Number(program.call("mmap", 0x100000, 8192, RW, ANON | MAP_FIXED, -1, 0));
  program.board.store(program.memory, at + 4096, 9);
  expect(program.call("mremap", at, 8192, 16384, 0)).toBe(at);
  program.call("mmap", at + 16384, 4096, PROT_READ, ANON | MAP_FIXED, -1, 0);
  expect(program.call("mremap", at, 16384, 32768, 0)).toBe(ENOMEM);
  const moved = Number(program.call("mremap", at, 16384, 32768, mman.MREMAP_MAYMOVE));
  expect(program.board.load(program.memory, moved + 4096)).toBe(9);
  expect(program.board.load(program.memory, at)).toBeInstanceOf(Fault);
  expect(program.call("mremap", moved, 32768, 4096, 0)).toBe(moved);
  expect(program.board.load(program.memory, moved + 4096)).toBeInstanceOf(Fault);
  expect(program.call("mremap", moved, 4096, 0, 0)).toBe(EINVAL);
  expect(program.call("mremap", 0x900000, 4096, 8192, 0)).toBe(EFAULT);
});

test("MADV_DONTNEED gives zeros back, goes over holes, and tells of them", () => {
  const program = new Program();
  const at = program.map(3);
  for (const page of [0, 2]) program.board.store(program.memory, at + page * 4096, 7);
  program.call("munmap", at + 4096, 4096);
  expect(program.call("madvise", at, 3 * 4096, mman.MADV_DONTNEED)).toBe(ENOMEM);
  expect([0, 2].map((page) => program.board.load(program.memory, at + page * 4096))).toEqual([0, 0]);
  expect(program.call("madvise", at, 4096, 77)).toBe(EINVAL);
});

test("WIPEONFORK and DONTFORK keep their promise to the child", () => {
  const program = new Program();
  const { board, memory } = program;
  const wiped = program.map(1);
  const kept = Number(program.call("mmap", 0x500000, 4096, RW, ANON | MAP_FIXED, -1, 0));
  for (const at of [wiped, kept]) board.store(memory, at, 3);
  expect(program.call("madvise", wiped, 4096, mman.MADV_WIPEONFORK)).toBe(0);
  expect(program.call("madvise", kept, 4096, mman.MADV_DONTFORK)).toBe(0);
  const child = memory.fork(board.payer, undefined);
  if (failed(child)) throw new Error(child.name);
  expect(board.load(child, wiped)).toBe(0);
  expect(board.load(child, kept)).toBeInstanceOf(Fault);
  expect([board.load(memory, wiped), board.load(memory, kept)]).toEqual([3, 3]);
});

test("mincore tells which pages are there, mlock brings them", () => {
  const program = new Program();
  const at = program.map(4);
  const vector = program.map(1);
  program.board.store(program.memory, at + 4096, 1);
  expect(program.call("mincore", at, 4 * 4096, vector)).toBe(0);
  expect([...program.memory.read(vector, 4)]).toEqual([0, 1, 0, 0]);
  expect(program.call("mlock", at + 5000, 4096)).toBe(0);
  program.call("mincore", at, 4 * 4096, vector);
  expect([...program.memory.read(vector, 4)]).toEqual([0, 1, 1, 0]);
  expect(program.memory.lockedPages).toBe(2);
  expect(program.call("munlock", at, 4 * 4096)).toBe(0);
  expect(program.memory.lockedPages).toBe(0);
  expect(program.call("mincore", at, 2 ** 30, vector)).toBe(ENOMEM);
});

test("riscv_hwprobe names the extensions of the hart, and marks keys that it does not know", () => {
  const program = new Program();
  const at = program.map(1);
  [4, 3, 99].forEach((key, i) => program.memory.writeU64(at + i * 16, key));
  expect(program.call("riscv_hwprobe", at, 3, 0, 0, 0)).toBe(0);
  expect([program.memory.readU64(at + 8), program.memory.readU64(at + 24)]).toEqual([0x3b, 1]);
  expect([...program.memory.read(at + 32, 16)]).toEqual([...new Array<number>(8).fill(255), ...new Array<number>(8).fill(0)]);
  expect(program.call("riscv_hwprobe", at, 3, 0, 0, 4)).toBe(EINVAL);
  expect(program.call("riscv_flush_icache", 0, 0, 1)).toBe(0);
});

test("membarrier wants to be registered for", () => {
  const program = new Program();
  expect(program.call("membarrier", mman.MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0)).toBe(EPERM);
  expect(program.call("membarrier", mman.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0)).toBe(0);
  expect(program.call("membarrier", mman.MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0)).toBe(0);
  expect(program.call("process_madvise")).toBe(ENOSYS);
});
