/** Samples of a sequence: R1 by counting, R2 by what was asked for. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededPrng } from '../../base/prng.js';
import { Reservoir } from '../../base/reservoir.js';

/** Offers 0, 1, ... in portions of those sizes. */
function sampleOf(size: number, portions: readonly number[], seed: number): { readonly sample: number[]; readonly asked: number[]; readonly offered: number } {
  const reservoir = new Reservoir<number>(size, seededPrng(seed));
  const asked: number[] = [];
  for (const count of portions) {
    const first = reservoir.offered;
    reservoir.offer(count, (place) => {
      expect(place >= 0 && place < count).toBe(true);
      asked.push(first + place);
      return first + place;
    });
  }
  return { sample: reservoir.inOrder(), asked, offered: reservoir.offered };
}

test('as many as fit, each once, in order, and nothing is asked for twice or backwards', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 12 }), fc.nat(), (size, portions, seed) => {
    const { sample, asked, offered } = sampleOf(size, portions, seed);
    const total = portions.reduce((a, b) => a + b, 0);
    expect(offered).toBe(total);
    expect(sample.length).toBe(Math.min(size, total));
    for (const list of [sample, asked]) expect(list).toEqual([...new Set(list)].sort((a, b) => a - b));
    expect(sample.every((item) => asked.includes(item))).toBe(true);
  }));
});

test('every item is as likely as any other', () => {
  const [size, count, trials] = [5, 40, 20_000];
  const hits = new Array<number>(count).fill(0);
  for (let seed = 0; seed < trials; seed++) for (const item of sampleOf(size, [13, 0, 4, 23], seed).sample) hits[item]!++;
  const expected = (trials * size) / count;
  const chiSquare = hits.reduce((sum, hit) => sum + (hit - expected) ** 2 / expected, 0);
  // 39 degrees of freedom: beyond 73 once in a thousand; the seeds are fixed.
  expect(chiSquare).toBeLessThan(73);
});

test('few items of a long sequence are asked for', () => {
  const { asked } = sampleOf(100, [100_000, 900_000], 7);
  // 100 (1 + ln 10,000) = 1,021 expected.
  expect(asked.length).toBeGreaterThan(800);
  expect(asked.length).toBeLessThan(1300);
});
