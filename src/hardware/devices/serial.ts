// A 16550A serial port (National Semiconductor PC16550D), with as much of it as a console needs: no modem, any speed.
import type { Device, DeviceManual } from "../bus.js";

/** The wire that leaves the port. */
export interface SerialLine {
  transmit(byte: number): void;
}

export interface SerialState {
  interruptEnable: number;
  lineControl: number;
  modemControl: number;
  scratch: number;
  divisor: number;
  fifo: boolean;
  received: number[];
  /** Transmitter-empty interrupt not yet acknowledged. */
  emptied: boolean;
}

const RBR_THR = 0, IER = 1, IIR_FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7;
const manual: DeviceManual = {
  about: "Serial port, a 16550A: the console's line.",
  registers: [
    { at: RBR_THR, name: "RBR, THR", about: "the next byte received; a byte to send (with DLAB: divisor, low)" },
    { at: IER, name: "IER", about: "interrupt enable (with DLAB: divisor, high)" },
    { at: IIR_FCR, name: "IIR, FCR", about: "interrupt identification; FIFO control" },
    { at: LCR, name: "LCR", about: "line control; bit 7 is DLAB" },
    { at: MCR, name: "MCR", about: "modem control; bit 4 is loopback" },
    { at: LSR, name: "LSR", about: "line status: data ready, transmitter empty" },
    { at: MSR, name: "MSR", about: "modem status" },
    { at: SCR, name: "SCR", about: "scratch" },
  ],
};

const DLAB = 0x80, DATA_READY = 1, TRANSMITTER_EMPTY = 0x60;

export class Serial implements Device {
  readonly name = "serial";
  readonly manual = manual;
  private readonly line: SerialLine;
  private readonly state: SerialState;
  /** Bytes that went out on the line since power-on. */
  transmitted = 0;

  constructor(line: SerialLine, saved?: SerialState) {
    this.line = line;
    this.state = saved ?? { interruptEnable: 0, lineControl: 0, modemControl: 0, scratch: 0, divisor: 1, fifo: false, received: [], emptied: false };
  }

  save(): SerialState {
    return { ...this.state, received: [...this.state.received] };
  }

  /** A byte arrived on the line. */
  receive(byte: number): void {
    this.state.received.push(byte);
  }

  /** The byte that arrived first, for who reads past the registers. */
  take(): number | undefined {
    return this.state.received.shift();
  }

  /** Whether the interrupt line is raised. */
  get interrupt(): boolean {
    return this.pending() !== 1;
  }

  /** Interrupt identification: 4 data, 2 transmitter empty, 1 none. */
  private pending(): number {
    const { interruptEnable, received, emptied } = this.state;
    if ((interruptEnable & 1) !== 0 && received.length > 0) return 4;
    return (interruptEnable & 2) !== 0 && emptied ? 2 : 1;
  }

  load(at: number): number {
    const { state } = this;
    const latched = (state.lineControl & DLAB) !== 0;
    switch (at) {
      case RBR_THR: return latched ? state.divisor & 0xff : (this.take() ?? 0);
      case IER: return latched ? state.divisor >> 8 : state.interruptEnable;
      case IIR_FCR: {
        const pending = this.pending();
        if (pending === 2) state.emptied = false;
        return pending | (state.fifo ? 0xc0 : 0);
      }
      case LCR: return state.lineControl;
      case MCR: return state.modemControl;
      case LSR: return TRANSMITTER_EMPTY | (state.received.length > 0 ? DATA_READY : 0);
      case MSR: return 0xb0;
      case SCR: return state.scratch;
      default: return 0;
    }
  }

  store(at: number, _bytes: number, value: number): void {
    const { state } = this;
    const byte = value & 0xff;
    const latched = (state.lineControl & DLAB) !== 0;
    switch (at) {
      case RBR_THR:
        if (latched) state.divisor = (state.divisor & 0xff00) | byte;
        else this.transmit(byte);
        return;
      case IER:
        if (latched) state.divisor = (state.divisor & 0xff) | (byte << 8);
        else {
          state.emptied ||= (byte & 2) !== 0 && (state.interruptEnable & 2) === 0;
          state.interruptEnable = byte & 0xf;
        }
        return;
      case IIR_FCR:
        state.fifo = (byte & 1) !== 0;
        if ((byte & 2) !== 0) state.received.length = 0;
        return;
      case LCR: state.lineControl = byte; return;
      case MCR: state.modemControl = byte & 0x1f; return;
      case SCR: state.scratch = byte; return;
      default:
    }
  }

  private transmit(byte: number): void {
    this.state.emptied = true;
    // In loopback (MCR bit 4) the port hears itself.
    if ((this.state.modemControl & 0x10) !== 0) this.receive(byte);
    else {
      this.transmitted++;
      this.line.transmit(byte);
    }
  }
}

