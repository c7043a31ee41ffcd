/** Puts in no order, sorted in buckets: put-buckets-trial.ts says what takes part. `SEED` starts elsewhere. */
import { afterAll, beforeAll, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { putBucketsTrial } from './put-buckets-trial.js';

beforeAll(() => {
  VERIFY.on = true;
});
afterAll(() => {
  VERIFY.on = false;
});

it('gives all puts in the order of their keys, whatever most of them begin with', () => {
  const first = Number(process.env['SEED'] ?? 1);
  for (let seed = first; seed < first + 200; seed++) putBucketsTrial(seed);
});
