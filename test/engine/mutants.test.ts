/** Shows that each deliberate bug of the engine is noticed, and that without it the same scenario holds. */
import { expect, test } from 'vitest';
import { engineMutants, engineScenarios } from '../mutants/engine.js';

for (const { name, run } of engineMutants) {
  test(name, async () => {
    await engineScenarios[name]!();
    expect((await run(1, 1)).killedAtTrial).toBe(1);
  });
}
