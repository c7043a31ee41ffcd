/** Turns of the event loop between calls: when the clock is looked at, and how many of those who wait go on in one turn. */
import { expect, test } from 'vitest';
import type { Clock } from '../../base/clock.js';
import type { Scheduler } from '../../base/scheduler.js';
import { LoopTurn } from '../../engine/loop-turn.js';

/** A turn whose time is set by hand, and that ends when it is told to. */
function setUp(busy: () => Promise<void> | undefined = () => undefined): { turn: LoopTurn; pass: (ms: number) => void; end: () => Promise<void> } {
  let now = 0;
  let waiting: (() => void)[] = [];
  const clock = { monotonic: () => now } as Clock;
  const scheduler = { yield: () => new Promise<void>((resolve) => waiting.push(resolve)) } as Scheduler;
  return {
    turn: new LoopTurn(clock, scheduler, busy),
    pass: (ms) => (now += ms),
    end: async () => {
      const resolves = waiting;
      waiting = [];
      for (const resolve of resolves) resolve();
      for (let i = 0; i < 20; i++) await Promise.resolve();
    },
  };
}

test('a call that may take long is the last of its turn when it did', async () => {
  const { turn, pass, end } = setUp();
  expect(turn.over(false)).toBeUndefined();
  pass(10);
  const next = turn.over(false);
  expect(next).toBeInstanceOf(Promise);
  expect(turn.over(true)).toBe(next);
  await end();
  expect(turn.over(false)).toBeUndefined();
  pass(1);
  expect(turn.over(false)).toBeUndefined();
});

test('while a commit is between two slices all calls wait for its end', () => {
  const ended = Promise.resolve();
  let isBusy = true;
  const { turn } = setUp(() => (isBusy ? ended : undefined));
  expect(turn.over(true)).toBe(ended);
  expect(turn.over(false)).toBe(ended);
  isBusy = false;
  expect(turn.over(true)).toBeUndefined();
});

test('brief calls look at the clock now and then', () => {
  const { turn, pass } = setUp();
  let calls = 0;
  for (; turn.over(true) === undefined; calls++) pass(0.5);
  expect(calls).toBeGreaterThanOrEqual(4);
  expect(calls).toBeLessThanOrEqual(20);
});

test('of many who wait for a turn those go on for whom there is time, in the order in which they came', async () => {
  const { turn, pass, end } = setUp();
  expect(turn.over(false)).toBeUndefined();
  pass(10);
  const done: number[] = [];
  const client = async (n: number): Promise<void> => {
    for (let next = turn.over(false); next !== undefined; next = turn.over(false)) await next;
    done.push(n);
    pass(1.5);
  };
  const clients = [1, 2, 3, 4, 5].map(client);
  expect(done).toEqual([]);
  await end();
  expect(done).toEqual([1, 2]);
  await end();
  expect(done).toEqual([1, 2, 3, 4]);
  await end();
  await Promise.all(clients);
  expect(done).toEqual([1, 2, 3, 4, 5]);
});
