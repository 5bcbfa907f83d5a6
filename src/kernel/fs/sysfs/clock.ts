// /sys/class/rtc (Linux: Documentation/ABI/testing/sysfs-class-rtc): the board's real-time clock, and the clock that time is counted by.
import type { ByteString } from "../../bytestring.js";
import { RTC_MAJOR, calendar, clockDevice, readClock } from "../../drivers/rtc.js";
import type { Kernel } from "../../kernel.js";
import { type About, type DirectoryRow, type Entries, type FileRow, directory, file, link, wireRows } from "../pseudo/row.js";

const seconds = ({ fs }: About<undefined>): number => readClock(fs.kernel)?.sec ?? 0;
const two = (number: number): ByteString => String(number).padStart(2, "0");
const value = (name: ByteString, text: ByteString | number): FileRow<undefined> => file<undefined>(name, () => `${text}\n`);

const nameOf = (kernel: Kernel): ByteString => `${(clockDevice(kernel)?.address ?? 0).toString(16)}.rtc`;

const device: DirectoryRow<undefined> = directory<undefined>("rtc0", [
  file("date", (about) => {
    const { year, mon, mday } = calendar(seconds(about));
    return `${year + 1900}-${two(mon + 1)}-${two(mday)}\n`;
  }),
  value("dev", `${RTC_MAJOR}:0`), value("hctosys", 1),
  file("name", ({ fs }) => `goldfish_rtc ${nameOf(fs.kernel)}\n`),
  file("since_epoch", (about) => `${seconds(about)}\n`),
  file("time", (about) => {
    const { hour, min, sec } = calendar(seconds(about));
    return `${two(hour)}:${two(min)}:${two(sec)}\n`;
  }),
  value("uevent", `MAJOR=${RTC_MAJOR}\nMINOR=0\nDEVNAME=rtc0`),
  link("subsystem", () => "../../../../../class/rtc"),
]);

/** "101000.rtc" in /sys/devices/platform; its name is known when there is a board. */
const clockDirectory: DirectoryRow<undefined> = wireRows("sysfs/rtc", directory<undefined>("clock", [directory<undefined>("rtc", [device])]));

export const clockEntry: Entries<undefined> = {
  names: ({ fs }) => (clockDevice(fs.kernel) === undefined ? [] : [nameOf(fs.kernel)]),
  find: ({ fs }, name) => (clockDevice(fs.kernel) !== undefined && name === nameOf(fs.kernel) ? { row: clockDirectory, target: undefined } : undefined),
};

const classLink = wireRows("sysfs/rtc", link<undefined>("class", ({ fs }) => `../../devices/platform/${nameOf(fs.kernel)}/rtc/rtc0`));

/** In /sys/class/rtc. */
export const clockClass: Entries<undefined> = {
  names: ({ fs }) => (clockDevice(fs.kernel) === undefined ? [] : ["rtc0"]),
  find: ({ fs }, name) => (clockDevice(fs.kernel) !== undefined && name === "rtc0" ? { row: classLink, target: undefined } : undefined),
};

export const clockSource: DirectoryRow<undefined> = directory<undefined>("clocksource", [
  directory("clocksource0", [value("available_clocksource", "riscv_clocksource "), value("current_clocksource", "riscv_clocksource")]),
]);
