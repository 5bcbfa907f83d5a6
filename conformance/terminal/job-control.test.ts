// Shells that a person types to: line editing, history, signals from the keyboard, jobs. Each session is typed twice, here and on a real Linux terminal.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nestbox } from "../../src/face/cli/testing/command.js";
import { Bench, canCompare, canDraw, run } from "./testing/oracle.js";
import { alike, type Act } from "./testing/screen.js";

const press = (...keys: string[]): Act => ({ press: keys });
/** A line for the shell, after which the next key waits for what it puts out. */
const line = (text: string, until?: RegExp): Act => ({ press: [text, "Enter"], until });
const key = (name: string, until?: RegExp): Act => ({ press: [name], until });
const resize = (columns: number, rows: number): Act => ({ resize: [columns, rows] });
/** The next command has ended, as an empty prompt tells. */
const prompt = /\$\ncursor \d+ \d+$/;
const interrupted = /\^C[^]*\$\ncursor \d+ \d+$/;
/** A shell tells of its jobs with the next prompt, so that prompt has to wait. */
const untilStopped = "while ! grep -q ') T' /proc/$!/stat; do sleep 0.1; done";
const stopped = /\n\[1\].*Stopped[^]*\$\ncursor \d+ \d+$/;
/** Tells that it runs, in the foreground, by answering. */
const cat = (said: string): Act[] => [{ press: ["cat", "Enter"], until: /\$ cat\ncursor 0/ }, line(said, new RegExp(`${said}\n${said}\ncursor`))];
const clear: Act = { press: ["C-u", "clear", "Enter"], until: /^here\$\ncursor 6 0$/ };

const sessions: Record<string, Act[]> = {
  "a line is edited": [press("echo abc"), press("Left", "Left", "X"), press("Home", "#", "End", "!"), press("C-a", "Delete"), press("C-e", "C-w"), key("C-u")],
  "a line longer than the window": [press(`echo ${"0123456789".repeat(12)}`), press("C-a"), press("C-e"), key("C-u")],
  "history": [line("echo one", prompt), line("echo two", prompt), press("Up", "Up"), key("Down"), key("Enter", prompt)],
  "Ctrl-C at the prompt": [press("abc"), key("C-c", interrupted), line("echo $?", /130\nhere\$/)],
  "Ctrl-D ends input, in the middle of a line it only sends it": [...cat("foo"), press("bar"), press("C-d"), key("C-d", prompt)],
  "Ctrl-C, Ctrl-Z, jobs, fg": [
    ...cat("one"), key("C-z", /Stopped[^]*\$\ncursor/), line("jobs", /jobs\n\[1\].*Stopped/), line("sleep 100 | cat &", prompt), line("jobs", /Running/), line("kill %2; wait %2", /wait %2[^]*\$\ncursor/),
    line("fg", /\ncat\ncursor 0/), line("two", /two\ntwo/), key("C-c", interrupted), line("echo $?", /130\nhere\$/),
  ],
  "bg, and Ctrl-C to a job that was in the background": [
    line("(echo up; exec sleep 100)", /up\n/), key("C-z", /Stopped/), line("bg", prompt), line("jobs", /Running/), line("fg", /fg\n.*sleep 100.*\ncursor 0/), key("C-c", interrupted),
  ],
  "Ctrl-\\": [...cat("one"), key("C-\\", /Quit/), line("echo $?", /131\nhere\$/)],
  "the window's size": [line("stty size", /24 80/), resize(100, 30), line("stty size", /30 100/), resize(80, 24)],
  "a trap hears of the window's size": [line("trap 'echo W' WINCH", prompt), line("sleep 100 & wait; echo waited", /waited\n(\[1\] PID\n)?cursor 0/), resize(90, 25), { until: /W\nwaited\nhere\$/ }, line("trap - WINCH; kill %1; wait", prompt), resize(80, 24)],
  "the modes": [line("stty -a", prompt)],
  "read -s and read -n": [
    line("read -s x; echo \"<$x>\"", /\ncursor 0/), line("secret", /<secret>\nhere\$/), line("read -p 'n? ' -n 1 y", /\nn\?\ncursor 3/), { press: ["z"], until: /\$ *\ncursor/ }, line("echo $y", /z\nhere\$/),
  ],
  "without echo": [line("stty -echo; read x; stty echo; echo \"<$x>\"", /\ncursor 0/), line("hidden", /<hidden>\nhere\$/)],
  "raw mode": [line("stty raw -echo; echo up; dd bs=1 count=3 2>/dev/null | od -c; stty sane", /up/), { press: ["a", "C-c", "C-z"], until: /a 003 032/ }],
  "characters of several bytes": [press("echo äöü"), press("Left", "Left", "BSpace"), key("Enter", prompt), ...cat("ö"), { press: ["aö", "BSpace", "b", "Enter"], until: /ab\nab\n/ }, key("C-d", prompt)],
  "the terminal's own editing": [...cat("x"), press("a", "C-v", "C-c", "b", "Enter"), press("a b", "C-w", "C-w", "c", "C-u", "d", "C-r", "e"), press("Enter"), key("C-c", prompt)],
  "a shell's loop is interrupted": [line("while :; do sleep 0.1; echo up; sleep 100; done", /up/), key("C-c", interrupted), line("while :; do :; done", /done\ncursor 0/), key("C-c", interrupted), line("echo $?", /130\nhere\$/)],
  "a pipeline is interrupted": [line("(echo up >&2; exec yes) | head -c 100000000000 | tail -1 >/dev/null", /up/), key("C-c", interrupted), line("echo $?", /130\nhere\$/)],
  "a job that reads in the background stops": [line(`(cat; echo rc $?) & ${untilStopped}`, stopped), line("jobs", prompt), line("fg", /\ncursor 0/), line("qq", /qq\nqq\n/), key("C-d", /rc 0/)],
  "with tostop a job that writes in the background stops": [
    line(`stty tostop; (echo told) & ${untilStopped}`, stopped), line("jobs", prompt), line("fg", /\ntold\n/), line("stty -tostop", prompt),
  ],
  "kill and wait for jobs": [line("sleep 77 & sleep 88 &", prompt), line("kill %2; wait %2; echo rc $?", /rc 143\n/), line("kill -9 %1; wait %1; echo rc $?", /rc 137\n/), line("jobs", prompt)],
  "a here-document and a loop of several lines": [line("cat <<E"), line("a$((1+2))"), line("E", /a3\nhere\$/), line("for i in 1 2; do"), line("echo $i"), line("done", /1\n2\nhere\$/)],
  "Ctrl-S holds output, Ctrl-Q lets it go": [...cat("one"), press("C-s"), press("held", "Enter"), key("C-q", /held\nheld/), key("C-c", prompt)],
  "stopped jobs hold the shell back once": [...cat("one"), key("C-z", /Stopped[^]*\$\ncursor/), line("exit", /stopped jobs[^]*\$\ncursor/), line("exit 3", /ended 3|\$\ncursor/)],
};

