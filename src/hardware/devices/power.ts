// The power switch: SiFive's test finisher, through which a guest ends or restarts the machine.
import type { Device, DeviceManual } from "../bus.js";

export type PowerState = "on" | "off" | "failed" | "reset";

const PASS = 0x5555, FAIL = 0x3333, RESET = 0x7777;
const hex = (value: number): string => `0x${value.toString(16)}`;

const manual: DeviceManual = {
  about: "Power switch, SiFive's test finisher.",
  registers: [{ at: 0, name: "FINISH", about: `low half: ${hex(PASS)} switches off, ${hex(FAIL)} switches off with the high half as exit code, ${hex(RESET)} restarts` }],
};

export class Power implements Device {
  readonly name = "power";
  readonly manual = manual;
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
