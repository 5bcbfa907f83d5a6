// The frame that a signal handler finds on its stack, and the way back through rt_sigreturn (Linux: arch/riscv/kernel/signal.c).
import { Errno } from "../../abi/errno.js";
import { SA_NODEFER, SA_ONSTACK, SIGSEGV, SI_KERNEL, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from "../../abi/signal.js";
import { type Siginfo, encodeSiginfo } from "../../abi/siginfo.js";
import { u64 } from "../../abi/bytes.js";
import { A0, A1, A2, FCSR_AT, FLOATS_AT, PC_AT, RA, SP, readRegister, reloadRegisters, saveRegisters, writePc, writeRegister } from "./registers.js";
import type { SignalAction } from "./signal-actions.js";
import { signalBit } from "./signal-queue.js";
import { forceSignal, setBlocked } from "./signals.js";
import type { Task } from "./task.js";

/** siginfo, then ucontext; the machine context within it. Offsets from the frame's start, in bytes. */
const UCONTEXT = 128;
const UC_STACK = UCONTEXT + 16;
const UC_SIGMASK = UCONTEXT + 40;
const UC_GREGS = UCONTEXT + 176;
const UC_FPREGS = UCONTEXT + 432;
export const FRAME_BYTES = 1088;
/** In the floating-point part: the reserved word and the header that ends the list of extensions. */
const EXTENSION_RESERVED = UC_FPREGS + 516;

/** Whether `sp` lies on the alternate stack. */
function onAlternate(task: Task, sp: number): boolean {
  const { alternateStack: stack } = task;
  return (stack.flags & SS_AUTODISARM) === 0 && sp > stack.sp && sp - stack.sp <= stack.size;
}

/** SS_ONSTACK, SS_DISABLE or 0, as sigaltstack(2) tells. */
export function alternateStackState(task: Task, sp: number): number {
  if (task.alternateStack.size === 0) return SS_DISABLE;
  return onAlternate(task, sp) ? SS_ONSTACK : 0;
}

/** Where the frame goes; undefined where it would run over the end of the alternate stack. */
function framePlace(task: Task, action: SignalAction): number | undefined {
  const { alternateStack: stack } = task;
  const sp = readRegister(task, SP);
  const on = onAlternate(task, sp);
  if (on && !onAlternate(task, sp - FRAME_BYTES)) return undefined;
  const switching = (action.flags & SA_ONSTACK) !== 0 && stack.size > 0 && !on;
  const top = switching ? stack.sp + stack.size : sp;
  return Math.floor((top - FRAME_BYTES) / 16) * 16;
}

/** The bytes of a frame with the task's registers, as they are in `task.registers`. */
export function encodeFrame(task: Task, info: Siginfo, mask: bigint): Uint8Array {
  const frame = new Uint8Array(FRAME_BYTES);
  const view = new DataView(frame.buffer);
  const { alternateStack: stack, registers } = task;
  encodeSiginfo(view, 0, info);
  u64(view, UC_STACK, stack.sp);
  view.setInt32(UC_STACK + 8, stack.size === 0 ? SS_DISABLE : alternateStackState(task, readRegister(task, SP)) | (stack.flags & SS_AUTODISARM), true);
  u64(view, UC_STACK + 16, stack.size);
  view.setBigUint64(UC_SIGMASK, mask, true);
  frame.set(registers.subarray(PC_AT, PC_AT + 8), UC_GREGS);
  frame.set(registers.subarray(8, PC_AT), UC_GREGS + 8);
  frame.set(registers.subarray(FLOATS_AT, FCSR_AT + 4), UC_FPREGS);
  return frame;
}

/** Puts the frame on the stack and lets the task go on in the handler. False where there is no room for it. */
export function pushFrame(task: Task, info: Siginfo, action: SignalAction): boolean {
  const at = framePlace(task, action);
  if (at === undefined || at < 0) return false;
  saveRegisters(task);
  try {
    task.memory.write(at, encodeFrame(task, info, task.restoredMask ?? task.blocked));
  } catch (thrown) {
    if (thrown instanceof Errno) return false;
    throw thrown;
  }
  task.restoredMask = undefined;
  if ((task.alternateStack.flags & SS_AUTODISARM) !== 0) task.alternateStack = { sp: 0, size: 0, flags: SS_DISABLE };
  writeRegister(task, A0, info.signo);
  writeRegister(task, A1, at);
  writeRegister(task, A2, at + UCONTEXT);
  writeRegister(task, SP, at);
  writeRegister(task, RA, task.memory.sigreturn);
  writePc(task, action.handler);
  setBlocked(task, task.blocked | action.mask | ((action.flags & SA_NODEFER) === 0 ? signalBit(info.signo) : 0n));
  return true;
}

/** rt_sigreturn(2): takes everything back from the frame at sp, whatever the program made of it. A bad frame is SIGSEGV. */
export function popFrame(task: Task): void {
  const at = readRegister(task, SP);
  const frame = readFrame(task, at);
  if (frame === undefined) return forceSignal(task, { kind: "fault", signo: SIGSEGV, code: SI_KERNEL, addr: 0 });
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_BYTES);
  saveRegisters(task);
  const { registers } = task;
  registers.set(frame.subarray(UC_GREGS, UC_GREGS + 8), PC_AT);
  registers.set(frame.subarray(UC_GREGS + 8, UC_GREGS + 256), 8);
  registers.set(frame.subarray(UC_FPREGS, UC_FPREGS + 260), FLOATS_AT);
  // Only the rounding mode and the flags exist in fcsr.
  registers.fill(0, FCSR_AT + 1, FCSR_AT + 8);
  // An instruction address has no bit 0.
  registers[PC_AT] &= 0xfe;
  reloadRegisters(task);
  task.calling = false;
  restoreStack(task, view);
  setBlocked(task, view.getBigUint64(UC_SIGMASK, true));
}

