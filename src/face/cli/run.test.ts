// `nestbox run`, as a person runs it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { nestbox, onTerminal, shell, start } from "./testing/command.js";

beforeAll(() => {
  // The image is fetched once; how that is told is not the matter here.
  expect(nestbox(["run", "--", "true"]).status).toBe(0);
}, 180_000);

const ok = (stdout: string) => ({ stdout, stderr: "", status: 0 });

test("a program's output is all there is", () => {
  expect(nestbox(["run", "--", "uname", "-m"])).toEqual(ok("riscv64\n"));
});

test("the exit status is the program's", () => {
  expect(nestbox(["run", "--", "sh", "-c", "exit 7"])).toEqual({ stdout: "", stderr: "", status: 7 });
  expect(nestbox(["run", "--", "sh", "-c", "kill -9 $$"]).status).toBe(137);
  expect(nestbox(["run", "--timeout", "300ms", "--", "sleep", "100"]).status).toBe(124);
  expect(nestbox(["run", "--timeout", "300ms", "--", "sh", "-c", "while :; do :; done"]).status).toBe(124);
});

test("standard input goes in with -i only", () => {
  expect(nestbox(["run", "-i", "--", "wc", "-l"], { input: "a\nb\n" })).toEqual(ok("2\n"));
  expect(nestbox(["run", "--", "wc", "-l"], { input: "a\nb\n" })).toEqual(ok("0\n"));
});

test("a megabyte goes through unharmed", () => {
  const input = "0123456789abcde\n".repeat(65536);
  expect(nestbox(["run", "-i", "--", "cat"], { input }).stdout).toBe(input);
});

test("standard output and error stay apart, and in order where they are one", () => {
  const program = "sh -c 'echo a; echo b >&2; echo c'";
  expect(shell(`nestbox run -- ${program} 2>/dev/null`).stdout).toBe("a\nc\n");
  expect(shell(`nestbox run -- ${program} 2>&1`).stdout).toBe("a\nb\nc\n");
});

test("a reader that leaves ends the program quietly", () => {
  expect(shell("nestbox run -- yes | head -1")).toEqual(ok("y\n"));
});

test("what is left in a pipe when the program ends still arrives", () => {
  expect(shell("nestbox run -- seq 100000 | (sleep 1; tail -1)").stdout).toBe("100000\n");
});

test.each([
  [["nosuch"], 127, "nestbox: nosuch is no program in the image deb:busybox-static; choose an image that has it, for example --image deb:nosuch\n"],
  [["/no/such"], 127, "nestbox: /no/such is not in the image deb:busybox-static; the path is looked up inside the image; -v shows directories of this computer there\n"],
  [["alpine", "echo", "hi"], 127, "nestbox: alpine is no program in the image deb:busybox-static; was --image alpine meant? (nestbox run --image alpine -- echo hi)\n"],
  [["python3", "-c", "1"], 127, "nestbox: python3 is no program in the image deb:busybox-static; choose an image that has it, for example --image deb:python3\n"],
  [["-w", "/etc/passwd", "true"], 125, "nestbox: the working directory /etc/passwd is not a directory inside\n"],
  [["/etc/passwd"], 126, "nestbox: /etc/passwd is not executable; chmod +x makes it so\n"],
  [["/etc"], 126, "nestbox: /etc is a directory and can't be executed\n"],
  [["--user", "zzz", "id"], 125, "nestbox: user zzz is not in the image's /etc/passwd; write a name from there or a number\n"],
  [["-v", "/no/such:/mnt", "true"], 125, "nestbox: the directory /no/such can't be mounted: it does not exist: make it first\n"],
  [["-w", "tmp", "true"], 125, "nestbox: -w tmp: the working directory must be an absolute path, for example /tmp\n"],
  [["--imgae", "x", "true"], 125, "nestbox: run has no option --imgae; did you mean --image?\n"],
  [[], 125, "nestbox: run needs a program, for example: nestbox run -- uname -a\n"],
])("run %j is answered in one line", (args, status, stderr) => {
  expect(nestbox(["run", ...args])).toEqual({ stdout: "", stderr, status });
});

test("output that can't be written is a failure and told", () => {
  const status = { stdout: "", stderr: "nestbox: standard output can't be written (ENOSPC); free some space there\n", status: 125 };
  expect(shell("nestbox run -- echo lost >/dev/full")).toEqual(status);
  expect(shell("nestbox images >/dev/full")).toEqual(status);
});

test.each([[["--in", "vm"]], [["--in", "container"]], [["--in", "bare/vm"]], [["--kernel", "debian"]], [["--image", "alpine"]]])("run %j fails with 125 and one line", (args) => {
  const { status, stderr } = nestbox(["run", ...args, "true"]);
  expect(status).toBe(125);
  expect(stderr).toMatch(/^nestbox: [^\n]+\n$/);
});

