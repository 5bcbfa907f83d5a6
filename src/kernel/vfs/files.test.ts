// One program of file calls on every writable file system; testing/files.expected is what it wrote on Linux 6.x on ext4:
//   gcc -O1 -w -o files files.c && mkdir d && cd d && ../files > ../files.expected     (with no descriptors open beyond 2)
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failed } from "../../abi/errno.js";
import { AT_FDCWD, O_CREAT, O_RDWR } from "../../abi/fcntl.js";
import { devtmpfs } from "../fs/devtmpfs.js";
import { Overlay } from "../fs/overlay.js";
import { Tmpfs } from "../fs/tmpfs.js";
import { unnamedDevice } from "../fs/types.js";
import { Credentials } from "../task/credentials.js";
import { compile, TestMachine } from "../testing/machine.js";
import { Wait } from "../wait.js";
import { mkdir } from "./change.js";
import type { FileSystem } from "./inode.js";
import { lookup } from "./lookup.js";
import { attach, newMount } from "./mount.js";
import { open } from "./open.js";

const here = join(import.meta.dirname, "testing");
const program = compile(readFileSync(join(here, "files.c"), "utf8"), "-w");
const expected = readFileSync(join(here, "files.expected"), "utf8");

function mountAt({ kernel }: TestMachine, fs: FileSystem, path: string): void {
  const task = kernel.kernelTask;
  mkdir(task, AT_FDCWD, path, 0o755);
  const at = lookup(task, AT_FDCWD, path);
  const refused = failed(at) ? at : attach(task.namespaces.mnt, newMount(kernel, fs, 0), at);
  if (failed(refused)) throw refused;
}

function run(make: (machine: TestMachine) => FileSystem): string {
  const machine = TestMachine.fresh();
  const { kernel } = machine;
  machine.write("/bin/files", program);
  mountAt(machine, devtmpfs(kernel), "/dev");
  mountAt(machine, make(machine), "/work");
  const out = open(kernel.kernelTask, AT_FDCWD, "/tmp/out", O_CREAT | O_RDWR, 0o644);
  if (failed(out) || out instanceof Wait) throw new Error("no output");
  const task = kernel.spawn({ file: "/bin/files", argv: ["files"], envp: [], cwd: "/work", files: [out, out, out], credentials: new Credentials() });
  if (failed(task) || task instanceof Wait) throw new Error("no program");
  return machine.finish(task).out;
}

test("tmpfs answers as Linux does", () => {
  expect(run(({ kernel }) => new Tmpfs(kernel, unnamedDevice(kernel)))).toBe(expected);
});

test("overlay answers as Linux does", () => {
  expect(run(({ kernel }) => {
    const [lower, upper] = [new Tmpfs(kernel, unnamedDevice(kernel)), new Tmpfs(kernel, unnamedDevice(kernel))];
    return new Overlay(unnamedDevice(kernel), [lower.root], upper.root);
  })).toBe(expected);
});

test("files that a program leaves behind are all the memory that stays in use", () => {
  const machine = TestMachine.fresh();
  machine.write("/bin/files", program);
  const { frames } = machine.kernel;
  machine.run("/bin/files");
  const used = frames.used;
  machine.write("/tmp/big", new Uint8Array(1 << 20));
  expect(frames.used).toBe(used + 256);
});
