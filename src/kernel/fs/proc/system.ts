// Files of the whole machine in /proc (Linux: fs/proc/{cpuinfo,stat,uptime,loadavg,version,devices,…}.c).
import { CAP_SYS_ADMIN } from "../../../abi/capability.js";
import { major, minor } from "../../../abi/stat.js";
import type { ByteString } from "../../bytestring.js";
import type { Kernel } from "../../kernel.js";
import { numberIn } from "../../namespaces/pid.js";
import { RELEASE, SYSNAME, VERSION } from "../../release.js";
import { capable } from "../../task/credentials.js";
import { diskNumbers } from "../sysfs/disk.js";
import { fileSystemTypes } from "../types.js";
import { type About, type Row, file } from "../pseudo/row.js";
import { hundredths, ticks } from "./format.js";
import { locks } from "./locks.js";
import { buddyInfo, memoryInfo, vmStat, zoneInfo } from "./memory-info.js";

type Show = (about: About<undefined>) => ByteString;

export const ISA = "rv64imafdc_zicsr_zifencei_zba_zbb_zbs";

/** As Linux arch/riscv/kernel/cpu.c, with one hart. */
const cpuInfo: Show = () =>
  `processor\t: 0\nhart\t\t: 0\nisa\t\t: ${ISA}\nmmu\t\t: sv39\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\nhart isa\t: ${ISA}\n\n`;

/** Processor time of all tasks, and what is left of the time since boot. */
function processorTime({ scheduler, clock, rootCgroup }: Kernel): { upNs: number; userNs: number; systemNs: number; idleNs: number } {
  scheduler.settle();
  const upNs = clock.monotonicNs();
  const { cpuUserNs: userNs, cpuSystemNs: systemNs } = rootCgroup;
  return { upNs, userNs, systemNs, idleNs: Math.max(0, upNs - userNs - systemNs) };
}

const uptime: Show = ({ fs, reader }) => {
  const { upNs, idleNs } = processorTime(fs.kernel);
  return `${hundredths(upNs + reader.namespaces.time.boottimeOffsetNs)} ${hundredths(idleNs)}\n`;
};

const stat: Show = ({ fs }) => {
  const { kernel } = fs;
  const { userNs, systemNs, idleNs } = processorTime(kernel);
  const times = `${ticks(userNs)} 0 ${ticks(systemNs)} ${ticks(idleNs)} 0 0 0 0 0 0\n`;
  const tasks = [...kernel.initialNamespaces.pid.tasks.values()];
  const blocked = tasks.filter((task) => task.state === "waiting" && task.wait?.interruption === "uninterruptible").length;
  return [
    `cpu  ${times}cpu0 ${times}intr 0\nctxt ${kernel.scheduler.switches}\nbtime ${kernel.clock.bootTime.sec}\nprocesses ${kernel.forks}\n`,
    `procs_running ${Math.max(1, kernel.scheduler.runnable)}\nprocs_blocked ${blocked}\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n`,
  ].join("");
};

const loadAverage: Show = ({ fs }) => {
  const { scheduler } = fs.kernel;
  // As Linux: rounded to hundredths by adding half of one.
  const loads = scheduler.loads.map((load) => (Math.floor((load + 0.005) * 100) / 100).toFixed(2)).join(" ");
  return `${loads} ${Math.max(1, scheduler.runnable)}/${fs.pid.tasks.size} ${fs.pid.level === 0 ? fs.pid.lastNumber : numberIn(fs.pid, fs.pid.lastNumber)}\n`;
};

const devices: Show = ({ fs }) => {
  const of = (kind: "character" | "block"): ByteString => {
    const byMajor = new Map(fs.kernel.devices.list().filter((range) => range.kind === kind).map((range) => [`${range.major} ${range.name}`, range]));
    return [...byMajor.values()].sort((a, b) => a.major - b.major).map((range) => `${String(range.major).padStart(3)} ${range.name}\n`).join("");
  };
  return `Character devices:\n${of("character")}\nBlock devices:\n${of("block")}`;
};

