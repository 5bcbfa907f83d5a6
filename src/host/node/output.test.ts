// What happens between a program that writes and a reader that is slow, gone or a file.
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openOutput } from "./output.js";

let directory = "";
let fifo = "";

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "nestbox-output-"));
  fifo = path.join(directory, "fifo");
  execFileSync("mkfifo", [fifo]);
});

afterEach(() => rmSync(directory, { recursive: true }));

const pipe = (): { reader: number; writer: number } => {
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(fifo, constants.O_WRONLY) };
};

test("a reader that stands still takes the room away, and gives it back when it reads", async () => {
  const { reader, writer } = pipe();
  const output = openOutput(writer);
  const before = output.room;
  const bytes = new Uint8Array(200 * 1024).map((_, i) => i % 251);
  output.put(bytes);
  expect(output.room).toBeLessThan(before);
  let grown = false;
  output.listen(() => (grown = true));
  output.end();

  let ended = false;
  const flushed = output.flushed().then(() => (ended = true));
  const got: number[] = [];
  const buffer = new Uint8Array(8192);
  closeSync(writer);
  while (got.length < bytes.length) {
    try {
      got.push(...buffer.subarray(0, readSync(reader, buffer)));
    } catch {
      // Empty now: the writer's turn.
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await flushed;
  expect(Uint8Array.from(got)).toEqual(bytes);
  expect({ grown, ended }).toEqual({ grown: true, ended: true });
  closeSync(reader);
});

test("a reader that went away breaks the output, and nothing waits for it", async () => {
  const { reader, writer } = pipe();
  const output = openOutput(writer);
  closeSync(reader);
  expect(output.broken).toBe(false);
  output.put(new Uint8Array(10));
  expect(output.broken).toBe(true);
  await output.flushed();
  closeSync(writer);
});

test("a reader that goes away while bytes wait for it breaks the output", async () => {
  const { reader, writer } = pipe();
  const output = openOutput(writer);
  output.put(new Uint8Array(200 * 1024));
  const told = new Promise<void>((resolve) => output.listen(() => output.broken && resolve()));
  closeSync(reader);
  await told;
  await output.flushed();
  closeSync(writer);
});

test("a file takes everything at once, after what stands there", async () => {
  const file = path.join(directory, "file");
  const fd = openSync(file, "w");
  const output = openOutput(fd);
  output.put(new TextEncoder().encode("one "));
  output.put(new TextEncoder().encode("two"));
  output.end();
  await output.flushed();
  closeSync(fd);
  expect(readFileSync(file, "utf8")).toBe("one two");
});
