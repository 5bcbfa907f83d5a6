// Virtio over PCI (virtio 1.2, section 4.1): the modern layout without MSI-X, interrupts by INTA.
import type { GuestMemory } from "../../guest-memory.js";
import type { PciFunction } from "../pci.js";
import type { VirtioDevice } from "./device.js";
import { freshQueue, Queue, type QueueState } from "./queue.js";

export interface VirtioPciState {
  command: number;
  base: number;
  interruptLine: number;
  /** Pending interrupts: 1 of a queue, 2 of the configuration. */
  isr: number;
  status: number;
  deviceFeatureSelect: number;
  driverFeatureSelect: number;
  driverFeatures: [number, number];
  queueSelect: number;
  generation: number;
  queues: QueueState[];
  /** The capability by which configuration space reaches the memory region. */
  window: { offset: number; length: number };
}

const VENDOR = 0x1af4, MODERN = 0x1040;
const MEMORY_BYTES = 0x4000;
/** Parts of the memory region, a page each. */
const COMMON = 0x0000, ISR = 0x1000, DEVICE = 0x2000, NOTIFY = 0x3000;
const COMMAND_MEMORY = 2, COMMAND_INTX_OFF = 0x400, COMMAND_WRITABLE = 0x406;
const STATUS_CAPABILITIES = 0x10, STATUS_INTERRUPT = 8;
const FEATURES_OK = 8, DRIVER_OK = 4, NEEDS_RESET = 64;
const INDIRECT_DESCRIPTORS = 1 << 28, VERSION_1 = 1;
const NO_VECTOR = 0xffff;
/** {capability type, offset in the memory region, length}: common, notify, interrupt status, device, access from configuration space. */
const CAPABILITIES = [[1, COMMON, 0x38], [2, NOTIFY, 0x1000], [3, ISR, 1], [4, DEVICE, 0x1000], [5, 0, 0]] as const;
const FIRST_CAPABILITY = 0x40, CAPABILITY_STRIDE = 0x18;
const WINDOW = FIRST_CAPABILITY + 4 * CAPABILITY_STRIDE;

export class VirtioPci implements PciFunction {
  readonly memoryBytes = MEMORY_BYTES;
  readonly device: VirtioDevice;
  private readonly memory: GuestMemory;
  private readonly state: VirtioPciState;
  private queues: Queue[];

  constructor(device: VirtioDevice, memory: GuestMemory, saved?: VirtioPciState) {
    this.device = device;
    this.memory = memory;
    this.state = saved ?? {
      command: 0, base: 0, interruptLine: 0, isr: 0, status: 0, deviceFeatureSelect: 0, driverFeatureSelect: 0, driverFeatures: [0, 0], queueSelect: 0,
      generation: 0, queues: device.queueSizes.map(freshQueue), window: { offset: 0, length: 0 },
    };
    this.queues = this.state.queues.map((queue) => new Queue(memory, queue));
  }

  save(): VirtioPciState {
    const { state } = this;
    return { ...state, driverFeatures: [...state.driverFeatures], queues: state.queues.map((queue) => ({ ...queue })), window: { ...state.window } };
  }

  get base(): number | undefined {
    return (this.state.command & COMMAND_MEMORY) !== 0 ? this.state.base : undefined;
  }

  get interrupt(): boolean {
    return this.state.isr !== 0 && (this.state.command & COMMAND_INTX_OFF) === 0;
  }

  /** Whether a request waits for a frame: serve again. */
  get pending(): boolean {
    return this.queues.some(({ pending }) => pending);
  }

  /** The device serves its queues; for notifications, and for the outside when it has something for the guest. */
  serve(): void {
    const { state } = this;
    if ((state.status & DRIVER_OK) === 0 || (state.status & NEEDS_RESET) !== 0) return;
    for (const queue of this.queues) queue.pending = false;
    this.device.serve(this.queues);
    for (const queue of this.queues) {
      if (queue.interrupt) state.isr |= 1;
      queue.interrupt = false;
    }
    if (this.queues.some(({ broken }) => broken)) {
      state.status |= NEEDS_RESET;
      state.isr |= 2;
    }
  }

