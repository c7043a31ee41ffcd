/** Undo records and their memory against plain lists; see undo-trial.ts. */
import { test } from 'vitest';
import { undoTrial } from './undo-trial.js';

test('undo records, their chains, keys and bytes are those of plain lists whatever comes and goes', () => {
  for (let seed = 1; seed <= 40; seed++) undoTrial(seed);
});
