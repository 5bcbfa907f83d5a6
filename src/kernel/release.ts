// What the kernel calls itself: uname(2), /proc/version, the log.

export const SYSNAME = "Linux";
/** The version of Linux whose interface this is, and whose kernel it is not. */
export const RELEASE = "6.12.0-nestbox";
export const VERSION = "#1 SMP PREEMPT Nestbox";
export const MACHINE = "riscv64";
