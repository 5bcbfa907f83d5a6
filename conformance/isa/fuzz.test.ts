// The short run of the fuzzer, and proof that it would find something.
import { expect, test } from "vitest";
import { hasQemu, HartEngine, runQemu } from "./engines.js";
import { faults } from "./faults.js";
import { firstDifference, fuzz, generate, type Hits } from "./fuzz.js";
import { assemble } from "./program.js";
import { Random } from "./random.js";

const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Date.now() / 1000));

test.skipIf(!hasQemu())(`every instruction does what QEMU does with it (FUZZ_SEED=${seed})`, () => {
  const { hits, difference } = fuzz({ seed, hits: 30, batch: 150 });
  expect(difference).toBeUndefined();
  expect(Math.min(...hits.values())).toBeGreaterThanOrEqual(30);
});

test.skipIf(!hasQemu())("each of ten planted faults is found", { timeout: 120_000 }, () => {
  const none: Hits = new Map();
  const program = assemble(generate(new Random(5), none, 1, 1200));
  const expected = runQemu(program);
  expect(firstDifference(program, expected, new HartEngine(() => 10000).run(program))).toBeUndefined();
  const unnoticed = faults.filter(({ operations, decoder }) => {
    const engine = new HartEngine(() => 10000, operations);
    if (decoder !== undefined) engine.hart.code.decoder = decoder;
    return firstDifference(program, expected, engine.run(program)) === undefined;
  });
  expect(unnoticed.map(({ name }) => name)).toEqual([]);
});