const partitions: Show = ({ fs }) => {
  const { disk } = fs.kernel;
  const head = "major minor  #blocks  name\n\n";
  if (disk === undefined) return head;
  const { rdev, name, sectors } = diskNumbers(disk);
  return `${head}${String(major(rdev)).padStart(4)}  ${String(minor(rdev)).padStart(7)} ${String(Math.floor(sectors / 2)).padStart(10)} ${name}\n`;
};

const diskStatistics: Show = ({ fs }) => {
  const { disk } = fs.kernel;
  if (disk === undefined) return "";
  const { rdev, name, statistics } = diskNumbers(disk);
  return `${String(major(rdev)).padStart(4)} ${String(minor(rdev)).padStart(7)} ${name} ${statistics.join(" ")}\n`;
};

const softirqNames = ["HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"];
const softirqs: Show = () => `${" ".repeat(20)}CPU0       \n${softirqNames.map((name) => `${name.padStart(12)}:${"0".padStart(11)}\n`).join("")}`;

/** Driver, name in /dev, major, minors, type. */
const terminals = [
  ["/dev/tty", "tty", 5, "0", "system:/dev/tty"], ["/dev/console", "console", 5, "1", "system:console"], ["/dev/ptmx", "ptmx", 5, "2", "system"],
  ["serial", "ttyS", 4, "64", "serial"], ["pty_slave", "pts", 136, "0-1048575", "pty:slave"], ["pty_master", "ptm", 128, "0-1048575", "pty:master"],
] as const;

/** As Linux show_tty_range. */
export const terminalDrivers: Show = () => terminals.map(([driver, name, number, minors, kind]) =>
  `${driver.padEnd(20)} /dev/${name.padEnd(8)} ${String(number).padStart(3)} ${minors.padStart(7)} ${kind}\n`).join("");

/** Where on the board everything stands (Linux kernel/resource.c): addresses are shown to who administers the machine. */
const ioMemory: Show = ({ fs, reader }) => {
  const { platform, frames: { memory } } = fs.kernel;
  const pageBytes = 4096;
  const ram = { start: memory.pageOf(memory.firstFrame) * pageBytes, size: memory.frameCount * pageBytes, name: "System RAM" };
  const ranges = [...platform.map(({ address, size, device: { name } }) => ({ start: address, size, name: `${address.toString(16)}.${name} ${name}@${address.toString(16)}` })), ram];
  const shown = (address: number): ByteString => (capable(reader, CAP_SYS_ADMIN) ? address : 0).toString(16).padStart(8, "0");
  return ranges.sort((a, b) => a.start - b.start).map(({ start, size, name }) => `${shown(start)}-${shown(start + size - 1)} : ${name}\n`).join("");
};

/** Rows of the root of /proc. */
export const systemRows: readonly Row<undefined>[] = [
  file("buddyinfo", buddyInfo),
  file("cmdline", () => "\n"),
  file("consoles", () => "ttyS0                -W- (EC   a)    4:64\n"),
  file("cpuinfo", cpuInfo),
  file("devices", devices),
  file("diskstats", diskStatistics),
  file("filesystems", () => fileSystemTypes().map(({ name, nodev }) => `${nodev ? "nodev" : ""}\t${name}\n`).join("")),
  file("interrupts", () => "           CPU0       \n"),
  file("iomem", ioMemory, { mode: 0o400 }),
  file("loadavg", loadAverage),
  file("locks", locks),
  file("meminfo", memoryInfo),
  file("misc", () => ""),
  file("modules", () => ""),
  file("partitions", partitions),
  file("softirqs", softirqs),
  file("stat", stat),
  file("swaps", () => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
  file("uptime", uptime),
  file("version", () => `${SYSNAME} version ${RELEASE} (nestbox@nestbox) (nestbox) ${VERSION}\n`),
  file("vmstat", vmStat),
  file("zoneinfo", zoneInfo),
];