/** Typed one after the other; a shell that stopped jobs hold back is the last. */
const withClears = Object.values(sessions).map((acts) => [clear, ...acts]).flat();
/** Without numbers of processes, trailing blanks, and what ash says of a job only where it ends while it is waited for. */
function plain(screen: string): string {
  let lines = 0;
  const text = screen.replaceAll(/^(\[\d+\][+-]?) +\d+\b/gm, "$1 PID").replaceAll(/ *\(core dumped\) */g, "").replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/^(Terminated|Killed)\n/gm, () => (lines++, ""));
  return text.replace(/(\d+)$/, (row) => String(Number(row) - lines));
}

describe.skipIf(!canCompare)("busybox's shell, as under QEMU", () => {
  let bench: Bench;
  beforeAll(() => {
    bench = new Bench();
  }, 180_000);
  afterAll(() => bench.remove());

  test("all sessions, one after the other", async () => {
    const { ours, theirs } = bench.shell();
    expect(await alike(ours, theirs, [{ until: /\$\ncursor/ }, ...withClears], plain)).toBeUndefined();
  }, 600_000);
});

describe.skipIf(!canDraw || !existsSync("/bin/bash"))("bash, as this computer's", () => {
  const image = "deb:bash,coreutils,grep,ncurses-bin,libc-bin";
  const env = ["HISTFILE=/dev/null", "PS1=here$ ", "LC_ALL=C.UTF-8", "HOME=/tmp"];
  const ours = run("--image", image, ...env.flatMap((each) => ["-e", each]), "-w", "/tmp", "--", "bash", "--norc", "--noprofile");
  const theirs = ["env", "-i", "-C", "/tmp", "PATH=/usr/bin:/bin", "TERM=screen", ...env, "bash", "--norc", "--noprofile"];
  beforeAll(() => {
    expect(nestbox(["pull", image]).status).toBe(0);
  }, 300_000);

  const more: Act[] = [
    clear, line("sleep 500 & disown %1; jobs", prompt), line("sleep 0.2 & wait -n; echo $?", /0\nhere\$/),
    clear, line("sleep 50 | (echo up; exec sleep 50)", /up\n/), key("C-z", /Stopped/), line("jobs", prompt), line("%", /\ncursor 0/), key("C-c", interrupted), line("echo $?", /130\nhere\$/),
    clear, line("sleep 0.2; bash --norc --noprofile -c 'echo up; sleep 100; echo $?'", /up\n/), key("C-z", /Stopped/), line("fg", /fg\n.*\ncursor 0/), key("C-c", interrupted), line("echo $?", /130\nhere\$/),
    clear, line("stty intr ^X", prompt), ...cat("one"), key("C-x", /\^X\nhere\$/), line("stty intr ^C", prompt),
    clear, press("C-r"), press("one"), key("C-g"), line("echo $LINES $COLUMNS", /24 80\nhere\$/),
    clear, line("set -o notify; sleep 3 &", prompt), press("abc"), { until: /Done/ }, key("C-u"), line("set +o notify", prompt),
  ];

  test("all sessions, one after the other", async () => {
    const last = withClears.slice(-6);
    expect(await alike(ours, theirs, [{ until: /\$\ncursor/ }, ...withClears.slice(0, -6), ...more, ...last], plain)).toBeUndefined();
  }, 600_000);
});
