// The heap of timers against a sorted list.
import { expect, test } from "vitest";
import { Timer, TimerHeap } from "./timer-heap.js";

test("timers end in order of their deadlines, then of their starting, and those stopped do not", () => {
  const heap = new TimerHeap();
  const ended: number[] = [];
  let state = 7;
  const random = (n: number): number => (state = (state * 1103515245 + 12345) & 0x7fffffff) % n;
  const timers = Array.from({ length: 500 }, (_, i) => new Timer({ expired: () => ended.push(i) }));
  const deadlines = new Map<number, { at: number; order: number }>();
  let order = 0;
  for (let i = 0; i < 3000; i++) {
    const n = random(500);
    if (random(3) === 0) {
      heap.stop(timers[n]);
      deadlines.delete(n);
    } else {
      const at = random(100);
      heap.start(timers[n], at);
      deadlines.set(n, { at, order: order++ });
    }
  }
  const sorted = [...deadlines].sort(([, a], [, b]) => a.at - b.at || a.order - b.order);
  expect(heap.nextNs).toBe(sorted[0][1].at);
  heap.expire(49);
  expect(ended).toEqual(sorted.filter(([, { at }]) => at <= 49).map(([n]) => n));
  heap.expire(Infinity);
  expect(ended).toEqual(sorted.map(([n]) => n));
  expect(heap.nextNs).toBe(Infinity);
  expect(timers.every((timer) => !timer.running)).toBe(true);
});

test("a timer that starts itself again is heard again only when its new time has come", () => {
  const heap = new TimerHeap();
  let count = 0;
  const timer: Timer = new Timer({ expired: (self) => { count++; heap.start(self, self.deadlineNs + 10); } });
  heap.start(timer, 10);
  heap.expire(35);
  expect(count).toBe(3);
  expect(heap.nextNs).toBe(40);
  heap.start(timer, Infinity);
  expect(timer.running).toBe(false);
});
