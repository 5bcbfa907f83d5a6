// A host for tests: time that stands still until it is told to go on, entropy that repeats, disks and streams in memory.
import type { Host, HostDisk, HostInput, HostOutput } from "./interface.js";

const BLOCK = 4096;

export interface FakeHost extends Host {
  /** Lets time pass; timers that are due run. */
  advance(ms: number): void;
  /** Runs what waits for the event loop; whether there was anything. */
  turn(): boolean;
}

export function fakeHost(startMs = 1_700_000_000_000): FakeHost {
  let nowMs = 0;
  let random = 1;
  const soon: (() => void)[] = [];
  const timers = new Set<{ due: number; work: () => void }>();
  const host: FakeHost = {
    clock: { realtimeMs: () => startMs + nowMs, monotonicNs: () => nowMs * 1e6 },
    entropy: {
      fill(into) {
        for (let i = 0; i < into.length; i++) {
          // A linear congruential generator, with the constants of Numerical Recipes.
          random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
          into[i] = random >>> 24;
        }
      },
    },
    timer: {
      soon: (work) => void soon.push(work),
      after(ms, work) {
        const timer = { due: nowMs + ms, work };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    facts: () => ({ processor: "fake", processors: 1, architecture: "fake", memoryBytes: undefined, platform: "test", engine: "test", pid: undefined }),
    advance(ms) {
      nowMs += ms;
      for (const timer of [...timers]) {
        if (timer.due > nowMs) continue;
        timers.delete(timer);
        timer.work();
      }
    },
    turn() {
      const now = soon.splice(0);
      for (const work of now) work();
      return now.length > 0;
    },
  };
  return host;
}

/** A disk whose bytes are in memory. Counts what was read from it. */
export function memoryDisk(bytes: Uint8Array): HostDisk & { readonly requests: number } {
  let requests = 0;
  return {
    blocks: Math.ceil(bytes.length / BLOCK),
    get requests() {
      return requests;
    },
    readSync(block, count, into) {
      requests++;
      const part = bytes.subarray(block * BLOCK, (block + count) * BLOCK);
      into.set(part);
      into.fill(0, part.length, count * BLOCK);
    },
    close: () => undefined,
  };
}

/** An input that holds what is put into it. */
export function memoryInput(...chunks: Uint8Array[]): HostInput & { put(bytes: Uint8Array): void; end(): void; readonly closed: boolean } {
  const waiting = [...chunks];
  let ended = false;
  let closed = false;
  let listener: (() => void) | undefined;
  return {
    get closed() {
      return closed;
    },
    put(bytes) {
      waiting.push(bytes);
      listener?.();
    },
    end() {
      ended = true;
      listener?.();
    },
    take(most) {
      const first = waiting.shift();
      if (first === undefined) return ended ? "end" : undefined;
      if (first.length > most) waiting.unshift(first.subarray(most));
      return first.subarray(0, most);
    },
    listen: (given) => void (listener = given),
    close: () => void (closed = true),
  };
}

/** An output that keeps what it is given, at most `bound` bytes until it is emptied. */
export function memoryOutput(bound = Infinity): HostOutput & { readonly text: string; readonly ended: boolean; empty(): Uint8Array; break(): void } {
  let held: number[] = [];
  let ended = false;
  let broken = false;
  let listener: (() => void) | undefined;
  return {
    get room() {
      return Math.max(0, bound - held.length);
    },
    get broken() {
      return broken;
    },
    get ended() {
      return ended;
    },
    get text() {
      return new TextDecoder().decode(Uint8Array.from(held));
    },
    put(bytes) {
      for (const byte of bytes) held.push(byte);
    },
    empty() {
      const all = Uint8Array.from(held);
      held = [];
      listener?.();
      return all;
    },
    break() {
      broken = true;
      listener?.();
    },
    listen: (given) => void (listener = given),
    end: () => void (ended = true),
    flushed: () => Promise.resolve(),
  };
}
