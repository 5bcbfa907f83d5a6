// A virtual machine: a board made in software, a virtual processor that takes turns on a hart, and the firmware's calls.
import type { TimeKeeper } from "../hardware/devices/clock.js";
import type { SerialLine } from "../hardware/devices/serial.js";
import type { VirtioDevice } from "../hardware/devices/virtio/device.js";
import type { FrameMap } from "../hardware/frame-map.js";
import { GuestMemory } from "../hardware/guest-memory.js";
import type { Hart, HartWiring } from "../hardware/hart.js";
import { HART_STATE_END, PC, RESERVED, X } from "../hardware/layout.js";
import { type SupervisorExit, SupervisorHart, type SupervisorHartState } from "../hardware/supervisor-hart.js";
import { Sbi } from "./sbi.js";
import { TIMEBASE_HZ, VirtualBoard, type VirtualBoardState } from "./virtual-board.js";

const TICK_NS = 1e9 / TIMEBASE_HZ;

export interface VirtualMachineWires {
  /** The hart that runs it, and others in between. */
  hart: Hart;
  /** The machine's RAM: frames of the machine around it. */
  ram: FrameMap;
  /** Tells the machines on one hart apart; the machine around them has 0. */
  number: number;
  serial: SerialLine;
  /** For the board's real-time clock. */
  time: TimeKeeper;
  /** Devices on the PCI bus. */
  virtio: readonly VirtioDevice[];
  /** Guest time that an instruction takes. */
  nsPerInstruction: number;
}

export interface VirtualMachineState {
  /** The virtual processor's registers as layout.ts has them, from X on. */
  registers: Uint8Array;
  processor: SupervisorHartState;
  board: VirtualBoardState;
  retired: number;
  skippedNs: number;
  ended: "off" | "reboot" | undefined;
}

/** "idle": the processor waits for an interrupt. "wait": for a frame. */
export type StepEnd = "budget" | "idle" | "wait" | "off" | "reboot";

export class VirtualMachine {
  readonly board: VirtualBoard;
  private readonly processor: SupervisorHart;
  private readonly wires: VirtualMachineWires;
  private readonly registers: Uint8Array;
  private ended: "off" | "reboot" | undefined;
  private retiredBefore: number;
  /** Guest time that passed while no instruction retired. */
  private skippedNs: number;
  /** The hart's count at the beginning of the turn; undefined between turns. */
  private retiredAtEntry: number | undefined;
  /** What the hart ran before, while it runs us. */
  private outer: { wiring: HartWiring; registers: Uint8Array } | undefined;

  constructor(wires: VirtualMachineWires, saved?: VirtualMachineState) {
    this.wires = wires;
    this.board = new VirtualBoard({ ...wires, memory: new GuestMemory(wires.hart.memory, wires.ram) }, saved?.board);
    this.registers = saved?.registers.slice() ?? freshRegisters();
    this.retiredBefore = saved?.retired ?? 0;
    this.skippedNs = saved?.skippedNs ?? 0;
    this.ended = saved?.ended;
    this.takeHart();
    this.processor = new SupervisorHart(wires.hart, this.firmware(), saved?.processor, wires.number);
    this.giveBack();
  }

  save(): VirtualMachineState {
    this.takeHart();
    const processor = this.processor.save();
    this.giveBack();
    return { registers: this.registers.slice(), processor, board: this.board.save(), retired: this.retiredBefore, skippedNs: this.skippedNs, ended: this.ended };
  }

  /** Sets the registers by which firmware hands over to a kernel (Linux Documentation/arch/riscv/boot.rst). */
  start(pc: number, deviceTree: number): void {
    const registers = new BigUint64Array(this.registers.buffer);
    registers[(PC - X) / 8] = BigInt(pc);
    registers[10] = 0n;
    registers[11] = BigInt(deviceTree);
  }

  /** Instructions retired since power-on. */
  get retired(): number {
    return this.retiredBefore + (this.retiredAtEntry === undefined ? 0 : this.wires.hart.retired - this.retiredAtEntry);
  }

  /** Guest time since power-on. */
  get nowNs(): number {
    return this.retired * this.wires.nsPerInstruction + this.skippedNs;
  }

  /** Time passes for the machine without an instruction of its own. */
  elapse(ns: number): void {
    this.skippedNs += ns;
  }

  /** How long the machine, if it is idle, can be left so: until its timer. Infinity: until a device wants it. */
  get idleNs(): number {
    return Math.max(0, this.processor.csrs.timerDeadline * TICK_NS - this.nowNs);
  }

  /** Runs at most `budget` instructions. */
  step(budget: number): StepEnd {
    if (this.ended !== undefined) return this.ended;
    this.board.servePending();
    this.takeHart();
    this.processor.resume();
    const exit = this.run(budget);
    this.giveBack();
    return this.ended ?? (exit === "stop" ? "off" : exit);
  }

  /** The power switch ends the run too: a store to a device does not go on to the next instruction. */
  private run(budget: number): SupervisorExit {
    const exit = this.processor.run(budget);
    const { state } = this.board.power;
    if (state !== "on") this.ended ??= state === "reset" ? "reboot" : "off";
    return exit;
  }

  private takeHart(): void {
    const { hart } = this.wires;
    const { u8 } = hart.memory;
    hart.settle();
    this.outer = { wiring: hart.wiring, registers: u8.slice(X, HART_STATE_END) };
    u8.set(this.registers, X);
    hart.bus = this.board.map;
    hart.frames = this.wires.ram;
    hart.time = () => this.nowNs / TICK_NS;
    this.retiredAtEntry = hart.retired;
  }

  private giveBack(): void {
    const { hart } = this.wires;
    const { u8 } = hart.memory;
    hart.settle();
    this.retiredBefore = this.retired;
    this.retiredAtEntry = undefined;
    this.registers.set(u8.subarray(X, HART_STATE_END));
    if (this.outer === undefined) return;
    u8.set(this.outer.registers, X);
    hart.wiring = this.outer.wiring;
    this.outer = undefined;
  }

  private firmware(): Sbi {
    const { board } = this;
    return new Sbi({
      print: (byte) => this.wires.serial.transmit(byte),
      read: () => board.serial.take(),
      reset: (kind) => { this.ended = kind === "reboot" ? "reboot" : "off"; },
      setTimer: (deadline) => this.processor.csrs.setTimer(deadline),
      interrupt: () => this.processor.csrs.raiseSoftware(),
      forget: (va, pages, space) => this.processor.forget(va, pages, space),
      externalInterrupt: () => board.interrupt,
      instructionsUntil: (time) => Math.ceil((time * TICK_NS - this.nowNs) / this.wires.nsPerInstruction),
    });
  }
}

function freshRegisters(): Uint8Array {
  const registers = new Uint8Array(HART_STATE_END - X);
  // No reservation.
  registers.fill(0xff, RESERVED - X, RESERVED - X + 8);
  return registers;
}
