/** Shows that each deliberate bug of the executor is noticed, and that without it the same scenario holds. */
import { expect, test } from 'vitest';
import { executorMutants } from '../mutants/executor.js';
import { scenarios } from './scenarios.js';

for (const { name, run } of executorMutants) {
  test(name, async () => {
    for (const mode of ['interpreted', 'generated'] as const) await scenarios[name]!(mode);
    for (const seed of [0, 1]) expect((await run(seed, 1)).killedAtTrial).toBe(1);
  });
}
