// The real-time clock: Goldfish's registers (Linux drivers/rtc/rtc-goldfish.c), nanoseconds since 1970 in two halves.
import type { Device, DeviceManual } from "../bus.js";

/** What keeps the time. */
export interface TimeKeeper {
  realtimeNs(): bigint;
}

const TIME_LOW = 0, TIME_HIGH = 4;

const manual: DeviceManual = {
  about: "Real-time clock, Goldfish's: nanoseconds since 1970.",
  registers: [
    { at: TIME_LOW, name: "TIME_LOW", about: "low half; reading it holds the high half" },
    { at: TIME_HIGH, name: "TIME_HIGH", about: "high half, as it was when the low one was read" },
  ],
};

export class RealTimeClock implements Device {
  readonly name = "rtc";
  readonly manual = manual;
  private readonly keeper: TimeKeeper;
  /** Reading the low half holds the high half for the next read. */
  private held = 0n;

  constructor(keeper: TimeKeeper) {
    this.keeper = keeper;
  }

  load(at: number): number {
    if (at === TIME_LOW) {
      this.held = this.keeper.realtimeNs();
      return Number(this.held & 0xffffffffn);
    }
    return at === TIME_HIGH ? Number(this.held >> 32n) : 0;
  }

  store(): void {
    // Setting the clock and its alarm are not implemented: writes have no effect.
  }
}
