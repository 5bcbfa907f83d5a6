// /proc/sys (sysctl(8)): values of the kernel, those that are enforced as they are enforced (Linux: fs/proc/proc_sysctl.c).
import { CAP_LAST_CAP, CAP_SYS_ADMIN } from "../../../abi/capability.js";
import { EACCES, EINVAL, EPERM, type Errno } from "../../../abi/errno.js";
import { O_ACCMODE, O_RDONLY } from "../../../abi/fcntl.js";
import { HOST_NAME_MAX } from "../../../abi/utsname.js";
import type { ByteString } from "../../bytestring.js";
import { MAX_MAP_COUNT, MIN_PAGE, PAGE_SIZE } from "../../memory/layout.js";
import { PID_MAX } from "../../namespaces/pid.js";
import { MACHINE, RELEASE, SYSNAME, VERSION } from "../../release.js";
import { capable } from "../../task/credentials.js";
import type { UtsNamespace } from "../../namespaces/namespaces.js";
import type { File } from "../../vfs/file.js";
import { type About, type DirectoryRow, type FileRow, type Row, directory, file } from "../pseudo/row.js";
import { writtenInteger } from "./format.js";

type System = About<undefined>;
type Value = number | ByteString | ((about: System) => number | ByteString);

/** As Linux sysctl_perm: capabilities don't help against the mode. */
const strict = {
  mayOpen(_about: System, flags: number): Errno | undefined {
    return (flags & O_ACCMODE) === O_RDONLY ? undefined : EACCES;
  },
};

const fixed = (name: ByteString, value: Value): FileRow<undefined> =>
  file<undefined>(name, (about) => `${typeof value === "function" ? value(about) : value}\n`, strict);

const uuid = (about: System): ByteString => {
  const bytes = new Uint8Array(16);
  about.fs.kernel.entropy.fill(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

/** Name of the host or domain, of the reader's namespace. */
function nameRow(name: "hostname" | "domainname"): FileRow<undefined> {
  return file<undefined>(name, ({ reader }) => `${reader.namespaces.uts[name]}\n`, {
    mode: 0o644,
    write({ reader }, text) {
      if (!capable(reader, CAP_SYS_ADMIN)) return EPERM;
      const uts: UtsNamespace = reader.namespaces.uts;
      uts[name] = text.split(/[\n\0]/, 1)[0].slice(0, HOST_NAME_MAX);
      return undefined;
    },
  });
}

/** The number that the next task of the reader's pid namespace is counted from. */
const lastPid: FileRow<undefined> = file<undefined>("ns_last_pid", ({ reader }) => `${reader.namespaces.pid.lastNumber}\n`, {
  mode: 0o666,
  write({ reader }, text) {
    const value = writtenInteger(text);
    if (!capable(reader, CAP_SYS_ADMIN)) return EPERM;
    if (value === undefined || value < 0 || value >= PID_MAX) return EINVAL;
    reader.namespaces.pid.lastNumber = value;
    return undefined;
  },
});

function openFiles({ fs }: System): number {
  const files = new Set<File>();
  for (const task of fs.kernel.initialNamespaces.pid.tasks.values()) for (const [, { file: open }] of task.files.entries()) files.add(open);
  return files.size;
}

const fileMax = ({ fs }: System): number => Math.floor((fs.kernel.frames.total * 4) / 10);
const directories = (name: ByteString, rows: readonly Row<undefined>[]): DirectoryRow<undefined> => directory(name, rows);

const kernelRows: readonly Row<undefined>[] = [
  fixed("arch", MACHINE), fixed("auto_msgmni", 0), fixed("cap_last_cap", CAP_LAST_CAP), fixed("core_pattern", "core"), fixed("core_pipe_limit", 0), fixed("core_uses_pid", 0),
  fixed("ctrl-alt-del", 0), fixed("dmesg_restrict", 0), nameRow("domainname"), nameRow("hostname"), fixed("kptr_restrict", 0),
  fixed("msgmax", 8192), fixed("msgmnb", 16384), fixed("msgmni", 32000), fixed("ngroups_max", 65536), lastPid, fixed("osrelease", RELEASE), fixed("ostype", SYSNAME),
  fixed("overflowgid", 65534), fixed("overflowuid", 65534), fixed("panic", 0), fixed("panic_on_oops", 0), fixed("perf_event_paranoid", 3), fixed("pid_max", PID_MAX),
  fixed("printk", "4\t4\t1\t7"),
  directories("pty", [fixed("max", 4096), fixed("reserve", 1024)]),
  directories("random", [
    fixed("boot_id", ({ fs }) => fs.kernel.bootId), fixed("entropy_avail", 256), fixed("poolsize", 256), fixed("urandom_min_reseed_secs", 60), fixed("uuid", uuid), fixed("write_wakeup_threshold", 256),
  ]),
  fixed("randomize_va_space", 0), fixed("sched_rr_timeslice_ms", 100), fixed("sched_rt_period_us", 1000000), fixed("sched_rt_runtime_us", 950000),
  fixed("sem", "32000\t1024000000\t500\t32000"), fixed("shm_rmid_forced", 0), fixed("shmall", "18446744073692774399"), fixed("shmmax", "18446744073692774399"), fixed("shmmni", 4096),
  fixed("sysctl_writes_strict", 1), fixed("tainted", 0), fixed("threads-max", ({ fs }) => fs.kernel.maxTasks), fixed("unprivileged_bpf_disabled", 2), fixed("version", VERSION),
];

const vmRows: readonly Row<undefined>[] = [
  fixed("compaction_proactiveness", 0), fixed("dirty_background_ratio", 10), fixed("dirty_ratio", 20), fixed("max_map_count", MAX_MAP_COUNT), fixed("min_free_kbytes", 0),
  fixed("mmap_min_addr", MIN_PAGE * PAGE_SIZE), fixed("nr_hugepages", 0), fixed("oom_kill_allocating_task", 0), fixed("overcommit_kbytes", 0), fixed("overcommit_memory", 0),
  fixed("overcommit_ratio", 50), fixed("page-cluster", 0), fixed("panic_on_oom", 0), fixed("swappiness", 60), fixed("vfs_cache_pressure", 100),
];

const fsRows: readonly Row<undefined>[] = [
  fixed("aio-max-nr", 65536), fixed("aio-nr", 0), fixed("file-max", fileMax), fixed("file-nr", (about) => `${openFiles(about)}\t0\t${fileMax(about)}`),
  fixed("inode-nr", "0\t0"), fixed("inode-state", "0\t0\t0\t0\t0\t0\t0"), fixed("lease-break-time", 45), fixed("leases-enable", 0), fixed("mount-max", 100000), fixed("nr_open", 1048576),
  fixed("overflowgid", 65534), fixed("overflowuid", 65534), fixed("pipe-max-size", 1048576), fixed("pipe-user-pages-hard", 0), fixed("pipe-user-pages-soft", 0),
  fixed("protected_fifos", 0), fixed("protected_hardlinks", 1), fixed("protected_regular", 0), fixed("protected_symlinks", 1), fixed("suid_dumpable", 0),
];

const netRows: readonly Row<undefined>[] = [
  directories("core", [fixed("optmem_max", 131072), fixed("rmem_default", 212992), fixed("rmem_max", 212992), fixed("somaxconn", 4096), fixed("wmem_default", 212992), fixed("wmem_max", 212992)]),
  directories("unix", [fixed("max_dgram_qlen", 10)]),
];

export const sysctlDirectory: DirectoryRow<undefined> = directories("sys", [
  directories("fs", fsRows), directories("kernel", kernelRows), directories("net", netRows), directories("vm", vmRows),
]);
