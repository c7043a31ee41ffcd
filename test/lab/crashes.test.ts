/**
 * Power cuts inside random schedules: the cut comes at any operation on the disk, while commits are on their way to it, and once more during some
 * recoveries. Afterwards what was acknowledged is there, what had not been committed is gone, a commit under way is there whole or gone whole, and the
 * history over the cuts is serializable. As data, so that fast-check shrinks a failing schedule, cuts included.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutants } from '../../base/mutants.js';
import { checkHistory } from '../../lab/checker/check.js';
import type { History } from '../../lab/checker/history.js';
import { judgeRecovery } from '../../lab/checker/recovery.js';
import { plannedSchedule, runWorkload, type PlannedCut, type WorkloadRun } from '../../lab/generator/run-workload.js';
import { swarm, workloads, type OpKind, type PlannedTransaction, type WorkloadOptions } from '../../lab/generator/workload.js';
import type { Level } from '../../lab/catalogue/anomaly.js';
import { crashTarget } from './crash-machine.js';

async function runOnce(options: WorkloadOptions, level: Level, seed: number, transactions: number): Promise<WorkloadRun> {
  const target = await crashTarget(seed);
  try {
    return await runWorkload(target, options, level, seed, transactions);
  } finally {
    await target.close();
  }
}
function allowed(run: WorkloadRun, levels: readonly string[]): void {
  const where = `${run.options.name} seed ${run.seed}`;
  expect(run.problems, where).toEqual([]);
  const result = checkHistory(run.history);
  expect(result.direct, where).toEqual([]);
  expect(levels, where).toContain(result.level);
}

test.each(workloads.map((w) => [w.name, w] as const))('%s', async (_name, options) => {
  const run = await runOnce({ ...options, cutShare: 0.05 }, 'serializable', 21, 60);
  allowed(run, ['serializable']);
  expect(run.cutCount).toBeGreaterThan(2);
});

test('swarms', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 2, max: 40 }), fc.constantFrom<Level>('serializable', 'repeatable read', 'read committed'), async (seed, transactions, level) => {
      const fine = { 'serializable': ['serializable'], 'repeatable read': ['serializable', 'snapshot isolation'], 'read committed': ['serializable', 'snapshot isolation', 'read committed'] };
      allowed(await runOnce(swarm(seed), level, seed, transactions), fine[level]);
    }),
    { numRuns: 10, endOnFailure: process.env['CI'] !== undefined },
  );
});

test('a seed is a history, cuts included', async () => {
  const options = { ...workloads.find((w) => w.name === 'absent-keys')!, cutShare: 0.1 };
  const [first, second] = [await runOnce(options, 'serializable', 5, 30), await runOnce(options, 'serializable', 5, 30)];
  expect(first.cutCount).toBeGreaterThan(1);
  expect(second.history).toEqual(first.history);
});

describe('the judge of recoveries', () => {
  const history: History = [
    { id: 1, session: 1, status: 'committed', ops: [{ kind: 'write', key: 'x', version: 1 }, { kind: 'append', key: 'l', value: 7 }] },
    { id: 2, session: 2, status: 'unknown', ops: [{ kind: 'write', key: 'x', version: 2 }, { kind: 'write', key: 'y', version: 1 }] },
    { id: 3, session: 3, status: 'aborted', ops: [{ kind: 'write', key: 'z', version: 1 }] },
  ];
  const problems = (versions: Readonly<Record<string, number>>, list: readonly number[] = [7]): readonly string[] => judgeRecovery(history, { versions: new Map(Object.entries(versions)), lists: new Map([['l', list]]) }, -1).problems;
  test('accepts a commit under way that is there whole or gone whole', () => {
    expect(problems({ x: 1 })).toEqual([]);
    expect(problems({ x: 2, y: 1 })).toEqual([]);
  });
  test('names what is lost, there by half, or there without a COMMIT', () => {
    expect(problems({})[0]).toBe('x: version 1 of T1 was acknowledged and is lost; version 0 is there');
    expect(problems({ x: 1 }, [])[0]).toBe('l: value 7 of T1 was acknowledged and is lost');
    expect(problems({ x: 2 })[0]).toBe('T2 is there by half: x but not y');
    expect(problems({ x: 1, z: 1 })[0]).toBe('z: version 1 is there, of which nobody sent COMMIT; the newest is 0');
    expect(problems({ x: 1 }, [7, 8])[0]).toBe('l: value 8 is there, of which nobody sent COMMIT');
  });
});

describe('planted bugs', () => {
  const options = { ...workloads.find((w) => w.name === 'points')!, keyCount: 3, sessionCount: 3 };
  const op = fc.record({ kind: fc.constantFrom<OpKind>('read', 'update', 'append'), low: fc.nat(2) }).map(({ kind, low }) => ({ kind, low, high: low }));
  const schedule = fc.record({
    transactions: fc.array(fc.record({ ops: fc.array(op, { minLength: 1, maxLength: 3 }) }).map((t): PlannedTransaction => ({ ...t, rollsBack: false, readOnly: false })), { minLength: 1, maxLength: 6 }),
    picks: fc.array(fc.nat(2), { maxLength: 24 }),
    cuts: fc.array(fc.record({ turn: fc.nat(24), operations: fc.nat(6) }), { maxLength: 3 }),
    seed: fc.nat(1000),
  });
  interface Schedule {
    readonly transactions: readonly PlannedTransaction[];
    readonly picks: readonly number[];
    readonly cuts: readonly PlannedCut[];
    readonly seed: number;
  }
  const isFine = async ({ transactions, picks, cuts, seed }: Schedule, durability: 'full' | 'relaxed' = 'full'): Promise<boolean> => {
    const target = await crashTarget(seed, durability);
    try {
      const run = await runWorkload(target, options, 'serializable', 1, transactions.length, plannedSchedule(transactions, picks, cuts));
      return run.problems.length === 0 && checkHistory(run.history).level === 'serializable';
    } finally {
      await target.close();
    }
  };
  const smallest = async (durability: 'full' | 'relaxed'): Promise<readonly PlannedTransaction[]> => {
    const { failed, counterexample } = await fc.check(fc.asyncProperty(schedule, (s) => isFine(s, durability)), { numRuns: 200, seed: 3 });
    expect(failed).toBe(true);
    return counterexample![0].transactions;
  };
  test('nothing is found without one', async () => {
    await fc.assert(fc.asyncProperty(schedule, (s) => isFine(s)), { numRuns: 30 });
  });
  test('a database that acknowledges before it syncs shrinks to one transaction of one operation', async () => {
    const transactions = await smallest('relaxed');
    expect(transactions.map((t) => t.ops.length)).toEqual([1]);
  });
  test('... and the loss is named', async () => {
    const target = await crashTarget(2, 'relaxed');
    try {
      const run = await runWorkload(target, { ...options, cutShare: 0.05 }, 'serializable', 2, 40);
      expect(run.problems.join('\n')).toMatch(/version \d+ of T\d+ was acknowledged and is lost/);
    } finally {
      await target.close();
    }
  });
  test('storage.no-directory-sync: the log of what was acknowledged is not found', async () => {
    mutants.plant('storage.no-directory-sync');
    try {
      expect((await smallest('full')).length).toBe(1);
    } finally {
      mutants.clear();
    }
  });
});
