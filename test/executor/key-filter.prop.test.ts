/** The Bloom filter before a join's table: it passes every key that was added and few others, and a join with it gives what the interpreter gives, in memory and in passes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededPrng } from '../../base/prng.js';
import { KeyFilter } from '../../executor/codegen/key-filter.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { TestDatabase } from './fixture.js';

describe.each([1, 2, 255, 256, 5000, 40_000])('%i keys', (count) => {
  test.each([1, 7, 64, 4096, 65_536])('multiples of %i pass, few others do', (factor) => {
    const filter = new KeyFilter(count);
    const pairs = new KeyFilter(count);
    for (let i = 0; i < count; i++) {
      filter.add1((i * factor) | 0);
      pairs.add2((i * factor) | 0, -i);
    }
    const others = 20_000;
    let passed = 0;
    let pairsPassed = 0;
    for (let i = 0; i < count; i++) {
      expect(filter.has1((i * factor) | 0)).toBe(true);
      expect(pairs.has2((i * factor) | 0, -i)).toBe(true);
    }
    for (let i = count; i < count + others; i++) {
      if (filter.has1((i * factor + 1_000_000_007) | 0)) passed++;
      if (pairs.has2((i * factor) | 0, -i - 1)) pairsPassed++;
    }
    expect(passed / others).toBeLessThan(0.06);
    expect(pairsPassed / others).toBeLessThan(0.06);
  });
});

describe('joins of few partners', () => {
  const rowCount = 1200;
  let db: TestDatabase;
  beforeAll(async () => {
    db = await TestDatabase.open({ pageSizeBytes: 2048 });
    const prng = seededPrng(5);
    const key = (): number | null => (prng.below(20) === 0 ? null : (prng.below(3 * rowCount) * 1_000_003) | 0);
    for (const name of ['t', 'u']) {
      db.createTable(name, { columns: { id: 'int4', a: 'int4', b: 'int4' }, key: ['id'] });
      db.insertRows(name, Array.from({ length: rowCount }, (_, i) => [i, key(), prng.below(3)]));
    }
  });
  afterAll(async () => {
    await db.close();
  });

  const joins = ['inner', 'right', 'semi', 'anti'] as const;
  test.each(joins.flatMap((join) => [1, 2].map((arity) => [join, arity] as const)))('%s join by %i columns', (join, arity) => {
    const t = db.scan('t');
    const u = db.scan('u');
    const keys = ['a', 'b'].slice(0, arity);
    // As the planner says it of a join that few left rows pass, or most where it is those without a partner.
    const estimate = { ...t.plan.estimate, rows: join === 'anti' ? 0.9 : 0.1 };
    const plan: PhysicalPlan = {
      kind: 'hashJoin', join, left: t.plan, right: u.plan, leftKeys: keys.map((name) => t.c[name]!), rightKeys: keys.map((name) => u.c[name]!), residual: undefined, nullAware: false, estimate,
      output: join === 'semi' || join === 'anti' ? t.plan.output : [...t.plan.output, ...u.plan.output],
    };
    const run = (mode: 'generated' | 'interpreted', workMemBytes: number): string[] => {
      db.options = { ...db.options, mode };
      db.workMemBytes = workMemBytes;
      return db.exec(plan).map((row) => JSON.stringify(row)).sort();
    };
    const expected = run('interpreted', 64 << 20);
    expect(expected.length).toBeGreaterThan(50);
    expect(run('generated', 64 << 20)).toEqual(expected);
    expect(run('generated', 8 << 10)).toEqual(expected);
  });
});
