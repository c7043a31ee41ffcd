/** Of which statements it is remembered where they were issued: a conflict buys a sample, at most once a second. */
import { expect, test } from 'vitest';
import { CallSiteSampler } from '../../engine/call-site.js';

function takenOf(sampler: CallSiteSampler, statements: number): number {
  let taken = 0;
  for (let i = 0; i < statements; i++) if (sampler.take()) taken++;
  return taken;
}

test('nothing before a conflict, a hundred after it, and no more within the second, however many conflicts there are', () => {
  let now = 5000;
  const sampler = new CallSiteSampler(undefined, { now: () => now, monotonic: () => now });
  expect(takenOf(sampler, 500)).toBe(0);
  sampler.noteConflict();
  expect(takenOf(sampler, 500)).toBe(100);
  now += 999;
  sampler.noteConflict();
  expect(takenOf(sampler, 500)).toBe(0);
  now += 1;
  sampler.noteConflict();
  expect(takenOf(sampler, 500)).toBe(100);
});

test('always or never, as the database was opened', () => {
  const clock = { now: () => 0, monotonic: () => 0 };
  expect(takenOf(new CallSiteSampler(true, clock), 500)).toBe(500);
  const never = new CallSiteSampler(false, clock);
  never.noteConflict();
  expect(takenOf(never, 500)).toBe(0);
});
