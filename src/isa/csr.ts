// Names of control and status registers, by number (privileged specification tables 3 to 8).

const numbered = (prefix: string, suffix: string, first: number, from: number, count: number): [number, string][] =>
  Array.from({ length: count }, (_, i) => [first + i, `${prefix}${from + i}${suffix}`]);

export const csrNames: ReadonlyMap<number, string> = new Map<number, string>([
  [0x001, "fflags"], [0x002, "frm"], [0x003, "fcsr"],
  [0xc00, "cycle"], [0xc01, "time"], [0xc02, "instret"], ...numbered("hpmcounter", "", 0xc03, 3, 29),

  [0x100, "sstatus"], [0x104, "sie"], [0x105, "stvec"], [0x106, "scounteren"], [0x10a, "senvcfg"],
  [0x140, "sscratch"], [0x141, "sepc"], [0x142, "scause"], [0x143, "stval"], [0x144, "sip"], [0x14d, "stimecmp"], [0x180, "satp"], [0x5a8, "scontext"],

  [0xf11, "mvendorid"], [0xf12, "marchid"], [0xf13, "mimpid"], [0xf14, "mhartid"], [0xf15, "mconfigptr"],
  [0x300, "mstatus"], [0x301, "misa"], [0x302, "medeleg"], [0x303, "mideleg"], [0x304, "mie"], [0x305, "mtvec"], [0x306, "mcounteren"],
  [0x340, "mscratch"], [0x341, "mepc"], [0x342, "mcause"], [0x343, "mtval"], [0x344, "mip"], [0x34a, "mtinst"], [0x34b, "mtval2"], [0x30a, "menvcfg"], [0x747, "mseccfg"],
  ...numbered("pmpcfg", "", 0x3a0, 0, 16), ...numbered("pmpaddr", "", 0x3b0, 0, 64),
  [0xb00, "mcycle"], [0xb02, "minstret"], ...numbered("mhpmcounter", "", 0xb03, 3, 29), [0x320, "mcountinhibit"], ...numbered("mhpmevent", "", 0x323, 3, 29),
]);
