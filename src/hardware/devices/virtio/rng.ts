// A virtio entropy device (virtio 1.2, section 5.4): fills whatever buffers it is given.
import type { VirtioDevice } from "./device.js";
import { lengthOf, type Queue } from "./queue.js";

export class VirtioRng implements VirtioDevice {
  readonly name = "rng";
  readonly type = 4;
  readonly pciClass = 0x00ff00;
  readonly features = 0;
  readonly queueSizes = [8];
  private readonly entropy: { fill(into: Uint8Array): void };

  constructor(entropy: { fill(into: Uint8Array): void }) {
    this.entropy = entropy;
  }

  config(): Uint8Array {
    return new Uint8Array(0);
  }

  reset(): void {}

  serve([requests]: readonly Queue[]): void {
    for (let chain = requests.next(); chain !== undefined; chain = requests.next()) {
      for (const piece of chain.writable) this.entropy.fill(piece);
      requests.done(chain, lengthOf(chain.writable));
    }
  }
}
