/** Whoever comes while a large commit is being installed in slices: large-commit-trial.ts says who. */
import { test } from 'vitest';
import { largeCommitTrial } from './large-commit-trial.js';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const runs = Number(process.env['PROP_RUNS'] ?? 8);

test(`a large commit is whole for whoever comes while it is installed, and on the disk; seed ${seed}`, async () => {
  for (let run = 0; run < runs; run++) {
    await largeCommitTrial(seed + run).catch((error: unknown) => {
      throw new Error(`SEED=${seed + run} PROP_RUNS=1 npx vitest run test/engine/large-commit.prop.test.ts`, { cause: error });
    });
  }
});

test('20192: a session that could not drop its temporary tables was closed with an error of the inside', async () => {
  await largeCommitTrial(20192);
});
