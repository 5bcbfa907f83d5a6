// The whole kernel saved and restored, again and again, under a program that forks, waits, sleeps and sends signals.
import { expect, test } from "vitest";
import { restoreKernel, saveKernel } from "./persist.js";
import { TestMachine, compile, wiring } from "./testing/machine.js";

const program = compile(`
  #define _GNU_SOURCE
  #include <pthread.h>
  #include <signal.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  #include <sys/wait.h>
  #include <time.h>
  #include <unistd.h>
  static volatile int alarms; static void on_alarm(int n) { alarms++; }
  static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; static int shared;
  static void *work(void *x) { for (int i = 0; i < 300; i++) { pthread_mutex_lock(&m); shared++; pthread_mutex_unlock(&m); if (i % 50 == 0) usleep(100); } return 0; }
  int main(void) {
    int p[2], q[2]; char line[64]; pipe(p); pipe(q);
    struct sigaction a = { .sa_handler = on_alarm, .sa_flags = SA_RESTART }; sigaction(SIGALRM, &a, 0);
    if (fork() == 0) { int sum = 0, n; close(p[1]); while (read(p[0], &n, sizeof n) > 0) sum += n; dprintf(q[1], "sum %d", sum); _exit(3); }
    close(p[0]);
    for (int i = 0; i < 200; i++) { write(p[1], &i, sizeof i); if (i % 40 == 0) ualarm(500, 0), usleep(2000); }
    close(p[1]);
    memset(line, 0, sizeof line); read(q[0], line, 63); int st; wait(&st);
    pthread_t t[2]; for (int i = 0; i < 2; i++) pthread_create(&t[i], 0, work, 0); for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
    double d = 0; for (int i = 1; i < 1000; i++) d += 1.0 / i;
    printf("%s status %d alarms %d shared %d %.10f\\n", line, WEXITSTATUS(st), alarms, shared, d);
    return 0;
  }`);

const expected = "sum 19900 status 3 alarms 5 shared 600 7.4844708606\n";

function machine(): TestMachine {
  const fresh = TestMachine.fresh(32 << 20);
  fresh.write("/bin/program", program);
  return fresh;
}

test("a run that is saved and restored at every other of its shortest steps, about a call each, ends the same", () => {
  expect(machine().run("/bin/program").out).toBe(expected);
  let running = machine();
  const { process } = running.start("/bin/program");
  const pid = process.pid;
  let restores = 0;
  for (let step = 0; step < 100000; step++) {
    running.step(401);
    const task = running.kernel.initialNamespaces.pid.tasks.get(pid);
    if (task === undefined) break;
    if (step % 2 !== 0) continue;
    const saved = structuredClone(saveKernel(running.kernel));
    running = new TestMachine(restoreKernel(saved, { memory: running.kernel.frames.memory, processor: running.kernel.processor, entropy: running.kernel.entropy, realtime: { sec: 0, nsec: 0 } }));
    restores++;
  }
  expect(restores).toBeGreaterThan(100);
  expect(running.read("/tmp/out")).toBe(expected);
});

test("a saved kernel goes on upon another board", () => {
  const first = machine();
  const { process } = first.start("/bin/program");
  for (let i = 0; i < 40; i++) first.step(5000);
  expect(process.ended).toBe(false);
  const second = new TestMachine(restoreKernel(structuredClone(saveKernel(first.kernel)), wiring(32 << 20)));
  const task = second.kernel.initialNamespaces.pid.tasks.get(process.pid);
  if (task === undefined) throw new Error("the program is lost");
  expect(second.finish(task).out).toBe(expected);
  const [again] = [...first.kernel.initialNamespaces.pid.tasks.values()];
  expect(first.finish(again).out).toBe(expected);
});
