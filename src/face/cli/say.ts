// Words to the person: one line at a time on standard error, data on standard output.
import { writeSync } from "node:fs";
import { Failure } from "./failure.js";

/** Waits out a descriptor that somebody made non-blocking; a reader that is gone is no reason to fail. Throws Failure where data can't be written. */
function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (fd === 1 && code !== "EAGAIN" && code !== "EPIPE") throw unwritten(1, String(code));
      if (code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** What is said where standard output or error can't be written, as on a full disk. */
export function unwritten(fd: 1 | 2, code: string): Failure {
  const full = code === "ENOSPC" || code === "EDQUOT";
  return new Failure(`standard ${fd === 1 ? "output" : "error"} can't be written (${code}); ${full ? "free some space there" : "check where it leads"}`);
}

export const say = (message: string): void => write(2, `nestbox: ${message.replaceAll(/\s*\n\s*/g, " ")}\n`);
export const sayRaw = (text: string): void => write(2, text);
export const print = (text: string): void => write(1, text);
export const printJson = (value: unknown): void => print(`${JSON.stringify(value, null, 2)}\n`);
