// Words to the person: one line at a time on standard error, data on standard output.
import { writeSync } from "node:fs";

/** Waits out a descriptor that somebody made non-blocking; a reader that is gone is no reason to fail. */
function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

export const say = (message: string): void => write(2, `nestbox: ${message.replaceAll(/\s*\n\s*/g, " ")}\n`);
export const sayRaw = (text: string): void => write(2, text);
export const print = (text: string): void => write(1, text);
export const printJson = (value: unknown): void => print(`${JSON.stringify(value, null, 2)}\n`);
