/** In slices, with somebody coming in between, and in one: sliced-commit-trial.ts says who. */
import { test } from 'vitest';
import { slicedCommitTrial } from './sliced-commit-trial.js';

test('a commit in slices is whole for whoever comes in between, and on the disk', async () => {
  await slicedCommitTrial(Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31)), Number(process.env['PROP_RUNS'] ?? 25));
});
