// Numbers of tasks in their pid namespaces (pid_namespaces(7)): giving out, taking back, looking up.
import type { Kernel } from "../kernel.js";
import type { Task } from "../task/task.js";
import type { PidNamespace } from "./namespaces.js";

/** kernel.pid_max, as systems with many processors and systemd have it. Numbers are below. */
export const PID_MAX = 4194304;
/** After the numbers have gone round, low ones stay free (Linux: RESERVED_PIDS). */
const RESERVED_PIDS = 300;

/** The number that a task, group or session with that global number has in `namespace`; 0 where it can't be seen. */
export function numberIn(namespace: PidNamespace, global: number): number {
  return namespace.level === 0 ? global : (namespace.numbers.get(global) ?? 0);
}

/** The global number behind one of `namespace`; 0 if nothing has it. */
export function globalOf(namespace: PidNamespace, number: number): number {
  return namespace.level === 0 ? number : (namespace.globals.get(number) ?? 0);
}

export function taskByNumber(namespace: PidNamespace, number: number): Task | undefined {
  return namespace.tasks.get(number);
}

function inUse(kernel: Kernel, global: number): boolean {
  return kernel.initialNamespaces.pid.tasks.has(global) || kernel.groups.has(global) || kernel.sessions.has(global);
}

function nextFree(namespace: PidNamespace, taken: (number: number) => boolean): number {
  let number = namespace.lastNumber;
  for (let tries = 0; tries < PID_MAX; tries++) {
    number = number + 1 < PID_MAX ? number + 1 : RESERVED_PIDS;
    if (!taken(number)) break;
  }
  namespace.lastNumber = number;
  return number;
}

/** A new global number, with one in `namespace` and each between it and the initial one. */
export function allocateNumber(kernel: Kernel, namespace: PidNamespace): number {
  const initial = kernel.initialNamespaces.pid;
  const global = nextFree(initial, (number) => inUse(kernel, number));
  for (let at: PidNamespace = namespace; at.parent !== undefined; at = at.parent) {
    const inner = at;
    const number = nextFree(inner, (candidate) => inner.globals.has(candidate));
    inner.numbers.set(global, number);
    inner.globals.set(number, global);
  }
  return global;
}

/** The task is found by its numbers from now on. */
export function enter(task: Task, namespace: PidNamespace): void {
  for (let at: PidNamespace | undefined = namespace; at !== undefined; at = at.parent) at.tasks.set(numberIn(at, task.tid), task);
}

/** The task is gone. */
export function leave(task: Task, namespace: PidNamespace): void {
  for (let at: PidNamespace | undefined = namespace; at !== undefined; at = at.parent) at.tasks.delete(numberIn(at, task.tid));
  releaseNumber(task.kernel, namespace, task.tid);
}

/** Takes the number back unless a task, group or session still has it. */
export function releaseNumber(kernel: Kernel, namespace: PidNamespace, global: number): void {
  if (inUse(kernel, global)) return;
  for (let at: PidNamespace = namespace; at.parent !== undefined; at = at.parent) {
    const number = at.numbers.get(global);
    if (number === undefined) continue;
    at.numbers.delete(global);
    at.globals.delete(number);
  }
}
