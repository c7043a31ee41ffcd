/** Readers that rest keep what they are to read; see old-versions-trial.ts. */
import { afterAll, beforeAll, test } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { oldVersionsTrial } from './old-versions-trial.js';

beforeAll(() => {
  VERIFY.on = true;
});
afterAll(() => {
  VERIFY.on = false;
});

test('cursors and streams give what was there when they began, whatever is freed and used again while they rest', async () => {
  for (let seed = 1; seed <= 10; seed++) await oldVersionsTrial(seed);
});
