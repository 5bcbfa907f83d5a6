// From an ecall to a row of the table and back: decodes, runs, sleeps, and makes -errno, in this one place.
import { ENOSYS, Errno } from "../abi/errno.js";
import type { Argument, Returned, SystemCall } from "./syscall.js";
import { table } from "./syscalls/table.js";
import { A0, A7 } from "./task/registers.js";
import { AS_SET } from "./task/as-set.js";
import type { Task } from "./task/task.js";
import { updateAttention } from "./task/signals.js";
import { Wait } from "./wait.js";

type Body = (task: Task, ...args: unknown[]) => Returned;

/** Bytes of an ecall. */
const ECALL = 4;

function decode(task: Task, arg: Argument<unknown>, index: number): unknown {
  return arg.decode(task, task.kernel.processor.readRegister(A0 + index));
}

/** Decodes all arguments, then runs the body. No arrays for the calls that programs make most. */
function invoke(task: Task, call: SystemCall): Returned {
  const { args } = call;
  const body = call.body as Body;
  const n = args.length;
  if (n === 0) return body(task);
  const a = decode(task, args[0], 0);
  if (a instanceof Errno) return a;
  if (n === 1) return body(task, a);
  const b = decode(task, args[1], 1);
  if (b instanceof Errno) return b;
  if (n === 2) return body(task, a, b);
  const c = decode(task, args[2], 2);
  if (c instanceof Errno) return c;
  if (n === 3) return body(task, a, b, c);
  const d = decode(task, args[3], 3);
  if (d instanceof Errno) return d;
  if (n === 4) return body(task, a, b, c, d);
  const e = decode(task, args[4], 4);
  if (e instanceof Errno) return e;
  if (n === 5) return body(task, a, b, c, d, e);
  const f = decode(task, args[5], 5);
  if (f instanceof Errno) return f;
  return body(task, a, b, c, d, e, f);
}

function run(task: Task, call: SystemCall | undefined): Returned {
  if (call === undefined) return ENOSYS;
  try {
    return invoke(task, call);
  } catch (thrown) {
    if (thrown instanceof Errno || thrown instanceof Wait) return thrown;
    throw thrown;
  }
}

function show(task: Task, number: number, call: SystemCall | undefined): string {
  if (call === undefined) return `syscall_${number}()`;
  const shown = call.args.map((arg, index) => arg.show(task, task.kernel.processor.readRegister(A0 + index)));
  return `${call.name}(${shown.join(", ")})`;
}

/** Runs the call that the task on the hart asks for. Afterwards it goes on behind the ecall, or sleeps with pc still at it. */
export function dispatch(task: Task): void {
  const { processor } = task.kernel;
  const number = processor.readWord(A7);
  const call = number >= 0 && number < table.length ? table[number] : undefined;
  if (task.calling) {
    task.calling = false;
    task.wait = undefined;
  } else {
    const { resume } = task;
    if (resume.done !== 0 || resume.deadlineNs !== undefined || resume.note !== undefined) {
      resume.done = 0;
      resume.deadlineNs = undefined;
      resume.note = undefined;
    }
    const { watch } = task.kernel;
    if (watch !== undefined) watch({ at: "call.entered", task: task.tid, call: number, shown: show(task, number, call) });
  }
  const result = run(task, call);
  if (typeof result === "number") complete(task, number, result);
  else if (result instanceof Errno) complete(task, number, -result.number);
  else if (result !== AS_SET) {
    task.calling = true;
    task.kernel.watch?.({ at: "call.waits", task: task.tid, call: number });
    task.kernel.scheduler.sleep(task, result);
  }
}

/** The call ended: its result goes to a0, and a mask that was set for its time only is taken back. */
export function complete(task: Task, number: number, result: number): void {
  const { processor } = task.kernel;
  processor.writeRegister(A0, result);
  processor.pc += ECALL;
  if (task.restoredMask !== undefined) {
    task.blocked = task.restoredMask;
    task.restoredMask = undefined;
    updateAttention(task);
  }
  task.kernel.watch?.({ at: "call.left", task: task.tid, call: number, result });
}
