/** Answers of correlated subqueries are kept by the values they read from outside, for each kind of subquery; volatile ones run for every row. */
import { expect, test } from 'vitest';
import type { Database } from '../../engine/index.js';
import { open } from '../../engine/index.js';

/** Rows of `text` and how often the subquery's own condition was evaluated. */
async function runs(db: Database, calls: { count: number }, text: string): Promise<[unknown[], number]> {
  calls.count = 0;
  const { rows } = await db.query(text);
  return [rows.map((row) => Object.values(row)[0]), calls.count];
}

// On a table of one row: a call a run.
const answersOf = (inner: string): string => `select ${inner} from generate_series(0, 99) g(n), lateral (values (g.n % 3, g.n % 2)) o(a, b) order by g.n`;
const cases: readonly (readonly [name: string, inner: string, distinct: number, first: readonly unknown[]])[] = [
  ['scalar', '(select i.v from i where seen(o.a) >= 0)', 3, [1, 1, 1]],
  ['exists', 'exists (select from i where seen(o.a) = 1)', 3, [false, true, false]],
  ['array', 'array(select i.v + o.a from i where seen(o.a) >= 0)::text', 3, ['{1}', '{2}', '{3}']],
  ['any reads both sides', '(o.b = any (select i.v from i where seen(o.a) = 1))', 6, [false, true, false]],
  ['all reads both sides', '(o.b <> all (select i.v from i where seen(o.a) = 1))', 6, [true, false, true]],
];

test.each(cases)('%s: one run for each combination of values', async (_name, inner, distinct, first) => {
  const db = await open(':memory:');
  const calls = { count: 0 };
  const seen = (n: number): number => (calls.count++, n);
  try {
    await db.exec('create table i (v int); insert into i values (1)');
    db.createFunction('seen', { args: ['int4'], returns: 'int4', volatility: 'stable' }, seen);
    const [rows, count] = await runs(db, calls, answersOf(inner));
    expect(rows.slice(0, 3)).toEqual(first);
    expect(count).toBe(distinct);
    db.createFunction('seen', { args: ['int4'], returns: 'int4', volatility: 'volatile' }, seen);
    expect(await runs(db, calls, answersOf(inner))).toEqual([rows, 100]);
  } finally {
    await db.close();
  }
});
