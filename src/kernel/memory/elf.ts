// Loading ELF programs (Linux fs/binfmt_elf.c): checks every field as hostile, then maps; the bytes come page by page on demand.
import {
  EI_CLASS, ELF64_HEADER_BYTES, ELF64_PROGRAM_HEADER_BYTES, ELFCLASS64, ELF_MAGIC, EM_RISCV, ET_DYN, ET_EXEC, PF_R, PF_W, PF_X, PT_GNU_STACK, PT_INTERP, PT_LOAD,
  type ElfHeader, type ProgramHeader, decodeElfHeader, decodeProgramHeader,
} from "../../abi/elf.js";
import { EINVAL, EIO, ELIBBAD, ENOEXEC, ENOMEM, type Errno, failed } from "../../abi/errno.js";
import { type ByteString, fromBytes } from "../bytestring.js";
import { unreference } from "../vfs/file-table.js";
import type { File } from "../vfs/file.js";
import type { PageCache } from "../vfs/inode.js";
import type { AddressSpace } from "./address-space.js";
import { PAGE_SIZE, PIE_BASE, TASK_SIZE, pagesOf } from "./layout.js";
import { ANONYMOUS, VM_EXEC, VM_READ, VM_WRITE, privateFlags } from "./vma.js";

/** What the initial stack tells of the program. */
export interface Loaded {
  /** Where it begins: the interpreter's entry if it has one. */
  entry: number;
  /** The program's own entry, AT_ENTRY. */
  programEntry: number;
  /** Where the interpreter was put, AT_BASE; 0 without one. */
  base: number;
  /** Address of the program headers in memory, AT_PHDR, and their count. */
  phdr: number;
  phnum: number;
  executableStack: boolean;
}

/** The image broke when the old program was gone already: Linux kills the process with SIGSEGV. */
export class Ruined {
  readonly cause: Errno;

  constructor(cause: Errno) {
    this.cause = cause;
  }
}

interface Image {
  file: File;
  pages: PageCache;
  header: ElfHeader;
  segments: ProgramHeader[];
}

const PATH_MAX = 4096;

/**
 * Loads a program into an empty address space. An Errno leaves the caller's old program unharmed; the new space is
 * then to be released, as it is where a Wait is thrown (the whole exec begins again). `open` finds the interpreter, to be executed.
 */
export function loadElf(space: AddressSpace, file: File, open: (path: ByteString) => File | Errno): Loaded | Errno | Ruined {
  const image = readImage(space, file, ENOEXEC);
  if (failed(image)) return image;
  const path = interpreterPath(space, image);
  if (failed(path)) return path;
  if (path === undefined) return mapProgram(space, image, undefined);
  const found = open(path);
  if (failed(found)) return found;
  found.references++;
  try {
    const interpreter = readImage(space, found, ELIBBAD);
    return failed(interpreter) ? interpreter : mapProgram(space, image, interpreter);
  } finally {
    unreference(found);
  }
}

/** The header and program headers; `bad` is the error for what is no ELF file of ours. */
function readImage(space: AddressSpace, file: File, bad: Errno): Image | Errno {
  const { pages } = file;
  if (pages === undefined || failed(pages)) return bad;
  const head = readFile(space, pages, 0, ELF64_HEADER_BYTES);
  if (failed(head)) return head;
  // A program shorter than its header reads as zeros behind it, an interpreter is an I/O error.
  if (head.length < ELF64_HEADER_BYTES && bad === ELIBBAD) return EIO;
  const bytes = new Uint8Array(ELF64_HEADER_BYTES);
  bytes.set(head);
  if (ELF_MAGIC.some((byte, i) => bytes[i] !== byte)) return bad;
  const header = decodeElfHeader(new DataView(bytes.buffer), 0);
  if (header.machine !== EM_RISCV || bytes[EI_CLASS] !== ELFCLASS64) return bad;
  if (bad === ENOEXEC && header.type !== ET_EXEC && header.type !== ET_DYN) return bad;
  const size = header.phnum * ELF64_PROGRAM_HEADER_BYTES;
  if (header.phentsize !== ELF64_PROGRAM_HEADER_BYTES || size === 0 || size > PAGE_SIZE) return bad;
  const table = readFile(space, pages, header.phoff, size);
  if (failed(table) || table.length < size) return bad;
  const view = new DataView(table.buffer);
  const segments = Array.from({ length: header.phnum }, (_, i) => decodeProgramHeader(view, i * ELF64_PROGRAM_HEADER_BYTES));
  return { file, pages, header, segments };
}