test("variables, working directory, user and host name are those asked for", () => {
  const { stdout } = nestbox(["run", "-e", "A=1 2", "-e", "FROM_HERE", "-w", "/srv/new", "-u", "nobody", "-h", "box", "--", "sh", "-c", "echo \"$A $FROM_HERE $PWD $(id -un) $(hostname)\""],
    { env: { FROM_HERE: "here" } });
  expect(stdout).toBe("1 2 here /srv/new nobody box\n");
});

test("--read-only refuses changes to the root file system", () => {
  const { stderr, status } = nestbox(["run", "--read-only", "--", "sh", "-c", "echo ok > /tmp/x && touch /x"]);
  expect(stderr).toContain("Read-only file system");
  expect(status).toBe(1);
});

test("a shared directory is read and written; read-only it refuses; nothing leads out of it", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "nestbox-run-"));
  try {
    mkdirSync(path.join(directory, "shared"));
    writeFileSync(path.join(directory, "secret"), "secret");
    writeFileSync(path.join(directory, "shared/f"), "hello\n");
    symlinkSync("../secret", path.join(directory, "shared/link"));
    symlinkSync(path.join(directory, "secret"), path.join(directory, "shared/absolute"));
    execFileSync("mkfifo", [path.join(directory, "shared/fifo")]);
    const volume = `${directory}/shared:/mnt`;
    expect(nestbox(["run", "-v", volume, "--", "sh", "-c", "cat /mnt/f; echo new > /mnt/g; mkdir /mnt/d && mv /mnt/g /mnt/d/h"])).toEqual(ok("hello\n"));
    expect(readFileSync(path.join(directory, "shared/d/h"), "utf8")).toBe("new\n");
    expect(nestbox(["run", "-v", `${volume}:ro`, "--", "sh", "-c", "echo x > /mnt/f"]).stderr).toContain("Read-only file system");
    for (const name of ["link", "absolute", "fifo", "../secret"]) {
      const { stdout, status } = nestbox(["run", "-v", volume, "--timeout", "20s", "--", "cat", `/mnt/${name}`]);
      expect([name, stdout, status]).toEqual([name, "", 1]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s goes to the program, which may make of it what it likes", async (signal) => {
  const name = signal.slice(3);
  const child = start(["run", "--", "sh", "-c", `trap 'echo got; exit 5' ${name}; echo ready; while :; do sleep 0.05; done`]);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (chunk.includes("ready")) child.kill(signal);
  });
  const [code] = (await once(child, "close")) as [number];
  expect([text, code]).toEqual(["ready\ngot\n", 5]);
});

test("a shell on a terminal: line editing, Ctrl-C, Ctrl-Z, fg, window size; the terminal is left as it was", async () => {
  const prompt = { expect: "/ # " };
  const result = await onTerminal(["run", "-it", "--", "sh"], [
    prompt, { send: "stty size; echo $TERM\n" }, { expect: "24 80\r\nxterm\r\n" },
    prompt, { send: "echo abX\x7fc\n" }, { expect: "\r\nabc\r\n" },
    // What a job answers shows that it has the terminal.
    prompt, { send: "cat\n" }, { expect: "cat\r\n" }, { send: "one\n" }, { expect: "one\r\n" }, { send: "\x03" }, { expect: "^C" },
    prompt, { send: "echo rc $?\n" }, { expect: "rc 130\r\n" },
    prompt, { send: "cat\n" }, { expect: "cat\r\n" }, { send: "two\n" }, { expect: "two\r\n" }, { send: "\x1a" }, { expect: "Stopped" },
    prompt, { send: "jobs\n" }, { expect: "Stopped" },
    prompt, { send: "fg\n" }, { expect: "fg\r\ncat\r\n" }, { send: "three\n" }, { expect: "three\r\n" }, { send: "\x03" }, { expect: "^C" },
    prompt, { resize: [40, 100] }, { send: "stty size\n" }, { expect: "40 100\r\n" },
    prompt, { send: "exit 9\n" },
  ]);
  expect(result).toMatchObject({ missing: null, status: 9, raw: false });
});

test("vi draws, edits and writes", async () => {
  const result = await onTerminal(["run", "-it", "--", "sh", "-c", "vi /tmp/x; cat /tmp/x"], [
    { expect: "- /tmp/x" }, { send: "i" }, { expect: "I /tmp/x" }, { send: "hello" }, { expect: "hello" }, { send: "\x1b" }, { expect: "[Modified]" },
    { send: ":wq\n" }, { expect: "hello\r\n" },
  ]);
  expect(result).toMatchObject({ missing: null, status: 0, raw: false });
});

test("the terminal is left as it was when nestbox is told to end", async () => {
  const result = await onTerminal(["run", "-it", "--timeout", "2s", "--", "sh"], [{ expect: "/ # " }]);
  expect(result).toMatchObject({ missing: null, status: 124, raw: false });
});
