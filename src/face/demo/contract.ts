// What must be true of a bare-metal system, as checks on one that runs: the demo prints them, the conformance tests demand them.
import type { Box, Machine, RunResult } from "../../sdk/index.js";
import { probe } from "./probe.js";

export interface Finding {
  readonly holds: boolean;
  /** What was seen, in a few words. */
  readonly seen: string;
}

export interface Check {
  readonly what: string;
  run(ground: Ground): Promise<Finding>;
}

export interface Statement {
  readonly says: string;
  readonly checks: readonly Check[];
}

/** Where checks stand: a machine of the default image, and the means to have another. */
export interface Ground {
  readonly machine: Machine;
  /** Boots another board, which `use` may look at. */
  another<T>(options: { memory: number }, use: (machine: Machine) => Promise<T>): Promise<T>;
}

const shell = async (machine: Machine, script: string): Promise<string> => (await machine.run("sh", ["-c", script], { timeoutMs: 30_000 })).stdout.trim();
const finding = (holds: boolean, seen: string): Finding => ({ holds, seen });

/** The first box that is meant, at any depth. */
export function boxOf(box: Box, meant: (box: Box) => boolean): Box | undefined {
  return meant(box) ? box : box.inner.map((each) => boxOf(each, meant)).find((found) => found !== undefined);
}

const device = async (machine: Machine, name: string): Promise<Box | undefined> => boxOf(await machine.inspect(), (box) => box.kind === "device" && box.name.startsWith(name));

// ---- 1

/** A device of the board, and the name that a program in the machine has for it: that must be one, and the device there from outside too. */
function named(what: string, boardName: string, script: string, plausible: RegExp): Check {
  return {
    what,
    async run({ machine }) {
      const [seen, box] = [await shell(machine, script), await device(machine, boardName)];
      return finding(plausible.test(seen) && box?.emulated === true, seen);
    },
  };
}

const memoryKb = (machine: Machine): Promise<string> => shell(machine, "grep MemTotal /proc/meminfo | tr -dc 0-9");

const hardware: Statement = {
  says: "Hardware is the outer layer: what runs on the board can name its devices.",
  checks: [
    named("processor", "hart 0", "sed -n 's/^isa.*: //p' /proc/cpuinfo", /^rv64imafdc/),
    named("memory", "memory", "grep MemTotal /proc/meminfo | tr -s ' '", /^MemTotal: \d+ kB$/),
    named("disk", "disk", "echo vda, $(($(cat /sys/block/vda/size) / 2)) KiB", /^vda, [1-9]\d* KiB$/),
    named("clock", "rtc", "cat /sys/class/rtc/rtc0/name", /^goldfish_rtc 101000\.rtc$/),
    named("console", "serial", "echo $(grep -o 'ttyS0' /proc/consoles) on $(grep -o 'serial@.*' /proc/iomem)", /^ttyS0 on serial@10000000$/),
    {
      what: "network card",
      async run({ machine }) {
        const seen = await shell(machine, "ls /sys/class/net");
        return finding(seen === "" && (await device(machine, "net")) === undefined, "none: this version's board has none, and none is shown");
      },
    },
    {
      what: "another board is another size",
      async run({ machine, another }) {
        const [here, there] = [await memoryKb(machine), await another({ memory: 64 << 20 }, memoryKb)];
        return finding(there === String(64 << 10) && here !== there, `${here} kB here, ${there} kB with --memory 64m`);
      },
    },
  ],
};

// ---- 2

/** Requests that the disk has served, before and after a program that no one ran yet, and after it once more. Only the shell's own commands run besides. */
export const countReads = (program: string): string =>
  `reads() { read -r count rest < /sys/block/vda/stat; echo $count; }; a=$(reads); ${program} </dev/null >/dev/null 2>&1; b=$(reads); ${program} </dev/null >/dev/null 2>&1; c=$(reads); echo $a $b $c`;

const program: Statement = {
  says: "A program is a file on the board's disk, read from there and mapped into memory.",
  checks: [
    {
      what: "the disk is read when a program runs for the first time, not the second",
      async run({ another }) {
        // Another machine: on this one somebody may have run it.
        const seen = await another({ memory: 64 << 20 }, (fresh) => shell(fresh, countReads("awk 1")));
        const [before, once, twice] = seen.split(" ").map(Number);
        return finding(once > before && twice === once, `requests before, after, after again: ${seen}`);
      },
    },
    {
      what: "its file is mapped into its process",
      async run({ machine }) {
        const seen = await shell(machine, "grep -m 1 r-xp /proc/self/maps | tr -s ' '");
        return finding(/^[0-9a-f]+-[0-9a-f]+ r-xp 00000000 \S+ \d+ \/usr\/bin\/busybox$/.test(seen), seen);
      },
    },
    {
      what: "an ELF file is executed",
      async run({ machine }) {
        const seen = await shell(machine, "head -c 4 /usr/bin/busybox | od -An -c; busybox echo runs");
        return finding(/177 +E +L +F\s+runs$/.test(seen), `\\${seen.replaceAll(/\s+/g, " ").replace(" runs", "; it runs")}`);
      },
    },
    {
      what: "a file that begins with #! is executed by the program it names",
      async run({ machine }) {
        await machine.writeFile("/tmp/script", "#!/bin/echo interpreted\n", { mode: 0o755 });
        const { stdout } = await machine.run("/tmp/script");
        return finding(stdout === "interpreted /tmp/script\n", stdout.trim());
      },
    },
  ],
};

