// A virtio file system device (virtio 1.2, section 5.11): carries FUSE requests to a server and its answers back.
import type { VirtioDevice } from "./device.js";
import { gather, lengthOf, type Queue, scatter } from "./queue.js";

/** Answers a FUSE request with at most `room` bytes; undefined where no answer is due. */
export interface FuseAnswers {
  answer(request: Uint8Array, room: number): Uint8Array | undefined;
}

const TAG_BYTES = 36;

export class VirtioFs implements VirtioDevice {
  readonly name = "fs";
  readonly type = 26;
  readonly pciClass = 0x018000;
  readonly features = 0;
  /** One for what can't wait (forgetting), one for requests. */
  readonly queueSizes = [128, 1024];
  private readonly tag: string;
  private readonly server: FuseAnswers;

  /** `tag`: the name by which the guest mounts it. */
  constructor(tag: string, server: FuseAnswers) {
    this.tag = tag;
    this.server = server;
  }

  config(): Uint8Array {
    const config = new Uint8Array(TAG_BYTES + 4);
    for (let i = 0; i < Math.min(TAG_BYTES, this.tag.length); i++) config[i] = this.tag.charCodeAt(i);
    config[TAG_BYTES] = 1;
    return config;
  }

  reset(): void {}

  serve(queues: readonly Queue[]): void {
    for (const queue of queues) {
      for (let chain = queue.next(); chain !== undefined; chain = queue.next()) {
        const answer = this.server.answer(gather(chain.readable), lengthOf(chain.writable));
        queue.done(chain, answer === undefined ? 0 : scatter(answer, chain.writable));
      }
    }
  }
}
