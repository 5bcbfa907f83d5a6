// The real-time clock: Goldfish's registers (Linux drivers/rtc/rtc-goldfish.c), nanoseconds since 1970 in two halves.
import type { Device } from "../bus.js";

/** What keeps the time. */
export interface TimeKeeper {
  realtimeNs(): bigint;
}

const TIME_LOW = 0, TIME_HIGH = 4;

export class RealTimeClock implements Device {
  readonly name = "rtc";
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
