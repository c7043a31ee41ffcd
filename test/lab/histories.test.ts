/**
 * Random SQL histories on Serialite: no anomaly that the level forbids, no needless serialization failure, and every allowed anomaly is reached at the
 * weaker levels, so that the generator is known to look where they are. Planted bugs in the engine must be found through SQL alone.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutants } from '../../base/mutants.js';
import { checkHistory, describeCycle } from '../../lab/checker/check.js';
import { judgeFailures } from '../../lab/checker/needless.js';
import { runWorkload, type WorkloadRun } from '../../lab/generator/run-workload.js';
import { swarm, workloads, type WorkloadOptions } from '../../lab/generator/workload.js';
import type { Level } from '../../lab/catalogue/anomaly.js';
import { serialiteTarget } from '../../lab/targets/serialite.js';

async function runOnce(options: WorkloadOptions, level: Level, seed: number, transactions: number): Promise<WorkloadRun> {
  const target = await serialiteTarget();
  try {
    return await runWorkload(target, options, level, seed, transactions);
  } finally {
    await target.close();
  }
}
function allowed(level: Level, run: WorkloadRun): void {
  const result = checkHistory(run.history);
  const cycles = result.cycles.map((c) => `${c.kind}: ${describeCycle(c.cycle)}`);
  expect(run.problems, `${run.options.name} seed ${run.seed}`).toEqual([]);
  expect(result.direct).toEqual([]);
  const fine = level === 'serializable' ? ['serializable'] : level === 'repeatable read' ? ['serializable', 'snapshot isolation'] : ['serializable', 'snapshot isolation', 'read committed'];
  expect(fine, `${run.options.name} seed ${run.seed}: ${cycles.join('; ')}`).toContain(result.level);
}

describe.each(workloads.map((w) => [w.name, w] as const))('%s', (_name, options) => {
  test('SERIALIZABLE: no anomaly, no needless failure', async () => {
    const run = await runOnce(options, 'serializable', 11, 50);
    allowed('serializable', run);
    expect(judgeFailures(run).examples).toEqual([]);
  });
  test('REPEATABLE READ: snapshot isolation', async () => allowed('repeatable read', await runOnce(options, 'repeatable read', 12, 40)));
  test('READ COMMITTED', async () => allowed('read committed', await runOnce(options, 'read committed', 13, 40)));
});

test('swarms shrink to small schedules', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 2, max: 25 }), fc.constantFrom<Level>('serializable', 'repeatable read'), async (seed, transactions, level) => {
      const run = await runOnce(swarm(seed), level, seed, transactions);
      allowed(level, run);
      expect(judgeFailures(run).needless).toBe(0);
    }),
    { numRuns: 8, endOnFailure: process.env['CI'] !== undefined },
  );
});

test('the weaker levels show what they allow', async () => {
  const kinds = async (level: Level): Promise<Set<string>> => {
    const found = new Set<string>();
    for (const name of ['points', 'predicates', 'list-append']) {
      const run = await runOnce(workloads.find((w) => w.name === name)!, level, 3, 120);
      for (const { kind } of checkHistory(run.history).cycles) found.add(kind);
    }
    return found;
  };
  expect([...(await kinds('repeatable read'))].sort()).toEqual(['G2', 'G2-item']);
  expect(await kinds('read committed')).toContain('lost update');
});

describe('planted bugs are found through SQL', () => {
  const find = async (mutant: string, names: readonly string[], level: Level, isCaught: (run: WorkloadRun) => boolean): Promise<boolean> => {
    mutants.plant(mutant);
    try {
      for (const name of names) {
        for (let seed = 1; seed <= 8; seed++) {
          const run = await runOnce(workloads.find((w) => w.name === name)!, level, seed, 60).catch(() => undefined);
          if (run === undefined || isCaught(run)) return true;
        }
      }
      return false;
    } finally {
      mutants.clear();
    }
  };
  const isAnomalous = (run: WorkloadRun): boolean => checkHistory(run.history).level !== 'serializable' || run.problems.length > 0;
  test.each([
    ['mvcc.no-probe', ['points']],
    ['mvcc.skip-not-found-registration', ['absent-keys']],
    ['mvcc.probe-active-only', ['points']],
  ] as const)('%s', async (mutant, names) => {
    expect(await find(mutant, names, 'serializable', isAnomalous)).toBe(true);
  });
  test('mvcc.no-first-updater-wins', async () => {
    expect(await find('mvcc.no-first-updater-wins', ['points'], 'repeatable read', (run) => !['serializable', 'snapshot isolation'].includes(checkHistory(run.history).level))).toBe(true);
  });
  test('mvcc.strict-only fails needlessly', async () => {
    expect(await find('mvcc.strict-only', ['points', 'ranges'], 'serializable', (run) => judgeFailures(run).needless > 0)).toBe(true);
  });
});
