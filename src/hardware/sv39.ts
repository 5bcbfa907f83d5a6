// Sv39: the walk from a virtual address to a frame (privileged specification 12.4), with the flat frame map applied last.
import { type FrameMap, NO_RAM, PENDING } from "./frame-map.js";
import type { MachineMemory } from "./memory.js";

export type Access = "read" | "write" | "execute";

const V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128;

/** By which rules an access is judged. */
export interface Privilege {
  user: boolean;
  /** sstatus.SUM: S-mode may touch user pages. */
  sum: boolean;
  /** sstatus.MXR: executable pages can be read. */
  mxr: boolean;
}

/** What a walk found. The object is reused by the next walk. */
export interface Translation {
  /** Guest-physical page number. */
  page: number;
  readable: boolean;
  writable: boolean;
  executable: boolean;
  /** Level of the leaf: 0 a page, 1 and 2 superpages. */
  level: number;
}

export class Sv39 {
  private readonly memory: MachineMemory;
  private readonly found: Translation = { page: 0, readable: false, writable: false, executable: false, level: 0 };

  constructor(memory: MachineMemory) {
    this.memory = memory;
  }

  /**
   * Walks for the address with halves `low` and `high` from the table at guest-physical page `root`; sets A and D as the
   * access needs (Svadu). undefined: page fault. "access": a table lies outside RAM. "pending": a table's frame is not there now.
   */
  walk(frames: FrameMap, root: number, low: number, high: number, access: Access, privilege: Privilege): Translation | "access" | "pending" | undefined {
    if (high >> 6 !== 0 && high >> 6 !== -1) return undefined;
    let table = root;
    for (let level = 2; level >= 0; level--) {
      // The walk may set A and D.
      const frame = frames.frameOf(table, true);
      if (frame === PENDING) return "pending";
      if (frame === NO_RAM) return "access";
      const index = level === 2 ? ((high & 0x7f) << 2) | (low >>> 30) : (low >>> (12 + 9 * level)) & 0x1ff;
      const at = frame * 1024 + index * 2;
      const entry = this.memory.i32[at];
      if ((entry & V) === 0 || (entry & (R | W)) === W) return undefined;
      // Bits 63:54 belong to Svpbmt, Svnapot and the reserved: not implemented, so they must be 0.
      if (this.memory.u32[at + 1] >>> 22 !== 0) return undefined;
      const page = (this.memory.i32[at + 1] & 0x3fffff) * 2 ** 22 + (entry >>> 10);
      if ((entry & (R | X)) !== 0) return this.leaf(at, entry, page, level, low, access, privilege);
      if ((entry & (U | A | D)) !== 0) return undefined;
      table = page;
    }
    return undefined;
  }

  private leaf(at: number, entry: number, page: number, level: number, low: number, access: Access, privilege: Privilege): Translation | undefined {
    const span = 2 ** (9 * level);
    if (page % span !== 0) return undefined;
    const mine = privilege.user ? (entry & U) !== 0 : (entry & U) === 0 || (privilege.sum && access !== "execute");
    if (!mine) return undefined;
    const { found } = this;
    found.readable = (entry & R) !== 0 || (privilege.mxr && (entry & X) !== 0);
    found.executable = (entry & X) !== 0;
    const mayWrite = (entry & W) !== 0;
    if (access === "read" ? !found.readable : access === "write" ? !mayWrite : !found.executable) return undefined;
    const updated = entry | A | (access === "write" ? D : 0);
    if (updated !== entry) this.memory.i32[at] = updated;
    // A page that is not dirty yet must not be written behind the walker's back.
    found.writable = mayWrite && (updated & D) !== 0;
    found.level = level;
    found.page = page + (level === 0 ? 0 : (low >>> 12) & (span - 1));
    return found;
  }
}
