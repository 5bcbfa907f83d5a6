// The flat map from a machine's guest-physical pages to frames of memory, applied last: to every access, walk and device request.

/** The page is no RAM: a device stands there, or nothing. */
export const NO_RAM = 0;
/** The page is RAM whose frame is not there now: ask again when it is. */
export const PENDING = -1;

export interface FrameMap {
  /** The frame of a guest-physical page number, or NO_RAM, or PENDING. `write`: the page is about to be changed. */
  frameOf(page: number, write: boolean): number;
}

/** Who gives frames to a machine that is inside another: the kernel around it, or a plain allocator. */
export interface FrameSource {
  /** A frame for the page, counted from the machine's first; or PENDING. The map remembers a frame until `forget`. */
  frame(index: number): number;
}

/** The RAM of a machine whose pages are any frames of the machine around it, asked for when they are first touched. */
export class FlatFrameMap implements FrameMap {
  private readonly firstPage: number;
  private readonly frames: Uint32Array;
  private readonly source: FrameSource;

  constructor(firstPage: number, pages: number, source: FrameSource) {
    this.firstPage = firstPage;
    this.frames = new Uint32Array(pages);
    this.source = source;
  }

  frameOf(page: number): number {
    const index = page - this.firstPage;
    if (index < 0 || index >= this.frames.length) return NO_RAM;
    const known = this.frames[index];
    if (known !== 0) return known;
    const frame = this.source.frame(index);
    if (frame !== PENDING) this.frames[index] = frame;
    return frame;
  }

  /** The page has no frame any more. Translations that went through it must be forgotten by the caller. */
  forget(page: number): void {
    this.frames[page - this.firstPage] = 0;
  }
}
