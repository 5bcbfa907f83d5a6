// A program that eats memory, processes, descriptors or time harms itself alone: each takes what it can get, while a neighbour in the same machine answers.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Process } from "../../src/sdk/index.js";
import { compile } from "./compile.js";
import { Neighbourhood } from "./neighbour.js";

/** The machine is small, so that its limits are reached soon. */
const MEMORY = 256 << 20;
/** What this process may take beside the machine's memory, with the test's own tools in it. */
const AROUND = 700 << 20;
/** Who has not got enough by then is stopped. */
const LONG_ENOUGH_MS = 1500;

let near: Neighbourhood;
beforeAll(async () => {
  near = await Neighbourhood.boot({ memory: MEMORY, pidsLimit: 300 });
  await near.machine.mkdir("/t");
  await near.machine.writeFile("/t/bombs", compile("bombs"), { mode: 0o755 });
}, 120_000);
afterAll(() => near.stop());

/** Bytes that are free, and that the kernel's own objects take. */
async function memory(): Promise<{ free: number; objects: number }> {
  const text = await near.machine.readFile("/proc/meminfo", "utf8");
  const bytes = (row: string): number => Number(new RegExp(`${row}: *(\\d+)`).exec(text)?.[1]) * 1024;
  return { free: bytes("MemFree"), objects: bytes("Slab") };
}

/** How it ended: what it said, or the signal; undefined: it was still at it when it was stopped. */
async function explode(kind: string): Promise<string | undefined> {
  const bomb = await near.machine.spawn("/t/bombs", [kind]);
  const said = firstOutput(bomb);
  const killed = bomb.wait().then(({ signal }) => signal ?? undefined);
  const ended = await Promise.race([said, killed, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), LONG_ENOUGH_MS))]);
  await near.alive();
  // All that it made is in its process group; where there is no room for one task more, the end of the first makes it.
  bomb.kill("SIGKILL");
  await bomb.wait();
  for (let attempt = 0; attempt < 50; attempt++) {
    const tidied = await near.run("sh", ["-c", `kill -9 -${bomb.pid} 2>/dev/null; rm -rf /tmp/* /root/f*`]).catch(() => undefined);
    if (tidied?.code === 0) return ended;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("nothing can be started any more");
}

async function firstOutput(process: Process): Promise<string> {
  const { value } = await process.stdout.getReader().read();
  return value === undefined ? new Promise<string>(() => undefined) : new TextDecoder().decode(value);
}

test.each([
  // Memory of its own: the kernel's out-of-memory killer ends it, and nobody else.
  ["touch", /SIGKILL/], ["tables", /SIGKILL/],
  // What the kernel holds for it: it is told that there is no more.
  ["tmpfile_page", /: [1-9]\d+, then (ENOSPC|ENOMEM)/], ["memfd", /: [1-9]\d+, then (ENOMEM|ENOSPC)/], ["pipes", /SIGKILL|ENFILE/], ["small_sockets", /ENFILE/], ["eventfds", /ENFILE/], ["listing", /ENFILE|ENOMEM/],
  ["attributes", /ENOSPC/], ["long_links", /ENOSPC/], ["timers", /EAGAIN/], ["signals", /EAGAIN/], ["maps", /ENOMEM/],
  ["forks", /EAGAIN/], ["zombies", /EAGAIN/], ["threads", /EAGAIN/], ["argument_list", /./],
])("%s", async (kind, end) => {
  const before = await memory();
  const ended = await explode(kind);
  if (ended !== undefined) expect(ended).toMatch(end);
  expect(ended ?? "").not.toMatch(/: 0, then/);
  const after = await memory();
  expect(after.free).toBeGreaterThan(before.free - (8 << 20));
  expect(after.objects).toBeLessThan(before.objects + (64 << 10));
  expect(near.bugs).toEqual([]);
});

test.each(["spin", "spin_in_calls", "vfork_bomb", "spread_missing", "watches", "locks", "ptys", "sleepers", "often", "in_flight"])("%s", async (kind) => {
  expect(await explode(kind) ?? "").not.toMatch(/: \d{0,2}, then/);
  expect(near.bugs).toEqual([]);
});

test("the log tells who was killed for want of memory", () => {
  expect(near.log).toMatch(/Out of memory: Killed process \d+ \(bombs\) total-vm:\d+kB/);
  expect(near.log).not.toMatch(/Killed process \d+ \((cat|sh)\)/);
});

test("this process has stayed small", () => {
  expect(process.memoryUsage().rss).toBeLessThan(MEMORY + AROUND);
});

test("a fork bomb reaches the limit of tasks, its neighbour answers, and the machine can be stopped", async () => {
  const own = await Neighbourhood.boot({ memory: MEMORY, pidsLimit: 500 });
  const bomb = await own.machine.spawn("sh", ["-c", ":() { : | : & }; while true; do :; done"]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  for (let i = 0; i < 3; i++) await own.alive();
  expect(own.bugs).toEqual([]);
  bomb.kill("SIGKILL");
  await own.stop();
});

test("a tree of directories is as deep as there is room, and stands in nobody's way", async () => {
  const own = await Neighbourhood.boot({ memory: MEMORY });
  await own.machine.writeFile("/bombs", compile("bombs"), { mode: 0o755 });
  const bomb = await own.machine.spawn("/bombs", ["deep"]);
  expect(await firstOutput(bomb)).toMatch(/deep: \d{4,}, then ENOSPC/);
  expect((await own.run("sh", ["-c", "ls /tmp; find /tmp -maxdepth 3 | wc -l"], { timeoutMs: 20_000 })).stdout).toBe("d\n4\n");
  bomb.kill("SIGKILL");
  expect(own.bugs).toEqual([]);
  await own.stop();
});

test("a flood of output is cut at its limit, and a slow reader does not make it pile up", async () => {
  const { truncated, stdout } = await near.run("yes", [], { maxOutputBytes: 100_000 });
  expect([truncated, stdout.length]).toEqual([true, 100_000]);
  const flood = await near.machine.spawn("yes");
  const reader = flood.stdout.getReader();
  await reader.read();
  const before = process.memoryUsage().rss;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  flood.kill("SIGKILL");
  await near.alive();
});

test("an endless loop ends at its time limit", async () => {
  expect(await near.run("sh", ["-c", "while :; do :; done"], { timeoutMs: 300 })).toMatchObject({ signal: "SIGKILL", timedOut: true });
});
