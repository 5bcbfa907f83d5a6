// Bytes in transit (pipes, sockets): first in, first out, held in frames that the creator's cgroup pays for.
import type { Cgroup } from "../cgroups/cgroup.js";
import { BufferSource, type Sink, type Source } from "../io.js";
import { type Frame, FRAME_SIZE, type Frames } from "../memory/frames.js";
import { savable } from "../save.js";

interface Segment {
  readonly frame: Frame;
  start: number;
  end: number;
  /** A packet of an O_DIRECT pipe: one read takes it whole, nothing is added to it. */
  readonly packet: boolean;
}

export class ByteQueue {
  private readonly frames: Frames;
  private readonly payer: Cgroup;
  private readonly segments: Segment[] = [];
  /** Bytes held. */
  length = 0;

  constructor(frames: Frames, payer: Cgroup) {
    this.frames = frames;
    this.payer = payer;
  }

  /** Frames held. */
  get frameCount(): number {
    return this.segments.length;
  }

  /** Bytes that still fit into the last frame. */
  get roomInLast(): number {
    const last = this.segments.at(-1);
    return last === undefined || last.packet ? 0 : FRAME_SIZE - last.end;
  }

  /** Bytes of the first frame, and whether they are a packet. */
  get first(): { length: number; packet: boolean } | undefined {
    const first = this.segments[0];
    return first && { length: first.end - first.start, packet: first.packet };
  }

  /** Takes n prepared bytes, at most `roomInLast`, into the last frame. */
  appendToLast(from: Source, n: number): void {
    const last = this.segments[this.segments.length - 1];
    this.fill(last, from, n);
  }

  /** Takes n prepared bytes, at most FRAME_SIZE, into a new frame. False if there is none to be had: nothing was taken. */
  appendFrame(from: Source, n: number, packet = false): boolean {
    const frame = this.frames.allocate(this.payer);
    if (frame === 0) return false;
    const segment = { frame, start: 0, end: 0, packet };
    this.segments.push(segment);
    this.fill(segment, from, n);
    return true;
  }

  /** Takes up to n prepared bytes, as many as frames are to be had for; returns how many. */
  append(from: Source, n: number): number {
    let taken = Math.min(n, this.roomInLast);
    if (taken > 0) this.appendToLast(from, taken);
    while (taken < n) {
      const piece = Math.min(n - taken, FRAME_SIZE);
      if (!this.appendFrame(from, piece)) break;
      taken += piece;
    }
    return taken;
  }

  /** All of the bytes, or none where frames are short. */
  appendAll(bytes: Uint8Array): boolean {
    const before = this.length;
    const last = this.segments.at(-1);
    const lastEnd = last?.end ?? 0;
    if (this.append(new BufferSource(bytes), bytes.length) === bytes.length) return true;
    while (this.segments.length > 0 && this.segments.at(-1) !== last) {
      const dropped = this.segments.pop();
      if (dropped !== undefined) this.frames.release(dropped.frame);
    }
    if (last !== undefined) last.end = lastEnd;
    this.length = before;
    return false;
  }

  private fill(segment: Segment, from: Source, n: number): void {
    const bytes = this.frames.writable(segment.frame);
    for (let left = n; left > 0;) {
      const piece = from.take(left);
      bytes.set(piece, segment.end);
      segment.end += piece.length;
      left -= piece.length;
    }
    this.length += n;
  }

  /** Gives the first n bytes away (n at most `length`, prepared). */
  take(into: Sink, n: number): void {
    for (let left = n; left > 0;) {
      const segment = this.segments[0];
      const piece = Math.min(left, segment.end - segment.start);
      into.put(this.frames.bytes(segment.frame).subarray(segment.start, segment.start + piece));
      this.advance(piece);
      left -= piece;
    }
  }

  /** Copies n bytes from position `at` on and keeps them. */
  peek(into: Sink, at: number, n: number): void {
    let skipped = at;
    let left = n;
    for (const segment of this.segments) {
      const held = segment.end - segment.start;
      const from = Math.min(skipped, held);
      const piece = Math.min(left, held - from);
      skipped -= from;
      if (piece > 0) into.put(this.frames.bytes(segment.frame).subarray(segment.start + from, segment.start + from + piece));
      left -= piece;
      if (left === 0) return;
    }
  }

  /** Drops the first n bytes. */
  skip(n: number): void {
    for (let left = n; left > 0;) {
      const piece = Math.min(left, this.segments[0].end - this.segments[0].start);
      this.advance(piece);
      left -= piece;
    }
  }

  private advance(n: number): void {
    const segment = this.segments[0];
    segment.start += n;
    this.length -= n;
    if (segment.start < segment.end) return;
    this.frames.release(segment.frame);
    this.segments.shift();
  }

  clear(): void {
    for (const { frame } of this.segments) this.frames.release(frame);
    this.segments.length = 0;
    this.length = 0;
  }
}

savable(ByteQueue);
