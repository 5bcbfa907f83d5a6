// The real-time clock of the board: Goldfish's registers (Linux drivers/rtc/rtc-goldfish.c) behind /dev/rtc0 (rtc(4)).
import { EAGAIN, EINVAL, ENXIO, type Errno } from "../../abi/errno.js";
import { RTC_RD_TIME } from "../../abi/ioctl.js";
import type { DeviceDriver, PlatformDevice } from "../devices.js";
import type { Kernel } from "../kernel.js";
import { savable } from "../save.js";
import type { Sink } from "../io.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Timestamp } from "../vfs/inode.js";
import { WaitQueue, waitFor } from "../wait.js";
import { wired } from "../wires.js";
import { statusFlags } from "./status-flags.js";

/** Linux gives it the first free number, from 254 downwards. */
export const RTC_MAJOR = 254;

const TIME_LOW = 0, TIME_HIGH = 4;

/** Only what a kernel's state is needed for: its devices. */
type Owner = Pick<Kernel, "platform">;

export const clockDevice = ({ platform }: Owner): PlatformDevice | undefined => platform.find(({ device }) => device.name === "rtc");

/** Reads the clock; reading the low half holds the high one. */
export function readClock(kernel: Owner): Timestamp | undefined {
  const rtc = clockDevice(kernel)?.device;
  if (rtc === undefined) return undefined;
  const low = rtc.load(TIME_LOW, 4);
  const ns = (BigInt(rtc.load(TIME_HIGH, 4) >>> 0) << 32n) | BigInt(low >>> 0);
  return { sec: Number(ns / 1_000_000_000n), nsec: Number(ns % 1_000_000_000n) };
}

/** struct rtc_time: as struct tm, in UTC; the clock does not know about summer time. */
export interface CalendarTime {
  readonly sec: number;
  readonly min: number;
  readonly hour: number;
  readonly mday: number;
  /** 0 to 11. */
  readonly mon: number;
  /** Since 1900. */
  readonly year: number;
  readonly wday: number;
  readonly yday: number;
}

export function calendar(seconds: number): CalendarTime {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  return {
    sec: date.getUTCSeconds(), min: date.getUTCMinutes(), hour: date.getUTCHours(), mday: date.getUTCDate(), mon: date.getUTCMonth(), year: year - 1900,
    wday: date.getUTCDay(), yday: Math.floor((seconds - Date.UTC(year, 0, 1) / 1000) / 86400),
  };
}

class ClockFile extends File {
  /** Its interrupts would wake readers: the device has none. */
  override readonly ready = new WaitQueue();

  override read(_task: Task, into: Sink): Transfer {
    if (into.room < 4) return EINVAL;
    return this.nonblocking ? EAGAIN : waitFor(this.ready);
  }

  override ioctl(task: Task, command: number, argument: number): number | Errno {
    const now = readClock(task.kernel);
    if (command !== RTC_RD_TIME || now === undefined) return EINVAL;
    const { sec, min, hour, mday, mon, year, wday, yday } = calendar(now.sec);
    [sec, min, hour, mday, mon, year, wday, yday, 0].forEach((value, i) => task.memory.writeI32(argument + 4 * i, value));
    return 0;
  }
}

export const clockDriver: DeviceDriver = wired("driver.rtc", {
  open: (task, inode, path, flags) => (clockDevice(task.kernel) === undefined ? ENXIO : new ClockFile(inode, statusFlags(flags), path)),
});

/** Where the board has a clock. */
export function registerClock(kernel: Kernel): void {
  if (clockDevice(kernel) !== undefined) kernel.devices.register("character", RTC_MAJOR, 0, 16, "rtc", clockDriver);
}

savable(ClockFile);
