/** In runs and one by one: install-runs-trial.ts says what takes part. */
import { test } from 'vitest';
import { installRunsTrial } from './install-runs-trial.js';

test('in runs and one by one, then from the log of each', async () => {
  await installRunsTrial(Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31)), Number(process.env['PROP_RUNS'] ?? 15));
});
