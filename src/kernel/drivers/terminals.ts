// The device nodes of terminals: tty, console, ptmx, ttyS0 and the slaves of pseudo-terminals.
import { EIO, ENODEV, ENXIO, type Errno, failed } from "../../abi/errno.js";
import { O_NOCTTY } from "../../abi/fcntl.js";
import type { DeviceDriver, DeviceTable } from "../devices.js";
import { Devpts, DevptsNode } from "../fs/devpts.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { ConsoleTty } from "../tty/console.js";
import { openTty } from "../tty/open-tty.js";
import { PTS_MAJOR, PtyMaster } from "../tty/pty.js";
import { Tty } from "../tty/tty.js";
import type { File } from "../vfs/file.js";
import type { Inode } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { wired } from "../wires.js";
import { statusFlags } from "./status-flags.js";

/** /dev/tty: whatever controls the caller. */
const controllingDriver: DeviceDriver = wired("driver.tty", {
  open: (task, inode, path, flags) => {
    const { terminal } = task.process.group.session;
    return terminal instanceof Tty ? openTty(task, terminal, inode, path, flags | O_NOCTTY) : ENXIO;
  },
});

/** /dev/console never becomes a controlling terminal by being opened; /dev/ttyS0, the same line, does. */
export class ConsoleDriver implements DeviceDriver {
  private readonly tty: ConsoleTty;
  private readonly controls: boolean;

  constructor(tty: ConsoleTty, controls: boolean) {
    this.tty = tty;
    this.controls = controls;
  }

  open(task: Task, inode: Inode, path: Path | undefined, flags: number): File | Errno {
    return openTty(task, this.tty, inode, path, this.controls ? flags : flags | O_NOCTTY);
  }
}

/** The devpts that a ptmx node belongs to: its own file system, the one at "pts" beside it, or any that the task sees. */
function devptsOf(task: Task, inode: Inode, path: Path | undefined): Devpts | undefined {
  if (inode.fs instanceof Devpts) return inode.fs;
  const { mounts } = task.namespaces.mnt;
  const beside = mounts.find((mount) => mount.fs instanceof Devpts && mount.at?.parent === path?.dentry.parent && mount.at?.name === "pts");
  const any = beside ?? mounts.find((mount) => mount.fs instanceof Devpts);
  return any?.fs instanceof Devpts ? any.fs : undefined;
}

const ptmxDriver: DeviceDriver = wired("driver.ptmx", {
  open: (task, inode, path, flags) => {
    const fs = devptsOf(task, inode, path);
    if (fs === undefined) return ENODEV;
    const slave = fs.add(task);
    return failed(slave) ? slave : new PtyMaster(slave, fs, inode, statusFlags(flags), path);
  },
});

const slaveDriver: DeviceDriver = wired("driver.pts", {
  open: (task, inode, path, flags) => {
    const slave = inode instanceof DevptsNode ? inode.slave : undefined;
    if (slave === undefined) return ENXIO;
    if (slave.locked || slave.masterClosed) return EIO;
    slave.abandoned = false;
    return openTty(task, slave, inode, path, flags);
  },
});

/** Registers them all; the returned console is what the outside talks to. */
export function registerTerminals(devices: DeviceTable): ConsoleTty {
  const console = new ConsoleTty();
  devices.register("character", 5, 0, 1, "/dev/tty", controllingDriver);
  devices.register("character", 5, 1, 1, "/dev/console", new ConsoleDriver(console, false));
  devices.register("character", 5, 2, 1, "/dev/ptmx", ptmxDriver);
  devices.register("character", 4, 64, 1, "ttyS", new ConsoleDriver(console, true));
  for (let i = 0; i < 8; i++) devices.register("character", PTS_MAJOR + i, 0, 256, "pts", slaveDriver);
  return console;
}

savable(ConsoleDriver);
