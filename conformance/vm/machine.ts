// A virtual machine as the tests drive it: its serial line typed on and read, idle time passed over.
import { AddressMap } from "../../src/hardware/bus.js";
import { FlatFrameMap } from "../../src/hardware/frame-map.js";
import { Hart } from "../../src/hardware/hart.js";
import { interpreterModule } from "../../src/hardware/interpreter/build.js";
import { MachineMemory, RAM_PAGE } from "../../src/hardware/memory.js";
import { VirtioConsole } from "../../src/hardware/devices/virtio/console.js";
import { VirtioFs } from "../../src/hardware/devices/virtio/fs.js";
import { VirtioRng } from "../../src/hardware/devices/virtio/rng.js";
import type { LowerTree } from "../../src/hypervisor/fuse/lower-tree.js";
import { FuseServer } from "../../src/hypervisor/fuse/server.js";
import { boot } from "../../src/hypervisor/boot.js";
import { type StepEnd, VirtualMachine, type VirtualMachineState } from "../../src/hypervisor/vm.js";

const RAM_BYTES = 256 * 2 ** 20;
const SLICE = 1_000_000;
/** A guest that has not said what is waited for by then has lost its way. */
const PATIENCE_NS = 60e9;
const BORN_NS = 1_800_000_000n * 1_000_000_000n;
const engine = new WebAssembly.Module(interpreterModule());

/** All of a machine, for another to go on with. */
export interface Snapshot {
  machine: VirtualMachineState;
  console: ReturnType<VirtioConsole["save"]>;
  files: FuseServer["nodes"]["state"];
  /** By the page's number, counted from the first. */
  pages: Map<number, Uint8Array>;
}

export class TestMachine {
  /** What the guest wrote to its serial line, and to its first virtio console. */
  serial = "";
  terminal = "";
  readonly vm: VirtualMachine;
  readonly console: VirtioConsole;
  readonly files: FuseServer;
  private readonly memory = new MachineMemory();
  private readonly ram: FlatFrameMap;
  private readonly frames = new Map<number, number>();
  private read = 0;

  constructor(lower: LowerTree, snapshot?: Snapshot) {
    const { memory, frames } = this;
    // Frames in no order: no device may take neighbours for neighbours.
    this.ram = new FlatFrameMap(RAM_PAGE, RAM_BYTES / 4096, {
      frame(index) {
        const frame = memory.firstFrame + ((frames.size * 5167) % (RAM_BYTES / 4096));
        frames.set(index, frame);
        return frame;
      },
    });
    for (const [index, bytes] of snapshot?.pages ?? []) memory.u8.set(bytes, this.ram.frameOf(RAM_PAGE + index) * 4096);
    const realtimeNs = (): bigint => BORN_NS + BigInt(Math.floor(this.vm.nowNs));
    this.console = new VirtioConsole([{ kind: "console", transmit: (bytes) => { this.terminal += Buffer.from(bytes).toString("latin1"); } }], snapshot?.console);
    this.files = new FuseServer({ lower, limitBytes: 64 * 2 ** 20, now: realtimeNs }, snapshot?.files);
    this.vm = new VirtualMachine({
      hart: new Hart(memory, new AddressMap([]), engine), ram: this.ram, number: 1, nsPerInstruction: 5,
      serial: { transmit: (byte) => { this.serial += String.fromCharCode(byte); } }, time: { realtimeNs },
      virtio: [this.console, new VirtioRng({ fill: (into) => into.fill(4) }), new VirtioFs("root", this.files)],
    }, snapshot?.machine);
  }

  boot(kernel: Uint8Array, commandLine: string, initrd?: Uint8Array): void {
    const refused = boot(this.vm, this.memory, this.ram, { kernel, commandLine, ramBytes: RAM_BYTES, seed: new Uint8Array(32).fill(9), ...(initrd === undefined ? {} : { initrd }) });
    if (refused !== undefined) throw new Error(refused.refused);
  }

  snapshot(): Snapshot {
    const pages = new Map([...this.frames].map(([index, frame]) => [index, this.memory.u8.slice(frame * 4096, (frame + 1) * 4096)]));
    return { machine: this.vm.save(), console: this.console.save(), files: structuredClone(this.files.nodes.state), pages };
  }

  type(text: string): void {
    for (const byte of Buffer.from(text)) this.vm.board.serial.receive(byte);
  }

  private step(slice: number): StepEnd {
    const end = this.vm.step(slice);
    if (end === "idle") {
      if (this.vm.idleNs === Infinity) throw new Error(`the guest sleeps for ever:\n${this.serial.slice(-2000)}`);
      this.vm.elapse(this.vm.idleNs);
    }
    return end;
  }

  /** Runs until the serial line says it; returns what it said since the last time. */
  until(said: string | RegExp, slice = SLICE): string {
    const patience = this.vm.nowNs + PATIENCE_NS;
    for (;;) {
      const fresh = this.serial.slice(this.read);
      const at = typeof said === "string" ? fresh.indexOf(said) : fresh.search(said);
      if (at >= 0) {
        this.read = this.serial.length;
        return fresh;
      }
      const end = this.step(slice);
      if (end === "off" || end === "reboot" || this.vm.nowNs > patience) throw new Error(`the guest did not say ${String(said)} (${end}):\n${this.serial.slice(-2000)}`);
    }
  }

  /** What a command prints in the guest's shell, and its status as `<0>`. */
  run(command: string): string {
    this.type(`${command}\n`);
    return this.until(/<\d+>\n$/);
  }

  end(): StepEnd {
    for (;;) {
      const end = this.step(SLICE);
      if (end === "off" || end === "reboot") return end;
    }
  }
}
