// `npm run demo`: real programs in a bare-metal system, and the layers that really stood around them.
import { clock, openHere, openOutput, shownBytes, type PullProgress, type System } from "../../sdk/here.js";
import { plainCharacters } from "../cli/layers.js";
import { tellPull } from "../cli/progress.js";
import { print, say } from "../cli/say.js";
import { drawBoxes } from "../draw.js";

/** Each is an ordinary program of the image; nothing of them is ours. */
const programs: readonly (readonly [what: string, command: readonly string[]])[] = [
  ["a program asks what computer it is on", ["uname", "-a"]],
  ["the board's processor, as the kernel tells it", ["head", "-n", "6", "/proc/cpuinfo"]],
  ["processes, pipes and files", ["sh", "-c", "printf 'pear\\napple\\nfig\\n' > /tmp/fruit; sort /tmp/fruit | while read f; do echo \"$f $(echo $f | md5sum | cut -c1-8)\"; done"]],
  ["a program that is killed harms nobody else", ["sh", "-c", "sh -c 'kill -SEGV $$'; echo \"it died with status $?; the system goes on\""]],
  ["a process that never yields is preempted", ["sh", "-c", "while :; do :; done & sleep 0.2; kill $!; echo \"the shell ran beside it\""]],
  ["the program is a file of the disk, mapped into memory", ["sh", "-c", "grep -m 2 busybox /proc/self/maps; df -h / | tail -1"]],
];

async function run(system: System, command: readonly string[]): Promise<void> {
  const [file, ...args] = command;
  print(`$ ${command.map((word) => (/^[\w/.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ")}\n`);
  const output = openOutput(1);
  const running = await system.spawn({ file, args, env: {}, streams: { kind: "pipes", input: undefined, output, error: output } });
  const ending = await running.ended;
  if (ending.code !== 0) print(`  (ended with ${ending.signal === undefined ? `status ${ending.code}` : `signal ${ending.signal}`})\n`);
}

async function layers(system: System): Promise<void> {
  const running = await system.spawn({ file: "sleep", args: ["60"], env: {}, streams: { kind: "pipes", input: undefined, output: undefined, error: undefined } });
  await system.settled();
  const width = Math.min(100, process.stdout.columns || 100);
  print(`${drawBoxes(system.inspect(), width, plainCharacters()).join("\n")}\n`);
  running.kill(9);
  await running.ended;
}

async function demo(): Promise<void> {
  print("Nestbox: real Linux programs on a whole computer in JavaScript. The hardware is emulated; kernel and board are Nestbox's own.\n\n");
  let teller: ReturnType<typeof tellPull> | undefined;
  const onProgress = (progress: PullProgress): void => {
    teller ??= tellPull("deb:busybox-static");
    teller.onProgress(progress);
  };
  const begun = clock.monotonicNs();
  const system = await openHere({ onProgress });
  teller?.done();
  const ms = (clock.monotonicNs() - begun) / 1e6;
  if (teller === undefined) print(`A machine booted in ${ms.toFixed(0)} ms.\n\n`);
  for (const [what, command] of programs) {
    print(`# ${what}\n`);
    await run(system, command);
    print("\n");
  }
  print("The layers around a process, read from the machine that ran these programs:\n");
  await layers(system);
  await system.stop();
  print([
    "", "What to type next:",
    "  npx nestbox run -it -- sh                          a shell on this machine",
    "  npx nestbox run --image deb:bash,coreutils -- bash -c 'echo $BASH_VERSION'",
    "  npx nestbox layers                                 the picture above, at any time",
    "  npx nestbox doctor                                 what this computer offers",
    `Memory that Node took for all of this: ${shownBytes(process.memoryUsage.rss())}.`, "",
  ].join("\n"));
}

process.exit(await demo().then(() => 0, (error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  return 1;
}));
