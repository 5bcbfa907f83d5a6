// devtmpfs: /dev, filled by the kernel from the devices that have drivers (Linux: drivers/base/devtmpfs.c).
import { S_IFBLK, S_IFCHR, makedev } from "../../abi/stat.js";
import type { ByteString } from "../bytestring.js";
import { RTC_MAJOR } from "../drivers/rtc.js";
import type { Kernel } from "../kernel.js";
import { savable } from "../save.js";
import type { Owner } from "../vfs/inode.js";
import { MemoryDirectory } from "./memory-directory.js";
import { MemoryLink, MemoryNode } from "./memory-inode.js";
import { Tmpfs } from "./tmpfs.js";

const root: Owner = { uid: 0, gid: 0 };
/** Group "tty" of every Debian system. */
const TTY_GID = 5;

/** Names and modes as udev's rules of Debian leave them, by kind, major and minor. */
const nodes: readonly (readonly [kind: "character" | "block", major: number, minor: number, name: ByteString, mode: number, gid: number])[] = [
  ["character", 1, 3, "null", 0o666, 0], ["character", 1, 5, "zero", 0o666, 0], ["character", 1, 7, "full", 0o666, 0],
  ["character", 1, 8, "random", 0o666, 0], ["character", 1, 9, "urandom", 0o666, 0], ["character", 1, 11, "kmsg", 0o644, 0],
  ["character", 5, 0, "tty", 0o666, TTY_GID], ["character", 5, 1, "console", 0o600, TTY_GID], ["character", 5, 2, "ptmx", 0o666, TTY_GID],
  ["character", 4, 64, "ttyS0", 0o660, TTY_GID], ["character", 229, 0, "hvc0", 0o660, TTY_GID], ["block", 254, 0, "vda", 0o660, 6],
  ["character", RTC_MAJOR, 0, "rtc0", 0o600, 0],
];

const links: readonly (readonly [name: ByteString, target: ByteString])[] = [
  ["fd", "/proc/self/fd"], ["stdin", "/proc/self/fd/0"], ["stdout", "/proc/self/fd/1"], ["stderr", "/proc/self/fd/2"], ["core", "/proc/kcore"],
];

export class Devtmpfs extends Tmpfs {
  constructor(kernel: Kernel, device: number) {
    super(kernel, device, { mode: 0o755 }, "devtmpfs");
    for (const [kind, major, minor, name, mode, gid] of nodes) {
      if (kernel.devices.find(kind, makedev(major, minor)) === undefined) continue;
      this.add(name, (kind === "block" ? S_IFBLK : S_IFCHR) | mode, makedev(major, minor), gid);
    }
    if (kernel.devices.find("character", makedev(RTC_MAJOR, 0)) !== undefined) this.root.place("rtc", new MemoryLink(this, "rtc0", root, undefined));
    for (const [name, target] of links) this.root.place(name, new MemoryLink(this, target, root, undefined));
    this.root.place("pts", new MemoryDirectory(this, 0o755, root, undefined));
    this.root.place("shm", new MemoryDirectory(this, 0o1777, root, undefined));
    this.root.place("mqueue", new MemoryDirectory(this, 0o1777, root, undefined));
  }

  private add(name: ByteString, mode: number, rdev: number, gid: number): void {
    this.root.place(name, new MemoryNode(this, mode, { uid: 0, gid }, undefined, rdev));
  }
}

/** There is one of it for the whole machine: each mount shows the same. */
export function devtmpfs(kernel: Kernel): Devtmpfs {
  const namespace = kernel.initialNamespaces.mnt;
  if (namespace.devtmpfs instanceof Devtmpfs) return namespace.devtmpfs;
  const fs = new Devtmpfs(kernel, makedev(0, kernel.nextNumber("device")));
  // As a kernel's own mount: it never ends.
  fs.mounts++;
  namespace.devtmpfs = fs;
  return fs;
}

savable(Devtmpfs);
