// What S-mode code sees of our hart, against qemu-system-riscv64: one program, run under both, whose lines must be equal.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Board } from "../../src/hardware/board.js";
import { FlatFrameMap, PENDING } from "../../src/hardware/frame-map.js";
import { interpreterModule } from "../../src/hardware/interpreter/build.js";
import { RAM_PAGE } from "../../src/hardware/memory.js";
import { SupervisorHart } from "../../src/hardware/supervisor-hart.js";
import { Sbi } from "../../src/hypervisor/sbi.js";

const here = new URL(".", import.meta.url).pathname;
const LOADED_AT = 0x80200;
/** Where QEMU 7.2 departs from the specification: what it prints, what the specification wants (and we print), and why. */
const departures: readonly { qemu: string; ours: string; why: string }[] = [
  { qemu: "misaligned amo cause 4", ours: "misaligned amo cause 6", why: "unprivileged 13.4: a store/AMO exception, also where the load came first" },
  { qemu: "user no_time cause 8 value 0\n pc 40000004", ours: "user no_time cause 2 value c01022f3\n pc 40000000", why: "privileged 12.1.5: scounteren.TM clear makes time illegal in U-mode" },
];

let program: string;

beforeAll(() => {
  program = join(mkdtempSync(join(tmpdir(), "supervisor-")), "program");
  execFileSync("riscv64-linux-gnu-gcc", [
    "-O1", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-ffreestanding", "-fno-pic", "-no-pie", "-nostdlib", "-static",
    "-Wl,--build-id=none,--no-warn-rwx-segments", "-T", join(here, "link.ld"), join(here, "start.S"), join(here, "main.c"), "-o", program,
  ]);
  execFileSync("riscv64-linux-gnu-objcopy", ["-O", "binary", program, `${program}.bin`]);
});

function underQemu(): string {
  const out = execFileSync("qemu-system-riscv64", ["-M", "virt", "-cpu", "rv64", "-m", "128", "-nographic", "-bios", "default", "-kernel", program], {
    input: "", encoding: "latin1", timeout: 60_000,
  }).replaceAll("\r", "");
  return out.slice(out.indexOf("sscratch"));
}

/** RAM as frames in no order, each of which lets itself be asked for twice before it is there. */
function scattered(board: Board): FlatFrameMap {
  const pages = 2 ** 13;
  const asked = new Set<number>();
  return new FlatFrameMap(RAM_PAGE, pages, {
    frame(index) {
      if (!asked.has(index)) {
        asked.add(index);
        return PENDING;
      }
      return board.memory.firstFrame + ((index * 5167 + 11) % pages);
    },
  });
}

function underOurs(slice: number, inFrames?: (board: Board) => FlatFrameMap): string {
  let printed = "";
  let on = true;
  const board = new Board({
    engine: new WebAssembly.Module(interpreterModule()), ramBytes: 128 * 2 ** 20, serial: { transmit: () => undefined }, time: { realtimeNs: () => 0n },
    entropy: { fill: () => undefined },
  });
  if (inFrames !== undefined) board.hart.frames = inFrames(board);
  const image = readFileSync(`${program}.bin`);
  for (let at = 0; at < image.length; at += 4096) {
    const page = LOADED_AT + at / 4096;
    const frame = Math.max(board.hart.frames.frameOf(page, true), board.hart.frames.frameOf(page, true));
    board.memory.u8.set(image.subarray(at, at + 4096), frame * 4096);
  }
  board.hart.time = () => Math.floor(board.hart.retired / 10);
  board.hart.pc = BigInt(LOADED_AT) * 4096n;
  const hart: SupervisorHart = new SupervisorHart(board.hart, new Sbi({
    print: (byte) => { printed += String.fromCharCode(byte); },
    reset: () => { on = false; },
    read: () => undefined,
    setTimer: (deadline) => hart.csrs.setTimer(deadline),
    interrupt: () => hart.csrs.raiseSoftware(),
    forget: (...what) => hart.forget(...what),
    externalInterrupt: () => false,
  }));
  for (let runs = 0; on && board.hart.retired < 20_000_000; runs++) hart.run(slice);
  return printed;
}

function asSpecified(text: string): string {
  return departures.reduce((soFar, { qemu, ours }) => soFar.replace(qemu, ours), text);
}

test("S-mode, U-mode, Sv39 and interrupts behave as under QEMU, but for its departures from the specification", () => {
  const expected = underQemu();
  for (const { qemu } of departures) expect(expected).toContain(qemu);
  expect(expected.split("\n").length).toBeGreaterThan(3000);
  expect(underOurs(1000).split("\n")).toEqual(asSpecified(expected).split("\n"));
});

test("a machine whose RAM is frames of another, scattered and late, sees no difference", () => {
  expect(underOurs(1000, scattered)).toBe(underOurs(1000));
});

test("the length of slices changes nothing that is seen", () => {
  expect(underOurs(7)).toBe(underOurs(100_000));
});
