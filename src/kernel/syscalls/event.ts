// eventfd2, timerfd_*, signalfd4.
import { EINVAL, type Errno, failed } from "../../abi/errno.js";
import { O_CLOEXEC, O_NONBLOCK } from "../../abi/fcntl.js";
import { EFD_SEMAPHORE } from "../../abi/poll.js";
import { CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_REALTIME_ALARM, encodeTimespec } from "../../abi/time.js";
import { openEvent } from "../ipc/eventfd.js";
import { install } from "../ipc/install.js";
import { openSignals, SignalFile } from "../ipc/signalfd.js";
import { openTimer, TimerFile } from "../ipc/timerfd.js";
import { type Returned, syscall, type SystemCall } from "../syscall.js";
import { UNBLOCKABLE } from "../task/signals.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { fd, flags, oneOf, pointer, size, slot, timespec, uint } from "./arguments.js";

const clocks = [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM];

const timespecNs = (ns: number): { seconds: number; nanoseconds: number } => ({ seconds: Math.floor(ns / 1e9), nanoseconds: ns % 1e9 });

/** struct itimerspec: interval, then value. */
function writeTimer(task: Task, at: number, timer: TimerFile): void {
  const { valueNs, intervalNs } = timer.rest();
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  encodeTimespec(view, 0, timespecNs(intervalNs));
  encodeTimespec(view, 16, timespecNs(valueNs));
  task.memory.write(at, bytes);
}

function setTime(task: Task, file: File, how: number, at: number, oldAt: number): Returned {
  const interval = timespec.decode(task, at);
  const value = timespec.decode(task, at + 16);
  if (failed(interval)) return interval;
  if (failed(value)) return value;
  if (!(file instanceof TimerFile)) return EINVAL;
  if (oldAt !== 0) writeTimer(task, oldAt, file);
  file.set(how, value.sec * 1e9 + value.nsec, interval.sec * 1e9 + interval.nsec);
  return 0;
}

function signalfd(task: Task, number: number, at: number, length: number, how: number): Returned {
  if (length !== 8) return EINVAL;
  const bytes = task.memory.read(at, 8);
  const mask = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true) & ~UNBLOCKABLE;
  if (number === -1) return install(task, openSignals(task, mask, how & O_NONBLOCK), how);
  const file = fd.decode(task, number);
  if (failed(file)) return file;
  if (!(file instanceof SignalFile)) return EINVAL;
  file.mask = mask;
  file.ready.wake();
  return number;
}

const openTimerfd = (task: Task, clock: number, how: number): number | Errno =>
  (clocks.includes(clock) ? install(task, openTimer(task, clock, how & O_NONBLOCK), how & O_CLOEXEC) : EINVAL);

export const calls: SystemCall[] = [
  syscall(19, "eventfd2", [uint, flags("EFD_SEMAPHORE", "EFD_CLOEXEC", "EFD_NONBLOCK")],
    (task, initial, how) => install(task, openEvent(task, initial, (how & EFD_SEMAPHORE) !== 0, how & O_NONBLOCK), how)),
  syscall(74, "signalfd4", [slot, pointer, size, flags("SFD_CLOEXEC", "SFD_NONBLOCK")], signalfd),
  syscall(85, "timerfd_create", [oneOf("CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_BOOTTIME", "CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM"), flags("TFD_CLOEXEC", "TFD_NONBLOCK")],
    openTimerfd, "alarms do not wake a sleeping machine, which there is not"),
  syscall(86, "timerfd_settime", [fd, flags("TFD_TIMER_ABSTIME", "TFD_TIMER_CANCEL_ON_SET"), pointer, pointer], setTime,
    "timers on CLOCK_REALTIME do not move when the clock is set"),
  syscall(87, "timerfd_gettime", [fd, pointer], (task, file, at) => {
    if (!(file instanceof TimerFile)) return EINVAL;
    writeTimer(task, at, file);
    return 0;
  }),
];
