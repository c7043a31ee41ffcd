/** Entries that came as blocks of rows: put-blocks-trial.ts says what takes part. `SEED` starts elsewhere. */
import { afterAll, beforeAll, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { putBlocksTrial } from './put-blocks-trial.js';

beforeAll(() => {
  VERIFY.on = true;
});
afterAll(() => {
  VERIFY.on = false;
});

it('says of each row what was put, asked for or not', () => {
  const first = Number(process.env['SEED'] ?? 1);
  for (let seed = first; seed < first + 60; seed++) putBlocksTrial(seed);
});
