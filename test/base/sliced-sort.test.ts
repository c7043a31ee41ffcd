/** The sliced sort is a stable sort, whatever the lengths, and pauses often. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededPrng } from '../../base/prng.js';
import { sortSliced } from '../../base/sliced-sort.js';

test('sorts like Array.prototype.sort, equal items in their order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 1, 2, 8191, 8192, 8193, 16384, 16385, 24577, 40000), fc.integer({ min: 1, max: 100_000 }), fc.nat(), async (count, distinct, seed) => {
      const prng = seededPrng(seed);
      const keys = Array.from({ length: count }, () => prng.below(distinct));
      const order = Uint32Array.from(keys, (_, i) => i);
      let pauses = 0;
      await sortSliced(order, (a, b) => keys[a]! - keys[b]!, () => {
        pauses++;
        return pauses % 3 === 0 ? Promise.resolve() : undefined;
      });
      expect([...order]).toEqual([...keys.keys()].sort((a, b) => keys[a]! - keys[b]!));
      expect(pauses).toBeGreaterThanOrEqual(Math.ceil(count / 8192));
    }),
    { numRuns: 30 },
  );
});
