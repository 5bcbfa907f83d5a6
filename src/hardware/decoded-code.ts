// Decoded code: for each frame that was executed, a page of records that the interpreter runs on. It follows every change of the frame.
import type { Reader } from "../isa/encoding.js";
import { decoder, type Form } from "../isa/index.js";
import { hasDestination, ILLEGAL, operationNumber, PAGE_END, STRADDLE } from "./interpreter/operations.js";
import { DECODED_BASE, DECODED_BYTES, DECODED_END_SLOT, DECODED_PAGES, STRADDLE_SLOT, X_SINK } from "./layout.js";
import type { MachineMemory } from "./memory.js";
import type { TranslationCaches } from "./translation-cache.js";

export class DecodedCode {
  private readonly memory: MachineMemory;
  private readonly caches: TranslationCaches;
  /** Page of records of each frame, counted from 1; 0: none. */
  private readonly pageOfFrame: Uint16Array;
  private readonly frameOfPage = new Int32Array(DECODED_PAGES + 1);
  private readonly free: number[] = [];
  private used = 0;
  /** Tests replace it by one with planted faults. */
  decoder = decoder;
  /** By the numbers of the decoder's forms. */
  private readonly writers: (RecordWriter | undefined)[] = [];

  constructor(memory: MachineMemory, caches: TranslationCaches) {
    this.memory = memory;
    this.caches = caches;
    this.pageOfFrame = new Uint16Array(memory.frameCount);
    memory.listener = this;
  }

  has(frame: number): boolean {
    return this.pageOfFrame[frame - this.memory.firstFrame] !== 0;
  }

  /** Address of the records of a frame; from now on no store to the frame goes unnoticed. */
  records(frame: number): number {
    const known = this.pageOfFrame[frame - this.memory.firstFrame];
    if (known !== 0) return addressOf(known);
    let page = this.free.pop();
    if (page === undefined) {
      if (this.used === DECODED_PAGES) this.dropAll();
      page = ++this.used;
    }
    this.pageOfFrame[frame - this.memory.firstFrame] = page;
    this.frameOfPage[page] = frame;
    const base = addressOf(page);
    this.memory.u8.fill(0, base, base + DECODED_BYTES);
    this.memory.u16[(base + DECODED_END_SLOT * 8) / 2] = PAGE_END;
    this.memory.u16[(base + (STRADDLE_SLOT + 2) * 8) / 2] = PAGE_END;
    this.caches.forgetWrites(frame);
    return base;
  }

  /** The frame changes, or is no more: what was decoded from it is forgotten. True if there was anything. */
  dirtied(frame: number): boolean {
    const page = this.pageOfFrame[frame - this.memory.firstFrame];
    if (page === 0) return false;
    this.pageOfFrame[frame - this.memory.firstFrame] = 0;
    this.free.push(page);
    this.caches.forgetFetches();
    return true;
  }

  private dropAll(): void {
    for (let page = 1; page <= this.used; page++) this.pageOfFrame[this.frameOfPage[page] - this.memory.firstFrame] = 0;
    this.free.length = 0;
    this.used = 0;
    this.caches.forgetFetches();
  }

  /** Fills the record at `dp` from the frame's bytes. */
  decode(dp: number): void {
    const page = Math.floor((dp - DECODED_BASE) / DECODED_BYTES) + 1;
    const offset = ((dp - addressOf(page)) / 8) * 2;
    const at = this.frameOfPage[page] * 4096 + offset;
    const low = this.memory.u16[at / 2];
    if ((low & 3) === 3 && offset === 4094) this.memory.u16[dp / 2] = STRADDLE;
    else this.write(dp, (low & 3) === 3 ? low | (this.memory.u16[at / 2 + 1] << 16) : low);
  }

  /** Fills the record set apart for an instruction over two pages; returns its address. */
  straddle(dp: number, word: number): number {
    const page = Math.floor((dp - DECODED_BASE) / DECODED_BYTES) + 1;
    const record = addressOf(page) + STRADDLE_SLOT * 8;
    this.write(record, word);
    return record;
  }

  private write(record: number, word: number): void {
    const { u16, u8, i32 } = this.memory;
    const form = this.decoder.recognise(word);
    if (form === undefined) {
      u16[record / 2] = ILLEGAL;
      i32[record / 4 + 1] = (word & 3) === 3 ? word : word & 0xffff;
      return;
    }
    const { operation, first, second, immediate } = (this.writers[form.number] ??= recordWriter(form));
    u16[record / 2] = operation;
    u8[record + 2] = first(word);
    u8[record + 3] = second(word);
    i32[record / 4 + 1] = immediate(word);
  }
}

function addressOf(page: number): number {
  return DECODED_BASE + (page - 1) * DECODED_BYTES;
}

/** What a record of one form holds: see lowering.ts, which reads it. */
interface RecordWriter {
  readonly operation: number;
  readonly first: Reader;
  readonly second: Reader;
  readonly immediate: Reader;
}

const nothing: Reader = () => 0;

function recordWriter(form: Form): RecordWriter {
  const { read, row } = form;
  const operation = operationNumber(form);
  const source2 = read.get("rs2") ?? read.get("fs2") ?? nothing;
  const second = read.get("rs1") ?? read.get("fs1") ?? read.get("uimm") ?? nothing;
  const number = read.get("imm") ?? read.get("shamt") ?? read.get("csr");
  if (!hasDestination(row)) return { operation, first: source2, second, immediate: number ?? source2 };
  const rd = read.get("rd") ?? nothing;
  const first = read.get("fd") ?? ((word) => rd(word) === 0 ? X_SINK : rd(word));
  const fs3 = read.get("fs3") ?? nothing, rm = read.get("rm") ?? nothing;
  const registers: Reader = (word) => source2(word) | (fs3(word) << 8) | (rm(word) << 16);
  return { operation, first, second, immediate: number ?? registers };
}
