// The power switch: SiFive's test finisher, through which a guest ends or restarts the machine.
import type { Device } from "../bus.js";

export type PowerState = "on" | "off" | "failed" | "reset";

const PASS = 0x5555, FAIL = 0x3333, RESET = 0x7777;

export class Power implements Device {
  readonly name = "power";
  state: PowerState = "on";
  /** Exit code that came with "failed". */
  code = 0;

  load(): number {
    return 0;
  }

  store(_at: number, _bytes: number, value: number): void {
    const what = value & 0xffff;
    this.code = value >>> 16;
    if (what === PASS) this.state = "off";
    else if (what === FAIL) this.state = "failed";
    else if (what === RESET) this.state = "reset";
  }
}
