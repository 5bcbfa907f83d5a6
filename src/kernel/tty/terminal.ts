// What a line discipline needs of the terminal that it works on.
import type { Termios } from "../../abi/termios.js";

export interface Terminal {
  termios: Termios;
  /** Output is held back: by the STOP character or by tcflow(3). */
  readonly stopped: boolean;
  /** Held back by tcflow(3): input does not let it go on (Linux: flow.tco_stopped). */
  readonly stoppedByProgram: boolean;
  stop(): void;
  start(): void;
  /** Bytes of output that fit now; 0 while it is stopped. */
  readonly outputRoom: number;
  /** Takes at most `outputRoom` bytes; keeps no reference to them. */
  output(bytes: Uint8Array): void;
  /** Throws away output that nobody has seen yet, and says so to a packet-mode master. */
  flushOutput(): void;
  /** A signal character has thrown away what was typed; a packet-mode master is told. */
  inputFlushed(): void;
  /** INTR, QUIT and SUSP: to the foreground process group. */
  signal(signal: number): void;
  /** Input that a reader may take has come. */
  inputArrived(): void;
}
