// mmap(2): from the caller's arguments to a mapping, with Linux's checks in Linux's order (mm/mmap.c: do_mmap).
import { CAP_IPC_LOCK, CAP_SYS_RAWIO } from "../../abi/capability.js";
import { EACCES, EAGAIN, EBADF, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM, type Errno, failed } from "../../abi/errno.js";
import { O_ACCMODE, O_PATH, O_RDONLY, O_RDWR, O_WRONLY } from "../../abi/fcntl.js";
import * as mman from "../../abi/mman.js";
import { MS_NOEXEC } from "../../abi/mount.js";
import { RLIMIT_MEMLOCK } from "../../abi/resource.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { populateQuietly } from "./advise.js";
import type { AddressSpace } from "./address-space.js";
import { MIN_PAGE, PAGE_SIZE, TASK_SIZE, pagesOf } from "./layout.js";
import { AnonymousPages } from "./shared-pages.js";
import * as vm from "./vma.js";

/** Since Linux 6.11; the C library's headers may lack it. */
const MAP_DROPPABLE = 8;

/** What MAP_SHARED_VALIDATE knows. */
const KNOWN_FLAGS = mman.MAP_TYPE | mman.MAP_FIXED | mman.MAP_ANONYMOUS | mman.MAP_DENYWRITE | mman.MAP_EXECUTABLE | mman.MAP_UNINITIALIZED
  | mman.MAP_GROWSDOWN | mman.MAP_LOCKED | mman.MAP_NORESERVE | mman.MAP_POPULATE | mman.MAP_NONBLOCK | mman.MAP_STACK | mman.MAP_HUGETLB;

export function mmap(task: Task, at: number, length: number, access: number, flags: number, fd: number, offset: number): number | Errno {
  const space = task.memory;
  if (offset % PAGE_SIZE !== 0) return EINVAL;
  const file = (flags & mman.MAP_ANONYMOUS) === 0 ? task.files.get(fd) : undefined;
  if (failed(file)) return file;
  if (file !== undefined && (file.flags & O_PATH) !== 0) return EBADF;
  if ((flags & mman.MAP_HUGETLB) !== 0) return file === undefined ? ENOMEM : EINVAL;
  if (length === 0) return EINVAL;
  if (length > TASK_SIZE) return ENOMEM;
  const pages = pagesOf(length);
  if (!Number.isSafeInteger(offset + pages * PAGE_SIZE) || offset < 0) return EOVERFLOW;
  const where = placeFor(task, at, pages, flags);
  if (failed(where)) return where;
  const kind = kindOf(task, file, access, flags);
  if (failed(kind)) return kind;
  const locked = lockFlags(task, pages, flags);
  if (failed(locked)) return locked;
  const backing = backingOf(space, file, pages, offset, (kind & vm.VM_SHARED) !== 0);
  if (failed(backing)) return backing;
  const start = space.map(where, pages, kind | locked | (flags & mman.MAP_NORESERVE ? vm.VM_NORESERVE : 0), backing);
  if (failed(start)) return start;
  const populate = (flags & (mman.MAP_POPULATE | mman.MAP_NONBLOCK)) === mman.MAP_POPULATE || ((locked | space.futureFlags) & vm.VM_LOCKED) !== 0;
  if (populate && (space.futureFlags & vm.VM_LOCKONFAULT) === 0) populateQuietly(space, start, start + pages);
  return start * PAGE_SIZE;
}

function placeFor(task: Task, at: number, pages: number, flags: number): Parameters<AddressSpace["map"]>[0] | Errno {
  if ((flags & (mman.MAP_FIXED | mman.MAP_FIXED_NOREPLACE)) === 0) {
    const page = Math.max(pagesOf(at), MIN_PAGE);
    return at === 0 || page + pages > TASK_SIZE / PAGE_SIZE ? undefined : { at: page, how: "hint" };
  }
  if (at > TASK_SIZE - pages * PAGE_SIZE) return ENOMEM;
  if (at % PAGE_SIZE !== 0) return EINVAL;
  if (at < MIN_PAGE * PAGE_SIZE && !task.credentials.has(CAP_SYS_RAWIO)) return EPERM;
  return { at: at / PAGE_SIZE, how: (flags & mman.MAP_FIXED_NOREPLACE) !== 0 ? "keep" : "replace" };
}

