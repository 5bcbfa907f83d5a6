// Memory: brk, the mmap family, locks, advice, and what riscv adds (riscv_hwprobe, riscv_flush_icache).
import { CAP_IPC_LOCK } from "../../abi/capability.js";
import { EINVAL, ENOMEM, EPERM, type Errno, failed } from "../../abi/errno.js";
import * as mman from "../../abi/mman.js";
import { RLIMIT_MEMLOCK } from "../../abi/resource.js";
import { AddressSpace } from "../memory/address-space.js";
import { advise, isAdvice, lock, lockAll, residency, synchronise } from "../memory/advise.js";
import { hwprobe } from "../memory/hwprobe.js";
import { PAGE_SIZE, TASK_SIZE, pagesOf } from "../memory/layout.js";
import { mmap } from "../memory/mmap.js";
import { protect } from "../memory/protect.js";
import { remap } from "../memory/remap.js";
import { VM_LOCKED, VM_LOCKONFAULT } from "../memory/vma.js";
import { missing, syscall, type Returned, type SystemCall } from "../syscall.js";
import type { Task } from "../task/task.js";
import { flags, looseFlags, int, long, oneOf, pointer, size, slot } from "./arguments.js";

const protection = looseFlags("PROT_NONE", "PROT_READ", "PROT_WRITE", "PROT_EXEC", "PROT_SEM", "PROT_GROWSDOWN", "PROT_GROWSUP");
const mappingFlags = looseFlags("MAP_SHARED", "MAP_PRIVATE", "MAP_FIXED", "MAP_ANONYMOUS", "MAP_GROWSDOWN", "MAP_DENYWRITE", "MAP_EXECUTABLE", "MAP_LOCKED",
  "MAP_NORESERVE", "MAP_POPULATE", "MAP_NONBLOCK", "MAP_STACK", "MAP_HUGETLB", "MAP_SYNC", "MAP_FIXED_NOREPLACE");
const advice = oneOf("MADV_NORMAL", "MADV_RANDOM", "MADV_SEQUENTIAL", "MADV_WILLNEED", "MADV_DONTNEED", "MADV_FREE", "MADV_REMOVE", "MADV_DONTFORK", "MADV_DOFORK",
  "MADV_HUGEPAGE", "MADV_NOHUGEPAGE", "MADV_DONTDUMP", "MADV_DODUMP", "MADV_WIPEONFORK", "MADV_KEEPONFORK", "MADV_COLD", "MADV_PAGEOUT", "MADV_POPULATE_READ", "MADV_POPULATE_WRITE");

/** The pages of a range; undefined where it is empty. */
function range(at: number, bytes: number): { start: number; end: number } | undefined | Errno {
  const pages = AddressSpace.pageRange(at, bytes);
  return failed(pages) || pages.end > pages.start ? pages : undefined;
}

function munmap(task: Task, at: number, bytes: number): Returned {
  if (at % PAGE_SIZE !== 0 || bytes === 0 || at > TASK_SIZE || bytes > TASK_SIZE - at) return EINVAL;
  return task.memory.unmap(at / PAGE_SIZE, at / PAGE_SIZE + pagesOf(bytes)) ?? 0;
}

function mprotect(task: Task, at: number, bytes: number, access: number): Returned {
  const known = mman.PROT_READ | mman.PROT_WRITE | mman.PROT_EXEC | mman.PROT_SEM;
  const growth = access & (mman.PROT_GROWSDOWN | mman.PROT_GROWSUP);
  // Nothing grows upwards here.
  if ((growth & mman.PROT_GROWSUP) !== 0 || at % PAGE_SIZE !== 0) return EINVAL;
  if (bytes === 0) return 0;
  const pages = range(at, bytes);
  if (failed(pages) || pages === undefined) return ENOMEM;
  if ((access & ~known & ~growth) !== 0) return EINVAL;
  return protect(task.memory, pages.start, pages.end, access & 7, growth !== 0) ?? 0;
}

function msync(task: Task, at: number, bytes: number, how: number): Returned {
  const both = mman.MS_ASYNC | mman.MS_SYNC;
  if ((how & both) === both || at % PAGE_SIZE !== 0) return EINVAL;
  const pages = range(at, bytes);
  if (failed(pages)) return pages;
  return pages === undefined ? 0 : synchronise(task, task.memory, pages.start, pages.end, how) ?? 0;
}

function madvise(task: Task, at: number, bytes: number, what: number): Returned {
  if (!isAdvice(what) || at % PAGE_SIZE !== 0 || bytes > TASK_SIZE) return EINVAL;
  const pages = range(at, bytes);
  // The end of the addresses is reached before anything mapped is.
  if (failed(pages)) return ENOMEM;
  return pages === undefined ? 0 : advise(task.memory, pages.start, pages.end, what) ?? 0;
}

function mincore(task: Task, at: number, bytes: number, into: number): Returned {
  const pages = range(at, bytes);
  if (failed(pages)) return pages;
  if (pages === undefined) return 0;
  for (let page = pages.start; page < pages.end; page += PAGE_SIZE) {
    const resident = residency(task.memory, page, Math.min(pages.end, page + PAGE_SIZE));
    if (failed(resident)) return resident;
    task.memory.write(into + page - pages.start, resident);
  }
  return 0;
}

