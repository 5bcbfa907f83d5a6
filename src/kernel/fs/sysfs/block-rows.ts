// /sys/devices/platform/virtio0/block/vda (Linux: Documentation/ABI/stable/sysfs-block): the machine's disk.
import { major, minor } from "../../../abi/stat.js";
import type { ByteString } from "../../bytestring.js";
import { type About, type DirectoryRow, type FileRow, directory, file, link } from "../pseudo/row.js";
import type { Disk } from "../../devices.js";
import { type DiskNumbers, diskNumbers } from "./disk.js";

const value = (name: ByteString, of: ByteString | number | ((disk: DiskNumbers) => ByteString | number)): FileRow<Disk> =>
  file<Disk>(name, ({ target }: About<Disk>) => `${typeof of === "function" ? of(diskNumbers(target)) : of}\n`);

const number = ({ rdev }: DiskNumbers): ByteString => `${major(rdev)}:${minor(rdev)}`;

/** As Linux part_stat_show: each column right-justified. */
const statistics = ({ statistics: fields }: DiskNumbers): ByteString => fields.map((field) => String(field).padStart(8)).join(" ");

const queue: DirectoryRow<Disk> = directory<Disk>("queue", [
  value("add_random", 0), value("chunk_sectors", 0), value("dax", 0), value("discard_granularity", 0), value("discard_max_bytes", 0), value("fua", 0),
  value("hw_sector_size", 512), value("io_poll", 0), value("iostats", 1), value("logical_block_size", 512), value("max_hw_sectors_kb", 64), value("max_sectors_kb", 64),
  value("max_segments", 16), value("minimum_io_size", 4096), value("nomerges", 0), value("nr_requests", 1), value("nr_zones", 0), value("optimal_io_size", 0),
  value("physical_block_size", 4096), value("read_ahead_kb", 64), value("rotational", 0), value("rq_affinity", 1), value("scheduler", "[none]"), value("stable_writes", 0),
  value("write_cache", "write through"), value("write_zeroes_max_bytes", 0), value("zoned", "none"),
]);

export const diskDirectory: DirectoryRow<Disk> = directory<Disk>("vda", [
  value("alignment_offset", 0), value("capability", 0), value("dev", number), value("discard_alignment", 0), value("diskseq", 1), value("events", ""), value("events_async", ""),
  value("events_poll_msecs", -1), value("ext_range", 256), value("hidden", 0), value("inflight", "       0        0"), value("range", 16), value("removable", 0), value("ro", 1),
  value("serial", ""), value("size", ({ sectors }) => sectors), value("stat", statistics),
  value("uevent", ({ rdev, name }) => `MAJOR=${major(rdev)}\nMINOR=${minor(rdev)}\nDEVNAME=${name}\nDEVTYPE=disk\nDISKSEQ=1`),
  directory("holders", []), directory("slaves", []), directory("power", []), queue,
  link<Disk>("subsystem", () => "../../../../../class/block"),
  link<Disk>("device", () => "../../../virtio0"),
]);
