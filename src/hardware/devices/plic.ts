// SiFive's platform-level interrupt controller (RISC-V PLIC specification 1.0.0): which line interrupts which hart, one after the other.
import type { Device } from "../bus.js";

/** What raises a line: it stays raised until the device has been served. */
export interface InterruptSource {
  readonly interrupt: boolean;
}

export interface PlicState {
  /** By line. */
  priority: number[];
  /** Lines that a hart has claimed and not completed. */
  claimed: boolean[];
  /** By context: a bit for each line, in words of 32. */
  enable: number[][];
  threshold: number[];
}

/** Lines, number 0 is none. */
export const PLIC_LINES = 96;
const MAX_PRIORITY = 7;
const WORDS = Math.ceil((PLIC_LINES + 1) / 32);
const PENDING = 0x1000, ENABLE = 0x2000, ENABLE_STRIDE = 0x80, CONTEXT = 0x200000, CONTEXT_STRIDE = 0x1000;
const THRESHOLD = 0, CLAIM = 4;

export class Plic implements Device {
  readonly name = "plic";
  private readonly sources: ReadonlyMap<number, InterruptSource>;
  private readonly state: PlicState;

  /** `sources` by line; `contexts`: as QEMU's virt, two for each hart, M-mode's and S-mode's. */
  constructor(sources: ReadonlyMap<number, InterruptSource>, contexts: number, saved?: PlicState) {
    this.sources = sources;
    this.state = saved ?? {
      priority: Array.from({ length: PLIC_LINES + 1 }, () => 0),
      claimed: Array.from({ length: PLIC_LINES + 1 }, () => false),
      enable: Array.from({ length: contexts }, () => Array.from({ length: WORDS }, () => 0)),
      threshold: Array.from({ length: contexts }, () => 0),
    };
  }

  save(): PlicState {
    return copyOf(this.state);
  }

  /** Whether the context's external interrupt is raised. */
  raised(context: number): boolean {
    return this.highest(context, this.state.threshold[context]) !== 0;
  }

  private pending(line: number): boolean {
    return !this.state.claimed[line] && (this.sources.get(line)?.interrupt ?? false);
  }

  /** The pending line with the highest priority above `threshold`; of equals the lowest. 0: none. */
  private highest(context: number, threshold: number): number {
    const { priority, enable } = this.state;
    let best = 0, bestPriority = threshold;
    for (const line of this.sources.keys()) {
      if (((enable[context][line >> 5] >>> (line & 31)) & 1) === 0 || !this.pending(line)) continue;
      if (priority[line] > bestPriority || (priority[line] === bestPriority && best !== 0 && line < best)) [best, bestPriority] = [line, priority[line]];
    }
    return best;
  }

  /** A claim disregards the threshold (specification chapter 9). */
  private claim(context: number): number {
    const line = this.highest(context, 0);
    if (line !== 0) this.state.claimed[line] = true;
    return line;
  }

  private complete(context: number, line: number): void {
    if (line < this.state.claimed.length && ((this.state.enable[context][line >> 5] >>> (line & 31)) & 1) !== 0) this.state.claimed[line] = false;
  }

  load(at: number, bytes: number): number {
    const { state } = this;
    if (bytes !== 4 || (at & 3) !== 0) return 0;
    if (at < PENDING) return state.priority[at / 4] ?? 0;
    if (at < ENABLE) return this.pendingWord((at - PENDING) / 4);
    if (at < CONTEXT) return state.enable[Math.floor((at - ENABLE) / ENABLE_STRIDE)]?.[((at - ENABLE) % ENABLE_STRIDE) / 4] ?? 0;
    const context = Math.floor((at - CONTEXT) / CONTEXT_STRIDE), register = (at - CONTEXT) % CONTEXT_STRIDE;
    if (context >= state.threshold.length) return 0;
    return register === THRESHOLD ? state.threshold[context] : register === CLAIM ? this.claim(context) : 0;
  }

  private pendingWord(word: number): number {
    let bits = 0;
    for (const line of this.sources.keys()) if (line >> 5 === word && this.pending(line)) bits |= 1 << (line & 31);
    return bits >>> 0;
  }

  store(at: number, bytes: number, value: number): void {
    const { state } = this;
    if (bytes !== 4 || (at & 3) !== 0) return;
    if (at < PENDING) {
      if (at / 4 > 0 && at / 4 <= PLIC_LINES) state.priority[at / 4] = value & MAX_PRIORITY;
    } else if (at >= ENABLE && at < CONTEXT) {
      const words = state.enable[Math.floor((at - ENABLE) / ENABLE_STRIDE)], word = ((at - ENABLE) % ENABLE_STRIDE) / 4;
      if (words !== undefined && word < WORDS) words[word] = value >>> 0;
    } else if (at >= CONTEXT) {
      const context = Math.floor((at - CONTEXT) / CONTEXT_STRIDE), register = (at - CONTEXT) % CONTEXT_STRIDE;
      if (context >= state.threshold.length) return;
      if (register === THRESHOLD) state.threshold[context] = value & MAX_PRIORITY;
      else if (register === CLAIM) this.complete(context, value);
    }
  }
}

const copyOf = ({ priority, claimed, enable, threshold }: PlicState): PlicState => ({
  priority: [...priority], claimed: [...claimed], enable: enable.map((words) => [...words]), threshold: [...threshold],
});
