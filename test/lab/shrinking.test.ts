/**
 * Random schedules as data, so that fast-check shrinks a failing one to its core: transactions, operations, keys and interleaving. Without a bug nothing
 * fails; with write skew let through, what is left are two or three transactions of a few operations.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';
import { mutants } from '../../base/mutants.js';
import { checkHistory } from '../../lab/checker/check.js';
import { judgeFailures } from '../../lab/checker/needless.js';
import { plannedSchedule, runWorkload, type WorkloadRun } from '../../lab/generator/run-workload.js';
import { workloads, type OpKind, type PlannedTransaction } from '../../lab/generator/workload.js';
import { targetOver } from '../../lab/targets/serialite.js';

const options = { ...workloads.find((w) => w.name === 'points')!, keyCount: 4, sessionCount: 4, presentShare: 0.75 };

const op = fc.record({ kind: fc.constantFrom<OpKind>('read', 'update', 'range', 'upsert', 'index range', 'first', 'savepoint'), low: fc.nat(3), length: fc.nat(2) })
  .map(({ kind, low, length }) => ({ kind, low, high: Math.min(3, low + length) }));
const transaction = fc.record({ ops: fc.array(op, { minLength: 1, maxLength: 4 }), rollsBack: fc.boolean() }).map((t): PlannedTransaction => ({ ...t, readOnly: false }));
const schedule = fc.record({ transactions: fc.array(transaction, { minLength: 1, maxLength: 6 }), picks: fc.array(fc.nat(3), { maxLength: 24 }) });
/** Small enough to shrink in a few hundred runs. */
const few = fc.record({
  transactions: fc.array(fc.record({ ops: fc.array(op.map((o) => ({ ...o, kind: o.kind === 'read' || o.kind === 'first' ? ('read' as const) : ('update' as const) })), { minLength: 1, maxLength: 3 }) }).map((t): PlannedTransaction => ({ ...t, rollsBack: false, readOnly: false })), { minLength: 2, maxLength: 3 }),
  picks: fc.array(fc.nat(2), { minLength: 8, maxLength: 12 }),
});

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
});
afterAll(() => db.close());

async function run({ transactions, picks }: { readonly transactions: readonly PlannedTransaction[]; readonly picks: readonly number[] }): Promise<WorkloadRun> {
  const target = targetOver(db);
  try {
    return await runWorkload(target, options, 'serializable', 1, transactions.length, plannedSchedule(transactions, picks));
  } finally {
    await target.close();
    await db.exec('drop table if exists child, reg, lists; drop sequence if exists ids');
  }
}

test('schedules made by fast-check are serializable, and no failure is needless', async () => {
  await fc.assert(fc.asyncProperty(schedule, async (s) => {
    const done = await run(s);
    expect(done.problems).toEqual([]);
    expect(checkHistory(done.history).level).toBe('serializable');
    expect(judgeFailures(done).needless).toBe(0);
  }), { numRuns: 40 });
});

describe('a planted bug shrinks to its core', () => {
  test('mvcc.no-probe: at most three transactions and six operations', async () => {
    mutants.plant('mvcc.no-probe');
    try {
      const { failed, counterexample } = await fc.check(fc.asyncProperty(few, async (s) => checkHistory((await run(s)).history).level === 'serializable'), { numRuns: 400, seed: 7 });
      expect(failed).toBe(true);
      const { transactions } = counterexample![0];
      expect(transactions.length).toBeLessThanOrEqual(3);
      expect(transactions.reduce((sum, t) => sum + t.ops.length, 0)).toBeLessThanOrEqual(6);
    } finally {
      mutants.clear();
    }
  });
});
