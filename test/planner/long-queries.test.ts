/** Long queries. Chains of CTEs: what becomes of each (rules/inline-ctes.ts) beside the same with none inlined. Joins of one class. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';
import { countPairs } from '../../planner/connected-pairs.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec('create table t (id int primary key, x int); insert into t select g, g * 3 from generate_series(1, 20) g');
});
afterAll(() => db.close());

const chain = (length: number): string =>
  `with ${Array.from({ length }, (_, i) => `c${i} as (${i === 0 ? 'select id as x from t' : `select x + 1 as x from c${i - 1}`})`).join(', ')} select sum(x)::int as v from c${length - 1}`;

test.each([1, 100, 600])('a chain of %i', { timeout: 120_000 }, async (length) => {
  expect((await db.query(chain(length))).rows).toEqual([{ v: 210 + 20 * (length - 1) }]);
});

test.each([
  // Read once and from the CTE that reads it twice, which is copied.
  'with a as (select x from t), b as not materialized (select x + 1 as x from a) select sum(l.x + r.x)::int as v from b l join b r on l.x = r.x',
  // All are copied.
  'with a as not materialized (select x from t), b as not materialized (select x + 1 as x from a), c as not materialized (select l.x from b l join b r on l.x = r.x) select (select sum(x) from c)::int + (select count(*) from c)::int as v',
  // Nobody reads c, whose reading of a and b no longer counts.
  'with a as (select x from t), b as (select x from a), c as (select b.x from a, b) select sum(x)::int as v from b',
  // Those before read those behind.
  'with recursive a as (select x + 1 as x from b), b as (select x + 1 as x from c), c as (select x from t) select sum(l.x)::int as v from a l, a r where l.x = r.x',
  'with recursive a as not materialized (select x + 1 as x from b), b as (select x + 1 as x from c), c as (select x from t) select sum(l.x)::int as v from a l, a r where l.x = r.x',
  // In conditions, and of a CTE that is kept.
  'with a as (select x from t where x > 10), b as materialized (select x from t where x in (select x from a)) select count(*)::int as v from b where exists (select 1 from b c where c.x = b.x + 3)',
  'with recursive a as (select x from t), r (n) as (select min(x) from a union all select n + 1 from r where n < 10) select sum(n)::int as v from r',
])('%s', async (sql) => {
  const inlined = (await db.query(sql)).rows;
  expect(inlined).toEqual((await db.query(sql.replace(/ as (?:not materialized |materialized )?\(select/g, ' as materialized (select'))).rows);
});

test('many tables that are all equal: a join by each member of the class is in the order of all', async () => {
  for (let i = 0; i < 12; i++) await db.exec(`create table j${i} (id int primary key, x int); insert into j${i} select g, g from generate_series(1, 20) g where g % ${i + 2} > 0`);
  const star = (tables: number): string => `select t.id from t ${Array.from({ length: tables }, (_, i) => `join j${i} on j${i}.id = t.id`).join(' ')} order by j${tables - 1}.id`;
  for (const tables of [3, 7, 11]) {
    const left = Array.from({ length: 20 }, (_, i) => i + 1).filter((id) => Array.from({ length: tables }, (_, i) => id % (i + 2) > 0).every(Boolean));
    expect((await db.query(star(tables))).rows).toEqual(left.map((id) => ({ id })));
  }
});

test('pairs of connected subsets are as many as the formulas of Moerkotte and Neumann say', () => {
  const near = (n: number, isEdge: (a: number, b: number) => boolean): number[] =>
    Array.from({ length: n }, (_, a) => Array.from({ length: n }, (_, b) => (a !== b && isEdge(a, b) ? 1 << b : 0)).reduce((bits, bit) => bits | bit, 0));
  for (let n = 2; n <= 10; n++) {
    expect(countPairs(near(n, (a, b) => Math.abs(a - b) === 1), Infinity)).toBe((n ** 3 - n) / 6);
    expect(countPairs(near(n, (a, b) => a === 0 || b === 0), Infinity)).toBe((n - 1) * 2 ** (n - 2));
    expect(countPairs(near(n, () => true), Infinity)).toBe((3 ** n - 2 ** (n + 1) + 1) / 2);
  }
  expect(countPairs(near(10, () => true), 100)).toBe(101);
});
