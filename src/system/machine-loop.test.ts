// When a machine runs, sleeps and rests.
import { expect, test } from "vitest";
import { fakeHost } from "../host/fake.js";
import { MachineLoop, type Driven } from "./machine-loop.js";

/** A machine with so many slices of work of 2 ms each, that then waits until it is poked or something is due. */
function machine(share = 1) {
  const host = fakeHost();
  const state = { work: 0, slices: 0, dueInNs: Infinity, moved: 0, error: undefined as unknown };
  const driven: Driven = {
    slice() {
      state.slices++;
      if (state.work === 0) return false;
      state.work--;
      host.advance(2);
      return true;
    },
    exchange: () => state.moved-- > 0,
    dueInNs: () => state.dueInNs,
  };
  const loop = new MachineLoop({ driven, timer: host.timer, clock: host.clock, share, failed: (error) => (state.error = error) });
  return { host, state, loop };
}

test("work is done in turns, and the host's events come in between", () => {
  const { host, state, loop } = machine();
  state.work = 10;
  loop.poke();
  loop.poke();
  expect(host.turn()).toBe(true);
  expect(state.work).toBe(6);
  while (host.turn());
  expect(state.work).toBe(0);
});

test("an idle machine asks for nothing until it is poked", () => {
  const { host, state, loop } = machine();
  loop.poke();
  host.turn();
  const before = state.slices;
  host.advance(1_000_000);
  expect(host.turn()).toBe(false);
  expect(state.slices).toBe(before);
  state.work = 1;
  loop.poke();
  host.turn();
  expect(state.work).toBe(0);
});

test("it wakes when something is due", () => {
  const { host, state, loop } = machine();
  state.dueInNs = 5e6;
  loop.poke();
  host.turn();
  state.work = 1;
  host.advance(4);
  expect(host.turn()).toBe(false);
  host.advance(1);
  expect(host.turn()).toBe(true);
  expect(state.work).toBe(0);
});

test("bytes that moved let it go on", () => {
  const { host, state, loop } = machine();
  state.moved = 1;
  loop.poke();
  host.turn();
  expect(state.slices).toBe(2);
});

test("with half a processor it rests as long as it worked", () => {
  const { host, state, loop } = machine(0.5);
  state.work = 8;
  loop.poke();
  host.turn();
  expect(state.work).toBe(4);
  loop.poke();
  expect(host.turn()).toBe(false);
  host.advance(8);
  expect(host.turn()).toBe(true);
  expect(state.work).toBe(0);
});

test("a machine that breaks is told about once and does not go on", () => {
  const { host, state, loop } = machine();
  const broken = new MachineLoop({
    driven: { slice: () => { throw new Error("broken"); }, exchange: () => false, dueInNs: () => 0 },
    timer: host.timer, clock: host.clock, share: 1, failed: (error) => (state.error = error),
  });
  broken.poke();
  host.turn();
  expect(state.error).toEqual(new Error("broken"));
  broken.poke();
  expect(host.turn()).toBe(false);
  loop.stop();
});
