// The initial stack of a program: strings, auxiliary vector, environment, arguments (Linux fs/exec.c and fs/binfmt_elf.c: create_elf_tables).
import * as auxv from "../../abi/auxv.js";
import { u64 } from "../../abi/bytes.js";
import { ELF64_PROGRAM_HEADER_BYTES } from "../../abi/elf.js";
import { E2BIG, ENOMEM, type Errno, failed } from "../../abi/errno.js";
import { RLIMIT_STACK } from "../../abi/resource.js";
import { type ByteString, toBytes } from "../bytestring.js";
import type { Credentials } from "../task/credentials.js";
import type { AddressSpace } from "./address-space.js";
import type { Loaded } from "./elf.js";
import { PAGE_SIZE, STACK_TOP, pagesOf } from "./layout.js";
import { ANONYMOUS, VM_EXEC, VM_GROWSDOWN, VM_READ, VM_WRITE, privateFlags } from "./vma.js";

/** MAX_ARG_STRLEN: one string with its NUL. */
const STRING_MAX = 32 * PAGE_SIZE;
/** ARG_MAX: this much is always allowed. */
const ARGUMENTS_MIN = 128 << 10;
/** Three quarters of Linux's default stack (_STK_LIM). */
const ARGUMENTS_MAX = 6 << 20;
/** The stack is mapped this much larger than what stands on it. */
const STACK_EXPAND = 128 << 10;

/** I, M, A, F, D, C. */
const HWCAP = auxv.COMPAT_HWCAP_ISA_I | auxv.COMPAT_HWCAP_ISA_M | auxv.COMPAT_HWCAP_ISA_A | auxv.COMPAT_HWCAP_ISA_F | auxv.COMPAT_HWCAP_ISA_D | auxv.COMPAT_HWCAP_ISA_C;
const CLOCK_TICKS = 100;
/** struct rt_sigframe without vector state, and what rseq(2) knows of: both as measured on Linux 6.12. */
const SIGNAL_STACK_MIN = 1088;
const RSEQ_FEATURE_SIZE = 28;
const RSEQ_ALIGN = 32;

/** What a program is given. `name` is the path that execve was told, AT_EXECFN. */
export interface ProgramArguments {
  argv: readonly ByteString[];
  envp: readonly ByteString[];
  name: ByteString;
}

/** E2BIG where strings and pointers exceed what fits (Linux: bprm_stack_limits), to be asked before the old program goes. */
export function argumentsRefused(given: ProgramArguments, stackLimit: number): Errno | undefined {
  const limit = Math.max(Math.min(ARGUMENTS_MAX, Math.floor(stackLimit / 4)), ARGUMENTS_MIN);
  let size = (Math.max(given.argv.length, 1) + given.envp.length) * 8;
  if (size >= limit) return E2BIG;
  for (const text of [given.name, ...given.envp, ...given.argv]) {
    if (text.length + 1 > STRING_MAX) return E2BIG;
    size += text.length + 1;
  }
  return size > limit ? E2BIG : undefined;
}

/** Maps the stack and fills it; the stack pointer. `secure`: AT_SECURE, the program gained rights by this exec. */
export function setUpStack(space: AddressSpace, loaded: Loaded, given: ProgramArguments, who: Credentials, secure: boolean): number | Errno {
  const refused = argumentsRefused(given, space.limit(RLIMIT_STACK));
  if (refused !== undefined) return refused;
  const { argv, envp, name } = given;
  const nameAt = STACK_TOP - 8 - (name.length + 1);
  const environmentAt = nameAt - sizeOf(envp);
  const argumentsAt = environmentAt - sizeOf(argv);
  const randomAt = argumentsAt - (argumentsAt % 16) - 16;
  const vector = auxiliary(space, loaded, who, secure, randomAt, nameAt);
  const words = 1 + argv.length + 1 + envp.length + 1;
  const unaligned = randomAt - vector.length - words * 8;
  const sp = unaligned - (unaligned % 16);

  const mapped = mapStack(space, sp, loaded.executableStack);
  if (mapped !== undefined) return mapped;
  const bytes = new Uint8Array(STACK_TOP - sp);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const word = (value: number): void => {
    u64(view, at, value);
    at += 8;
  };
  word(argv.length);
  pointers(argv, argumentsAt, word);
  pointers(envp, environmentAt, word);
  bytes.set(vector, at);
  space.kernel.entropy.fill(bytes.subarray(randomAt - sp, randomAt - sp + 16));
  strings(argv, bytes, argumentsAt - sp);
  strings(envp, bytes, environmentAt - sp);
  bytes.set(toBytes(name), nameAt - sp);
  try {
    space.write(sp, bytes);
  } catch (thrown) {
    // Nothing but memory can be missing: the range is mapped and anonymous.
    if (failed(thrown)) return ENOMEM;
    throw thrown;
  }

  space.auxv = vector;
  Object.assign(space.marks, {
    stackStart: sp, argumentsStart: argumentsAt, argumentsEnd: environmentAt, environmentStart: environmentAt, environmentEnd: nameAt,
  });
  return sp;
}

