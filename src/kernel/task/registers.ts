// Registers of a task, wherever they are: on the hart while it is the one that ran last, else in `Task.registers`.
import { readI64, u64 } from "../../abi/bytes.js";
import type { Task } from "./task.js";

/** Integer registers by number, as the ABI names them. */
export const RA = 1;
export const SP = 2;
export const TP = 4;
export const A0 = 10;
export const A1 = 11;
export const A2 = 12;
export const A7 = 17;

/** Byte offsets in `Task.registers`: x0 to x31, pc, f0 to f31, fcsr. */
export const PC_AT = 256;
export const FLOATS_AT = 264;
export const FCSR_AT = 520;

const onHart = (task: Task): boolean => task.kernel.scheduler.onHart === task;

function view(task: Task): DataView {
  return new DataView(task.registers.buffer, task.registers.byteOffset, task.registers.byteLength);
}

export function readRegister(task: Task, index: number): number {
  return onHart(task) ? task.kernel.processor.readRegister(index) : readI64(view(task), 8 * index);
}

export function writeRegister(task: Task, index: number, value: number): void {
  if (onHart(task)) task.kernel.processor.writeRegister(index, value);
  else u64(view(task), 8 * index, value);
}

export function readPc(task: Task): number {
  return onHart(task) ? task.kernel.processor.pc : readI64(view(task), PC_AT);
}

export function writePc(task: Task, pc: number): void {
  if (onHart(task)) task.kernel.processor.pc = pc;
  else u64(view(task), PC_AT, pc);
}

/** Brings `task.registers` up to date with the hart. */
export function saveRegisters(task: Task): void {
  if (onHart(task)) task.kernel.processor.saveRegisters(task.registers);
}

/** `task.registers` was changed: the hart takes them over. */
export function reloadRegisters(task: Task): void {
  if (onHart(task)) task.kernel.processor.loadRegisters(task.registers);
}
