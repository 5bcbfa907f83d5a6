// The [vdso] page: a real ELF shared object, built here, with the symbols and the version that C libraries look for.
import { ELF64_HEADER_BYTES, ELF64_PROGRAM_HEADER_BYTES, ELFCLASS64, ELFDATA2LSB, ELF_MAGIC, EM_RISCV, ET_DYN, EV_CURRENT, PF_R, PF_X, PT_DYNAMIC, PT_LOAD } from "../../abi/elf.js";
import { u64 } from "../../abi/bytes.js";
import { CODE_OFFSET, functions } from "./vdso-code.js";

const IMAGE_BYTES = 4096;
const SONAME = "linux-vdso.so.1";
const VERSION = "LINUX_4.15";

// Dynamic tags, section types and symbol info (ELF specification, and gabi for versions).
const DT = { HASH: 4, STRTAB: 5, SYMTAB: 6, STRSZ: 10, SYMENT: 11, SONAME: 14, VERSYM: 0x6ffffff0, VERDEF: 0x6ffffffc, VERDEFNUM: 0x6ffffffd };
const SHT = { PROGBITS: 1, STRTAB: 3, HASH: 5, DYNAMIC: 6, DYNSYM: 11, VERDEF: 0x6ffffffd, VERSYM: 0x6fffffff };
const SHF_ALLOC = 2;
const SHF_EXEC = 4;
const GLOBAL_FUNCTION = 0x12;
const VER_FLG_BASE = 1;

interface Section {
  name: string;
  type: number;
  flags: number;
  at: number;
  size: number;
  link: number;
  info: number;
  entry: number;
}

/** Offset of each function in the page. */
export const functionOffsets: Readonly<Record<string, number>> = (() => {
  const offsets: Record<string, number> = {};
  let at = CODE_OFFSET;
  for (const [name, words] of Object.entries(functions)) {
    offsets[name] = at;
    at += words.length * 4;
  }
  return offsets;
})();

/** The System V hash of a symbol name. */
function elfHash(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) {
    hash = ((hash << 4) + name.charCodeAt(i)) >>> 0;
    const high = hash & 0xf0000000;
    hash = (hash ^ (high >>> 24)) & ~high;
  }
  return hash >>> 0;
}

class ImageWriter {
  readonly bytes = new Uint8Array(IMAGE_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  readonly sections: Section[] = [{ name: "", type: 0, flags: 0, at: 0, size: 0, link: 0, info: 0, entry: 0 }];
  /** Where the next section goes. */
  at = ELF64_HEADER_BYTES + 2 * ELF64_PROGRAM_HEADER_BYTES;

  /** Begins a section; `write` returns its size. */
  section(name: string, type: number, facts: Partial<Section>, write: (at: number) => number): Section {
    this.at = Math.ceil(this.at / 8) * 8;
    const section = { name, type, flags: SHF_ALLOC, at: this.at, size: 0, link: 0, info: 0, entry: 0, ...facts };
    if (facts.at !== undefined) this.at = facts.at;
    section.size = write(this.at);
    this.at += section.size;
    if (this.at > IMAGE_BYTES) throw new Error("the vDSO is larger than its page");
    this.sections.push(section);
    return section;
  }

  words16(at: number, ...values: number[]): void {
    values.forEach((value, i) => this.view.setUint16(at + 2 * i, value, true));
  }

  words32(at: number, ...values: number[]): void {
    values.forEach((value, i) => this.view.setUint32(at + 4 * i, value, true));
  }

  words64(at: number, ...values: number[]): void {
    values.forEach((value, i) => u64(this.view, at + 8 * i, value));
  }

  text(at: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i);
  }
}

