// However a run on a terminal ends, the terminal is left as it was and the status tells how it ended.
import { beforeAll, expect, test } from "vitest";
import { nestbox, onTerminal, type Step } from "../../src/face/cli/testing/command.js";

beforeAll(() => {
  expect(nestbox(["run", "--", "true"]).status).toBe(0);
}, 180_000);

const shell = ["run", "-it", "--", "sh"];
const prompt: Step = { expect: "/ # " };
/** Says when it has the terminal. */
const program = (script: string): string[] => ["run", "-it", "--", "sh", "-c", `echo ready; ${script}`];
const ready: Step = { expect: "ready\r\n" };

test.each<[string, string[], Step[], number]>([
  ["exit", shell, [prompt, { send: "exit 9\n" }], 9],
  ["Ctrl-D", shell, [prompt, { send: "\x04" }], 0],
  ["a program that ends by itself", program("exit 3"), [ready], 3],
  ["Ctrl-C", program("exec sleep 100"), [ready, { send: "\x03" }, { expect: "^C" }], 130],
  ["Ctrl-C twice", program("trap 'echo once; trap - INT' INT; while :; do sleep 0.1; done"), [ready, { send: "\x03" }, { expect: "once" }, { send: "\x03" }], 130],
  ["Ctrl-\\", program("exec sleep 100"), [ready, { send: "\x1c" }], 131],
  ["a crash", program("kill -SEGV $$"), [ready], 139],
  ["being killed", program("kill -KILL $$"), [ready], 137],
  ["a program that left raw mode behind inside", program("stty raw -echo; exit 5"), [ready], 5],
  ["SIGTERM to nestbox", program("exec sleep 100"), [ready, { signal: "SIGTERM" }], 143],
  ["SIGHUP to nestbox", program("exec sleep 100"), [ready, { signal: "SIGHUP" }], 129],
  ["SIGINT to nestbox", program("exec sleep 100"), [ready, { signal: "SIGINT" }], 130],
  ["SIGQUIT to nestbox", program("exec sleep 100"), [ready, { signal: "SIGQUIT" }], 131],
  ["a shell that ignores SIGTERM, and then SIGHUP", shell, [prompt, { signal: "SIGTERM" }, { send: "echo st''ill\n" }, { expect: "still\r\n" }, prompt, { signal: "SIGHUP" }], 129],
  ["a time limit", ["run", "-it", "--timeout", "3s", "--", "sh"], [prompt], 124],
  ["a program that is not there", ["run", "-it", "--", "no-such"], [{ expect: "nestbox: no-such is no program" }], 127],
  ["a directory instead of a program", ["run", "-it", "--", "/etc"], [{ expect: "nestbox: /etc is a directory" }], 126],
  ["an unknown image", ["run", "-it", "--image", "nonsense:1", "--", "sh"], [{ expect: "nestbox: the image" }], 125],
  ["background jobs that go on", shell, [prompt, { send: "sleep 1000 & yes >/dev/null &\n" }, prompt, { send: "exit 4\n" }], 4],
  ["a window that is closed", shell, [prompt, { hangUp: true }], -1],
  ["a window that is closed, where SIGHUP is ignored", program("trap '' HUP; cat; sleep 0.1"), [ready, { hangUp: true }], -1],
  ["-t without -i", ["run", "-t", "--", "sh", "-c", "tty; test -t 0 && exit 6"], [{ expect: "/dev/pts/0" }], 6],
  ["-t without -i, Ctrl-C", ["run", "-t", "--", "sh", "-c", "echo ready; exec sleep 100"], [{ expect: "ready" }, { send: "\x03" }], 130],
  ["-i without -t", ["run", "-i", "--", "sh", "-c", "echo ready; cat; test -t 0 || exit 7"], [{ expect: "ready" }, { send: "line\n\x04" }, { expect: "line\r\nline\r\n" }], 7],
])("%s", async (_way, args, steps, status) => {
  expect(await onTerminal(args, steps)).toMatchObject({ missing: null, status, raw: false });
});

test("a command that was stopped finds its terminal again", async () => {
  const result = await onTerminal(shell, [
    prompt, { signal: "SIGSTOP" }, { signal: "SIGCONT" }, { send: "echo a''b\n" }, { expect: "ab\r\n" }, prompt, { send: "exit\n" },
  ]);
  expect(result).toMatchObject({ missing: null, status: 0, raw: false });
});

test("-it with a standard input that is no terminal is refused in docker's words", () => {
  const { stdout, stderr, status } = nestbox(["run", "-it", "--", "true"]);
  expect([stdout, status]).toEqual(["", 125]);
  expect(stderr).toMatch(/^nestbox: the input device is not a TTY[^\n]*\n$/);
});

test("with -t and a standard output that is none, the program has a terminal and its output arrives", () => {
  expect(nestbox(["run", "-t", "--", "sh", "-c", "test -t 1 && stty size"])).toEqual({ stdout: "24 80\r\n", stderr: "", status: 0 });
});