// ---- 3

export const PROBE = "/tmp/probe";
export const placeProbe = (machine: Machine): Promise<void> => machine.writeFile(PROBE, probe(), { mode: 0o755 });
const ended = ({ signal, code }: RunResult): string => signal ?? `status ${code}`;

/** Every place on the board where something stands: the beginning, and the last eight bytes. */
export async function placesOf(machine: Machine): Promise<{ name: string; addresses: string[] }[]> {
  const lines = (await shell(machine, "cat /proc/iomem")).split("\n");
  return lines.map((line) => {
    const [, first = "", last = "", name = ""] = /^([0-9a-f]+)-([0-9a-f]+) : (.*)$/.exec(line) ?? [];
    return { name, addresses: [first, (BigInt(`0x${last}`) - 7n).toString(16)] };
  });
}

/** Instructions that only a kernel may execute. */
export const privileged: Readonly<Record<string, string>> = {
  "csrr a0, sstatus": "10002573", "csrr a0, satp": "18002573", "csrw stvec, a0": "10551073", sret: "10200073", mret: "30200073", wfi: "10500073", "sfence.vma": "12000073",
};

/** "SIGSEGV" where all ended so; else what did not. */
async function outcomes(machine: Machine, attempts: readonly (readonly [what: "load" | "store" | "execute", operand: string])[], expected: string): Promise<Finding> {
  await placeProbe(machine);
  const others: string[] = [];
  for (const [what, operand] of attempts) {
    const outcome = ended(await machine.run(PROBE, [what, operand], { timeoutMs: 10_000 }));
    if (outcome !== expected) others.push(`${what} ${operand}: ${outcome}`);
  }
  return finding(attempts.length > 0 && others.length === 0, others.length === 0 ? `${attempts.length} attempts, each ${expected}` : others.join(", "));
}

const throughTheKernel: Statement = {
  says: "Processes reach hardware only through the kernel.",
  checks: [
    {
      what: "processor: a process that never yields is preempted",
      async run({ machine }) {
        const script = "while :; do :; done & loop=$!; for turn in 1 2 3 4 5; do sleep 0.02; done; set -- $(grep ^nonvol /proc/$loop/status); kill $loop; wait $loop; echo $2 $?";
        const [preempted, status] = (await shell(machine, script)).split(" ").map(Number);
        return finding(preempted > 0 && status === 143, `a loop was preempted ${preempted} times while others had their turns`);
      },
    },
    {
      what: "memory: a stray access is a signal for that process alone",
      async run({ machine }) {
        const { holds, seen } = await outcomes(machine, [["load", "0"], ["store", "8"], ["load", "ffffffffffffff00"]], "SIGSEGV");
        return finding(holds && (await shell(machine, "echo on")) === "on", `${seen}; the system goes on`);
      },
    },
    {
      what: "I/O: no device register and no RAM at its address",
      async run({ machine }) {
        const places = await placesOf(machine);
        const attempts = places.flatMap(({ addresses }) => addresses.flatMap((address) => [["load", address], ["store", address]] as const));
        const { holds, seen } = await outcomes(machine, attempts, "SIGSEGV");
        return finding(holds && places.length >= 4, `${seen}, at ${places.map(({ name }) => name.split(" ").at(-1)).join(", ")}`);
      },
    },
    {
      what: "there is no device that shows physical memory",
      async run({ machine }) {
        const seen = await shell(machine, "for f in mem kmem port; do [ ! -e /dev/$f ] && echo no /dev/$f; done; mknod /mem c 1 1; cat /mem 2>&1; rm /mem");
        return finding(seen === "no /dev/mem\nno /dev/kmem\nno /dev/port\ncat: can't open '/mem': No such device or address", seen.replaceAll("\n", ", "));
      },
    },
    { what: "instructions of the kernel are refused", run: ({ machine }) => outcomes(machine, Object.values(privileged).map((word) => ["execute", word] as const), "SIGILL") },
  ],
};

/** In the order of the contract. */
export const statements: readonly Statement[] = [hardware, program, throughTheKernel];
