// The board's device tree, judged by Debian's device tree compiler.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { boardTree } from "./board-tree.js";
import { flattened } from "./device-tree.js";

const blob = flattened(boardTree({ ramBytes: 2 ** 29, commandLine: "console=ttyS0 quiet", initrd: { start: 0x9f000000, end: 0x9f123456 }, seed: new Uint8Array(32).fill(0xab) }));
const file = join(mkdtempSync(join(tmpdir(), "device-tree-")), "board.dtb");
writeFileSync(file, blob);

test("dtc reads it without a warning and finds what is said of the board", () => {
  const { stdout, stderr, status } = spawnSync("dtc", ["-I", "dtb", "-O", "dts", file], { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  for (const line of [
    'bootargs = "console=ttyS0 quiet";', "linux,initrd-start = <0x00 0x9f000000>;", "memory@80000000 {", "reg = <0x00 0x80000000 0x00 0x20000000>;",
    'compatible = "sifive,plic-1.0.0\\0riscv,plic0";', "timebase-frequency = <0x989680>;", "interrupts-extended = <0x02 0x0b 0x02 0x09>;", "interrupt-controller;",
  ]) expect(stdout).toContain(line);
});

test("its interrupt map and addresses are those of QEMU's virt machine", () => {
  const theirs = join(tmpdir(), `virt-${process.pid}.dtb`);
  execFileSync("qemu-system-riscv64", ["-M", `virt,dumpdtb=${theirs}`, "-m", "512", "-display", "none"], { stdio: "ignore" });
  const of = (tree: string, path: string, property: string) => execFileSync("fdtget", ["-t", "x", tree, path, property], { encoding: "utf8" });
  const same: [path: string, property: string][] = [
    ["/soc/pci@30000000", "interrupt-map"], ["/soc/pci@30000000", "interrupt-map-mask"], ["/soc/pci@30000000", "reg"], ["/soc/plic@c000000", "reg"], ["/soc/plic@c000000", "riscv,ndev"],
    ["/soc/serial@10000000", "interrupts"], ["/soc/serial@10000000", "reg"], ["/soc/rtc@101000", "interrupts"], ["/soc/rtc@101000", "reg"], ["/soc/test@100000", "reg"], ["/cpus", "timebase-frequency"],
    ["/memory@80000000", "reg"], ["/poweroff", "value"], ["/reboot", "value"],
  ];
  for (const [path, property] of same) expect([path, property, of(file, path, property)]).toEqual([path, property, of(theirs, path, property)]);
});
