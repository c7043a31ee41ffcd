/** Plants each bug of storage/tree/tree-mutants.ts and lets the property test of the tree find it. */
import fc from 'fast-check';
import { mutants } from '../../base/mutants.js';
import { treeMutants } from '../../storage/tree/tree-mutants.js';
import { runTreeCase, treeCase } from '../storage/tree-driver.js';

export interface MutantRun {
  readonly name: string;
  run(seed: number, trialsMax: number): Promise<{ killedAtTrial: number | undefined; by: string }>;
}

export const btreeMutants: readonly MutantRun[] = treeMutants.map(({ name }) => ({
  name,
  async run(seed, trialsMax) {
    mutants.plant(name);
    try {
      const result = await fc.check(fc.property(treeCase, (c) => runTreeCase(c)), { seed, numRuns: trialsMax, endOnFailure: true });
      return { killedAtTrial: result.failed ? result.numRuns : undefined, by: 'storage/btree.prop: a tree is its model' };
    } finally {
      mutants.clear();
    }
  },
}));
