/** The short ways and the general one say the same, fail the same, and leave the same rows. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { play, story } from './short-ways-story.js';

test('the same with short ways and without', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (one) => {
      expect(await play(one, true)).toEqual(await play(one, false));
    }),
    { numRuns: Number(process.env['PROP_RUNS'] ?? 25) },
  );
});