  /** The device's configuration changed. */
  changed(): void {
    this.state.generation = (this.state.generation + 1) & 0xff;
    if ((this.state.status & DRIVER_OK) !== 0) this.state.isr |= 2;
  }

  private reset(): void {
    const { state } = this;
    Object.assign(state, { isr: 0, status: 0, deviceFeatureSelect: 0, driverFeatureSelect: 0, driverFeatures: [0, 0], queueSelect: 0, queues: this.device.queueSizes.map(freshQueue) });
    this.queues = state.queues.map((queue) => new Queue(this.memory, queue));
    this.device.reset();
  }

  configLoad(at: number, bytes: number): number {
    if (bytes === 8 || at % bytes !== 0) return 0;
    const word = this.configWord(at & ~3, bytes, at & 3);
    return bytes === 4 ? word >>> 0 : (word >>> (8 * (at & 3))) & (2 ** (8 * bytes) - 1);
  }

  private configWord(at: number, bytes: number, offset: number): number {
    const { state, device } = this;
    switch (at) {
      case 0x00: return VENDOR | ((MODERN + device.type) << 16);
      case 0x04: return state.command | ((STATUS_CAPABILITIES | (state.isr !== 0 ? STATUS_INTERRUPT : 0)) << 16);
      case 0x08: return (device.pciClass << 8) | 1;
      case 0x10: return state.base;
      case 0x2c: return VENDOR | ((MODERN + device.type) << 16);
      case 0x34: return FIRST_CAPABILITY;
      // INTA.
      case 0x3c: return state.interruptLine | (1 << 8);
      default: return this.capabilityWord(at, bytes, offset);
    }
  }

  private capabilityWord(at: number, bytes: number, offset: number): number {
    const index = Math.floor((at - FIRST_CAPABILITY) / CAPABILITY_STRIDE), word = (at - FIRST_CAPABILITY) % CAPABILITY_STRIDE;
    if (at < FIRST_CAPABILITY || index >= CAPABILITIES.length) return 0;
    const [type, start, length] = CAPABILITIES[index];
    const next = index + 1 < CAPABILITIES.length ? FIRST_CAPABILITY + (index + 1) * CAPABILITY_STRIDE : 0;
    const { window } = this.state;
    switch (word) {
      // Vendor specific; the length of the capability; memory region 0.
      case 0: return 9 | (next << 8) | ((type === 2 || type === 5 ? 20 : 16) << 16) | (type << 24);
      case 8: return type === 5 ? window.offset : start;
      case 12: return type === 5 ? window.length : length;
      // Of notifications the stride from queue to queue; of the window its data.
      case 16: return type === 2 ? 4 : type === 5 ? this.load(window.offset + offset, bytes) << (8 * offset) : 0;
      default: return 0;
    }
  }

  configStore(at: number, bytes: number, value: number): void {
    const { state } = this;
    if (at === 0x04) state.command = value & COMMAND_WRITABLE;
    // Sizing: all ones come back but for the bits that the region's size takes.
    else if (at === 0x10 && bytes === 4) state.base = (value & ~(MEMORY_BYTES - 1)) >>> 0;
    else if (at === 0x3c) state.interruptLine = value & 0xff;
    else if (at === WINDOW + 8 && bytes === 4) state.window.offset = value >>> 0;
    else if (at === WINDOW + 12 && bytes === 4) state.window.length = value >>> 0;
    else if (at >= WINDOW + 16 && at < WINDOW + 20) this.store(state.window.offset + (at & 3), bytes, value);
  }

  load(at: number, bytes: number): number {
    if (at < ISR) return this.commonLoad(at);
    if (at === ISR) {
      const { isr } = this.state;
      this.state.isr = 0;
      return isr;
    }
    if (at < DEVICE || at >= NOTIFY) return 0;
    const config = this.device.config();
    let value = 0;
    for (let i = 0; i < Math.min(bytes, 4); i++) value += (config[at - DEVICE + i] ?? 0) * 2 ** (8 * i);
    return value;
  }