/** The VM_* flags of the mapping, after the checks of access to the file. */
function kindOf(task: Task, file: File | undefined, access: number, flags: number): number | Errno {
  const all = (access & vm.VM_ACCESS) | vm.VM_MAYREAD | vm.VM_MAYWRITE | vm.VM_MAYEXEC | ((flags & mman.MAP_GROWSDOWN) !== 0 ? vm.VM_GROWSDOWN : 0);
  const type = flags & mman.MAP_TYPE;
  if (file === undefined) {
    const grows = (flags & mman.MAP_GROWSDOWN) !== 0;
    if (type === mman.MAP_PRIVATE) return all;
    if (type === mman.MAP_SHARED) return grows ? EINVAL : all | vm.VM_SHARED;
    if (type === MAP_DROPPABLE) return grows || (flags & mman.MAP_LOCKED) !== 0 ? EINVAL : all | vm.VM_DROPPABLE | vm.VM_NORESERVE | vm.VM_WIPEONFORK | vm.VM_DONTDUMP;
    return EINVAL;
  }
  return fileKind(file, access, all, type, flags);
}

function fileKind(file: File, access: number, all: number, type: number, flags: number): number | Errno {
  if (type !== mman.MAP_PRIVATE && type !== mman.MAP_SHARED && type !== mman.MAP_SHARED_VALIDATE) return EINVAL;
  if (type === mman.MAP_SHARED_VALIDATE && (flags & ~KNOWN_FLAGS) !== 0) return EOPNOTSUPP;
  const mode = file.flags & O_ACCMODE;
  const shared = type !== mman.MAP_PRIVATE;
  if (shared && (access & vm.VM_WRITE) !== 0 && mode !== O_RDWR && mode !== O_WRONLY) return EACCES;
  if (mode !== O_RDONLY && mode !== O_RDWR) return EACCES;
  let kind = all | (shared ? vm.VM_SHARED : 0);
  if (shared && mode === O_RDONLY) kind &= ~vm.VM_MAYWRITE;
  if (file.path !== undefined && (file.path.mount.flags & MS_NOEXEC) !== 0) {
    if ((access & vm.VM_EXEC) !== 0) return EPERM;
    kind &= ~vm.VM_MAYEXEC;
  }
  const { pages } = file;
  if (failed(pages)) return pages === EACCES ? pages : ENODEV;
  return (flags & mman.MAP_GROWSDOWN) !== 0 ? EINVAL : kind;
}

function lockFlags(task: Task, pages: number, flags: number): number | Errno {
  const space = task.memory;
  const wanted = (flags & mman.MAP_LOCKED) !== 0 || (space.futureFlags & vm.VM_LOCKED) !== 0;
  if (!wanted) return 0;
  if (!task.credentials.has(CAP_IPC_LOCK)) {
    if (space.limit(RLIMIT_MEMLOCK) === 0) return EPERM;
    if ((space.lockedPages + pages) * PAGE_SIZE > space.limit(RLIMIT_MEMLOCK)) return EAGAIN;
  }
  return (flags & mman.MAP_LOCKED) !== 0 ? vm.VM_LOCKED : 0;
}

/** A file without pages of its own (/dev/zero) is mapped as zeros. */
function backingOf(space: AddressSpace, file: File | undefined, pages: number, offset: number, shared: boolean): vm.Backing | Errno {
  const cache = file?.pages;
  if (failed(cache)) return cache;
  if (cache !== undefined) return { file, pages: cache, offset: offset / PAGE_SIZE };
  return { file, pages: shared ? new AnonymousPages(space.kernel.frames, pages * PAGE_SIZE) : undefined, offset: 0 };
}
