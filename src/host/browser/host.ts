// The host in a browser: its clocks, its entropy and what it tells about itself.
import type { Host, HostDisk, HostFacts, HostWorker } from "../interface.js";

const ENTROPY_AT_ONCE = 65536;
const BLOCK = 4096;

function facts(): HostFacts {
  const { hardwareConcurrency, userAgent } = navigator;
  return {
    processor: "the computer's processor", processors: hardwareConcurrency, architecture: "unknown to a page", memoryBytes: undefined,
    platform: "a browser's tab", engine: userAgent, pid: undefined,
  };
}

export function browserHost(): Host {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  // Unlike setTimeout, messages are not held back for 4 ms.
  channel.port1.onmessage = () => waiting.shift()?.();
  return {
    clock: { realtimeMs: () => performance.timeOrigin + performance.now(), monotonicNs: () => performance.now() * 1e6 },
    entropy: {
      fill(into) {
        for (let at = 0; at < into.length; at += ENTROPY_AT_ONCE) {
          const part = new Uint8Array(Math.min(ENTROPY_AT_ONCE, into.length - at));
          into.set(crypto.getRandomValues(part), at);
        }
      },
    },
    timer: {
      soon(work) {
        waiting.push(work);
        channel.port2.postMessage(undefined);
      },
      after(ms, work) {
        const timer = setTimeout(work, Math.min(ms, 0x7fffffff));
        return () => clearTimeout(timer);
      },
    },
    facts,
  };
}

/** A disk whose bytes were fetched. */
export function memoryDisk(bytes: Uint8Array): HostDisk {
  return {
    blocks: Math.ceil(bytes.length / BLOCK),
    readSync(block, count, into) {
      const part = bytes.subarray(block * BLOCK, (block + count) * BLOCK);
      into.set(part);
      into.fill(0, part.length, count * BLOCK);
    },
    close: () => undefined,
  };
}

/** Rejects with a plain Error that names the address and what is wrong. */
export async function fetchBytes(address: string): Promise<Uint8Array> {
  const reply = await fetch(address).catch((error: unknown) => {
    throw new Error(`${address} can't be fetched: ${String(error)}`);
  });
  if (!reply.ok) throw new Error(`${address} can't be fetched: the server answers ${reply.status}`);
  return new Uint8Array(await reply.arrayBuffer());
}

/** A thread of the page that speaks messages. */
export function startWorker(url: URL | string): HostWorker {
  const worker = new Worker(url, { type: "module" });
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    listen(message, failed) {
      worker.onmessage = ({ data }) => message(data);
      worker.onerror = (event) => failed(new Error(event.message || "it could not be loaded"));
      worker.onmessageerror = () => failed(new Error("a message could not be read"));
    },
    hold: () => undefined,
    terminate() {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

/** The messages of the thread that runs this. */
export function ownMessages(receive: (message: unknown) => void): (message: unknown, transfer?: readonly ArrayBuffer[]) => void {
  self.addEventListener("message", ({ data }) => receive(data));
  return (message, transfer = []) => self.postMessage(message, { transfer: [...transfer] });
}
