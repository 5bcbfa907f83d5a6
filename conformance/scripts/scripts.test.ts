// Scripts of Debian's bash, coreutils, findutils, grep, sed, gawk, tar, gzip, xz and procps print what they print on real Linux, byte for byte.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { program } from "../../src/face/cli/testing/command.js";
import { IMAGE, masked } from "./image.js";

const names = readdirSync(join(import.meta.dirname, "expected")).map((name) => name.replace(/\.txt$/, ""));
/** The recording's heading says how it was made. */
const HEADING = /^(#.*\n)*/;

async function output(name: string): Promise<string> {
  // Not the first process: as on Linux, where init is another.
  const script = `bash /s/${name}.sh; echo "exit $?"`;
  const { stdout } = await promisify(execFile)(process.execPath, [program, "run", "--image", IMAGE, "-v", `${import.meta.dirname}:/s:ro`, "--", "bash", "-c", script],
    { encoding: "latin1", maxBuffer: 16 << 20 });
  return masked(stdout);
}

describe("on the bare-metal system", () => {
  test.each(names)("%s", { timeout: 100_000 }, async (name) => {
    const expected = readFileSync(join(import.meta.dirname, "expected", `${name}.txt`), "latin1").replace(HEADING, "");
    expect((await output(name)).trimEnd()).toBe(expected.trimEnd());
  });
});
