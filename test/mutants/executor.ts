/** Deliberate bugs of executor/ and the scenario that notices each. A trial is one run of the scenario, interpreted and generated in turn. */
import { AssertionError } from 'node:assert';
import { DbError } from '../../base/errors.js';
import { mutants } from '../../base/mutants.js';
import { executorMutantDescriptions } from '../../executor/mutants.js';
import { scenarios } from '../executor/scenarios.js';

export interface ExecutorMutant {
  readonly name: string;
  run(seed: number, trialsMax: number): Promise<{ readonly killedAtTrial: number | undefined; readonly by: string }>;
}

export const executorMutants: readonly ExecutorMutant[] = executorMutantDescriptions.map(({ name }) => ({
  name,
  async run(seed, trialsMax) {
    const by = `test/executor/scenarios: ${name}`;
    const scenario = scenarios[name];
    if (scenario === undefined) return { killedAtTrial: undefined, by };
    for (let trial = 1; trial <= trialsMax; trial++) {
      mutants.plant(name);
      try {
        await scenario((seed + trial) % 2 === 0 ? 'generated' : 'interpreted');
      } catch (error) {
        if (error instanceof AssertionError || error instanceof DbError) return { killedAtTrial: trial, by };
        throw error;
      } finally {
        mutants.clear();
      }
    }
    return { killedAtTrial: undefined, by };
  },
}));
