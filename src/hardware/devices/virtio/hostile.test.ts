// Virtio devices under a driver that does anything: rings with loops, wild indexes, addresses and lengths, registers in any order.
import { expect, test } from "vitest";
import { GuestMemory } from "../../guest-memory.js";
import { MachineMemory, RAM_PAGE } from "../../memory.js";
import { PciConfiguration, PciMemory } from "../pci.js";
import { VirtioConsole } from "./console.js";
import type { VirtioDevice } from "./device.js";
import { VirtioFs } from "./fs.js";
import { VirtioPci } from "./pci-transport.js";
import { VirtioRng } from "./rng.js";
import { Queue } from "./queue.js";

const RAM_BYTES = 64 * 4096, RAM = RAM_PAGE * 4096;
const memory = new MachineMemory(RAM_BYTES);
const guest = new GuestMemory(memory, memory);
const ram = new DataView(memory.memory.buffer, memory.firstFrame * 4096, RAM_BYTES);
const DESCRIPTORS = 0, AVAILABLE = 0x1000, USED = 0x2000, BUFFERS = 0x3000;

function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function queue(size = 8): Queue {
  new Uint8Array(ram.buffer, ram.byteOffset, RAM_BYTES).fill(0);
  return new Queue(guest, { size, enabled: true, descriptors: RAM + DESCRIPTORS, available: RAM + AVAILABLE, used: RAM + USED, taken: 0, given: 0 });
}

function describe(index: number, address: number, length: number, flags: number, next: number): void {
  ram.setBigUint64(DESCRIPTORS + index * 16, BigInt(address), true);
  ram.setUint32(DESCRIPTORS + index * 16 + 8, length, true);
  ram.setUint16(DESCRIPTORS + index * 16 + 12, flags, true);
  ram.setUint16(DESCRIPTORS + index * 16 + 14, next, true);
}

function offer(head: number, index = 1): void {
  ram.setUint16(AVAILABLE + 4, head, true);
  ram.setUint16(AVAILABLE + 2, index, true);
}

test("a request over page boundaries is pieces of frames, and its answer is in the used ring", () => {
  const requests = queue();
  describe(0, RAM + BUFFERS + 4000, 200, 1, 3);
  describe(3, RAM + BUFFERS + 8000, 300, 2, 0);
  offer(0);
  const chain = requests.next();
  expect(chain?.readable.map(({ length }) => length)).toEqual([96, 104]);
  expect(chain?.writable.map(({ length }) => length)).toEqual([192, 108]);
  if (chain !== undefined) requests.done(chain, 77);
  expect([ram.getUint16(USED + 2, true), ram.getUint32(USED + 4, true), ram.getUint32(USED + 8, true), requests.interrupt]).toEqual([1, 0, 77, true]);
  expect([requests.next(), requests.broken]).toEqual([undefined, false]);
});

const INDIRECT = 4;
test.each<[what: string, prepare: () => void]>([
  ["a loop", () => { describe(0, RAM, 4, 1, 1); describe(1, RAM, 4, 1, 0); offer(0); }],
  ["a head beyond the table", () => offer(8)],
  ["a link beyond the table", () => { describe(0, RAM, 4, 1, 9); offer(0); }],
  ["an index that jumps", () => offer(0, 100)],
  ["a buffer that is no RAM", () => { describe(0, 0x1000, 4, 0, 0); offer(0); }],
  ["a buffer that leaves RAM", () => { describe(0, RAM + RAM_BYTES - 2, 4, 2, 0); offer(0); }],
  ["an address of 64 bits", () => { describe(0, 2 ** 63, 4, 2, 0); offer(0); }],
  ["readable after writable", () => { describe(0, RAM, 4, 3, 1); describe(1, RAM, 4, 0, 0); offer(0); }],
  ["4 GiB of one page", () => { for (let i = 0; i < 8; i++) describe(i, RAM, 2 ** 32 - 1, 1, (i + 1) % 8); offer(0); }],
  ["indirect in indirect", () => { describe(0, RAM + DESCRIPTORS, 16, INDIRECT, 0); offer(0); }],
  ["an indirect table of odd length", () => { describe(0, RAM + BUFFERS, 17, INDIRECT, 0); offer(0); }],
  ["an empty indirect table", () => { describe(0, RAM + BUFFERS, 0, INDIRECT, 0); offer(0); }],
])("%s breaks the queue and nothing else", (_what, prepare) => {
  const requests = queue();
  prepare();
  expect([requests.next(), requests.broken]).toEqual([undefined, true]);
});

/** Every byte outside of the machine's RAM stays as it was: the engine's own state lies before it. */
function outside(): number {
  let sum = 0;
  for (const value of memory.u32.subarray(0, memory.firstFrame * 1024)) sum = (sum + value) >>> 0;
  for (const value of memory.u32.subarray(memory.firstFrame * 1024 + RAM_BYTES / 4, memory.firstFrame * 1024 + RAM_BYTES / 2)) sum = (sum + value) >>> 0;
  return sum;
}

const devices: Record<string, () => VirtioDevice> = {
  console: () => new VirtioConsole([{ kind: "console", transmit: () => undefined }, { kind: { stream: "a" }, transmit: () => undefined }]),
  rng: () => new VirtioRng({ fill: (into) => into.fill(1) }),
  fs: () => new VirtioFs("root", { answer: (_request, room) => new Uint8Array(Math.min(room, 100)) }),
};

test.each(Object.keys(devices))("%s: any writes to its registers and rings change only the machine's own RAM, and a reset brings it back", (name) => {
  const before = outside();
  for (let seed = 1; seed <= 150; seed++) {
    const below = random(seed);
    const transport = new VirtioPci(devices[name](), guest);
    const configuration = new PciConfiguration([transport]), window = new PciMemory([transport], 0x40000000);
    configuration.store(0x8000 + 0x10, 4, 0x40000000);
    configuration.store(0x8000 + 4, 2, 6);
    for (let i = 0; i < RAM_BYTES / 4; i += 1 + below(64)) ram.setUint32(i * 4, below(3) === 0 ? RAM + below(RAM_BYTES) : below(2 ** (1 + below(32))), true);
    const sane = (queue: number) => {
      for (const [at, value] of [[22, queue], [24, 8], [32, RAM + below(RAM_BYTES)], [40, RAM + below(RAM_BYTES)], [48, RAM + below(RAM_BYTES)], [28, 1]]) window.store(at, 4, value);
    };
    window.store(8, 4, 1);
    window.store(12, 4, 1);
    for (let i = 0; i < 40; i++) {
      if (below(3) === 0) sane(below(6));
      window.store(20, 1, [15, 15, 11, 3][below(4)]);
      const at = below(2) === 0 ? below(64) : below(0x4000);
      window.store(at, [1, 2, 4][below(3)], below(2 ** 32));
      window.load(below(0x4000), [1, 2, 4][below(3)]);
      configuration.store(0x8000 + 0x40 + below(0x80), 4, below(0x5000));
      configuration.load(0x8000 + below(0x100), 4);
      window.store(0x3000, 2, 0);
    }
    configuration.store(0x8000 + 4, 2, 6);
    configuration.store(0x8000 + 0x10, 4, 0x40000000);
    window.store(20, 1, 0);
    expect([window.load(20, 1), transport.interrupt, transport.pending]).toEqual([0, false, false]);
  }
  expect(outside()).toBe(before);
});
