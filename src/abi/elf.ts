// ELF for riscv64: the header, program headers and the constants in them (elf(5)).

import { readU64 } from "./bytes.js";

// e_ident
export const EI_NIDENT = 16;
export const EI_MAG0 = 0;
export const EI_MAG1 = 1;
export const EI_MAG2 = 2;
export const EI_MAG3 = 3;
export const EI_CLASS = 4;
export const EI_DATA = 5;
export const EI_VERSION = 6;
export const EI_OSABI = 7;
export const EI_PAD = 8;

export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;
export const EV_CURRENT = 1;
export const ELFOSABI_NONE = 0;
export const ELFOSABI_LINUX = 3;

export const ELFOSABI_GNU = 3;
export const ELFOSABI_SYSV = 0;

// e_type, e_machine, e_flags
export const ET_NONE = 0x0;
export const ET_REL = 0x1;
export const ET_EXEC = 0x2;
export const ET_DYN = 0x3;
export const ET_CORE = 0x4;
export const ET_LOPROC = 0xff00;
export const ET_HIPROC = 0xffff;

export const EM_RISCV = 243;

export const EF_RISCV_RVC = 0x1;
export const EF_RISCV_FLOAT_ABI = 0x6;
export const EF_RISCV_FLOAT_ABI_SOFT = 0x0;
export const EF_RISCV_FLOAT_ABI_SINGLE = 0x2;
export const EF_RISCV_FLOAT_ABI_DOUBLE = 0x4;
export const EF_RISCV_FLOAT_ABI_QUAD = 0x6;
export const EF_RISCV_RVE = 0x8;
export const EF_RISCV_TSO = 0x10;

// p_type
export const PT_NULL = 0x0;
export const PT_LOAD = 0x1;
export const PT_DYNAMIC = 0x2;
export const PT_INTERP = 0x3;
export const PT_NOTE = 0x4;
export const PT_SHLIB = 0x5;
export const PT_PHDR = 0x6;
export const PT_TLS = 0x7;
export const PT_GNU_EH_FRAME = 0x6474e550;
export const PT_GNU_STACK = 0x6474e551;
export const PT_GNU_RELRO = 0x6474e552;
export const PT_GNU_PROPERTY = 0x6474e553;

export const PT_RISCV_ATTRIBUTES = 0x70000003;

// p_flags
export const PF_R = 0x4;
export const PF_W = 0x2;
export const PF_X = 0x1;

// Core files and ptrace
export const NT_PRSTATUS = 0x1;
export const NT_PRFPREG = 0x2;
export const NT_PRPSINFO = 0x3;
export const NT_AUXV = 0x6;
export const NT_SIGINFO = 0x53494749;
export const NT_FILE = 0x46494c45;

export const ELF_MAGIC: readonly number[] = [0x7f, 0x45, 0x4c, 0x46];
export const ELF64_HEADER_BYTES = 64;
export const ELF64_PROGRAM_HEADER_BYTES = 56;

export type ElfHeader = { type: number; machine: number; entry: number; phoff: number; flags: number; phentsize: number; phnum: number };

/** Reads what stands in the header; whether it makes sense is the loader's to judge. */
export const decodeElfHeader = (view: DataView, at: number): ElfHeader => ({
  type: view.getUint16(at + 16, true),
  machine: view.getUint16(at + 18, true),
  entry: readU64(view, at + 24),
  phoff: readU64(view, at + 32),
  flags: view.getUint32(at + 48, true),
  phentsize: view.getUint16(at + 54, true),
  phnum: view.getUint16(at + 56, true),
});

export type ProgramHeader = {
  type: number; flags: number; offset: number; vaddr: number; paddr: number; filesz: number; memsz: number; align: number;
};

export const decodeProgramHeader = (view: DataView, at: number): ProgramHeader => ({
  type: view.getUint32(at, true),
  flags: view.getUint32(at + 4, true),
  offset: readU64(view, at + 8),
  vaddr: readU64(view, at + 16),
  paddr: readU64(view, at + 24),
  filesz: readU64(view, at + 32),
  memsz: readU64(view, at + 40),
  align: readU64(view, at + 48),
});
