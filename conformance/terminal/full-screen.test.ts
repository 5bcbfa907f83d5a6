// Programs that draw on the whole screen: vi, less, more and top of busybox. Under QEMU the same files draw on a real Linux terminal.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Bench, canCompare, canDraw, run } from "./testing/oracle.js";
import { alike, Screen, type Act } from "./testing/screen.js";

const press = (...keys: string[]): Act => ({ press: keys });
const resize = (columns: number, rows: number): Act => ({ resize: [columns, rows] });
const lines = Array.from({ length: 200 }, (_, i) => `line ${i} ${"x".repeat(i % 90)}\n`).join("");

describe.skipIf(!canCompare)("as on Linux", () => {
  let bench: Bench;
  beforeAll(() => {
    bench = new Bench();
  }, 180_000);
  afterAll(() => bench.remove());

  test("vi pages, searches, edits, undoes, follows the window's size, writes and quits", async () => {
    bench.write("f", lines);
    const { ours, theirs } = bench.script((applet) => `${applet}vi f; echo END; sleep 100`);
    expect(await alike(ours, theirs, [
      { until: /line 22/ }, press("C-f"), press("C-f"), press("C-b"), press("C-d"), press("G"), press("1G"),
      press("i", "hello world", "Enter", "second"), press("Escape"), press("dd"), press("u"), press("p"), press("/", "line 50", "Enter"), press("n"),
      resize(100, 30), press("j", "j"), resize(60, 15), press("C-f"), press("o", "abc\tdef", "Escape"), press("$"), press(":%s/x/Y/g", "Enter"),
      press(":w", "Enter"), press("10G", "x", "x"), press(":q", "Enter"), { press: [":q!", "Enter"], until: /END/ },
    ])).toBeUndefined();
    const written = readFileSync(path.join(bench.ours, "f"), "utf8");
    expect(written).toContain("hello world");
    expect(written).toBe(readFileSync(path.join(bench.theirs, "f"), "utf8"));
  }, 300_000);

  test("vi makes a new file", async () => {
    const { ours, theirs } = bench.script((applet) => `${applet}vi new; cat new; sleep 100`);
    expect(await alike(ours, theirs, [
      { until: /- new/ }, press("i", "abc", "Enter", "def", "BSpace", "Left", "Up", "Home", "X", "End", "Y", "Escape"), press("C-l"), press("C-g"),
      { press: ["ZZ"], until: /XabcY\nde/ },
    ])).toBeUndefined();
  }, 120_000);

  test("less and more turn pages and end", async () => {
    bench.write("f", lines);
    const less = bench.script((applet) => `${applet}less f; echo END; sleep 100`);
    expect(await alike(less.ours, less.theirs, [
      { until: /line 20/ }, press("Space"), press("Enter"), press("b"), press("G"), press("g"), press("/", "line 77", "Enter"), press("n"), resize(100, 30), press("Space"),
      { press: ["q"], until: /END/ },
    ])).toBeUndefined();
    const more = bench.script((applet) => `${applet}more f; echo END; sleep 100`);
    expect(await alike(more.ours, more.theirs, [{ until: /line 20/ }, press("Space"), press("Enter"), press("Space"), { press: ["q"], until: /END/ }])).toBeUndefined();
  }, 120_000);

  test("vi that was suspended draws itself again", async () => {
    bench.write("f", lines);
    const { ours, theirs } = bench.shell();
    const sides = [
      { command: [...ours.slice(0, 4), "-v", `${bench.ours}:/w`, ...ours.slice(4)], directory: "/w", vi: "vi" },
      { command: theirs, directory: bench.theirs, vi: `qemu-riscv64 ${bench.busybox} vi` },
    ];
    const seen: string[] = [];
    for (const { command, directory, vi } of sides) {
      const screen = new Screen(command);
      try {
        await screen.shows(/\$\ncursor/);
        await screen.press(`cd ${directory}; clear`, "Enter");
        await screen.shows(/^here\$\ncursor/);
        await screen.press(`${vi} f`, "Enter");
        await screen.shows(/line 22/);
        await screen.press("C-f", "x");
        await screen.shows(/^ine 2/m);
        await screen.press("C-z");
        await screen.shows(/Stopped[^]*\$\ncursor/);
        await screen.press("clear; jobs", "Enter");
        await screen.shows(/^\[1\][^\n]*Stopped[^]*vi f\nhere\$/);
        await screen.press("fg", "Enter");
        seen.push(await screen.shows(/^ine 2[^]*line 43/m));
        await screen.press(":q!", "Enter");
        await screen.shows(/\$\ncursor/);
      } finally {
        screen.close();
      }
    }
    expect(seen[0]).toBe(seen[1]);
  }, 120_000);
});

test.skipIf(!canDraw)("top draws the machine's processes, again and again, in every size of the window, and ends with q", async () => {
  const screen = new Screen(run("-e", "PS1=here$ ", "--", "sh"));
  try {
    await screen.shows(/\$\ncursor/);
    await screen.press("sleep 1000 & top -d 1", "Enter");
    const form = (columns: number): RegExp => new RegExp(
      "^Mem: \\d+K used, \\d+K free, \\d+K shrd, \\d+K buff, .*\\nCPU: +\\d+% usr +\\d+% sys .*\\nLoad average: \\d+\\.\\d\\d \\d+\\.\\d\\d \\d+\\.\\d\\d \\d+/\\d+ \\d+\\n"
      + ` {2}PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND(?:\\n.{1,${columns}}){3}\\ncursor 0 `);
    const first = await screen.shows(form(80));
    for (const command of [/^ +\d+ +\d+ root +S .* sh$/m, /^ +\d+ +\d+ root +S .* sleep 1000$/m, /^ +\d+ +\d+ root +R .* top -d 1$/m]) expect(first).toMatch(command);
    await screen.resize(60, 12);
    const second = await screen.shows(/^Mem: .{50,55}\nCPU/);
    expect(second.split("\n").every((line) => line.length <= 60)).toBe(true);
    // Load rises by itself, so another screen is another moment.
    await screen.press("q");
    await screen.shows(/\nhere\$\ncursor/);
    await screen.press("clear; stty -a | grep -o '[-]*icanon [-]*iexten [-]*echo'", "Enter");
    await screen.shows(/^icanon iexten echo\n/);
  } finally {
    screen.close();
  }
}, 120_000);
