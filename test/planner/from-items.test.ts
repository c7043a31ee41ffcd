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
  // What has no rows of its own is not locked.
  ['select * from (t join u on t.a = u.a) as j for update of j', '0A000', undefined],
  ['select * from t join u using (a) as j for share of j', '0A000', undefined],
  ['with w as (select 1 as a) select * from w x, t for update of t, x', '0A000', undefined],
  ['select * from generate_series(1, 2) g for update of g', '0A000', undefined],
  // A row of FROM has its columns.
  ['select (t).nosuch from t', '42703', undefined],
  ['select (j).nosuch from (select 1 as a) j', '42703', undefined],
  // Nothing tells which enum.
  ["select enum_first('sad')", '42883', 'No function matches the given name and argument types. You might need to add explicit type casts.'],
  ["select enum_range('sad', null)", '42883', 'No function matches the given name and argument types. You might need to add explicit type casts.'],
  ["select string_agg(distinct f::text, ',' order by f) from v", '42P10', undefined],
  ["select rank(1, 2) within group (order by a) from t", '42883', 'To use the hypothetical-set aggregate rank, the number of hypothetical direct arguments (here 2) must match the number of ordering columns (here 1).'],
  ["select dense_rank() within group (order by a) from t", '42883', 'To use the hypothetical-set aggregate dense_rank, the number of hypothetical direct arguments (here 0) must match the number of ordering columns (here 1).'],
  // ORDER BY of a set operation has its result's columns; hints know those of its branches.
  ['select a from t union select b from t order by b', '42703', 'There is a column named "b" in table "*SELECT* 2", but it cannot be referenced from this part of the query.'],
  ['(select a from t order by 1) union (select b from t union select 1 as cname) order by cname', '42703', 'There is a column named "cname" in table "*SELECT* 3", but it cannot be referenced from this part of the query.'],
  ['select a as aname from t union (select b as bname from t order by 1) order by anam', '42703', 'Perhaps you meant to reference the column "*SELECT* 1.aname".'],
  ['values (1) order by colum1', '42703', 'Perhaps you meant to reference the column "*VALUES*.column1".'],
  ['select (select 1 as x union select 2 order by a) from t', '0A000', 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.'],
])('%s', async (sql, code, hint) => {
  await expect(db.query(sql)).rejects.toMatchObject({ code, hint });
});

test.each([
  ['select (t.*).nosuch from t', 'column t.nosuch does not exist', 9], ['select (a + 1).x from t', 'column notation .x applied to type integer, which is not a composite type', 9], ['select 1, (row(1, 2)).f3', 'could not identify column "f3" in record data type', 12],
])('a field that is not there is told at the operand: %s', async (sql, message, position) => {
  await expect(db.query(sql)).rejects.toMatchObject({ message, position });
});
test('a field that a row of FROM does not have is named with the row, at the row', async () => {
  await expect(db.query('select (x).nosuch from t x')).rejects.toMatchObject({ message: 'column x.nosuch does not exist', position: 9 });
});

test.each([
  ['create function p1(out a anyelement) language sql as $$select 1$$', 'anyelement', 'anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange'],
  ['create function p2(x int, out a int, out b anyarray) language sql as $$select 1, 2$$', 'anyarray', 'anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange'],
  ['create function p3(x int) returns table (a anyarray) language sql as $$select 1$$', 'anyarray', 'anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange'],
  ['create function p4(x anyelement) returns anyrange language sql as $$select null$$', 'anyrange', 'anyrange or anymultirange'],
  ['create function p5(x anyelement) returns anycompatible language sql as $$select null$$', 'anycompatible', 'anycompatible, anycompatiblearray, anycompatiblenonarray, anycompatiblerange, or anycompatiblemultirange'],
  ['create function p6(x anycompatible) returns anycompatiblerange language sql as $$select null$$', 'anycompatiblerange', 'anycompatiblerange or anycompatiblemultirange'],
])('%s', async (sql, result, inputs) => {
  await expect(db.exec(sql)).rejects.toMatchObject({ code: '42P13', message: 'cannot determine result data type', detail: `A result of type ${result} requires at least one input of type ${inputs}.` });
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
