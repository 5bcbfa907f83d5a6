// A system call as a row: number, name, typed arguments, body. Dispatch, trace output and the support table derive from it.
import { type Errno, ENOSYS } from "../abi/errno.js";
import type { Task } from "./task/task.js";
import type { Wait } from "./wait.js";

/**
 * The type of one argument: how a register becomes a value, and how a trace shows it. `raw` is the register read as a signed
 * 64-bit integer (exact up to 2^53; a hostile value beyond stays out of every valid range). `decode` may return or throw an Errno.
 */
export interface Argument<T> {
  readonly name: string;
  decode(task: Task, raw: number): T | Errno;
  show(task: Task, raw: number): string;
}

/** A result of at least 0, or an error, or what to wait for. "-errno" is made from it in one place: the dispatcher. */
export type Returned = number | Errno | Wait;

type Decoded<A extends readonly Argument<unknown>[]> = { [K in keyof A]: A[K] extends Argument<infer T> ? T : never };

/** How much of Linux's call there is. A gap is one line of prose for docs/generated/syscalls.md. */
export type Support = { level: "full" } | { level: "partial"; gap: string } | { level: "missing"; errno: Errno };

export interface SystemCall {
  readonly number: number;
  readonly name: string;
  readonly args: readonly Argument<unknown>[];
  readonly body: (task: Task, ...args: never[]) => Returned;
  readonly support: Support;
}

/** Defines a call. `gap` names what Linux does and we don't yet; without it the call is claimed to be whole. */
export function syscall<const A extends readonly Argument<unknown>[]>(
  number: number, name: string, args: A, body: (task: Task, ...args: Decoded<A>) => Returned, gap?: string,
): SystemCall {
  return { number, name, args, body: body as SystemCall["body"], support: gap === undefined ? { level: "full" } : { level: "partial", gap } };
}

/** A call that does not exist yet is a row too, so that the docs print the truth. */
export function missing(number: number, name: string, errno: Errno = ENOSYS): SystemCall {
  return { number, name, args: [], body: () => errno, support: { level: "missing", errno } };
}
