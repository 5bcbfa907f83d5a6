// Reads the boxes of a bare-metal system from what runs: the host, the board with its devices, the kernel, the processes.
import type { Board } from "../hardware/board.js";
import type { Host } from "../host/interface.js";
import { decodeUtf8 } from "../kernel/bytestring.js";
import type { Kernel } from "../kernel/kernel.js";
import { RELEASE, SYSNAME, VERSION } from "../kernel/release.js";
import type { Process } from "../kernel/task/process.js";
import { FRAME_SIZE } from "../kernel/memory/frames.js";
import { box, shownBytes, type Box } from "./inspection.js";

export interface Inspected {
  readonly host: Host;
  readonly board: Board;
  readonly kernel: Kernel;
  /** The reference of the image on the disk. */
  readonly image: string;
}

/** From the real hardware inwards. */
export function inspect(machine: Inspected): Box {
  const facts = machine.host.facts();
  const engine = box("engine", facts.engine, [["pid", facts.pid]], [boardBox(machine)]);
  const platform = box("operating system", facts.platform, [], [engine]);
  return box("hardware", facts.processor, [
    ["architecture", facts.architecture], ["processors", facts.processors],
    ["memory", facts.memoryBytes === undefined ? undefined : shownBytes(facts.memoryBytes)],
  ], [platform]);
}

function boardBox(machine: Inspected): Box {
  const { board } = machine;
  const devices = board.map.devices.map(({ address, device }) => box("device", device.name, [
    ["at", `0x${address.toString(16)}`], ["sent", device === board.serial ? shownBytes(board.serial.transmitted) : undefined],
  ], [], true));
  const disk = board.disk === undefined ? [] : [box("device", "disk", [
    ["image", machine.image], ["size", shownBytes(board.disk.blocks * FRAME_SIZE)], ["requests", board.disk.reads], ["read", shownBytes(board.disk.blocksRead * FRAME_SIZE)],
  ], [], true)];
  const memory = box("device", "memory", [["size", shownBytes(board.memory.frameCount * FRAME_SIZE)]], [], true);
  const hart = box("device", "hart 0", [["instruction set", "RV64GC, Zba, Zbb, Zbs"], ["instructions retired", board.processor.retired]], [], true);
  return box("board", "Nestbox board", [["in", "WebAssembly"]], [hart, memory, ...disk, ...devices, kernelBox(machine.kernel)], true);
}

function kernelBox(kernel: Kernel): Box {
  const processes = [...kernel.initialNamespaces.pid.tasks.values()].filter((task) => task === task.process.leader && task.state !== "dead").map((task) => task.process);
  const tops = processes.filter((each) => each.parent === undefined || !processes.includes(each.parent));
  const seconds = kernel.clock.monotonicNs() / 1e9;
  return box("kernel", `nestbox (${SYSNAME} ${RELEASE})`, [
    ["version", VERSION], ["written in", "TypeScript"], ["boot", kernel.bootId], ["up", `${seconds.toFixed(2)} s`],
    ["memory in use", shownBytes(kernel.frames.used * FRAME_SIZE)], ["processes", processes.length],
  ], tops.map((each) => processBox(each, processes)));
}

function processBox(process: Process, all: readonly Process[]): Box {
  const { leader } = process;
  return box("process", `${process.pid} ${decodeUtf8(leader.comm)}`, [
    ["file", process.executedName === "" ? undefined : decodeUtf8(process.executedName)], ["state", leader.state], ["uid", leader.credentials.uid],
    ["threads", process.threads.size > 1 ? process.threads.size : undefined],
    ["memory", process.threads.size === 0 ? undefined : shownBytes(process.maxRss() * FRAME_SIZE)],
  ], all.filter((each) => each.parent === process).map((each) => processBox(each, all)));
}
