// Signals that were sent and not yet delivered (Linux: struct sigpending), each with its siginfo.
import { SIGRTMIN } from "../../abi/signal.js";
import type { Siginfo } from "../../abi/siginfo.js";
import { savable } from "../save.js";

/** Bit n-1 stands for signal n. */
export const signalBit = (signal: number): bigint => bits[signal] ?? 0n;

const bits: readonly bigint[] = Array.from({ length: 65 }, (_, signal) => (signal === 0 ? 0n : 1n << BigInt(signal - 1)));

/** Faults come before everything else (Linux: SYNCHRONOUS_MASK): ILL, TRAP, BUS, FPE, SEGV, SYS. */
const synchronous: readonly number[] = [4, 5, 7, 8, 11, 31];

export class SignalQueue {
  /** Set of pending signals. */
  set = 0n;
  private entries: Siginfo[] = [];

  /** A standard signal that is pending already is dropped; real-time signals queue up. False if it was dropped. */
  add(info: Siginfo): boolean {
    const bit = signalBit(info.signo);
    if (info.signo < SIGRTMIN && (this.set & bit) !== 0n) return false;
    this.set |= bit;
    this.entries.push(info);
    return true;
  }

  /** Marks a signal as pending without siginfo (Linux does so where the queue is full). */
  mark(signal: number): void {
    if ((this.set & signalBit(signal)) === 0n) this.add({ kind: "kill", signo: signal, code: 0, pid: 0, uid: 0 });
  }

  has(signal: number): boolean {
    return (this.set & signalBit(signal)) !== 0n;
  }

  get length(): number {
    return this.entries.length;
  }

  /** The lowest pending signal that is not in `blocked`, faults first; 0 if there is none. */
  first(blocked: bigint): number {
    const ready = this.set & ~blocked;
    if (ready === 0n) return 0;
    for (const signal of synchronous) if ((ready & signalBit(signal)) !== 0n) return signal;
    for (let signal = 1; signal <= 64; signal++) if ((ready & signalBit(signal)) !== 0n) return signal;
    return 0;
  }

  /** Takes the oldest entry of the first signal that is not in `blocked`. */
  take(blocked: bigint): Siginfo | undefined {
    const signal = this.first(blocked);
    if (signal === 0) return undefined;
    const at = this.entries.findIndex((info) => info.signo === signal);
    const [info] = this.entries.splice(at, 1);
    if (!this.entries.some((other) => other.signo === signal)) this.set &= ~signalBit(signal);
    return info;
  }

  /** Forgets all entries of the signals in `mask`. */
  discard(mask: bigint): void {
    if ((this.set & mask) === 0n) return;
    this.set &= ~mask;
    this.entries = this.entries.filter((info) => (mask & signalBit(info.signo)) === 0n);
  }
}

savable(SignalQueue);