function readFrame(task: Task, at: number): Uint8Array | undefined {
  if (at % 16 !== 0) return undefined;
  try {
    const frame = task.memory.read(at, FRAME_BYTES);
    const view = new DataView(frame.buffer, frame.byteOffset, FRAME_BYTES);
    const extensions = view.getUint32(EXTENSION_RESERVED, true) | view.getUint32(EXTENSION_RESERVED + 4, true) | view.getUint32(EXTENSION_RESERVED + 8, true);
    return extensions === 0 ? frame : undefined;
  } catch (thrown) {
    if (thrown instanceof Errno) return undefined;
    throw thrown;
  }
}

/** As sigaltstack(2) with uc_stack; what it refuses stays as it was. */
function restoreStack(task: Task, view: DataView): void {
  const flags = view.getUint32(UC_STACK + 8, true);
  const sp = Number(view.getBigUint64(UC_STACK, true));
  const size = Number(view.getBigUint64(UC_STACK + 16, true));
  setAlternateStack(task, { sp, size, flags }, readRegister(task, SP));
}

const MINIMUM = 2048;

/** What sigaltstack(2) may find wrong. */
export function setAlternateStack(task: Task, to: { sp: number; size: number; flags: number }, sp: number): "ok" | "in use" | "invalid" | "small" {
  const { alternateStack: stack } = task;
  const how = to.flags & ~SS_AUTODISARM;
  const same = stack.sp === to.sp && stack.size === to.size && stack.flags === to.flags;
  if (onAlternate(task, sp)) return "in use";
  if (how !== SS_DISABLE && how !== SS_ONSTACK && how !== 0) return "invalid";
  if (same) return "ok";
  if (how === SS_DISABLE) task.alternateStack = { sp: 0, size: 0, flags: SS_DISABLE };
  else if (to.size < MINIMUM) return "small";
  else task.alternateStack = { sp: to.sp, size: to.size, flags: to.flags >>> 0 };
  return "ok";
}
