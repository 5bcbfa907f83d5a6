// The first line of a script, as Linux fs/binfmt_script.c reads it.
import { expect, test } from "vitest";
import { ENOEXEC } from "../../abi/errno.js";
import { parseScript } from "./exec.js";

test.each([
  ["#!/bin/sh\necho", "/bin/sh", undefined],
  ["#! /bin/sh\n", "/bin/sh", undefined],
  ["#!\t /bin/sh -e  -u \t\n", "/bin/sh", "-e  -u"],
  ["#!/bin/sh", "/bin/sh", undefined],
  [`#!/bin/sh ${"x".repeat(300)}`.slice(0, 256), "/bin/sh", "x".repeat(246)],
])("%j", (head, interpreter, argument) => {
  expect(parseScript(head)).toEqual({ interpreter, argument });
});

test("what is no script, and what is a bad one", () => {
  expect(parseScript("\x7fELF")).toBeUndefined();
  expect(parseScript("")).toBeUndefined();
  expect(parseScript("#!\n/bin/sh")).toBe(ENOEXEC);
  expect(parseScript("#!  \t \n")).toBe(ENOEXEC);
  expect(parseScript(`#!/${"x".repeat(300)}`.slice(0, 256))).toBe(ENOEXEC);
});