const sizeOf = (texts: readonly ByteString[]): number => texts.reduce((sum, text) => sum + text.length + 1, 0);

function pointers(texts: readonly ByteString[], at: number, word: (value: number) => void): void {
  for (const text of texts) {
    word(at);
    at += text.length + 1;
  }
  word(0);
}

function strings(texts: readonly ByteString[], into: Uint8Array, at: number): void {
  for (const text of texts) {
    into.set(toBytes(text), at);
    at += text.length + 1;
  }
}

function mapStack(space: AddressSpace, sp: number, executable: boolean): Errno | undefined {
  const needed = STACK_TOP - (sp - (sp % PAGE_SIZE));
  const wanted = Math.max(needed, Math.min(needed + STACK_EXPAND, space.limit(RLIMIT_STACK)));
  const flags = privateFlags(VM_READ | VM_WRITE | (executable ? VM_EXEC : 0)) | VM_GROWSDOWN;
  const pages = pagesOf(wanted);
  const mapped = space.map({ at: STACK_TOP / PAGE_SIZE - pages, how: "keep" }, pages, flags, ANONYMOUS);
  return failed(mapped) ? mapped : undefined;
}

/** In the order in which Linux 6.12 on riscv64 gives it, which was measured. */
function auxiliary(space: AddressSpace, loaded: Loaded, who: Credentials, secure: boolean, randomAt: number, nameAt: number): Uint8Array<ArrayBuffer> {
  const entries: [number, number][] = [];
  if (space.vdso !== 0) entries.push([auxv.AT_SYSINFO_EHDR, space.vdso]);
  for (let type = auxv.AT_L1I_CACHESIZE; type <= auxv.AT_L3_CACHEGEOMETRY; type++) entries.push([type, 0]);
  entries.push(
    [auxv.AT_MINSIGSTKSZ, SIGNAL_STACK_MIN],
    [auxv.AT_HWCAP, HWCAP],
    [auxv.AT_PAGESZ, PAGE_SIZE],
    [auxv.AT_CLKTCK, CLOCK_TICKS],
    [auxv.AT_PHDR, loaded.phdr],
    [auxv.AT_PHENT, ELF64_PROGRAM_HEADER_BYTES],
    [auxv.AT_PHNUM, loaded.phnum],
    [auxv.AT_BASE, loaded.base],
    [auxv.AT_FLAGS, 0],
    [auxv.AT_ENTRY, loaded.programEntry],
    [auxv.AT_UID, who.uid],
    [auxv.AT_EUID, who.euid],
    [auxv.AT_GID, who.gid],
    [auxv.AT_EGID, who.egid],
    [auxv.AT_SECURE, secure ? 1 : 0],
    [auxv.AT_RANDOM, randomAt],
    [auxv.AT_EXECFN, nameAt],
    [auxv.AT_RSEQ_FEATURE_SIZE, RSEQ_FEATURE_SIZE],
    [auxv.AT_RSEQ_ALIGN, RSEQ_ALIGN],
    [auxv.AT_NULL, 0],
  );
  const bytes = new Uint8Array(entries.length * 16);
  const view = new DataView(bytes.buffer);
  entries.forEach(([type, value], i) => {
    u64(view, i * 16, type);
    u64(view, i * 16 + 8, value);
  });
  return bytes;
}
