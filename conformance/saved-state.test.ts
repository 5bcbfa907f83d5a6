// Blocking is a returned state: a whole machine under a shell script is saved and restored at every Nth step, of about a call
// each, and ends as the machine that was left alone.
import { beforeAll, expect, test } from "vitest";
import { failed } from "../src/abi/errno.js";
import { AT_FDCWD, O_CREAT, O_RDONLY, O_RDWR } from "../src/abi/fcntl.js";
import { resolveImage } from "../src/container/image/index.js";
import { fakeHost } from "../src/host/fake.js";
import { openDisk } from "../src/host/node/disk.js";
import { nodeImageHost } from "../src/host/node/image-host.js";
import type { NestboxKernel } from "../src/kernel/boot.js";
import { BufferSink } from "../src/kernel/io.js";
import { restoreKernel, saveKernel } from "../src/kernel/persist.js";
import { Credentials } from "../src/kernel/task/credentials.js";
import { open } from "../src/kernel/vfs/open.js";
import { Wait } from "../src/kernel/wait.js";
import { type Assembled, assemble } from "../src/system/assemble.js";

/** Pipes, jobs, sleeps, traps, here-documents, FIFOs, copy-up, links, /proc: whatever can be waited for. */
const SCRIPT = `
cd /tmp; mkdir d; cd d
trap 'echo usr1' USR1
(sleep 0.05; kill -USR1 $$; sleep 0.05; echo child) & wait; wait; echo waited $?
printf 'c\\nb\\na\\n' | sort | tr a-z A-Z | while read -r x; do echo "<$x>"; done
mkfifo f; cat f > from-fifo & echo through > f; wait; cat from-fifo
wc -lc << END
one
two
END
yes | head -n 3000 | md5sum
echo changed >> /etc/passwd; tail -n 1 /etc/passwd; ln -s /etc/passwd l; readlink l; rm l
i=0; while [ $i -lt 40 ]; do i=$((i+1)); [ -d /proc/$$ ] || echo gone; done; echo $i
timeout 0.1 sleep 5; echo timeout $?
sh -c 'kill -9 $$'; echo killed $?
cut -d' ' -f1 /proc/self/stat | grep -c .
exec 3<>f; echo held >&3; read -r line <&3; echo $line; find . | sort; exit 5
`;

async function machine(): Promise<Assembled> {
  const { diskPath } = await resolveImage("deb:busybox-static", { host: nodeImageHost() });
  return assemble({
    host: fakeHost(), interpreter: undefined, image: { ref: "deb:busybox-static", config: { env: {}, workdir: "/", user: "" }, disk: openDisk(diskPath) },
    memoryBytes: 64 << 20, cpus: 1, pidsLimit: 100, hostname: "saved", readOnly: false, mounts: [],
  });
}

function opened(kernel: NestboxKernel, path: string, flags: number) {
  const file = open(kernel.kernelTask, AT_FDCWD, path, flags, 0o600);
  if (failed(file) || file instanceof Wait) throw new Error(`${path} can't be opened`);
  return file;
}

function start(kernel: NestboxKernel): number {
  const out = opened(kernel, "/dev/shm/out", O_CREAT | O_RDWR);
  const task = kernel.spawn({
    file: "/bin/sh", argv: ["sh", "-c", SCRIPT], envp: ["PATH=/usr/bin:/usr/sbin"], cwd: "/", files: [opened(kernel, "/dev/null", O_RDONLY), out, out],
    credentials: new Credentials(),
  });
  if (failed(task) || task instanceof Wait) throw new Error("the script does not start");
  return task.tid;
}

function output(kernel: NestboxKernel): string {
  const file = opened(kernel, "/dev/shm/out", O_RDONLY);
  const sink = new BufferSink(new Uint8Array(file.inode.size));
  file.read(kernel.kernelTask, sink, 0);
  return new TextDecoder().decode(sink.bytes.subarray(0, sink.filled));
}

/** Runs to the end in steps of `budget` instructions; `between` may put another kernel in the place of the one that ran. */
function finish(first: NestboxKernel, tid: number, budget: number, between: (kernel: NestboxKernel, step: number) => NestboxKernel): { out: string; status: number } {
  let kernel = first;
  for (let step = 0; step < 2_000_000; step++) {
    const ended = kernel.takeEnded().find((process) => process.pid === tid);
    if (ended !== undefined) return { out: output(kernel), status: ended.exitStatus };
    if (kernel.step(budget) === "idle") kernel.clock.synchronise(kernel.nextDeadlineNs());
    kernel = between(kernel, step);
  }
  throw new Error(`the script does not end; it wrote: ${output(kernel)}`);
}

const STEP = 500;
let expected: { out: string; status: number };
let steps = 0;

beforeAll(async () => {
  const { kernel } = await machine();
  expected = finish(kernel, start(kernel), STEP, (same, step) => {
    steps = step;
    return same;
  });
});

test("the script does what it should", () => {
  expect(expected.status).toBe(5 << 8);
  for (const line of ["usr1", "child", "<A>", "through", "2         8", "changed", "/etc/passwd", "40", "timeout 143", "killed 137", "held", "./from-fifo"]) {
    expect(expected.out).toContain(line);
  }
});

// Each divisor meets other steps; together they cut the run at some 600 places, from its first call to its last.
test.each([300, 301])("cut, saved and restored at 1 of %i places all along, it ends the same", async (places) => {
  const { board, kernel: first } = await machine();
  const every = Math.floor(steps / places);
  let restores = 0;
  const end = finish(first, start(first), STEP, (kernel, step) => {
    if (step % every !== 0) return kernel;
    restores++;
    const saved = structuredClone(saveKernel(kernel));
    const restored = restoreKernel(saved, { memory: board.memory, processor: board.processor, entropy: board.entropy, disk: board.disk, platform: kernel.platform });
    board.hart.time = () => restored.clock.monotonicNs();
    return restored;
  });
  expect(restores).toBeGreaterThan(places - 2);
  expect(end).toEqual(expected);
});
