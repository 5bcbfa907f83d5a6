// riscv_hwprobe(2): what the hart can do, by keys (Linux Documentation/arch/riscv/hwprobe.rst).
import { EFAULT, EINVAL, type Errno } from "../../abi/errno.js";
import * as probe from "../../abi/prctl.js";
import type { Task } from "../task/task.js";
import { TASK_SIZE } from "./layout.js";

const { RISCV_HWPROBE_IMA_FD, RISCV_HWPROBE_IMA_C, RISCV_HWPROBE_EXT_ZBA, RISCV_HWPROBE_EXT_ZBB, RISCV_HWPROBE_EXT_ZBS } = probe;

/** Frequency of rdtime: it counts nanoseconds. */
const TIME_FREQUENCY = 1_000_000_000;

/** Value by key; what is not here is unknown and comes back as key -1. Values with bits tell what is there, the others are compared as a whole. */
const values = new Map<number, { value: number; bits?: boolean }>([
  [probe.RISCV_HWPROBE_KEY_MVENDORID, { value: 0 }],
  [probe.RISCV_HWPROBE_KEY_MARCHID, { value: 0 }],
  [probe.RISCV_HWPROBE_KEY_MIMPID, { value: 0 }],
  [probe.RISCV_HWPROBE_KEY_BASE_BEHAVIOR, { value: probe.RISCV_HWPROBE_BASE_BEHAVIOR_IMA, bits: true }],
  [probe.RISCV_HWPROBE_KEY_IMA_EXT_0, {
    value: RISCV_HWPROBE_IMA_FD | RISCV_HWPROBE_IMA_C | RISCV_HWPROBE_EXT_ZBA | RISCV_HWPROBE_EXT_ZBB | RISCV_HWPROBE_EXT_ZBS, bits: true,
  }],
  [probe.RISCV_HWPROBE_KEY_CPUPERF_0, { value: probe.RISCV_HWPROBE_MISALIGNED_FAST }],
  [probe.RISCV_HWPROBE_KEY_ZICBOZ_BLOCK_SIZE, { value: 0 }],
  [probe.RISCV_HWPROBE_KEY_HIGHEST_VIRT_ADDRESS, { value: TASK_SIZE }],
  [probe.RISCV_HWPROBE_KEY_TIME_CSR_FREQ, { value: TIME_FREQUENCY }],
  [probe.RISCV_HWPROBE_KEY_MISALIGNED_SCALAR_PERF, { value: probe.RISCV_HWPROBE_MISALIGNED_FAST }],
]);

const PAIR_BYTES = 16;
const WHICH_CPUS = 1;

export function hwprobe(task: Task, at: number, count: number, setBytes: number, setAt: number, flags: number): number | Errno {
  if ((flags & ~WHICH_CPUS) !== 0) return EINVAL;
  return flags === WHICH_CPUS ? whichCpus(task, at, count, setBytes, setAt) : readValues(task, at, count, setBytes, setAt);
}

function readValues(task: Task, at: number, count: number, setBytes: number, setAt: number): number | Errno {
  const { memory } = task;
  if (setAt === 0 ? setBytes !== 0 : setBytes === 0 || !namesUs(task, setAt, setBytes)) return EINVAL;
  if (count * PAIR_BYTES > TASK_SIZE) return EFAULT;
  for (let i = 0; i < count; i++) {
    const pair = at + i * PAIR_BYTES;
    const known = values.get(memory.readU64(pair));
    memory.writeU64(pair, known === undefined ? -1 : memory.readU64(pair));
    memory.writeU64(pair + 8, known?.value ?? 0);
  }
  return 0;
}

/** Whether the set has our only processor in it. */
function namesUs(task: Task, at: number, bytes: number): boolean {
  return bytes > 0 && (task.memory.read(at, 1)[0] & 1) !== 0;
}

/** RISCV_HWPROBE_WHICH_CPUS: leaves in the set the processors that have all the given values. */
function whichCpus(task: Task, at: number, count: number, setBytes: number, setAt: number): number | Errno {
  const { memory } = task;
  if (setBytes === 0 || setAt === 0) return EINVAL;
  if (count * PAIR_BYTES > TASK_SIZE || setBytes > TASK_SIZE) return EFAULT;
  const length = Math.min(setBytes, 8);
  const set = memory.read(setAt, length);
  let matches = set.every((byte) => byte === 0) || (set[0] & 1) !== 0;
  for (let i = 0; i < count; i++) {
    const pair = at + i * PAIR_BYTES;
    const known = values.get(memory.readU64(pair));
    if (known === undefined) {
      memory.writeU64(pair, -1);
      memory.writeU64(pair + 8, 0);
      matches = false;
      continue;
    }
    const wanted = memory.readU64(pair + 8);
    const missing = known.bits === true ? (wanted & ~known.value) !== 0 || wanted > 0xffffffff : wanted !== known.value;
    if (missing) matches = false;
  }
  set.fill(0);
  set[0] = matches ? 1 : 0;
  memory.write(setAt, set);
  return 0;
}
