// sysfs (sysfs(5)): the machine's devices and settings of the kernel as files of one value each.
import { SYSFS_MAGIC } from "../../../abi/mount.js";
import type { ByteString } from "../../bytestring.js";
import type { Kernel } from "../../kernel.js";
import { savable } from "../../save.js";
import { PseudoFileSystem } from "../pseudo/inode.js";
import { type DirectoryRow, type Entries, type FileRow, type LinkRow, directory, file, link, wireRows } from "../pseudo/row.js";
import { registerFileSystem, unnamedDevice } from "../types.js";
import { diskDirectory } from "./block-rows.js";
import { clockClass, clockEntry, clockSource } from "./clock.js";
import { characterLinks, classRows, virtualRows } from "./devices.js";
import { nodes, processors } from "./processors.js";

const value = (name: ByteString, text: ByteString | number): FileRow<undefined> => file<undefined>(name, () => `${text}\n`);
const DISK_AT = "devices/platform/virtio0/block/vda";

wireRows("sysfs/block", diskDirectory);

/** The disk under one of its names, where the machine has one. */
function diskEntry(name: ByteString, up: ByteString): Entries<undefined> {
  const row: LinkRow<undefined> = wireRows("sysfs/disk", link<undefined>(`${name} ${up}`, () => `${up}/${DISK_AT}`));
  return {
    names: ({ fs }) => (fs.kernel.disk === undefined ? [] : [name]),
    find: ({ fs }, asked) => (asked === name && fs.kernel.disk !== undefined ? { row, target: undefined } : undefined),
  };
}

const platform: DirectoryRow<undefined> = directory<undefined>("virtio0", [
  directory<undefined>("block", [], {
    entries: {
      names: ({ fs }) => (fs.kernel.disk === undefined ? [] : ["vda"]),
      find: ({ fs }, name) => (name === "vda" && fs.kernel.disk !== undefined ? { row: diskDirectory, target: fs.kernel.disk } : undefined),
    },
  }),
]);

const hugePages: DirectoryRow<undefined> = directory<undefined>("transparent_hugepage", [
  value("defrag", "always defer defer+madvise madvise [never]"), value("enabled", "always madvise [never]"), value("hpage_pmd_size", 2 << 20),
  value("shmem_enabled", "always within_size advise [never] deny force"), value("use_zero_page", 0),
]);

const empty = (...names: ByteString[]): DirectoryRow<undefined>[] => names.map((name) => directory<undefined>(name, []));

const top: DirectoryRow<undefined> = wireRows("", directory<undefined>("sys", [
  directory("block", [], { entries: diskEntry("vda", "..") }),
  directory("bus", []),
  directory("class", [directory("block", [], { entries: diskEntry("vda", "../..") }), ...classRows, ...empty("net"), directory("rtc", [], { entries: clockClass })]),
  directory("dev", [directory("block", [], { entries: diskEntry("254:0", "../..") }), directory("char", characterLinks)]),
  directory("devices", [
    directory("platform", [platform], { entries: clockEntry }),
    directory("system", [clockSource, processors, nodes]),
    directory("virtual", virtualRows),
  ]),
  directory("firmware", []),
  directory("fs", empty("cgroup")),
  directory("kernel", [
    value("address_bits", 64), value("cpu_byteorder", "little"), value("fscaps", 1), value("kexec_loaded", 0), value("profiling", 0), value("uevent_seqnum", 0),
    directory("mm", [...empty("hugepages"), hugePages]),
    ...empty("debug", "security", "tracing"),
  ]),
  directory("module", []),
  directory("power", []),
]));

export class SysFileSystem extends PseudoFileSystem {
  override readonly type = "sysfs";
  protected override readonly magic = SYSFS_MAGIC;
  override source = "sysfs";

  constructor(kernel: Kernel, device: number) {
    super(kernel, device, top);
  }
}

registerFileSystem({ name: "sysfs", nodev: true, mount: (task) => new SysFileSystem(task.kernel, unnamedDevice(task.kernel)) });

savable(SysFileSystem);