/** The whole page. */
export function vdsoImage(): Uint8Array {
  const image = new ImageWriter();
  const names = Object.keys(functions);
  const strings = ["", ...names, SONAME, VERSION];
  const texts = strings.join("\0") + "\0";
  const textOf = (name: string): number => strings.slice(0, strings.indexOf(name)).reduce((sum, one) => sum + one.length + 1, 0);
  const count = names.length + 1;
  const TEXT_SECTION = 7;

  const hash = image.section(".hash", SHT.HASH, { link: 2, entry: 4 }, (at) => writeHash(image, at, names));
  const symbols = image.section(".dynsym", SHT.DYNSYM, { link: 3, info: 1, entry: 24 }, (at) => {
    names.forEach((name, i) => {
      const to = at + (i + 1) * 24;
      image.words32(to, textOf(name));
      image.bytes[to + 4] = GLOBAL_FUNCTION;
      image.words16(to + 6, TEXT_SECTION);
      image.words64(to + 8, functionOffsets[name], functions[name].length * 4);
    });
    return count * 24;
  });
  const dynamicStrings = image.section(".dynstr", SHT.STRTAB, {}, (at) => {
    image.text(at, texts);
    return texts.length;
  });
  const versions = image.section(".gnu.version", SHT.VERSYM, { link: 2, entry: 2 }, (at) => {
    image.words16(at, 0, ...names.map(() => 2));
    return count * 2;
  });
  const definitions = image.section(".gnu.version_d", SHT.VERDEF, { link: 3, info: 2 }, (at) => {
    // Elf64_Verdef: version, flags, index, count of names, hash, offset of the names, offset of the next; then one Elf64_Verdaux.
    [SONAME, VERSION].forEach((name, i) => {
      const to = at + i * 28;
      image.words16(to, 1, i === 0 ? VER_FLG_BASE : 0, i + 1, 1);
      image.words32(to + 8, elfHash(name), 20, i === 0 ? 28 : 0, textOf(name), 0);
    });
    return 56;
  });
  const dynamic = image.section(".dynamic", SHT.DYNAMIC, { link: 3, entry: 16 }, (at) => {
    const entries = [
      [DT.SONAME, textOf(SONAME)], [DT.HASH, hash.at], [DT.STRTAB, dynamicStrings.at], [DT.SYMTAB, symbols.at], [DT.STRSZ, texts.length],
      [DT.SYMENT, 24], [DT.VERDEF, definitions.at], [DT.VERDEFNUM, 2], [DT.VERSYM, versions.at], [0, 0],
    ];
    image.words64(at, ...entries.flat());
    return entries.length * 16;
  });
  if (image.at > CODE_OFFSET) throw new Error("the vDSO's tables reach into its code");
  image.section(".text", SHT.PROGBITS, { flags: SHF_ALLOC | SHF_EXEC, at: CODE_OFFSET }, (at) => {
    const words = Object.values(functions).flat();
    image.words32(at, ...words);
    return words.length * 4;
  });
  writeHeaders(image, dynamic);
  return image.bytes;
}

/** One bucket, and all symbols in its chain: nbucket, nchain, bucket, chains. */
function writeHash(image: ImageWriter, at: number, names: readonly string[]): number {
  const count = names.length + 1;
  const buckets = 8;
  const heads = new Array<number>(buckets).fill(0);
  const chains = new Array<number>(count).fill(0);
  names.forEach((name, i) => {
    const bucket = elfHash(name) % buckets;
    chains[i + 1] = heads[bucket];
    heads[bucket] = i + 1;
  });
  image.words32(at, buckets, count, ...heads, ...chains);
  return (2 + buckets + count) * 4;
}

function writeHeaders(image: ImageWriter, dynamic: Section): void {
  const sectionNames = [...image.sections.map(({ name }) => name), ".shstrtab"];
  const namesText = sectionNames.join("\0") + "\0";
  image.section(".shstrtab", SHT.STRTAB, { flags: 0 }, (at) => {
    image.text(at, namesText);
    return namesText.length;
  });
  const tableAt = Math.ceil(image.at / 8) * 8;
  let nameAt = 0;
  image.sections.forEach((section, i) => {
    const to = tableAt + i * 64;
    image.words32(to, nameAt, section.type);
    image.words64(to + 8, section.flags, (section.flags & SHF_ALLOC) !== 0 ? section.at : 0, section.at, section.size);
    image.words32(to + 40, section.link, section.info);
    image.words64(to + 48, i === 0 ? 0 : 8, section.entry);
    nameAt += section.name.length + 1;
  });

  image.bytes.set([...ELF_MAGIC, ELFCLASS64, ELFDATA2LSB, EV_CURRENT]);
  image.words16(16, ET_DYN, EM_RISCV);
  image.words32(20, EV_CURRENT);
  image.words64(24, CODE_OFFSET, ELF64_HEADER_BYTES, tableAt);
  // e_flags: double-float ABI (RVC is not used), then the sizes and counts of headers.
  image.words32(48, 0x4);
  image.words16(52, ELF64_HEADER_BYTES, ELF64_PROGRAM_HEADER_BYTES, 2, 64, image.sections.length, image.sections.length - 1);
  const header = (i: number, type: number, flags: number, at: number, size: number, align: number): void => {
    const to = ELF64_HEADER_BYTES + i * ELF64_PROGRAM_HEADER_BYTES;
    image.words32(to, type, flags);
    image.words64(to + 8, at, at, at, size, size, align);
  };
  header(0, PT_LOAD, PF_R | PF_X, 0, IMAGE_BYTES, 4096);
  header(1, PT_DYNAMIC, PF_R, dynamic.at, dynamic.size, 8);
}
