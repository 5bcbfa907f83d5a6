// Restartable sequences (rseq(2)): a thread that is preempted or gets a signal inside one goes on at its abort address.
import { SIGSEGV, SI_KERNEL } from "../../abi/signal.js";
import { readPc, writePc } from "./registers.js";
import { forceSignal } from "./signals.js";
import type { Task } from "./task.js";

// struct rseq: cpu_id_start, cpu_id, rseq_cs, flags, node_id, mm_cid. struct rseq_cs: version, flags, start_ip, post_commit_offset, abort_ip.
const CS_POINTER = 8;

/** Fills the fields that tell which processor the thread is on: there is one. */
export function writeProcessor(task: Task): void {
  const { memory, rseq } = task;
  memory.writeU32(rseq.address, 0);
  memory.writeU32(rseq.address + 4, 0);
  memory.writeU32(rseq.address + 20, 0);
  memory.writeU32(rseq.address + 24, 0);
}

/** Before anything that may have let others run: out of the sequence, if the thread is in one (Linux: rseq_ip_fixup). */
export function leaveSequence(task: Task): void {
  const { memory, rseq } = task;
  if (rseq.address === 0) return;
  try {
    const at = memory.readU64(rseq.address + CS_POINTER);
    if (at === 0) return;
    const start = memory.readU64(at + 8);
    const length = memory.readU64(at + 16);
    const abort = memory.readU64(at + 24);
    const pc = readPc(task);
    memory.writeU64(rseq.address + CS_POINTER, 0);
    if (pc < start || pc >= start + length) return;
    if (memory.readU32(abort - 4) !== rseq.signature) return forceSignal(task, { kind: "kill", signo: SIGSEGV, code: SI_KERNEL, pid: 0, uid: 0 });
    writePc(task, abort);
  } catch {
    // A Wait for a page of a device can't be honoured here; the area is the thread's own stack or TLS, which is never that.
    forceSignal(task, { kind: "kill", signo: SIGSEGV, code: SI_KERNEL, pid: 0, uid: 0 });
  }
}
