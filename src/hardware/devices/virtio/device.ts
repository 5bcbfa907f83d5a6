// What a virtio device is to its transport: a type, feature bits, queues, a configuration space, and a way to serve.
import type { Queue } from "./queue.js";

export interface VirtioDevice {
  readonly name: string;
  /** Virtio 1.2, section 5: 3 is a console. */
  readonly type: number;
  /** PCI class, subclass and interface. */
  readonly pciClass: number;
  /** Feature bits 0 to 23, the device's own. */
  readonly features: number;
  /** Of each queue, the most entries. */
  readonly queueSizes: readonly number[];
  /** Its configuration space as it is now. */
  config(): Uint8Array;
  /** Does what can be done with what the queues hold; called after notifications and when the outside has something. */
  serve(queues: readonly Queue[]): void;
  /** The driver reset the device: what was under way is forgotten. */
  reset(): void;
}
