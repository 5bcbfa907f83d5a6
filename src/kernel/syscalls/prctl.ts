// prctl(2): what a process says about itself.
import { CAP_LAST_CAP, CAP_SETPCAP, CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { EINVAL, EPERM } from "../../abi/errno.js";
import * as p from "../../abi/prctl.js";
import { toBytes } from "../bytestring.js";
import { type Returned, syscall } from "../syscall.js";
import { capabilityBit, capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import { int, size } from "./arguments.js";

type Option = (task: Task, a: number, b: number, c: number, d: number) => Returned;

/** The default of a thread's timer slack, which 0 sets again. */
const TIMER_SLACK_NS = 50_000;

function setSecurebits(task: Task, bits: number): Returned {
  const old = task.credentials.securebits;
  const locks = (old & 0xaa) >> 1;
  if ((bits & ~0xff) !== 0 || (old & 0xaa & ~bits) !== 0 || ((old ^ bits) & locks) !== 0 || !capable(task, CAP_SETPCAP)) return EPERM;
  task.credentials = task.credentials.with({ securebits: bits });
  return 0;
}

function ambient(task: Task, operation: number, capability: number): Returned {
  const { credentials } = task;
  if (operation === p.PR_CAP_AMBIENT_CLEAR_ALL) {
    if (capability !== 0) return EINVAL;
    task.credentials = credentials.with({ ambient: 0n });
    return 0;
  }
  if (capability > CAP_LAST_CAP) return EINVAL;
  const bit = capabilityBit(capability);
  if (operation === p.PR_CAP_AMBIENT_IS_SET) return (credentials.ambient & bit) !== 0n ? 1 : 0;
  if (operation === p.PR_CAP_AMBIENT_LOWER) task.credentials = credentials.with({ ambient: credentials.ambient & ~bit });
  else if (operation === p.PR_CAP_AMBIENT_RAISE) {
    if ((credentials.permitted & credentials.inheritable & bit) === 0n || (credentials.securebits & p.SECBIT_NO_CAP_AMBIENT_RAISE) !== 0) return EPERM;
    task.credentials = credentials.with({ ambient: credentials.ambient | bit });
  } else return EINVAL;
  return 0;
}

function dropBounding(task: Task, capability: number): Returned {
  if (!capable(task, CAP_SETPCAP)) return EPERM;
  if (capability > CAP_LAST_CAP) return EINVAL;
  task.credentials = task.credentials.with({ bounding: task.credentials.bounding & ~capabilityBit(capability) });
  return 0;
}

function setKeepCaps(task: Task, on: number): Returned {
  if (on > 1) return EINVAL;
  const { securebits } = task.credentials;
  if ((securebits & p.SECBIT_KEEP_CAPS_LOCKED) !== 0) return EPERM;
  task.credentials = task.credentials.with({ securebits: on === 1 ? securebits | p.SECBIT_KEEP_CAPS : securebits & ~p.SECBIT_KEEP_CAPS });
  return 0;
}

function getName(task: Task, at: number): Returned {
  const bytes = new Uint8Array(16);
  bytes.set(toBytes(task.comm).subarray(0, 15));
  task.memory.write(at, bytes);
  return 0;
}

function getAuxv(task: Task, at: number, bytes: number): Returned {
  const { auxv } = task.memory;
  task.memory.write(at, auxv.subarray(0, Math.min(bytes, auxv.length)));
  return auxv.length;
}

/** The marks that PR_SET_MM_* move, by option number. */
const marks: Readonly<Record<number, string>> = {
  [p.PR_SET_MM_START_CODE]: "codeStart", [p.PR_SET_MM_END_CODE]: "codeEnd", [p.PR_SET_MM_START_DATA]: "dataStart", [p.PR_SET_MM_END_DATA]: "dataEnd",
  [p.PR_SET_MM_START_STACK]: "stackStart", [p.PR_SET_MM_ARG_START]: "argumentsStart", [p.PR_SET_MM_ARG_END]: "argumentsEnd",
  [p.PR_SET_MM_ENV_START]: "environmentStart", [p.PR_SET_MM_ENV_END]: "environmentEnd",
};

function setMm(task: Task, what: number, to: number): Returned {
  if (!capable(task, CAP_SYS_RESOURCE)) return EPERM;
  const mark = marks[what];
  if (mark === undefined || task.memory.find(Math.floor(to / 4096)) === undefined) return EINVAL;
  Object.assign(task.memory.marks, { [mark]: to });
  return 0;
}

const options: Readonly<Record<number, Option>> = {
  [p.PR_SET_PDEATHSIG]: (task, signal) => {
    if (signal > 64) return EINVAL;
    task.parentDeathSignal = signal;
    return 0;
  },
  [p.PR_GET_PDEATHSIG]: (task, at) => {
    task.memory.writeI32(at, task.parentDeathSignal);
    return 0;
  },
  [p.PR_GET_DUMPABLE]: (task) => task.process.dumpable,
  [p.PR_SET_DUMPABLE]: (task, to) => {
    if (to > 1) return EINVAL;
    task.process.dumpable = to;
    return 0;
  },
  [p.PR_GET_KEEPCAPS]: (task) => ((task.credentials.securebits & p.SECBIT_KEEP_CAPS) !== 0 ? 1 : 0),
  [p.PR_SET_KEEPCAPS]: setKeepCaps,
  [p.PR_GET_TIMING]: () => p.PR_TIMING_STATISTICAL,
  [p.PR_SET_TIMING]: (_task, to) => (to === p.PR_TIMING_STATISTICAL ? 0 : EINVAL),
  [p.PR_SET_NAME]: (task, at) => {
    task.comm = task.memory.readString(at, 15);
    return 0;
  },
  [p.PR_GET_NAME]: getName,
  [p.PR_GET_SECCOMP]: () => 0,
  [p.PR_CAPBSET_READ]: (task, capability) => (capability > CAP_LAST_CAP ? EINVAL : (task.credentials.bounding & capabilityBit(capability)) !== 0n ? 1 : 0),
  [p.PR_CAPBSET_DROP]: dropBounding,
  [p.PR_GET_SECUREBITS]: (task) => task.credentials.securebits,
  [p.PR_SET_SECUREBITS]: setSecurebits,
  [p.PR_SET_TIMERSLACK]: (task, ns) => {
    task.timerSlackNs = ns === 0 || ns >= 2 ** 63 ? TIMER_SLACK_NS : ns;
    return 0;
  },
  [p.PR_GET_TIMERSLACK]: (task) => task.timerSlackNs,
  [p.PR_SET_MM]: setMm,
  [p.PR_SET_PTRACER]: () => EINVAL,
  [p.PR_SET_CHILD_SUBREAPER]: (task, on) => {
    task.process.childSubreaper = on !== 0;
    return 0;
  },
  [p.PR_GET_CHILD_SUBREAPER]: (task, at) => {
    task.memory.writeI32(at, task.process.childSubreaper ? 1 : 0);
    return 0;
  },
  [p.PR_SET_NO_NEW_PRIVS]: (task, on, b, c, d) => {
    if (on !== 1 || b !== 0 || c !== 0 || d !== 0) return EINVAL;
    task.credentials = task.credentials.with({ noNewPrivs: true });
    return 0;
  },
  [p.PR_GET_NO_NEW_PRIVS]: (task, a, b, c, d) => (a !== 0 || b !== 0 || c !== 0 || d !== 0 ? EINVAL : task.credentials.noNewPrivs ? 1 : 0),
  [p.PR_GET_TID_ADDRESS]: (task, at) => {
    task.memory.writeU64(at, task.clearChildTid);
    return 0;
  },
  [p.PR_SET_THP_DISABLE]: (_task, _on, b, c, d) => (b !== 0 || c !== 0 || d !== 0 ? EINVAL : 0),
  [p.PR_GET_THP_DISABLE]: () => 0,
  [p.PR_CAP_AMBIENT]: ambient,
  [p.PR_GET_AUXV]: getAuxv,
};

export const calls = [
  syscall(167, "prctl", [int, size, size, size, size], (task, option, a, b, c, d) => {
    const found = options[option];
    return found === undefined ? EINVAL : found(task, a, b, c, d);
  }, "no seccomp, ptrace access, memory merging, core scheduling or speculation control (EINVAL); huge pages can be switched off, there are none"),
];
