/**
 * The tree against a sorted model, in small worlds: any mix of inserts, replaces, deletes, runs of both, overflow values, range walks both
 * ways, held leaves, freezes and abandoned freezes. Also that structure, stamps, page accounting and pins are right at the end, that the
 * state at each freeze is exactly what its checkpoint wrote, and that a drop frees every page.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runTreeCase, treeCase } from './tree-driver.js';

const numRuns = Number(process.env['PROP_RUNS'] ?? 300);

test('a tree is its model', () => {
  fc.assert(fc.property(treeCase, (c) => runTreeCase(c)), { numRuns, ...(process.env['PROP_SEED'] === undefined ? {} : { seed: Number(process.env['PROP_SEED']) }) });
  expect.assertions(0);
});
