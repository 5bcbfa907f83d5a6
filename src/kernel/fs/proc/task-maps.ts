// /proc/PID/maps, smaps and smaps_rollup (Linux: fs/proc/task_mmu.c).
import { major, minor } from "../../../abi/stat.js";
import type { ByteString } from "../../bytestring.js";
import { type MapLine, type MapUsage, mapLines, usageOf } from "../../memory/maps.js";
import * as vm from "../../memory/vma.js";
import type { Task } from "../../task/task.js";
import { pathOf } from "../../vfs/mount.js";
import type { About } from "../pseudo/row.js";
import { hasMemory } from "./access.js";
import { escaped, kilobytes } from "./format.js";

/** Where the name begins: 25 + 6 pointers of 8 bytes. */
const NAME_COLUMN = 73;

const hex = (value: number, digits: number): ByteString => value.toString(16).padStart(digits, "0");

function header(line: Omit<MapLine, "vma" | "file">): ByteString {
  const { start, end, permissions, offset, device, inode, name } = line;
  const place = `${hex(start, 8)}-${hex(end, 8)} ${permissions} ${hex(offset, 8)} ${hex(major(device), 2)}:${hex(minor(device), 2)} ${inode} `;
  return name === "" ? `${place}\n` : `${place.padEnd(NAME_COLUMN)}${name}\n`;
}

function named(line: MapLine, reader: Task): MapLine {
  if (line.file === undefined) return line;
  const { path } = line.file;
  return { ...line, name: path === undefined ? line.file.describe() : escaped(pathOf(path, reader.fs.root), /\n/g) };
}

const linesOf = ({ target, reader }: About<Task>): MapLine[] => (hasMemory(target) ? mapLines(target.memory).map((line) => named(line, reader)) : []);

export function maps(about: About<Task>): ByteString {
  return linesOf(about).map(header).join("");
}

const row = (name: ByteString, bytes: number): ByteString => kilobytes(`${name}:`.padEnd(16), bytes / 1024);

const zeroRows = ["KSM", "LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss"];

interface Summed extends MapUsage {
  pssDirty: number;
  pssAnonymous: number;
  locked: number;
}

function summed(line: MapLine, task: Task): Summed {
  const usage = usageOf(task.memory, line.vma);
  const dirty = usage.privateDirty + usage.sharedDirty;
  const locked = (line.vma.flags & vm.VM_LOCKED) !== 0 ? usage.pss : 0;
  const part = (bytes: number): number => (usage.rss === 0 ? 0 : (usage.pss * bytes) / usage.rss);
  return { ...usage, pssDirty: part(dirty), pssAnonymous: part(usage.anonymous), locked };
}

function usageRows(usage: Summed, rollup: boolean): ByteString {
  return [
    row("Rss", usage.rss), row("Pss", usage.pss), row("Pss_Dirty", usage.pssDirty),
    ...(rollup ? [row("Pss_Anon", usage.pssAnonymous), row("Pss_File", usage.pss - usage.pssAnonymous), row("Pss_Shmem", 0)] : []),
    row("Shared_Clean", usage.sharedClean), row("Shared_Dirty", usage.sharedDirty), row("Private_Clean", usage.privateClean), row("Private_Dirty", usage.privateDirty),
    row("Referenced", usage.rss), row("Anonymous", usage.anonymous), ...zeroRows.map((name) => row(name, 0)), row("Locked", usage.locked),
  ].join("");
}

/** In the order of the bits. */
const flagNames: readonly (readonly [number, ByteString])[] = [
  [vm.VM_READ, "rd"], [vm.VM_WRITE, "wr"], [vm.VM_EXEC, "ex"], [vm.VM_SHARED, "sh"], [vm.VM_MAYREAD, "mr"], [vm.VM_MAYWRITE, "mw"], [vm.VM_MAYEXEC, "me"],
  [vm.VM_GROWSDOWN, "gd"], [vm.VM_LOCKED, "lo"], [vm.VM_SEQ_READ, "sr"], [vm.VM_RAND_READ, "rr"], [vm.VM_DONTCOPY, "dc"], [vm.VM_DONTEXPAND, "de"],
  [vm.VM_LOCKONFAULT, "lf"], [vm.VM_NORESERVE, "nr"], [vm.VM_WIPEONFORK, "wf"], [vm.VM_DONTDUMP, "dd"], [vm.VM_DROPPABLE, "dp"], [vm.VM_HUGEPAGE, "hg"], [vm.VM_NOHUGEPAGE, "nh"],
];

export function smaps(about: About<Task>): ByteString {
  const task = about.target;
  return linesOf(about).map((line) => {
    const flags = flagNames.filter(([bit]) => (line.vma.flags & bit) !== 0).map(([, name]) => `${name} `).join("");
    const size = row("Size", line.end - line.start) + row("KernelPageSize", 4096) + row("MMUPageSize", 4096);
    return `${header(line)}${size}${usageRows(summed(line, task), false)}THPeligible:    ${"0".padStart(8)}\nVmFlags: ${flags}\n`;
  }).join("");
}

export function smapsRollup(about: About<Task>): ByteString {
  const lines = linesOf(about);
  if (lines.length === 0) return "";
  const total: Summed = { rss: 0, pss: 0, sharedClean: 0, sharedDirty: 0, privateClean: 0, privateDirty: 0, anonymous: 0, pssDirty: 0, pssAnonymous: 0, locked: 0 };
  for (const line of lines) {
    const usage = summed(line, about.target);
    for (const key of Object.keys(total) as (keyof Summed)[]) total[key] += usage[key];
  }
  const end = lines[lines.length - 1].end;
  return header({ start: lines[0].start, end, permissions: "---p", offset: 0, device: 0, inode: 0, name: "[rollup]" }) + usageRows(total, true);
}
