/** Scans against a sorted map; leaf-scan-trial.ts says what takes part. `SEED` starts elsewhere. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { scanTrial } from './leaf-scan-trial.js';

describe('LeafScan', () => {
  beforeAll(() => {
    VERIFY.on = true;
  });
  afterAll(() => {
    VERIFY.on = false;
  });
  it('shows exactly the snapshot, whatever others commit meanwhile', async () => {
    const first = Number(process.env['SEED'] ?? 1);
    for (let seed = first; seed < first + 60; seed++) await scanTrial(seed);
  });
});