function interpreterPath(space: AddressSpace, image: Image): ByteString | undefined | Errno {
  const segment = image.segments.find(({ type }) => type === PT_INTERP);
  if (segment === undefined) return undefined;
  if (segment.filesz > PATH_MAX || segment.filesz < 2) return ENOEXEC;
  const bytes = readFile(space, image.pages, segment.offset, segment.filesz);
  if (failed(bytes)) return bytes;
  if (bytes.length < segment.filesz) return EIO;
  if (bytes[bytes.length - 1] !== 0) return ENOEXEC;
  return fromBytes(bytes.subarray(0, bytes.indexOf(0)));
}

/** Up to `n` bytes of a file from its page cache; fewer at its end. Throws a Wait. */
export function readFile(space: AddressSpace, pages: PageCache, offset: number, n: number): Uint8Array | Errno {
  const length = Math.max(0, Math.min(n, pages.size - offset));
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const at = offset + done;
    const frame = pages.page(Math.floor(at / PAGE_SIZE), space.payer);
    if (failed(frame)) return frame;
    const piece = space.kernel.frames.bytes(frame).subarray(at % PAGE_SIZE, (at % PAGE_SIZE) + length - done);
    bytes.set(piece, done);
    done += piece.length;
  }
  return bytes;
}

/** Linux's BAD_ADDR. */
const isBad = (address: number): boolean => !(address >= 0 && address < TASK_SIZE);

/** From here on nothing is returned to the old program. */
function mapProgram(space: AddressSpace, program: Image, interpreter: Image | undefined): Loaded | Ruined {
  try {
    return mapBoth(space, program, interpreter);
  } catch (thrown) {
    if (failed(thrown)) return new Ruined(thrown);
    throw thrown;
  }
}

function mapBoth(space: AddressSpace, program: Image, interpreter: Image | undefined): Loaded | Ruined {
  const { header } = program;
  const placed = mapSegments(space, program, placeOf(program, interpreter !== undefined));
  if (failed(placed)) return new Ruined(placed);
  const { bias } = placed;
  markSegments(space, program, bias);
  const heap = header.type === ET_DYN && interpreter === undefined ? PIE_BASE : pagesOf(placed.end) * PAGE_SIZE;
  space.brkStart = heap;
  space.brk = heap;
  let base = 0;
  let entry = header.entry + bias;
  if (interpreter !== undefined) {
    if (interpreter.header.type !== ET_DYN && interpreter.header.type !== ET_EXEC) return new Ruined(EINVAL);
    const linked = mapSegments(space, interpreter, interpreter.header.type === ET_EXEC ? 0 : undefined);
    if (failed(linked)) return new Ruined(linked);
    base = linked.first;
    entry = linked.bias + interpreter.header.entry;
  }
  if (isBad(entry)) return new Ruined(EINVAL);
  const holder = program.segments.find((one) => one.type === PT_LOAD && one.offset <= header.phoff && header.phoff < one.offset + one.filesz);
  const stack = program.segments.findLast(({ type }) => type === PT_GNU_STACK);
  return {
    entry,
    programEntry: header.entry + bias,
    base,
    phdr: holder === undefined ? bias : header.phoff - holder.offset + holder.vaddr + bias,
    phnum: header.phnum,
    executableStack: stack !== undefined && (stack.flags & PF_X) !== 0,
  };
}

/** The address at which offset 0 of the image's addresses goes: 0 for fixed ones; undefined lets mmap choose. */
function placeOf(program: Image, interpreted: boolean): number | undefined {
  if (program.header.type === ET_EXEC) return 0;
  if (!interpreted) return undefined;
  const first = program.segments.find(({ type }) => type === PT_LOAD);
  const start = PIE_BASE - (PIE_BASE % alignment(program));
  return start - pageStart(first?.vaddr ?? 0);
}

/** The greatest alignment that a segment asks for, in bytes; nonsense counts as a page (Linux: maximum_alignment). */
function alignment(image: Image): number {
  const wanted = image.segments.filter(({ type, align }) => type === PT_LOAD && align <= TASK_SIZE && Number.isInteger(Math.log2(align))).map(({ align }) => align);
  return Math.max(PAGE_SIZE, ...wanted);
}

const pageStart = (address: number): number => address - (address % PAGE_SIZE);

