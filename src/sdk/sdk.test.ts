// The SDK as a program uses it: machines in threads of their own.
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { boot, NestboxError, run, type Happening, type Machine } from "./index.js";

let machine: Machine;
beforeAll(async () => void (machine = await boot()), 180_000);
afterAll(() => machine.stop());

const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

test("run gives output and status of a program, in a machine of its own", async () => {
  expect(await run("sh", ["-c", "echo out; echo err >&2; exit 3"])).toEqual({ code: 3, signal: null, stdout: "out\n", stderr: "err\n", timedOut: false, truncated: false });
});

test("standard input may be text, bytes or a stream; output may be bytes", async () => {
  expect((await machine.run("cat", [], { stdin: "text" })).stdout).toBe("text");
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251);
  expect(Buffer.compare((await machine.run("cat", [], { stdin: bytes, encoding: "bytes" })).stdout, bytes)).toBe(0);
  const stream = new ReadableStream<Uint8Array>({ start(c) { c.enqueue(Uint8Array.of(104, 105)); c.close(); } });
  expect((await machine.run("cat", [], { stdin: stream })).stdout).toBe("hi");
  expect((await machine.run("cat", [], { stdin: Readable.from(["no", Buffer.from("de")]) })).stdout).toBe("node");
});

test("standard input that breaks off, or is none, is an error and no end of file", async () => {
  const stream = new ReadableStream<Uint8Array>({ pull: (c) => c.error(new Error("torn")) });
  await expect(machine.run("cat", [], { stdin: stream })).rejects.toThrow("torn");
  await expect(machine.run("cat", [], { stdin: 5 as never })).rejects.toMatchObject({ code: "ERR_OPTION" });
});

test("a program that runs too long, or writes too much, is killed and the result says so", async () => {
  expect(await machine.run("sleep", ["100"], { timeoutMs: 200 })).toMatchObject({ code: null, signal: "SIGKILL", timedOut: true });
  const { stdout, ...rest } = await machine.run("yes", [], { maxOutputBytes: 1_000_000 });
  expect(stdout.length).toBe(1_000_000);
  expect(rest).toMatchObject({ signal: "SIGKILL", truncated: true, timedOut: false });
});

