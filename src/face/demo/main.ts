// `npm run demo`: real programs in a bare-metal system, what must be true of it, and the layers that really stood around them.
import { clock, shownBytes } from "../../sdk/here.js";
import { boot, type Machine, type MachineOptions, type PullProgress } from "../../sdk/index.js";
import { plainCharacters } from "../cli/layers.js";
import { tellPull } from "../cli/progress.js";
import { print, say } from "../cli/say.js";
import { drawBoxes } from "../draw.js";
import { PROBE, statements, type Ground } from "./contract.js";
import { bold, dim, good, bad, width } from "./look.js";

/** Each is an ordinary program of the image; nothing of them is ours. */
const programs: readonly (readonly [what: string, script: string])[] = [
  ["What computer is this?", "uname -a"],
  ["Pipes, files and processes, as in any shell:", "printf 'pear\\napple\\nfig\\n' > /tmp/fruit; sort /tmp/fruit | while read f; do echo \"$f $(echo $f | md5sum | cut -c1-8)\"; done"],
  ["A program in awk:", "awk 'BEGIN { for (n = 2; n < 60; n++) { for (d = 2; d * d <= n && n % d; d++); if (d * d > n) printf n \" \" } print \"\" }'"],
  ["A directory packed, unpacked elsewhere and compared:", "mkdir -p /tmp/a; cp /etc/* /tmp/a 2>/dev/null; tar -C /tmp -czf - a | tar -xzf - -C /root; diff -r /tmp/a /root/a && echo \"the same $(ls /root/a | wc -l) files\""],
  ["A program that is killed harms nobody else:", "sh -c 'kill -SEGV $$'; echo \"it died with status $?, and the shell goes on\""],
];

const next: readonly (readonly [command: string, what: string])[] = [
  ["npx nestbox run -it -- sh", "a shell on such a machine; exit leaves it"],
  ["npx nestbox run -v .:/here -w /here -- ls -l", "programs on files of yours"],
  ["npx nestbox run -it --image deb:bash,coreutils,procps -- bash", "any Debian packages, fetched and checked"],
  ["npx nestbox layers", "the picture above, at any time"],
  ["npx nestbox doctor", "what this computer offers"],
  ["npx nestbox help", "everything else"],
];

const heading = (text: string): void => print(`\n${bold(text)}\n${dim((plainCharacters() ? "-" : "─").repeat(width()))}\n`);
const ms = (sinceNs: number): string => `${((clock.monotonicNs() - sinceNs) / 1e6).toFixed(0)} ms`;

async function showPrograms(machine: Machine): Promise<void> {
  heading("Real programs");
  for (const [what, script] of programs) {
    print(`${dim(`# ${what}`)}\n$ ${script}\n`);
    const { stdout, code, signal } = await machine.run("sh", ["-c", `exec 2>&1\n${script}`], { timeoutMs: 30_000 });
    print(`${stdout}${code === 0 ? "" : `(ended with ${signal ?? `status ${code}`})\n`}\n`);
  }
}

async function another<T>(options: MachineOptions, use: (machine: Machine) => Promise<T>): Promise<T> {
  const machine = await boot(options);
  try {
    return await use(machine);
  } finally {
    await machine.stop();
  }
}

/** Prints each statement with its result; how many do not hold. */
async function showStatements(ground: Ground): Promise<number> {
  heading("What must be true of a bare-metal system, tried out on this one");
  let broken = 0;
  for (const [index, { says, checks }] of statements.entries()) {
    print(`${bold(`${index + 1}. ${says}`)}\n`);
    for (const { what, run } of checks) {
      const { holds, seen } = await run(ground);
      if (!holds) broken++;
      const shown = seen.replaceAll("\n", " ");
      const room = width() - 9;
      const [first, second] = what.length < 26 ? [`${what.padEnd(26)} ${shown}`, ""] : [what, shown];
      print(`   ${holds ? good("yes") : bad("NO ")}   ${first.slice(0, room)}\n${second === "" ? "" : `         ${dim(second.slice(0, room))}\n`}`);
    }
  }
  return broken;
}

async function showLayers(machine: Machine): Promise<void> {
  heading("The layers around a process, read from the machine that ran all this");
  const process = await machine.spawn("sleep", ["60"]);
  // It is drawn when it has started and sleeps.
  await machine.run("sleep", ["0.1"]);
  print(`${drawBoxes(await machine.inspect(), width(), plainCharacters()).join("\n")}\n`);
  process.kill("SIGKILL");
  await process.wait();
}

async function demo(): Promise<number> {
  print(`${bold("Nestbox: whole computers inside JavaScript")}\n\n`);
  print("Below, unmodified Debian programs for RISC-V run on a computer inside of this Node process. Its hardware is emulated:\n");
  print("a board with a processor, memory, a disk, a clock and a serial port, in WebAssembly. Its kernel is Nestbox's own, with\nLinux's interface, in TypeScript. No root, no KVM, no container engine.\n\n");
  let teller: ReturnType<typeof tellPull> | undefined;
  const onProgress = (progress: PullProgress): void => {
    teller ??= tellPull("deb:busybox-static");
    teller.onProgress(progress);
  };
  const begun = clock.monotonicNs();
  const machine = await boot({ onProgress });
  teller?.done();
  print(`The machine ${teller === undefined ? "" : "was fetched and "}booted in ${ms(begun)}.\n`);
  await showPrograms(machine);
  const broken = await showStatements({ machine, another });
  await machine.remove(PROBE);
  await showLayers(machine);
  await machine.stop();
  heading("What to type next");
  const widest = Math.max(...next.map(([command]) => command.length));
  for (const [command, what] of next) print(`${command.padEnd(widest)}  ${dim(what)}\n`);
  print(dim(`\nThe whole demo took ${ms(begun)} and ${shownBytes(process.memoryUsage.rss())} of memory.\n`));
  if (broken > 0) say(`${broken} of the checks above failed`);
  return broken === 0 ? 0 : 1;
}

process.exit(await demo().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  return 1;
}));