  private commonLoad(at: number): number {
    const { state, device } = this;
    const queue = state.queues.at(state.queueSelect < state.queues.length ? state.queueSelect : state.queues.length);
    switch (at) {
      case 0: return state.deviceFeatureSelect;
      case 4: return this.deviceFeatures(state.deviceFeatureSelect);
      case 8: return state.driverFeatureSelect;
      case 12: return state.driverFeatures[state.driverFeatureSelect] ?? 0;
      case 16: return NO_VECTOR;
      case 18: return state.queues.length;
      case 20: return state.status;
      case 21: return state.generation;
      case 22: return state.queueSelect;
      case 24: return queue === undefined ? 0 : queue.enabled ? queue.size : Math.min(queue.size, device.queueSizes[state.queueSelect]);
      case 26: return NO_VECTOR;
      case 28: return queue?.enabled === true ? 1 : 0;
      case 30: return state.queueSelect;
      default: return queue === undefined ? 0 : addressPart(queue, at);
    }
  }

  private deviceFeatures(word: number): number {
    return word === 0 ? (this.device.features | INDIRECT_DESCRIPTORS) >>> 0 : word === 1 ? VERSION_1 : 0;
  }

  store(at: number, bytes: number, value: number): void {
    if (at < ISR) this.commonStore(at, value >>> 0);
    else if (at >= NOTIFY && at < MEMORY_BYTES && bytes <= 4) this.serve();
  }

  private commonStore(at: number, value: number): void {
    const { state } = this;
    switch (at) {
      case 0: state.deviceFeatureSelect = value; return;
      case 8: state.driverFeatureSelect = value; return;
      case 12: if (state.driverFeatureSelect < 2) state.driverFeatures[state.driverFeatureSelect] = value; return;
      case 20: return this.setStatus(value & 0xff);
      case 22: state.queueSelect = value & 0xffff; return;
      default: if (state.queueSelect < state.queues.length) this.queueStore(state.queues[state.queueSelect], at, value);
    }
  }

  private setStatus(value: number): void {
    const { state } = this;
    if (value === 0) return this.reset();
    const agreed = [0, 1].every((word) => (state.driverFeatures[word] & ~this.deviceFeatures(word)) === 0) && (state.driverFeatures[1] & VERSION_1) !== 0;
    state.status = (value & ~(NEEDS_RESET | (agreed ? 0 : FEATURES_OK))) | (state.status & NEEDS_RESET);
    this.serve();
  }

  private queueStore(queue: QueueState, at: number, value: number): void {
    // An enabled queue stays as it is until the device is reset.
    if (queue.enabled) return;
    const size = value & 0xffff;
    if (at === 24) {
      if (size !== 0 && (size & (size - 1)) === 0 && size <= this.device.queueSizes[this.state.queueSelect]) queue.size = size;
    } else if (at === 28) queue.enabled = size === 1;
    else setAddressPart(queue, at, value);
  }
}

const ADDRESSES = ["descriptors", "available", "used"] as const;

/** A half of one of the ring's addresses, from offset 32 on. */
function addressPart(queue: QueueState, at: number): number {
  const name = ADDRESSES[Math.floor((at - 32) / 8)];
  return name === undefined ? 0 : at % 8 === 0 ? queue[name] % 2 ** 32 : at % 8 === 4 ? Math.floor(queue[name] / 2 ** 32) : 0;
}

function setAddressPart(queue: QueueState, at: number, value: number): void {
  const name = at < 32 ? undefined : ADDRESSES[Math.floor((at - 32) / 8)];
  if (name === undefined) return;
  const low = queue[name] % 2 ** 32, high = Math.floor(queue[name] / 2 ** 32);
  if (at % 8 === 0) queue[name] = high * 2 ** 32 + value;
  else if (at % 8 === 4) queue[name] = value * 2 ** 32 + low;
}
