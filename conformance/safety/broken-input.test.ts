// Broken executables and hostile system calls, a short run of each; the scripts beside this file run for as long as one likes.
import { expect, test } from "vitest";
import { fuzzCalls, type As } from "./fuzz-calls.js";
import { fuzzElf } from "./fuzz-elf.js";

const kinds: As[] = ["nobody", "root", "wild"];
const seed = Number(process.env["FUZZ_SEED"] ?? 1);

test.each(kinds)("random calls of %s neither stop the machine nor find a fault of the kernel", async (as) => {
  expect(await fuzzCalls(seed, as, { children: 12, calls: 120 })).toEqual([]);
}, 120_000);

test("broken executables and scripts end with an error or a signal, and nothing else happens", async () => {
  const { wrong, ends } = await fuzzElf(seed, 200);
  expect(wrong).toEqual([]);
  expect(ends).toMatch(/error ENOEXEC: \d/);
}, 120_000);
