// /proc/PID/status (Linux: fs/proc/array.c, proc_pid_status(5)): the same for people to read.
import { RLIMIT_SIGPENDING } from "../../../abi/resource.js";
import type { ByteString } from "../../bytestring.js";
import { PAGE_SIZE } from "../../memory/layout.js";
import { VM_EXEC, VM_WRITE } from "../../memory/vma.js";
import { numberIn } from "../../namespaces/pid.js";
import type { PidNamespace } from "../../namespaces/namespaces.js";
import type { Task } from "../../task/task.js";
import type { About } from "../pseudo/row.js";
import { hasMemory } from "./access.js";
import { escaped, kilobytes, mask64 } from "./format.js";
import { handledSignals, stateOf } from "./task-stat.js";

const PAGE_KB = PAGE_SIZE / 1024;

/** The numbers of a task, group or session in the reader's view and every namespace further in. */
function numbersFrom(view: PidNamespace, task: Task, global: number): ByteString {
  const chain: PidNamespace[] = [];
  for (let at: PidNamespace | undefined = task.namespaces.pid; at !== undefined && at.level >= view.level; at = at.parent) chain.unshift(at);
  return chain.map((namespace) => `\t${numberIn(namespace, global)}`).join("");
}

/** As Linux counts slots: a power of two of at least 64. */
function descriptorSlots(task: Task): number {
  let highest = 0;
  for (const [fd] of task.files.entries()) highest = fd;
  let slots = 64;
  while (slots <= highest) slots *= 2;
  return slots;
}

function identity({ target: task, fs }: About<Task>): ByteString {
  const { process, credentials: who } = task;
  const [letter, word] = stateOf(task);
  const number = (global: number): number => numberIn(fs.pid, global);
  const alive = hasMemory(task);
  return [
    `Name:\t${escaped(task.comm, /[\n\\]/g)}\n`,
    alive ? `Umask:\t0${task.fs.umask.toString(8).padStart(3, "0")}\n` : "",
    `State:\t${letter} (${word})\n`,
    `Tgid:\t${number(process.pid)}\nNgid:\t0\nPid:\t${number(task.tid)}\nPPid:\t${process.parent === undefined ? 0 : number(process.parent.pid)}\nTracerPid:\t0\n`,
    `Uid:\t${who.uid}\t${who.euid}\t${who.suid}\t${who.fsuid}\nGid:\t${who.gid}\t${who.egid}\t${who.sgid}\t${who.fsgid}\n`,
    `FDSize:\t${alive ? descriptorSlots(task) : 0}\nGroups:\t${who.groups.join(" ")} \n`,
    `NStgid:${numbersFrom(fs.pid, task, process.pid)}\nNSpid:${numbersFrom(fs.pid, task, task.tid)}\n`,
    `NSpgid:${numbersFrom(fs.pid, task, process.group.id)}\nNSsid:${numbersFrom(fs.pid, task, process.group.session.id)}\nKthread:\t0\n`,
  ].join("");
}

/** Pages of mappings that are code: the program's own, and that of libraries. */
function codeKilobytes(task: Task): { program: number; libraries: number } {
  const { marks, vmas } = task.memory;
  const program = Math.ceil(marks.codeEnd / PAGE_SIZE) - Math.floor(marks.codeStart / PAGE_SIZE);
  let executable = 0;
  for (const vma of vmas) if ((vma.flags & (VM_EXEC | VM_WRITE)) === VM_EXEC) executable += vma.length;
  return { program: Math.min(program, executable) * PAGE_KB, libraries: Math.max(0, executable - program) * PAGE_KB };
}

function memory(task: Task): ByteString {
  const { memory: space } = task;
  const resident = space.anonymousPages + space.filePages;
  const code = codeKilobytes(task);
  const lines: [ByteString, number][] = [
    ["VmPeak", space.peakPages * PAGE_KB], ["VmSize", space.totalPages * PAGE_KB], ["VmLck", space.lockedPages * PAGE_KB], ["VmPin", 0],
    ["VmHWM", Math.max(space.peakPresent, resident) * PAGE_KB], ["VmRSS", resident * PAGE_KB], ["RssAnon", space.anonymousPages * PAGE_KB],
    ["RssFile", space.filePages * PAGE_KB], ["RssShmem", 0], ["VmData", space.dataPages * PAGE_KB], ["VmStk", space.stackPages * PAGE_KB],
    ["VmExe", code.program], ["VmLib", code.libraries], ["VmPTE", space.table.tables * PAGE_KB], ["VmSwap", 0], ["HugetlbPages", 0],
  ];
  return `${lines.map(([name, kB]) => kilobytes(`${name}:\t`, kB)).join("")}CoreDumping:\t0\nTHP_enabled:\t0\nuntag_mask:\t0xffffffffffffffff\n`;
}

function signals(task: Task): ByteString {
  const { process } = task;
  const { ignored, caught } = handledSignals(process.actions);
  const queued = task.pending.length + process.pending.length;
  const limit = process.limit(RLIMIT_SIGPENDING);
  return [
    `Threads:\t${process.threads.size}\nSigQ:\t${queued}/${limit === Infinity ? "18446744073709551615" : limit}\n`,
    `SigPnd:\t${mask64(task.pending.set)}\nShdPnd:\t${mask64(process.pending.set)}\nSigBlk:\t${mask64(task.blocked)}\n`,
    `SigIgn:\t${mask64(ignored)}\nSigCgt:\t${mask64(caught)}\n`,
  ].join("");
}

function rights({ credentials: who, voluntarySwitches, involuntarySwitches }: Task): ByteString {
  return [
    `CapInh:\t${mask64(who.inheritable)}\nCapPrm:\t${mask64(who.permitted)}\nCapEff:\t${mask64(who.effective)}\nCapBnd:\t${mask64(who.bounding)}\nCapAmb:\t${mask64(who.ambient)}\n`,
    `NoNewPrivs:\t${who.noNewPrivs ? 1 : 0}\nSeccomp:\t0\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tunknown\nSpeculationIndirectBranch:\tunknown\n`,
    "Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n",
    `voluntary_ctxt_switches:\t${voluntarySwitches}\nnonvoluntary_ctxt_switches:\t${involuntarySwitches}\n`,
  ].join("");
}

export function status(about: About<Task>): ByteString {
  const { target: task } = about;
  return identity(about) + (hasMemory(task) ? memory(task) : "") + signals(task) + rights(task);
}