interface Placed {
  bias: number;
  /** Where its first segment begins, and the end of the highest. */
  first: number;
  end: number;
}

function mapSegments(space: AddressSpace, image: Image, at: number | undefined): Placed | Errno {
  const segments = image.segments.filter(({ type }) => type === PT_LOAD);
  let bias = at;
  let end = 0;
  let how: "keep" | "replace" = image.header.type === ET_EXEC ? "keep" : "replace";
  for (const segment of segments) {
    if (isBad(segment.vaddr) || segment.filesz > segment.memsz || segment.memsz > TASK_SIZE || TASK_SIZE - segment.memsz < segment.vaddr) return EINVAL;
    if (bias === undefined) {
      const chosen = chooseBias(space, image, segments);
      if (failed(chosen)) return chosen;
      bias = chosen;
    }
    const error = mapSegment(space, image, segment, segment.vaddr + bias, how);
    if (error !== undefined) return error;
    how = "replace";
    end = Math.max(end, segment.vaddr + segment.memsz + bias);
  }
  bias ??= 0;
  return { bias, first: pageStart(segments.at(0)?.vaddr ?? 0) + bias, end };
}

/** Finds room for the whole image at once, so that its segments keep their distances. */
function chooseBias(space: AddressSpace, image: Image, segments: readonly ProgramHeader[]): number | Errno {
  const lowest = pageStart(Math.min(...segments.map(({ vaddr }) => vaddr)));
  const highest = Math.max(...segments.map(({ vaddr, memsz }) => vaddr + memsz));
  if (highest <= lowest) return EINVAL;
  if (highest - lowest > TASK_SIZE) return ENOMEM;
  const page = space.findGap(pagesOf(highest - lowest), alignment(image) / PAGE_SIZE);
  return failed(page) ? page : page * PAGE_SIZE - lowest;
}

/** The file's part, then zeros: the rest of its last page and whole pages behind it (Linux: elf_load). */
function mapSegment(space: AddressSpace, image: Image, segment: ProgramHeader, address: number, how: "keep" | "replace"): Errno | undefined {
  const access = accessOf(segment.flags);
  const start = pageStart(address);
  const within = address - start;
  if (isBad(address) || address + segment.memsz > TASK_SIZE) return ENOMEM;
  let zeros = start;
  if (segment.filesz > 0) {
    const offset = segment.offset - within;
    if (offset < 0 || offset % PAGE_SIZE !== 0 || !Number.isSafeInteger(offset + segment.filesz)) return EINVAL;
    const pages = pagesOf(within + segment.filesz);
    const mapped = space.map({ at: start / PAGE_SIZE, how }, pages, privateFlags(access), { file: image.file, pages: image.pages, offset: offset / PAGE_SIZE });
    if (failed(mapped)) return mapped;
    zeros = start + pages * PAGE_SIZE;
    const bss = address + segment.filesz;
    if (segment.memsz > segment.filesz && bss < zeros && (access & VM_WRITE) !== 0) space.write(bss, new Uint8Array(zeros - bss));
  }
  const end = pagesOf(address + segment.memsz) * PAGE_SIZE;
  if (end <= zeros) return undefined;
  const mapped = space.map({ at: zeros / PAGE_SIZE, how }, (end - zeros) / PAGE_SIZE, privateFlags(VM_READ | VM_WRITE | (access & VM_EXEC)), ANONYMOUS);
  return failed(mapped) ? mapped : undefined;
}

function accessOf(flags: number): number {
  return ((flags & PF_R) !== 0 ? VM_READ : 0) | ((flags & PF_W) !== 0 ? VM_WRITE : 0) | ((flags & PF_X) !== 0 ? VM_EXEC : 0);
}

/** Where code and data lie, for /proc/PID/stat. */
function markSegments(space: AddressSpace, program: Image, bias: number): void {
  const segments = program.segments.filter(({ type }) => type === PT_LOAD);
  const code = segments.filter(({ flags }) => (flags & PF_X) !== 0);
  const { marks } = space;
  marks.codeStart = Math.min(...code.map(({ vaddr }) => vaddr), TASK_SIZE) + bias;
  marks.codeEnd = Math.max(...code.map(({ vaddr, filesz }) => vaddr + filesz), 0) + bias;
  marks.dataStart = Math.max(...segments.map(({ vaddr }) => vaddr), 0) + bias;
  marks.dataEnd = Math.max(...segments.map(({ vaddr, filesz }) => vaddr + filesz), 0) + bias;
}
