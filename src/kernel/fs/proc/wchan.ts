// /proc/PID/wchan: in which function of Linux a process that waits as this one does would sleep (recorded from Linux 6.12 on riscv64).
import { SYS } from "../../../abi/syscall-numbers.js";
import type { ByteString } from "../../bytestring.js";
import { PipeFile } from "../../ipc/pipe.js";
import { A0, A7, readRegister } from "../../task/registers.js";
import type { Task } from "../../task/task.js";
import type { About } from "../pseudo/row.js";
import { mayLookInto } from "./access.js";

const functions = new Map<number, ByteString>([
  [SYS.nanosleep, "hrtimer_nanosleep"], [SYS.clock_nanosleep, "hrtimer_nanosleep"], [SYS.wait4, "do_wait"], [SYS.waitid, "do_wait"],
  [SYS.pselect6, "do_select"], [SYS.ppoll, "do_sys_poll"], [SYS.epoll_pwait, "do_epoll_wait"], [SYS.epoll_pwait2, "do_epoll_wait"], [SYS.rt_sigsuspend, "riscv_sys_rt_sigsuspend"],
  // Only the opening of a FIFO waits.
  [SYS.openat, "wait_for_partner"],
]);
const onPipes = new Map<number, ByteString>([
  [SYS.read, "pipe_read"], [SYS.readv, "pipe_read"], [SYS.write, "pipe_write"], [SYS.writev, "pipe_write"],
]);

function sleepsIn(task: Task): ByteString | undefined {
  if (task.state === "stopped") return "do_signal_stop";
  if (task.state !== "waiting" || !task.calling) return undefined;
  const call = readRegister(task, A7);
  const onPipe = onPipes.get(call);
  if (onPipe === undefined) return functions.get(call);
  return task.files.get(readRegister(task, A0)) instanceof PipeFile ? onPipe : undefined;
}

/** "0" where it runs, where that is nobody's business, and where nothing was recorded. */
export const wchan = ({ target, reader }: About<Task>): ByteString => (mayLookInto(reader, target) ? (sleepsIn(target) ?? "0") : "0");
