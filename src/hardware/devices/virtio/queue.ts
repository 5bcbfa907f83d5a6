// A split virtqueue as its device sees it (virtio 1.2, section 2.7). Every address, index and length in it is the guest's, and hostile.
import type { GuestMemory, Unreachable } from "../../guest-memory.js";

export interface QueueState {
  size: number;
  enabled: boolean;
  /** Guest-physical addresses of descriptor table, available and used ring. */
  descriptors: number;
  available: number;
  used: number;
  /** Next entry to take, and to give back; both wrap at 2^16. */
  taken: number;
  given: number;
}

/** Buffers of one request: pieces of frames, first those that the device reads, then those that it fills. */
export interface Chain {
  readonly head: number;
  readonly readable: Uint8Array[];
  readonly writable: Uint8Array[];
}

const NEXT = 1, WRITE = 2, INDIRECT = 4;
const NO_INTERRUPT = 1;
const DESCRIPTOR_BYTES = 16;
/** A request beyond this is refused: descriptors may overlap, so that RAM does not bound what they add up to. */
const MOST_BYTES = 2 << 20;

interface Descriptor {
  address: number;
  length: number;
  flags: number;
  next: number;
}

/** What was wrong with the ring; the device stops until the driver resets it. */
type Failure = Unreachable | "malformed";

export function freshQueue(size: number): QueueState {
  return { size, enabled: false, descriptors: 0, available: 0, used: 0, taken: 0, given: 0 };
}

export class Queue {
  readonly state: QueueState;
  private readonly memory: GuestMemory;
  /** The guest broke the rules. */
  broken = false;
  /** A frame was not there: to be served again when it is. */
  pending = false;
  /** A request was given back and the driver wants to hear of it. */
  interrupt = false;

  constructor(memory: GuestMemory, state: QueueState) {
    this.memory = memory;
    this.state = state;
  }

  /** The next request, or undefined where there is none, or none that can be served now. */
  next(): Chain | undefined {
    if (!this.state.enabled || this.broken) return undefined;
    const chain = this.take();
    if (typeof chain !== "string") {
      if (chain !== undefined) this.state.taken = (this.state.taken + 1) & 0xffff;
      return chain;
    }
    if (chain === "pending") this.pending = true;
    else this.broken = true;
    return undefined;
  }

  private take(): Chain | Failure | undefined {
    const { size, available, taken, used, given } = this.state;
    const index = this.memory.read(available + 2, 2);
    if (typeof index === "string") return index;
    const ready = (index - taken) & 0xffff;
    if (ready === 0) return undefined;
    if (ready > size) return "malformed";
    const head = this.memory.read(available + 4 + 2 * (taken % size), 2);
    if (typeof head === "string") return head;
    // The answer's place must be there too, so that nothing fails behind the effects.
    const place: Uint8Array[] = [];
    return this.memory.collect(used + 4 + 8 * (given % size), 8, true, place) ?? this.memory.collect(used, 4, true, place) ?? this.walk(head);
  }

  private walk(head: number): Chain | Failure {
    const chain: Chain = { head, readable: [], writable: [] };
    let table = this.state.descriptors, entries = this.state.size, at = head, bytes = 0, indirect = false;
    for (let links = 0; links < this.state.size; links++) {
      if (at >= entries) return "malformed";
      const descriptor = this.descriptor(table + at * DESCRIPTOR_BYTES);
      if (typeof descriptor === "string") return descriptor;
      const { address, length, flags, next } = descriptor;
      if ((flags & INDIRECT) !== 0) {
        if (indirect || (flags & NEXT) !== 0 || length === 0 || length % DESCRIPTOR_BYTES !== 0) return "malformed";
        [table, entries, at, indirect] = [address, length / DESCRIPTOR_BYTES, 0, true];
        continue;
      }
      const write = (flags & WRITE) !== 0;
      bytes += length;
      if ((!write && chain.writable.length > 0) || bytes > MOST_BYTES) return "malformed";
      const failure = this.memory.collect(address, length, write, write ? chain.writable : chain.readable);
      if (failure !== undefined) return failure;
      if ((flags & NEXT) === 0) return chain;
      at = next;
    }
    return "malformed";
  }

  private descriptor(at: number): Descriptor | Unreachable {
    const address = this.memory.read(at, 8), length = this.memory.read(at + 8, 4), flags = this.memory.read(at + 12, 2), next = this.memory.read(at + 14, 2);
    if (typeof address === "string") return address;
    if (typeof length === "string") return length;
    if (typeof flags === "string") return flags;
    return typeof next === "string" ? next : { address, length, flags, next };
  }

  /** Gives a request back, with so many bytes written into its writable buffers. */
  done({ head }: Chain, written: number): void {
    const { state, memory } = this;
    const entry = state.used + 4 + 8 * (state.given % state.size);
    memory.write(entry, 4, head);
    memory.write(entry + 4, 4, written);
    state.given = (state.given + 1) & 0xffff;
    memory.write(state.used + 2, 2, state.given);
    const flags = memory.read(state.available, 2);
    if (typeof flags === "string" || (flags & NO_INTERRUPT) === 0) this.interrupt = true;
  }
}

export const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0);

/** A copy of all the bytes. */
export function gather(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Fills the pieces with as many of the bytes as fit; how many that were. */
export function scatter(bytes: Uint8Array, pieces: readonly Uint8Array[]): number {
  let at = 0;
  for (const piece of pieces) {
    const part = bytes.subarray(at, at + piece.length);
    piece.set(part);
    at += part.length;
  }
  return at;
}
