// The whole kernel as plain data, and back: its graph of objects, and beside it the bytes of every frame in use.
import * as errnos from "../abi/errno.js";
import { NestboxKernel, type Wiring } from "./boot.js";
import { FRAME_SIZE } from "./memory/frames.js";
import { type Saved, restore, save } from "./save.js";
import { wires as namedWires } from "./wires.js";

/** Structured-clonable. */
export interface SavedKernel {
  readonly graph: Saved;
  /** Numbers of the frames in use, and their bytes one after the other. */
  readonly frames: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Further objects of the outside that state refers to, by name: console ports, host directories. */
export type Wires = ReadonlyMap<string, object>;

function allWires(wiring: Wiring, more: Wires): Map<string, object> {
  const wires = new Map<string, object>(namedWires());
  for (const value of Object.values(errnos)) if (value instanceof errnos.Errno) wires.set(`errno ${value.name}`, value);
  wires.set("memory", wiring.memory);
  wires.set("processor", wiring.processor);
  wires.set("entropy", wiring.entropy);
  if (wiring.disk !== undefined) wires.set("disk", wiring.disk);
  wires.set("platform", wiring.platform ?? []);
  for (const [name, object] of more) wires.set(name, object);
  return wires;
}

/** Between two steps. The kernel may go on afterwards as if nothing had been. */
export function saveKernel(kernel: NestboxKernel, more: Wires = new Map()): SavedKernel {
  const { memory } = kernel.frames;
  const { onHart } = kernel.scheduler;
  if (onHart !== undefined) kernel.scheduler.park(onHart);
  kernel.clock.detach();
  const wiring: Wiring = { memory, processor: kernel.processor, entropy: kernel.entropy, platform: kernel.platform, ...(kernel.disk === undefined ? {} : { disk: kernel.disk }) };
  const graph = save(kernel, new Map([...allWires(wiring, more)].map(([name, object]) => [object, name])));
  const used: number[] = [];
  for (let frame = memory.firstFrame; frame < memory.firstFrame + memory.frameCount; frame++) if (kernel.frames.referencesOf(frame) > 0) used.push(frame);
  const bytes = new Uint8Array(used.length * FRAME_SIZE);
  used.forEach((frame, i) => bytes.set(kernel.frames.bytes(frame), i * FRAME_SIZE));
  return { graph, frames: Uint32Array.from(used), bytes };
}

/** The kernel as it was, on the given board. Throws where the board lacks what it needs. */
export function restoreKernel(saved: SavedKernel, wiring: Wiring, more: Wires = new Map()): NestboxKernel {
  const kernel = restore(saved.graph, allWires(wiring, more));
  if (!(kernel instanceof NestboxKernel)) throw new Error("this is no saved kernel");
  kernel.listen(undefined);
  const { memory } = wiring;
  saved.frames.forEach((frame, i) => {
    if (frame < memory.firstFrame || frame >= memory.firstFrame + memory.frameCount) throw new Error(`the board has no frame ${frame}, which the saved kernel uses`);
    memory.u8.set(saved.bytes.subarray(i * FRAME_SIZE, (i + 1) * FRAME_SIZE), frame * FRAME_SIZE);
    memory.dirtied(frame);
  });
  for (const task of kernel.initialNamespaces.pid.tasks.values()) wiring.processor.forget(task.memory.asid);
  kernel.clock.attach();
  return kernel;
}
