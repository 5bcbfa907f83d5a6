// Statements 1 to 3 of the contract about the bare-metal system, from outside: the demo's checks, and what takes a compiler to see.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boxOf, placesOf, statements, type Ground } from "../src/face/demo/contract.js";
import { text } from "../src/face/demo/probe.js";
import { nestbox } from "../src/face/cli/testing/command.js";
import { removeImage } from "../src/sdk/images.js";
import { boot, type Box, type Machine } from "../src/sdk/index.js";

const here = import.meta.dirname;
let folder: string;
/** The default image; and one of which every byte is known, whose programs are `look` and a script. */
let machine: Machine, known: Machine;

function makeImage(): string {
  const bin = path.join(folder, "image/bin");
  mkdirSync(bin, { recursive: true });
  execFileSync("riscv64-linux-gnu-gcc", ["-O1", "-static", "-o", path.join(bin, "look"), path.join(here, "contract/look.c")]);
  writeFileSync(path.join(bin, "script"), "#!/bin/look of\n");
  chmodSync(path.join(bin, "script"), 0o755);
  return path.join(folder, "image");
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "nestbox-contract-"));
  [machine, known] = await Promise.all([boot(), boot({ image: `dir:${makeImage()}` })]);
}, 300_000);
afterAll(async () => {
  await Promise.all([machine?.stop(), known?.stop()]);
  await removeImage(`dir:${folder}/image`);
  rmSync(folder, { recursive: true });
});

const ground = (): Ground => ({
  machine,
  async another(options, use) {
    const other = await boot(options);
    try {
      return await use(other);
    } finally {
      await other.stop();
    }
  },
});

describe.each(statements)("$says", ({ checks }) => {
  test.each(checks)("$what", async ({ run }) => {
    const { holds, seen } = await run(ground());
    expect(holds, seen).toBe(true);
  });
});

test("the demo's probe is what its source says", () => {
  const [object, binary] = ["probe.o", "probe.bin"].map((name) => path.join(folder, name));
  execFileSync("riscv64-linux-gnu-as", ["-march=rv64g", "-o", object, path.join(here, "../src/face/demo/probe.S")]);
  execFileSync("riscv64-linux-gnu-objcopy", ["-O", "binary", "-j", ".text", object, binary]);
  expect(Buffer.from(text)).toEqual(readFileSync(binary));
});

// ---- 1

test("the command tells the same devices as the programs", async () => {
  const box = JSON.parse(nestbox(["layers", "--json"]).stdout) as Box;
  const board = boxOf(box, ({ kind }) => kind === "board");
  expect(board?.emulated).toBe(true);
  expect(box.emulated).toBe(false);
  const devices = board?.inner.filter(({ kind }) => kind === "device").map(({ name }) => name);
  expect(devices).toEqual(["hart 0", "memory", "disk", "power", "rtc", "serial"]);
  const { stdout } = await machine.run("cat", ["/proc/iomem"]);
  expect([...stdout.matchAll(/(\w+)@/g)].map(([, name]) => name)).toEqual(["power", "rtc", "serial"]);
});

test("the clock of the board tells this computer's time, and the kernel's time comes from it", async () => {
  const { stdout } = await machine.run("sh", ["-c", "cat /sys/class/rtc/rtc0/since_epoch; date +%s; hwclock -u >/dev/null && echo read"]);
  const [board, kernel, read] = stdout.split("\n");
  expect(Math.abs(Number(board) - Date.now() / 1000)).toBeLessThan(60);
  expect(Math.abs(Number(kernel) - Number(board))).toBeLessThan(60);
  expect(read).toBe("read");
});

test("what is written to the console leaves through the serial port", async () => {
  const sent = async (): Promise<number> => parseInt(boxOf(await machine.inspect(), ({ name }) => name === "serial")?.facts.find(([name]) => name === "sent")?.[1] ?? "", 10);
  const before = await sent();
  await machine.run("sh", ["-c", "printf 123456789 > /dev/console"]);
  expect(await sent() - before).toBe(9);
});

// ---- 2

const requests = async (): Promise<number> => Number((await known.readFile("/sys/block/vda/stat", "utf8")).trim().split(/\s+/)[0]);

test("executing a program reads the disk, and again it does not", async () => {
  const before = await requests();
  expect((await known.run("/bin/look", ["a"])).stdout).toBe("/bin/look\na\n");
  const once = await requests();
  expect(once).toBeGreaterThan(before);
  await known.run("/bin/look", ["b"]);
  expect(await requests()).toBe(once);
});

test("a #! script is executed by its interpreter, with the words Linux gives it", async () => {
  expect((await known.run("/bin/script", ["x"])).stdout).toBe("/bin/look\nof\n/bin/script\nx\n");
});

test("the program's file is mapped into its process, and its bytes are the image's and the disk's", async () => {
  const file = readFileSync(path.join(folder, "image/bin/look"));
  expect((await known.run("/bin/look", ["cat", "/proc/self/maps"])).stdout).toMatch(/^[0-9a-f]+-[0-9a-f]+ r-xp 00000000 \S+ \d+ +\/bin\/look\n/);
  const bytes = async (name: string): Promise<Buffer> => Buffer.from((await known.run("/bin/look", ["cat", name], { encoding: "bytes" })).stdout);
  const hash = (of: Uint8Array): string => createHash("sha256").update(of).digest("hex");
  expect(hash(await bytes("/bin/look"))).toBe(hash(file));
  expect((await bytes("/dev/vda")).includes(file.subarray(0, 4096 * Math.floor(file.length / 4096)))).toBe(true);
});

// ---- 3

test("no address of the board is anything to a process, at any width, mapped or not; the devices do not notice", async () => {
  const addresses = (await placesOf(machine)).flatMap((place) => place.addresses);
  const { stdout } = await known.run("/bin/look", ["poke", ...addresses], { timeoutMs: 30_000 });
  expect(stdout.trim().split("\n")).toEqual(addresses.map((address) => `${address.replace(/^0+/, "")}: 8 of 8 refused; mapped: zeros`));
  // A store of 0x5555 to the power switch's register would have ended it.
  expect((await known.run("/bin/look")).code).toBe(0);
});
