// Boots real Linux in qemu-system-riscv64 with an image's disk as its root, under a writable layer, and runs scripts in it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output, QEMU, readOutputs, type Recorded } from "../linux/boot.js";
import { cpio } from "../linux/cpio.js";
import type { RealLinux } from "../linux/debian.js";

/** In the order in which they load. */
export const MODULES = ["virtio_blk", "crc32c_generic", "libcrc32c", "erofs", "overlay"];

const TIMEOUT_MS = 1_500_000;
const SCRIPT_TIMEOUT_S = 200;

const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
ln -s /proc/self/fd /dev/fd
for each in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/\${each%:*} /dev/\${each#*:}; done
chgrp 5 /dev/console /dev/ptmx /dev/tty
stty raw -echo
echo 4194304 > /proc/sys/kernel/pid_max
ip link set lo up
for each in ${MODULES.join(" ")}; do insmod /modules/$each.ko; done
mount -t erofs -o ro /dev/vda /lower
echo 1 > /proc/sys/kernel/printk
echo "=== kernel $(uname -r)"
for name in $(cat /scripts); do
  unshare -m -p -u -f /bin/sh /each $name
  echo "=== $name $(wc -c < /out/$name)"
  cat /out/$name
  echo
done
echo "=== end"
# Waits until the console has printed all.
stty raw -echo
poweroff -f
`;

/** What nestbox mounts (src/system/assemble.ts) and the groups that root has after a login; the script has namespaces of its own and is no init. */
const EACH = `
name=$1
safe=nosuid,nodev
mount -t tmpfs tmpfs /upper
mkdir /upper/upper /upper/work
mount -t overlay overlay -o lowerdir=/lower,upperdir=/upper/upper,workdir=/upper/work /r
mount -t proc -o $safe,noexec proc /r/proc
mount -t sysfs -o $safe,noexec sysfs /r/sys
mount -t devtmpfs -o nosuid devtmpfs /r/dev
mkdir -p /r/dev/pts /r/dev/shm
mount -t devpts devpts /r/dev/pts -o nosuid,noexec,gid=5,mode=620,ptmxmode=666
mount -t tmpfs -o $safe tmpfs /r/dev/shm
mount -t tmpfs -o $safe,mode=755 tmpfs /r/run
mount -t tmpfs -o $safe tmpfs /r/tmp
mkdir /r/s
[ -p /end ] || mkfifo /end
mount --bind /s /r/s
mount -o remount,bind,ro /r/s
hostname nestbox
{ env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOSTNAME=nestbox HOME=/root timeout ${SCRIPT_TIMEOUT_S} setsid chroot /r /usr/sbin/chroot --groups=0 / env --default-signal=INT,QUIT bash /s/$name.sh < /dev/null 2>&1
  echo "exit $?"
  echo > /end; } | cat > /out/$name &
# What it left running holds the pipe open, and ends with this namespace. A child that ends interrupts the opening of the FIFO.
until read -r line < /end; do :; done
sleep 0.3
`;

/** `disk` is the path of an EROFS image; `scripts` are those of this directory, by their names. */
export async function runScripts(linux: RealLinux, disk: string, scripts: ReadonlyMap<string, Uint8Array>): Promise<Recorded> {
  const scratch = mkdtempSync(join(tmpdir(), "nestbox-linux-"));
  const directories = ["bin", "dev", "proc", "sys", "lower", "upper", "r", "s", "out", "modules"];
  try {
    writeFileSync(join(scratch, "kernel"), linux.kernel);
    writeFileSync(join(scratch, "initramfs"), cpio([
      ...directories.map((path) => ({ path, kind: "directory" as const, mode: 0o755 })),
      { path: "dev/console", kind: "character", mode: 0o600, major: 5, minor: 1 },
      ...[...linux.modules].map(([name, bytes]) => ({ path: `modules/${name}.ko`, kind: "file" as const, mode: 0o644, bytes })),
      { path: "init", kind: "file", mode: 0o755, bytes: Buffer.from(INIT) },
      { path: "each", kind: "file", mode: 0o755, bytes: Buffer.from(EACH) },
      { path: "bin/busybox", kind: "file", mode: 0o755, bytes: linux.busybox },
      { path: "scripts", kind: "file", mode: 0o644, bytes: Buffer.from([...scripts.keys()].join("\n")) },
      ...[...scripts].map(([name, bytes]) => ({ path: `s/${name}.sh`, kind: "file" as const, mode: 0o755, bytes })),
    ]));
    const drive = ["-drive", `file=${disk},if=none,id=disk,format=raw,readonly=on`, "-device", "virtio-blk-pci,drive=disk"];
    const args = [...QEMU.slice(1), ...drive, "-kernel", join(scratch, "kernel"), "-initrd", join(scratch, "initramfs"),
      "-append", "console=ttyS0 quiet panic=-1 norandmaps"];
    return readOutputs(await output(QEMU[0], args, TIMEOUT_MS));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

