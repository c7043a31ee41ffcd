/** Runs of columns against a sorted map; column-run-trial.ts says what takes part. `SEED` starts elsewhere. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { columnRunTrial } from './column-run-trial.js';

describe('ColumnRun', () => {
  beforeAll(() => {
    VERIFY.on = true;
  });
  afterAll(() => {
    VERIFY.on = false;
  });
  it('shows exactly the snapshot, whatever others commit meanwhile', async () => {
    const first = Number(process.env['SEED'] ?? 1);
    for (let seed = first; seed < first + 40; seed++) await columnRunTrial(seed);
  });
});
