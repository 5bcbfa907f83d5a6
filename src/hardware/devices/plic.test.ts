import { expect, test } from "vitest";
import { Plic } from "./plic.js";

const SUPERVISOR = 1;
const PRIORITY = 0, PENDING = 0x1000, ENABLE = 0x2080, THRESHOLD = 0x201000, CLAIM = 0x201004;

function plic() {
  const serial = { interrupt: false }, disk = { interrupt: false };
  const device = new Plic(new Map([[10, serial], [33, disk]]), 2);
  device.store(PRIORITY + 4 * 10, 4, 1);
  device.store(PRIORITY + 4 * 33, 4, 1);
  device.store(ENABLE, 4, 1 << 10);
  device.store(ENABLE + 4, 4, 1 << 1);
  return { device, serial, disk };
}

test("a raised line that is enabled interrupts its context until it is claimed, and again after completion while it stays raised", () => {
  const { device, serial } = plic();
  expect(device.raised(SUPERVISOR)).toBe(false);
  serial.interrupt = true;
  expect([device.raised(SUPERVISOR), device.raised(0), device.load(PENDING, 4)]).toEqual([true, false, 1 << 10]);
  expect([device.load(CLAIM, 4), device.raised(SUPERVISOR), device.load(CLAIM, 4)]).toEqual([10, false, 0]);
  device.store(CLAIM, 4, 10);
  expect(device.raised(SUPERVISOR)).toBe(true);
  serial.interrupt = false;
  expect(device.raised(SUPERVISOR)).toBe(false);
});

test("of several the highest priority is claimed first, of equals the lowest line; one that is not above the threshold does not interrupt", () => {
  const { device, serial, disk } = plic();
  serial.interrupt = disk.interrupt = true;
  device.store(PRIORITY + 4 * 33, 4, 2);
  expect([device.load(CLAIM, 4), device.load(CLAIM, 4)]).toEqual([33, 10]);
  device.store(CLAIM, 4, 33);
  device.store(CLAIM, 4, 10);
  device.store(PRIORITY + 4 * 33, 4, 1);
  expect(device.load(CLAIM, 4)).toBe(10);
  device.store(THRESHOLD, 4, 1);
  expect(device.raised(SUPERVISOR)).toBe(false);
});

test("its state goes on in another", () => {
  const { device, serial } = plic();
  serial.interrupt = true;
  device.load(CLAIM, 4);
  const other = new Plic(new Map([[10, serial]]), 2, device.save());
  expect(other.raised(SUPERVISOR)).toBe(false);
  other.store(CLAIM, 4, 10);
  expect([other.raised(SUPERVISOR), device.raised(SUPERVISOR)]).toEqual([true, false]);
});

test("registers that are not there read as zero and take nothing", () => {
  const { device } = plic();
  for (const at of [0, 4 * 97, 0x1ffc, 0x1f80, 0x202000, 0x5ffffc, 0x2082]) {
    device.store(at, 4, 0xffffffff);
    if (at !== 0x1f80) expect([at, device.load(at, 4)]).toEqual([at, 0]);
  }
});
