// The order of versions, recorded from `dpkg --compare-versions A lt B` (dpkg 1.21.22).

import { expect, test } from "vitest";
import { compareVersions, satisfies } from "./debian-version.js";

const ASCENDING: [string, string][] = [
  ["1.0", "1.1"], ["1.9", "1.10"], ["1.0~rc1", "1.0"], ["1.0~~", "1.0~"], ["1.0", "1.0a"], ["1.0a", "1.0+"], ["1.0-1", "1.0-2"], ["1.0-1", "1.0-1+b1"],
  ["1.0-1+b9", "1.0-1+b10"], ["2.0", "1:1.0"], ["1.0-1~deb12u1", "1.0-1"], ["1.0", "1.0.0"], ["5.2.37-2", "5.2.37-2+b10"], ["1.2.3", "1.2.3-1"], ["1.0z", "1.0.z"],
  ["6.0", "6.0+20240101"], ["2.41-12+deb13u1", "2.41-12+deb13u4"], ["1.0-1.1", "1.0-1.2"], ["0", "00000001"], ["1:0.9", "2:0.1"],
];

test.each(ASCENDING)("%s comes before %s", (low, high) => {
  expect(compareVersions(low, high)).toBeLessThan(0);
  expect(compareVersions(high, low)).toBeGreaterThan(0);
});

test.each([["1.0", "1.0"], ["0:1.0", "1.0"], ["1.0", "1.00"], ["1.0-0", "1.0"], ["1.001", "1.1"]])("%s is as new as %s", (one, other) => {
  expect(compareVersions(one, other)).toBe(0);
});

test("relations hold as deb-control(5) says", () => {
  expect((["<<", "<=", "=", ">=", ">>"] as const).map((relation) => satisfies("2.0", relation, "2.0"))).toEqual([false, true, true, true, false]);
  expect((["<<", "<=", "=", ">=", ">>"] as const).map((relation) => satisfies("1.0", relation, "2.0"))).toEqual([true, true, false, false, false]);
});
