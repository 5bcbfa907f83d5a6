// The conformance programs on nestbox, against what real Linux printed (expected/), and under qemu-riscv64 where that can judge.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boot, type Machine } from "../../src/sdk/index.js";
import { compilePrograms, programNames, PROGRAMS } from "../linux/programs.js";
import { JUDGED_BY_QEMU_USER, runInQemuUser } from "./qemu-user.js";

let directory: string;
let machine: Machine;

beforeAll(async () => {
  directory = await compilePrograms();
  machine = await boot({ mounts: [{ host: directory, guest: "/t", readOnly: true }] });
}, 300_000);
afterAll(() => machine.stop());

/** What was recorded, without the lines that say how. */
const expected = (name: string): string => readFileSync(join(PROGRAMS, "expected", `${name}.txt`), "latin1").replace(/^(# .*\n)+/, "");

describe("as on real Linux", () => {
  test.each(programNames())("%s", { timeout: 120_000 }, async (name) => {
    const { stdout, stderr } = await machine.run("/t/under", [`/t/${name}`], { timeoutMs: 100_000 });
    expect(stdout + stderr).toBe(expected(name));
  });
});

test.each(JUDGED_BY_QEMU_USER)("qemu-riscv64 agrees with the recording of %s", { timeout: 120_000 }, async (name) => {
  expect(await runInQemuUser(join(directory, name))).toBe(expected(name));
});
