// The line discipline against what a real Linux terminal did with the same bytes (conformance/tty/record.py).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EAGAIN, errnoByNumber } from "../../abi/errno.js";
import { type Termios } from "../../abi/termios.js";
import { BufferSink } from "../io.js";
import { LineDiscipline } from "./line-discipline.js";
import type { Terminal } from "./terminal.js";

type Mode = Omit<Termios, "cc" | "line"> & { cc: number[] };
type Failure = { errno: number };
type Step =
  | ["input" | "write", string, number | Failure]
  | ["read", number, string | Failure]
  | ["output", string] | ["signals", number[]] | ["inq", number] | ["mode", Mode];

const recorded = JSON.parse(readFileSync(new URL("recorded/line-discipline.json", import.meta.url), "utf8")) as { cases: { name: string; mode: Mode; steps: Step[] }[] };

const termios = (mode: Mode): Termios => ({ ...mode, line: 0, cc: Uint8Array.from(mode.cc) });

/** A pty's slave whose master has room for everything. */
class Bench implements Terminal {
  termios: Termios;
  stopped = false;
  stoppedByProgram = false;
  seen: number[] = [];
  sent: number[] = [];
  waiting = new Uint8Array(0);
  readonly discipline: LineDiscipline;

  constructor(mode: Mode) {
    this.termios = termios(mode);
    this.discipline = new LineDiscipline(this);
  }

  get outputRoom(): number { return this.stopped ? 0 : 65536; }
  stop(): void { this.stopped = true; }
  start(): void { this.stopped = false; }
  output(bytes: Uint8Array): void { this.seen.push(...bytes); }
  flushOutput(): void { this.seen = []; }
  inputFlushed(): void {}
  signal(signal: number): void { if (!this.sent.includes(signal)) this.sent.push(signal); }
  inputArrived(): void {}

  type(bytes: Uint8Array): void {
    const all = new Uint8Array([...this.waiting, ...bytes]);
    this.waiting = all.subarray(this.discipline.receive(all));
  }

  step(step: Step): Step {
    switch (step[0]) {
      case "input": {
        const bytes = Buffer.from(step[1], "hex");
        this.type(bytes);
        return ["input", step[1], bytes.length];
      }
      case "write": {
        this.discipline.output.processEchoes();
        const done = this.discipline.output.write(Buffer.from(step[1], "hex"));
        return ["write", step[1], done > 0 ? done : { errno: EAGAIN.number }];
      }
      case "output": {
        const seen = Buffer.from(this.seen).toString("hex");
        this.seen = [];
        return ["output", seen];
      }
      case "signals":
        return ["signals", this.sent.splice(0).sort((a, b) => a - b)];
      case "inq":
        return ["inq", this.discipline.readableBytes];
      case "mode": {
        const before = this.termios;
        this.termios = termios(step[1]);
        this.discipline.termiosChanged(before);
        return step;
      }
      case "read": {
        if (!this.discipline.available()) return ["read", step[1], { errno: EAGAIN.number }];
        const sink = new BufferSink(new Uint8Array(step[1]));
        this.discipline.read(sink);
        this.type(new Uint8Array(0));
        return ["read", step[1], Buffer.from(sink.bytes.subarray(0, sink.filled)).toString("hex")];
      }
    }
  }
}

const plain = (step: Step): unknown => step.map((part) => (typeof part === "object" && "errno" in part ? errnoByNumber(part.errno)?.name : part));

for (const { name, mode, steps } of recorded.cases) {
  test(`like Linux: ${name}`, () => {
    const bench = new Bench(mode);
    expect(steps.map((step) => plain(bench.step(step)))).toEqual(steps.map(plain));
  });
}