test("an abort kills the program and rejects with its reason", async () => {
  const abort = new AbortController();
  const running = machine.run("sleep", ["100"], { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  await expect(machine.run("true", [], { signal: abort.signal })).rejects.toThrow("enough");
});

test("a program that is not there, or can't be executed, is an error with a code", async () => {
  await expect(machine.spawn("nosuch")).rejects.toMatchObject({ code: "ERR_NOT_FOUND" });
  await expect(machine.spawn("/etc/passwd")).rejects.toMatchObject({ code: "ERR_NOT_EXECUTABLE" });
  await expect(machine.spawn("true", [], { user: "nosuch" })).rejects.toMatchObject({ code: "ERR_OPTION" });
  await expect(machine.spawn("true", "text" as never)).rejects.toMatchObject({ code: "ERR_OPTION" });
  await expect(machine.spawn("true", [], { env: { A: 1 as never } })).rejects.toMatchObject({ code: "ERR_OPTION" });
});

test.each([
  [{ memory: 1 }, "ERR_OPTION"], [{ cpus: 2 }, "ERR_OPTION"], [{ pidsLimit: 0 }, "ERR_OPTION"], [{ hostname: "a b" }, "ERR_OPTION"], [{ in: "cloud" }, "ERR_OPTION"],
  [{ mounts: [{ host: "/nosuch", guest: "/mnt" }] }, "ERR_OPTION"], [{ mounts: [{ host: "/tmp", guest: "mnt" }] }, "ERR_OPTION"],
  [{ in: "vm" }, "ERR_NOT_YET"], [{ kernel: "debian" }, "ERR_NOT_YET"], [{ image: "nosuch" }, "ERR_IMAGE"],
])("boot with %j rejects with %s", async (options, code) => {
  const error = await boot(options).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(NestboxError);
  expect(error).toMatchObject({ code });
});

test("the end of a program is told though nobody reads what it wrote", async () => {
  const program = await machine.spawn("sh", ["-c", "yes & sleep 0.5; kill -9 $$"]);
  expect(await program.wait()).toEqual({ code: null, signal: "SIGKILL" });
});

test("a file that has no end, or is too large to hold, is refused", async () => {
  await machine.run("sh", ["-c", "ln -s /dev/zero /tmp/endless; dd if=/dev/null of=/tmp/sparse bs=1 seek=2000000000"]);
  await expect(machine.readFile("/tmp/endless")).rejects.toMatchObject({ errno: "EINVAL" });
  await expect(machine.readFile("/tmp/sparse")).rejects.toMatchObject({ errno: "EFBIG" });
});

test("a spawned program is talked to by streams", async () => {
  const cat = await machine.spawn("cat");
  const [writer, reader] = [cat.stdin.getWriter(), cat.stdout.getReader()];
  await writer.write("one\n");
  expect(decode((await reader.read()).value)).toBe("one\n");
  await writer.close();
  expect((await reader.read()).done).toBe(true);
  expect(await cat.wait()).toEqual({ code: 0, signal: null });
  const deaf = await machine.spawn("true");
  await deaf.wait();
  await expect(deaf.stdin.getWriter().write("late")).rejects.toMatchObject({ code: "ERR_STOPPED" });
});

test("a reader that takes its time loses nothing, and one that cancels ends the program", async () => {
  const slow = await machine.spawn("seq", ["100000"]);
  let text = "";
  for await (const chunk of slow.stdout) {
    text += decode(chunk);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(text.split("\n").length).toBe(100_001);
  const yes = await machine.spawn("yes");
  const reader = yes.stdout.getReader();
  await reader.read();
  await reader.cancel();
  expect(await yes.wait()).toEqual({ code: null, signal: "SIGPIPE" });
});

test("signals reach the program", async () => {
  const program = await machine.spawn("sh", ["-c", "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.05; done"]);
  const reader = program.stdout.getReader();
  await reader.read();
  program.kill();
  expect(decode((await reader.read()).value)).toBe("got\n");
  expect(await program.wait()).toEqual({ code: 5, signal: null });
  expect(() => program.kill("SIGNONSENSE")).toThrow(NestboxError);
});

test("a terminal has its size, and is resized", async () => {
  const program = await machine.spawn("sh", ["-c", "stty size; trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"], { terminal: { rows: 30, columns: 77 } });
  const reader = program.stdout.getReader();
  let text = "";
  while (!text.includes("ready")) text += decode((await reader.read()).value);
  program.resize(10, 20);
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += decode(next.value);
  expect(text).toBe("30 77\r\nready\r\n10 20\r\n");
});

test("files are written, read, listed and removed", async () => {
  await machine.mkdir("/srv/a/b", { recursive: true });
  await machine.writeFile("/srv/a/b/f", "hello", { mode: 0o755 });
  expect(await machine.readFile("/srv/a/b/f", "utf8")).toBe("hello");
  expect(await machine.stat("/srv/a/b/f")).toMatchObject({ kind: "file", mode: 0o755, size: 5, uid: 0 });
  expect(await machine.readdir("/srv/a")).toEqual(["b"]);
  expect((await machine.run("cat", ["/srv/a/b/f"])).stdout).toBe("hello");
  await expect(machine.remove("/srv/a")).rejects.toMatchObject({ code: "ERR_FILE", errno: "ENOTEMPTY", path: "/srv/a" });
  await machine.remove("/srv/a", { recursive: true });
  await expect(machine.readFile("/srv/a/b/f")).rejects.toMatchObject({ errno: "ENOENT" });
  await expect(machine.readFile("relative")).rejects.toMatchObject({ errno: "EINVAL" });
});

test("what happens is told, in order and complete", async () => {
  const told: Happening[] = [];
  const unwatch = machine.watch((happening) => told.push(happening));
  await machine.run("sh", ["-c", "true & wait"]);
  unwatch();
  const kinds = told.map(({ at }) => at);
  expect(kinds).toContain("task.executed");
  expect(kinds.filter((at) => at === "task.forked").length).toBe(2);
  expect(kinds.filter((at) => at === "task.exited").length).toBe(2);
  expect(kinds.indexOf("task.executed")).toBeLessThan(kinds.indexOf("task.exited"));
});

test("the boxes stand in each other, from the real hardware to the process", async () => {
  const program = await machine.spawn("sleep", ["100"]);
  const path: string[] = [];
  for (let box: Awaited<ReturnType<Machine["inspect"]>> | undefined = await machine.inspect(); box !== undefined; box = box.inner.at(-1)) path.push(box.kind);
  expect(path).toEqual(["hardware", "operating system", "engine", "board", "kernel", "process"]);
  program.kill("SIGKILL");
  await program.wait();
});

test("a machine that was stopped says so, to those who wait too", async () => {
  const other = await boot();
  const program = await other.spawn("sleep", ["100"]);
  await other.stop();
  await program.wait().catch(() => undefined);
  await expect(other.run("true")).rejects.toMatchObject({ code: "ERR_STOPPED" });
  await expect(program.stdout.getReader().read().then(({ done }) => done, () => true)).resolves.toBe(true);
});
