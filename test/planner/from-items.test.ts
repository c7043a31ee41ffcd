/** What items of FROM may name, and what aggregates may be ordered by with DISTINCT: each outcome is that of PostgreSQL 15. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec(`create table t (a int, b int); create table u (a int, c int); create table v (f varchar); insert into v values ('y'), ('x'); insert into t values (1, 2); insert into u values (1, 3)`);
});
afterAll(() => db.close());

test.each([
  // The target of an UPDATE or DELETE is not to the left of what its FROM names.
  ['update t set b = c from lateral (select c from u where u.a = t.a) s', '42P10', 'There is an entry for table "t", but it cannot be referenced from this part of the query.'],
  ['update t set b = c from u, lateral (select c from u where u.a = b) s', '42P10', 'There is an entry for table "t", but it cannot be referenced from this part of the query.'],
  ['delete from t using generate_series(1, t.a) g', '42P10', 'There is an entry for table "t", but it cannot be referenced from this part of the query.'],
  ['delete from t using u as t', '42712', undefined],
  // An aggregate of columns outside a subquery in FROM belongs to the query whose FROM it stands in.
  ['select 1 from t x, lateral (select max(x.a) from u) s', '42803', undefined],
  ['select 1 from t x, lateral (select 1 from u having max(x.a) > 0) s', '42803', undefined],
  ['select * from t x join u y using (a) as x', '42712', undefined],
  ['select * from t x join u y using (a) as y', '42712', undefined],
  ["select string_agg(distinct f::text, ',' order by f) from v", '42P10', undefined],
])('%s', async (sql, code, hint) => {
  await expect(db.query(sql)).rejects.toMatchObject({ code, hint });
});

test.each([
  ['update t set b = s.c from u, lateral (select c from u x where x.a = u.a) s returning b', [{ b: 3 }]],
  ['select s.m from t x, lateral (select max(x.a + c) as m from u) s', [{ m: 4 }]],
  ['select (select max(x.a) from u) as m from t x', [{ m: 1 }]],
  ['select j.a from t x join u y using (a) as j', [{ a: 1 }]],
  ["select string_agg(distinct f, ',' order by f desc) as s from v", [{ s: 'y,x' }]],
])('%s', async (sql, rows) => {
  expect((await db.query(sql)).rows).toEqual(rows);
});
