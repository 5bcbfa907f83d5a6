// Everything that happens, as one union that trace, metrics, comparison and picture consume.

/** `at` names the kind; numbers are pids of the initial pid namespace. */
export type Happening =
  | { at: "task.forked"; parent: number; child: number; thread: boolean }
  | { at: "task.executed"; task: number; file: string; arguments: readonly string[] }
  | { at: "task.exited"; task: number; status: number }
  | { at: "task.switched"; from: number; to: number }
  | { at: "call.entered"; task: number; call: number; shown: string }
  | { at: "call.left"; task: number; call: number; result: number }
  | { at: "call.waits"; task: number; call: number }
  | { at: "page.faulted"; task: number; address: number; access: "read" | "write" | "execute"; major: boolean }
  | { at: "signal.sent"; to: number; signal: number }
  | { at: "signal.delivered"; task: number; signal: number }
  | { at: "disk.read"; block: number; count: number }
  | { at: "file.mapped"; task: number; file: string; address: number; pages: number }
  | { at: "machine.booted" }
  | { at: "machine.stopped" };
