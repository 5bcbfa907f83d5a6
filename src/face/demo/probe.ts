// The program of probe.S as an ELF file, so that the demo needs no assembler.

/** What the assembler makes of probe.S. */
export const text = Uint8Array.from(atob(
  "AzUBAYNCBQCDNYEBEwQAAAPDBQBjAgMCEwMD/ZMDoABjRHMAEwOT/RMURAAzZGQAk4UVAG/w3/0TA8AGY4JiAhMDMAdjgmIClwMAACOogwAPEAAAbwBAAAAAAABvAAABAwUEAG8AgAAjAAQAEwUAAJMI0AVzAAAA",
), (letter) => letter.charCodeAt(0));

/** Far from every address of a device of the board, so that only what is asked for can be hit. */
const BASE = 0x400000;
const EHDR_BYTES = 64, PHDR_BYTES = 56;

/** A static program of one segment that may be read, written and executed (ELF-64 Object File Format, System V gABI). */
export function probe(): Uint8Array {
  const at = EHDR_BYTES + PHDR_BYTES;
  const file = new Uint8Array(at + text.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const put = (size: 2 | 4 | 8, offset: number, value: number): void => {
    if (size === 2) view.setUint16(offset, value, true);
    else view.setUint32(offset, value, true);
  };
  const [executable, riscv, doubleFloat] = [2, 243, 5];
  put(2, 16, executable);
  put(2, 18, riscv);
  put(4, 20, 1);
  put(8, 24, BASE + at);
  put(8, 32, EHDR_BYTES);
  put(4, 48, doubleFloat);
  put(2, 52, EHDR_BYTES);
  put(2, 54, PHDR_BYTES);
  put(2, 56, 1);
  const [load, readWriteExecute] = [1, 7];
  put(4, 64, load);
  put(4, 68, readWriteExecute);
  put(8, 80, BASE);
  put(8, 88, BASE);
  put(8, 96, file.length);
  put(8, 104, file.length);
  put(8, 112, 4096);
  file.set(text, at);
  return file;
}
