// Reads the name by which a riscv64 shared library wants to be found: DT_SONAME in its dynamic section.

type Read = (at: number, length: number) => Promise<Uint8Array>;

const EM_RISCV = 243;
const EF_RISCV_FLOAT_ABI = 0x6;
const EF_RISCV_FLOAT_ABI_DOUBLE = 0x4;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_STRTAB = 5n;
const DT_SONAME = 14n;
const PROGRAM_HEADER = 56;
const DYNAMIC_LIMIT = 1 << 16;

/** undefined for what is no riscv64 lp64d library; "" for a library without a name of its own. */
export async function readSoname(read: Read): Promise<string | undefined> {
  const header = view(await read(0, 64));
  if (header.byteLength < 64 || header.getUint32(0) !== 0x7f454c46 || header.getUint8(4) !== 2 || header.getUint8(5) !== 1) return undefined;
  if (header.getUint16(18, true) !== EM_RISCV || (header.getUint32(48, true) & EF_RISCV_FLOAT_ABI) !== EF_RISCV_FLOAT_ABI_DOUBLE) return undefined;
  const count = header.getUint16(56, true);
  const segments = await readSegments(read, Number(header.getBigUint64(32, true)), count);
  const dynamic = segments.find((each) => each.type === PT_DYNAMIC);
  if (!dynamic) return undefined;
  const table = view(await read(dynamic.offset, Math.min(dynamic.size, DYNAMIC_LIMIT)));
  let strings: bigint | undefined;
  let name: bigint | undefined;
  for (let at = 0; at + 16 <= table.byteLength; at += 16) {
    const tag = table.getBigInt64(at, true);
    if (tag === 0n) break;
    if (tag === DT_STRTAB) strings = table.getBigUint64(at + 8, true);
    if (tag === DT_SONAME) name = table.getBigUint64(at + 8, true);
  }
  if (strings === undefined || name === undefined) return "";
  const address = Number(strings + name);
  const home = segments.find((each) => each.type === PT_LOAD && address >= each.address && address < each.address + each.size);
  if (!home) return "";
  const bytes = await read(home.offset + address - home.address, 256);
  const end = bytes.indexOf(0);
  return end < 0 ? "" : new TextDecoder("latin1").decode(bytes.subarray(0, end));
}

async function readSegments(read: Read, at: number, count: number): Promise<{ type: number; offset: number; address: number; size: number }[]> {
  const table = view(await read(at, count * PROGRAM_HEADER));
  const segments = [];
  for (let i = 0; (i + 1) * PROGRAM_HEADER <= table.byteLength; i++) {
    const start = i * PROGRAM_HEADER;
    segments.push({
      type: table.getUint32(start, true), offset: Number(table.getBigUint64(start + 8, true)),
      address: Number(table.getBigUint64(start + 16, true)), size: Number(table.getBigUint64(start + 32, true)),
    });
  }
  return segments;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
