// A virtio console with several ports (virtio 1.2, section 5.3): terminals as /dev/hvc0 on, and byte streams as /dev/vport0p1 on.
import type { VirtioDevice } from "./device.js";
import { gather, type Queue, scatter } from "./queue.js";

export interface ConsolePort {
  /** A terminal, or a stream of bytes with a name that the guest sees in sysfs. */
  readonly kind: "console" | { readonly stream: string };
  /** The guest wrote. */
  transmit(bytes: Uint8Array): void;
  /** The guest opened or closed it. */
  opened?(open: boolean): void;
}

export interface VirtioConsoleState {
  /** By port: bytes for the guest that it has not taken yet. */
  received: number[][];
  /** Whether the guest has the port open. */
  open: boolean[];
  /** Whether the outside has. */
  connected: boolean[];
  columns: number;
  rows: number;
  /** Control messages that the guest has not taken yet. */
  messages: number[][];
}

const F_SIZE = 1, F_MULTIPORT = 2;
const CONTROL_RECEIVE = 2, CONTROL_TRANSMIT = 3;
const DEVICE_READY = 0, DEVICE_ADD = 1, PORT_READY = 3, CONSOLE_PORT = 4, RESIZE = 5, PORT_OPEN = 6, PORT_NAME = 7;
const MOST_MESSAGES = 1024;

/** Queues of a port: the first has 0 and 1, then follow the control queues. */
const receiveQueue = (port: number) => (port === 0 ? 0 : 2 + 2 * port);
const transmitQueue = (port: number) => receiveQueue(port) + 1;
const half = (value: number) => [value & 0xff, (value >> 8) & 0xff];

export class VirtioConsole implements VirtioDevice {
  readonly name = "console";
  readonly type = 3;
  readonly pciClass = 0x078000;
  readonly features = F_SIZE | F_MULTIPORT;
  readonly queueSizes: readonly number[];
  private readonly ports: readonly ConsolePort[];
  private readonly state: VirtioConsoleState;

  constructor(ports: readonly ConsolePort[], saved?: VirtioConsoleState) {
    this.ports = ports;
    this.queueSizes = [64, 64, 64, 64, ...ports.slice(1).flatMap(() => [64, 64])];
    this.state = saved ?? { received: ports.map(() => []), open: ports.map(() => false), connected: ports.map(() => true), columns: 80, rows: 24, messages: [] };
  }

  save(): VirtioConsoleState {
    const { state } = this;
    return { ...state, received: state.received.map((bytes) => [...bytes]), open: [...state.open], connected: [...state.connected], messages: state.messages.map((bytes) => [...bytes]) };
  }

  config(): Uint8Array {
    const { columns, rows } = this.state;
    return Uint8Array.from([...half(columns), ...half(rows), ...half(this.ports.length), 0, 0, 0, 0, 0, 0]);
  }

  reset(): void {
    this.state.messages.length = 0;
    this.state.open.fill(false);
  }

  /** Bytes for the guest. The transport has to serve then. */
  receive(port: number, bytes: Iterable<number>): void {
    const queue = this.state.received[port];
    for (const byte of bytes) queue.push(byte);
  }

  /** How many bytes the guest has not taken yet: whoever sends can wait. */
  waiting(port: number): number {
    return this.state.received[port].length;
  }

  isOpen(port: number): boolean {
    return this.state.open[port];
  }

  resize(port: number, columns: number, rows: number): void {
    [this.state.columns, this.state.rows] = [columns, rows];
    this.tell(port, RESIZE, 0, [...half(columns), ...half(rows)]);
  }

  /** The outside closes its end, or opens it again. */
  connect(port: number, connected: boolean): void {
    this.state.connected[port] = connected;
    this.tell(port, PORT_OPEN, connected ? 1 : 0);
  }

  private tell(port: number, event: number, value: number, more: readonly number[] = []): void {
    // A guest that asks and never listens is not answered for ever.
    if (this.state.messages.length < MOST_MESSAGES) this.state.messages.push([...half(port), 0, 0, ...half(event), ...half(value), ...more]);
  }

  serve(queues: readonly Queue[]): void {
    this.hear(queues[CONTROL_TRANSMIT]);
    for (let port = 0; port < this.ports.length; port++) this.transmit(port, queues[transmitQueue(port)]);
    this.deliver(queues[CONTROL_RECEIVE], this.state.messages);
    for (let port = 0; port < this.ports.length; port++) this.fill(queues[receiveQueue(port)], this.state.received[port]);
  }

  private transmit(port: number, queue: Queue): void {
    for (let chain = queue.next(); chain !== undefined; chain = queue.next()) {
      this.ports[port].transmit(gather(chain.readable));
      queue.done(chain, 0);
    }
  }

  private hear(queue: Queue): void {
    for (let chain = queue.next(); chain !== undefined; chain = queue.next()) {
      const bytes = gather(chain.readable);
      if (bytes.length >= 8) this.control(bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24), bytes[4] | (bytes[5] << 8), bytes[6] | (bytes[7] << 8));
      queue.done(chain, 0);
    }
  }

  private control(port: number, event: number, value: number): void {
    if (event === DEVICE_READY && value === 1) for (let each = 0; each < this.ports.length; each++) this.tell(each, DEVICE_ADD, 0);
    if (port < 0 || port >= this.ports.length) return;
    if (event === PORT_READY && value === 1) this.introduce(port);
    if (event === PORT_OPEN) {
      this.state.open[port] = value === 1;
      this.ports[port].opened?.(value === 1);
    }
  }

  private introduce(port: number): void {
    const { kind } = this.ports[port];
    if (kind === "console") {
      this.tell(port, CONSOLE_PORT, 1);
      this.tell(port, RESIZE, 0, [...half(this.state.columns), ...half(this.state.rows)]);
    } else this.tell(port, PORT_NAME, 1, Array.from(kind.stream, (each) => each.charCodeAt(0) & 0xff));
    if (this.state.connected[port]) this.tell(port, PORT_OPEN, 1);
  }

  /** One message for each buffer. */
  private deliver(queue: Queue, messages: number[][]): void {
    while (messages.length > 0) {
      const chain = queue.next();
      if (chain === undefined) return;
      queue.done(chain, scatter(Uint8Array.from(messages.shift() ?? []), chain.writable));
    }
  }

  private fill(queue: Queue, bytes: number[]): void {
    while (bytes.length > 0) {
      const chain = queue.next();
      if (chain === undefined) return;
      const count = scatter(Uint8Array.from(bytes.slice(0, 65536)), chain.writable);
      bytes.splice(0, count);
      queue.done(chain, count);
    }
  }
}
