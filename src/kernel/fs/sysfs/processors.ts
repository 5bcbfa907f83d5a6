// /sys/devices/system/{cpu,node} (Linux: Documentation/ABI/stable/sysfs-devices-node, testing/sysfs-devices-system-cpu): one hart, one node.
import type { ByteString } from "../../bytestring.js";
import { type About, type DirectoryRow, type FileRow, directory, file } from "../pseudo/row.js";

const value = (name: ByteString, text: ByteString | number): FileRow<undefined> => file<undefined>(name, () => `${text}\n`);

const siblings = ["core_cpus", "core_siblings", "package_cpus", "thread_siblings"] as const;

const topology: DirectoryRow<undefined> = directory<undefined>("topology", [
  value("cluster_id", -1), value("core_id", 0), value("physical_package_id", 0),
  ...siblings.flatMap((name) => [value(name, 1), value(`${name}_list`, 0)]),
]);

export const processors: DirectoryRow<undefined> = directory<undefined>("cpu", [
  directory("cpu0", [topology, value("uevent", "DRIVER=cpu")]),
  value("isolated", ""), value("kernel_max", 0), value("offline", ""), value("online", 0), value("possible", 0), value("present", 0),
]);

function memory({ fs }: About<undefined>): ByteString {
  const { total, used } = fs.kernel.frames;
  const row = (name: ByteString, frames: number): ByteString => `Node 0 ${`${name}:`.padEnd(16)}${String(frames * 4).padStart(8)} kB\n`;
  return row("MemTotal", total) + row("MemFree", total - used) + row("MemUsed", used);
}

export const nodes: DirectoryRow<undefined> = directory<undefined>("node", [
  directory("node0", [value("cpulist", 0), value("cpumap", 1), value("distance", 10), file("meminfo", memory)]),
  value("has_cpu", 0), value("has_memory", 0), value("has_normal_memory", 0), value("online", 0), value("possible", 0),
]);
