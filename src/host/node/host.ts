// The host on Node: clocks, entropy, timers and what it tells about the computer. Everything that costs start-up time is loaded when first asked for.
import { openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";
import type { Host, HostEntropy, HostFacts } from "../interface.js";

const load = createRequire(import.meta.url);

/** The kernel's own generator where there is one: loading node:crypto costs 5 ms. */
function entropy(): HostEntropy {
  let device: number | undefined;
  let opened = false;
  const open = (): void => {
    opened = true;
    try {
      device = process.platform === "linux" ? openSync("/dev/urandom", "r") : undefined;
    } catch {
      // A sandbox without /dev: node:crypto asks the kernel by getrandom(2).
    }
  };
  return {
    fill(into) {
      if (!opened) open();
      if (device === undefined || !readWhole(device, into)) (load("node:crypto") as typeof import("node:crypto")).randomFillSync(into);
    },
  };
}

function readWhole(device: number, into: Uint8Array): boolean {
  try {
    for (let at = 0; at < into.length;) {
      const got = readSync(device, into, at, into.length - at, null);
      if (got === 0) return false;
      at += got;
    }
    return true;
  } catch {
    return false;
  }
}

function processorName(): string {
  try {
    const named = /^(?:model name|Model|cpu model|uarch)\s*:\s*(.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
    if (named !== undefined) return named.trim();
  } catch {
    // Not Linux.
  }
  return cpus()[0]?.model.trim() || arch();
}

function facts(): HostFacts {
  return {
    processor: processorName(),
    processors: availableParallelism(),
    architecture: arch(),
    memoryBytes: totalmem(),
    platform: `${type()} ${release()}`,
    engine: `Node ${process.versions.node} (V8 ${process.versions.v8})`,
    pid: process.pid,
  };
}

export function nodeHost(): Host {
  return {
    clock: {
      realtimeMs: () => performance.timeOrigin + performance.now(),
      monotonicNs: () => performance.now() * 1e6,
    },
    entropy: entropy(),
    timer: {
      soon: (work) => void setImmediate(work),
      after(ms, work) {
        const timer = setTimeout(work, Math.min(ms, 0x7fffffff));
        return () => clearTimeout(timer);
      },
    },
    facts,
  };
}

