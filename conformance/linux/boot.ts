// Boots real Linux once in qemu-system-riscv64 and runs programs in it, one after the other.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpio, type CpioEntry } from "./cpio.js";
import type { RealLinux } from "./debian.js";

export const QEMU = ["qemu-system-riscv64", "-M", "virt", "-m", "1G", "-nographic", "-no-reboot"];
const BOOT_TIMEOUT_MS = 200_000;

/** Between them the kernel itself may print, so each output says how long it is, and is printed by one write. */
const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
stty raw -echo
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /tmp
mount -t devpts devpts /dev/pts -o gid=5,mode=620,ptmxmode=666
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
ip link set lo up
mkdir /out
echo 1 > /proc/sys/kernel/printk
echo "=== kernel $(uname -r)"
for name in $(cat /programs); do
  /t/under /t/$name > /out/$name 2>&1
  echo "=== $name $(wc -c < /out/$name)"
  cat /out/$name
  echo
done
echo "=== end"
# Waits until the console has printed all.
stty raw -echo
poweroff -f
`;

export interface Recorded {
  release: string;
  /** By the program's name. */
  outputs: Map<string, string>;
}

/** `files` are below /t; of them `names` are run under /t/under. */
export async function runInLinux(linux: RealLinux, files: ReadonlyMap<string, Uint8Array>, names: readonly string[]): Promise<Recorded> {
  const scratch = mkdtempSync(join(tmpdir(), "nestbox-linux-"));
  try {
    writeFileSync(join(scratch, "kernel"), linux.kernel);
    writeFileSync(join(scratch, "initramfs"), cpio(rootFiles(linux, files, names)));
    const args = [...QEMU.slice(1), "-kernel", join(scratch, "kernel"), "-initrd", join(scratch, "initramfs"), "-append", "console=ttyS0 quiet panic=-1 norandmaps"];
    return readOutputs(await output(QEMU[0], args));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function rootFiles(linux: RealLinux, files: ReadonlyMap<string, Uint8Array>, names: readonly string[]): CpioEntry[] {
  const directories = new Set(["bin", "dev", "proc", "sys", "t"]);
  for (const path of files.keys()) {
    const parts = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) directories.add(`t/${parts.slice(0, depth).join("/")}`);
  }
  return [
    ...[...directories].map((path): CpioEntry => ({ path, kind: "directory", mode: 0o755 })),
    { path: "dev/console", kind: "character", mode: 0o600, major: 5, minor: 1 },
    { path: "init", kind: "file", mode: 0o755, bytes: Buffer.from(INIT) },
    { path: "bin/busybox", kind: "file", mode: 0o755, bytes: linux.busybox },
    { path: "programs", kind: "file", mode: 0o644, bytes: Buffer.from(names.join("\n")) },
    ...[...files].map(([path, bytes]): CpioEntry => ({ path: `t/${path}`, kind: "file", mode: 0o755, bytes })),
  ];
}

/** What a command prints. */
export function output(command: string, args: readonly string[], timeoutMs = BOOT_TIMEOUT_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString("latin1"));
    });
  });
}

/** The console's lines `=== NAME LENGTH`, each followed by that many bytes. */
export function readOutputs(console: string): Recorded {
  const outputs = new Map<string, string>();
  const release = /^=== kernel (\S+)$/m.exec(console)?.[1];
  const heading = /^=== (\S+) (\d+)\n/gm;
  heading.lastIndex = console.indexOf("=== kernel");
  for (let match = heading.exec(console); match; match = heading.exec(console)) {
    outputs.set(match[1], console.slice(heading.lastIndex, heading.lastIndex + Number(match[2])));
    heading.lastIndex += Number(match[2]);
  }
  if (release === undefined || !console.includes("\n=== end\n")) throw new Error(`Linux did not come to its end:\n${console.slice(-2000)}`);
  return { release, outputs };
}
