// The benchmarks: each measures Nestbox and a rival in one run and prints both, their ratio, and the goal. `npm run bench [NAME…]`.
import { idleMemory, compiled, inTurns, median, once, type Sample, withDirectory } from "./measure.js";

const nestbox = new URL("../dist/cli.js", import.meta.url).pathname;
const node = process.execPath;
const RUNS = 9;

/** One line of the table. */
interface Result {
  name: string;
  ours: number[];
  rival?: { name: string; values: number[] };
  unit: string;
  goal: string;
  met: boolean;
}

const times = (samples: readonly Sample[]) => samples.map((sample) => sample.realMs);
const run = (...args: string[]) => () => once(node, [nestbox, "run", ...args]);

/** `nestbox run -- true`, image present, against `node -e 0`. */
function start(): Result {
  const [ours, bare] = inTurns(RUNS, [run("--", "true"), () => once(node, ["-e", "0"])]).map(times);
  return { name: "start", ours, rival: { name: "node -e 0", values: bare }, unit: "ms", goal: "at most 3 x the rival", met: median(ours) <= 3 * median(bare) };
}

/** A first run with an empty store: what it fetches included. */
function firstRun(): Result {
  const ours = withDirectory((store) => [once(node, [nestbox, "run", "--", "true"], { ...process.env, NESTBOX_STORE: store }).realMs / 1000]);
  return { name: "first run, empty store", ours, unit: "s", goal: "under 60", met: ours[0] < 60 };
}

const LOOP = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";

/** Instructions per second on a shell loop, start-up taken off, against qemu's user mode on the same binary. */
function shellLoop(): Result {
  const short = LOOP.replace("300000", "0");
  const [long, none] = inTurns(3, [run("--", "sh", "-c", LOOP), run("--", "sh", "-c", short)]).map(times);
  // 15,032,552 instructions for 1,000 rounds less 243,220 of start-up: qemu's count of the same busybox.
  const perRound = (15_032_552 - 243_220) / 1000;
  const mips = long.map((ms, i) => (300_000 * perRound) / (ms - none[i]) / 1000);
  return { name: "interpreter, shell loop", ours: mips, unit: "MIPS", goal: "150 or more", met: median(mips) >= 150 };
}

function getpid(): Result {
  return withDirectory((directory) => {
    const program = compiled("getpid", directory);
    const [ours, qemu] = inTurns(5, [run("-v", `${directory}:/bench`, "--", "/bench/getpid"), () => once("qemu-riscv64", [program])])
      .map((samples) => samples.map((sample) => Number(sample.stdout)));
    return { name: "getpid", ours, rival: { name: "qemu-riscv64", values: qemu }, unit: "ns", goal: "under 1000", met: median(ours) < 1000 };
  });
}

async function idle(): Promise<Result> {
  const ours = [await idleMemory(node, [nestbox, "run", "-i", "--", "sh"], 3000)];
  return { name: "idle machine with a shell", ours, unit: "MiB RSS", goal: "under 120", met: ours[0] < 120 };
}

const benchmarks: Record<string, () => Result | Promise<Result>> = { start, firstRun, shellLoop, getpid, idle };

const shown = (values: readonly number[]) =>
  `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}, n=${values.length})`;

const wanted = process.argv.slice(2);
for (const [name, benchmark] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { name: title, ours, rival, unit, goal, met } = await benchmark();
  const against = rival === undefined ? "" : `; ${rival.name} ${shown(rival.values)}; ratio ${(median(ours) / median(rival.values)).toFixed(2)}`;
  console.log(`${met ? "met   " : "MISSED"} ${title}: ${shown(ours)} ${unit}${against}; goal: ${goal}`);
}
