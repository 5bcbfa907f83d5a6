// Debian's own kernel boots in a virtual machine of ours: programs run in it, its root is files that the hypervisor serves, and it goes on elsewhere.
import { beforeAll, expect, test } from "vitest";
import { openDisk } from "../../src/host/node/disk.js";
import { nodeImageHost } from "../../src/host/node/image-host.js";
import { resolveImage } from "../../src/system/images.js";
import { ImageTree } from "../../src/system/image-tree.js";
import { IMAGE } from "../scripts/image.js";
import { cpio } from "../linux/cpio.js";
import { type Linux, linux } from "./linux.js";
import { TestMachine } from "./machine.js";
import { MemoryTree } from "./tree.js";

const BOOT_MS = 180_000;
const COMMAND_LINE = "console=ttyS0 quiet panic=-1 cryptomgr.notests";
const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
stty raw -echo
echo ready
while read -r line; do
  eval "$line"
  echo "<$?>"
done
`;

let debian: Linux;

beforeAll(async () => { debian = await linux(); }, BOOT_MS);

function initramfs(): Uint8Array {
  return cpio([
    ...["bin", "dev", "proc", "sys"].map((path) => ({ path, kind: "directory" as const, mode: 0o755 })),
    { path: "dev/console", kind: "character", mode: 0o600, major: 5, minor: 1 },
    { path: "init", kind: "file", mode: 0o755, bytes: Buffer.from(INIT) },
    { path: "bin/busybox", kind: "file", mode: 0o755, bytes: debian.busybox },
  ]);
}

function rootTree(): MemoryTree {
  const tree = new MemoryTree();
  for (const name of ["dev", "proc", "sys", "tmp"]) tree.add(name);
  return tree.add("bin/busybox", debian.busybox).add("init", INIT).add("etc/motd", "from below\n");
}

test("Debian's kernel boots from an initramfs to a shell on the serial line, without a warning, and powers off", { timeout: BOOT_MS }, () => {
  const machine = new TestMachine(new MemoryTree());
  machine.boot(debian.kernel, COMMAND_LINE, initramfs());
  machine.until("ready\n");
  expect(machine.run("uname -rm")).toMatch(/^6\.\S+-riscv64 riscv64\n<0>\n$/);
  expect(machine.run("grep -E '^(isa|mmu)' /proc/cpuinfo")).toMatch(/rv64imafdc.*_zba_zbb_zbs_sstc\nmmu\s+: sv39\n<0>/);
  expect(machine.run("dmesg -r | grep -E '^<[0-4]>'")).toBe("<1>\n");
  expect(machine.run("cat /sys/class/rtc/rtc0/name; date +%Y")).toMatch(/^goldfish_rtc.*\n2027\n<0>\n$/);
  expect(machine.run("echo out > /dev/hvc0; (exit 7)")).toBe("<7>\n");
  expect(machine.terminal).toBe("out\r\n");
  expect(machine.run("head -c 300000 /dev/zero | tee /tmp.z | md5sum; wc -c < /tmp.z; rm /tmp.z")).toBe("4a21de7a58fb8ecb9a1b1f08a3068269  -\n300000\n<0>\n");
  machine.type("poweroff -f\n");
  expect(machine.end()).toBe("off");
});

test("its root can be files that the hypervisor serves, written over, and a saved machine goes on in another", { timeout: BOOT_MS }, () => {
  const machine = new TestMachine(rootTree());
  machine.boot(debian.kernel, `${COMMAND_LINE} root=root rootfstype=virtiofs rw init=/init`);
  machine.until("ready\n");
  expect(machine.run("cat /etc/motd; grep ' / ' /proc/mounts; echo /*")).toBe("from below\nroot / virtiofs rw,relatime 0 0\n/bin /dev /etc /init /proc /sys /tmp\n<0>\n");
  expect(machine.run("echo above >> /etc/motd; mkdir -p /tmp/a/b; mv /etc/motd /tmp/a/b/; ln /tmp/a/b/motd /tmp/l; rm -r /tmp/a; cat /tmp/l; ls /etc; stat -c '%h %s' /tmp/l")).toBe("from below\nabove\n1 17\n<0>\n");
  expect(machine.run("dd if=/dev/urandom of=/tmp/r bs=64k count=20 2>&1 | grep -c in; cp /tmp/r /tmp/s; sync; echo 3 > /proc/sys/vm/drop_caches; cmp /tmp/r /tmp/s && stat -c %s /tmp/s")).toBe("1\n1310720\n<0>\n");
  expect(machine.run("mkdir /tmp/many; i=0; while [ $i -lt 500 ]; do : > /tmp/many/$i; i=$((i+1)); done; ls /tmp/many | wc -l; rm -r /tmp/many; echo /tmp/*")).toBe("500\n/tmp/l /tmp/r /tmp/s\n<0>\n");
  expect(machine.run("cat /nothing; rmdir /bin; mkdir /tmp/l/x; ln -s /nothing /tmp/link; cat /tmp/link; mv /tmp /tmp/x")).toContain("<1>");
  machine.run("x=kept; sum=$(md5sum < /tmp/r)");
  const other = new TestMachine(rootTree(), machine.snapshot());
  for (const each of [other, machine]) {
    expect(each.run('[ "$sum" = "$(md5sum < /tmp/r)" ] && echo $x; echo new > /tmp/new; cat /tmp/new /tmp/l')).toBe("kept\nnew\nfrom below\nabove\n<0>\n");
    each.type("reboot -f\n");
    expect(each.end()).toBe("reboot");
  }
});

test("its root can be an image of Debian packages", { timeout: BOOT_MS }, async () => {
  const image = await resolveImage(IMAGE, { host: nodeImageHost(), onProgress: () => undefined });
  const disk = openDisk(image.diskPath);
  const machine = new TestMachine(new ImageTree(disk));
  const init = "stty raw -echo; PATH=/usr/bin; echo ready; while read -r line; do eval $line; echo \\<$?\\>; done";
  machine.boot(debian.kernel, `${COMMAND_LINE} root=root rootfstype=virtiofs rw init=/usr/bin/bash -- -c "${init}"`);
  machine.until("ready\n");
  expect(machine.run("seq 200000 | sort -n | tail -1; n=$(find /usr/bin -type f -exec cat {} + | wc -c); echo $((n > 5000000))")).toBe("200000\n1\n<0>\n");
  expect(machine.run("cat /etc/debian_version; stat -c '%A %h' /usr/bin/bash /tmp; readlink /bin; touch /usr/bin/x && rm /usr/bin/x; echo 1,2 | gawk -F, '{ print $2 }'")).toMatch(/^13.*\n-rwxr-xr-x 1\ndrwxrwxrwt \d+\nusr\/bin\n2\n<0>\n$/);
  expect(machine.run("echo hello > /etc/greeting; tar -C / -cf - etc/greeting etc/debian_version | xz | xz -d | tar -tf -")).toBe("etc/greeting\netc/debian_version\n<0>\n");
  disk.close();
});