/** mlock and munlock take any address: the pages that the range touches. */
function lockRange(task: Task, at: number, bytes: number, how: number): Returned {
  const privileged = task.credentials.has(CAP_IPC_LOCK);
  if (how !== 0 && !privileged && task.memory.limit(RLIMIT_MEMLOCK) === 0) return EPERM;
  const within = at % PAGE_SIZE;
  const pages = range(at - within, bytes + within);
  // An end that wraps around is EINVAL, addresses that can't be mapped are ENOMEM.
  if (failed(pages)) return at + bytes >= 2 ** 64 ? EINVAL : ENOMEM;
  return pages === undefined ? 0 : lock(task.memory, pages.start, pages.end, how, privileged) ?? 0;
}

function mlockall(task: Task, how: number): Returned {
  const { MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT } = mman;
  if (how === 0 || how === MCL_ONFAULT) return EINVAL;
  const { memory } = task;
  if (!task.credentials.has(CAP_IPC_LOCK)) {
    const limit = memory.limit(RLIMIT_MEMLOCK);
    if (limit === 0) return EPERM;
    if ((how & MCL_CURRENT) !== 0 && memory.totalPages * PAGE_SIZE > limit) return ENOMEM;
  }
  const set = VM_LOCKED | ((how & MCL_ONFAULT) !== 0 ? VM_LOCKONFAULT : 0);
  memory.futureFlags = (how & MCL_FUTURE) !== 0 ? set : 0;
  return (how & MCL_CURRENT) !== 0 ? lockAll(memory, set) ?? 0 : 0;
}

const REGISTRATIONS = mman.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | mman.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED
  | mman.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
const PRIVATE_COMMANDS = mman.MEMBARRIER_CMD_PRIVATE_EXPEDITED | mman.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE;

/** One hart runs all threads in turn, and each switch is a barrier: only the bookkeeping is left to do. */
function membarrier(task: Task, command: number, how: number): Returned {
  const all = mman.MEMBARRIER_CMD_GLOBAL | mman.MEMBARRIER_CMD_GLOBAL_EXPEDITED | REGISTRATIONS | PRIVATE_COMMANDS;
  if (how !== 0) return EINVAL;
  if (command === mman.MEMBARRIER_CMD_QUERY) return all;
  if ((command & all) !== command || (command & (command - 1)) !== 0) return EINVAL;
  if ((command & REGISTRATIONS) !== 0) task.memory.barriers |= command;
  // The registration of each private command is the next bit.
  if ((command & PRIVATE_COMMANDS) !== 0 && (task.memory.barriers & (command << 1)) === 0) return EPERM;
  return 0;
}

export const calls: SystemCall[] = [
  syscall(214, "brk", [pointer], (task, to) => task.memory.setBrk(to)),
  syscall(215, "munmap", [pointer, size], munmap),
  syscall(216, "mremap", [pointer, size, size, flags("MREMAP_MAYMOVE", "MREMAP_FIXED", "MREMAP_DONTUNMAP"), pointer],
    (task, at, from, to, how, target) => remap(task.memory, at, from, to, how, target)),
  syscall(222, "mmap", [pointer, size, protection, mappingFlags, slot, long], mmap,
    "no huge pages (MAP_HUGETLB is ENOMEM, as where none are reserved); MAP_SYNC is EOPNOTSUPP"),
  syscall(226, "mprotect", [pointer, size, protection], mprotect),
  syscall(227, "msync", [pointer, size, flags("MS_ASYNC", "MS_INVALIDATE", "MS_SYNC")], msync),
  syscall(228, "mlock", [pointer, size], (task, at, bytes) => lockRange(task, at, bytes, VM_LOCKED)),
  syscall(229, "munlock", [pointer, size], (task, at, bytes) => lockRange(task, at, bytes, 0)),
  syscall(230, "mlockall", [flags("MCL_CURRENT", "MCL_FUTURE", "MCL_ONFAULT")], mlockall),
  syscall(231, "munlockall", [], (task) => {
    task.memory.futureFlags = 0;
    return lockAll(task.memory, 0) ?? 0;
  }),
  syscall(232, "mincore", [pointer, size, pointer], mincore),
  syscall(233, "madvise", [pointer, size, advice], madvise,
    "MADV_FREE frees at once; MADV_COLD, MADV_PAGEOUT, MADV_MERGEABLE and huge-page advice are taken and change nothing; no poisoning"),
  syscall(258, "riscv_hwprobe", [pointer, size, size, pointer, int], hwprobe),
  syscall(259, "riscv_flush_icache", [pointer, pointer, size], (_task, _from, _to, how) => (how > 1 ? EINVAL : 0)),
  syscall(283, "membarrier", [int, int, int], membarrier, "the RSEQ commands are missing"),
  syscall(284, "mlock2", [pointer, size, flags("MLOCK_ONFAULT")], (task, at, bytes, how) => lockRange(task, at, bytes, how === 0 ? VM_LOCKED : VM_LOCKED | VM_LOCKONFAULT)),
  missing(234, "remap_file_pages"),
  missing(440, "process_madvise"),
  missing(462, "mseal"),
];
