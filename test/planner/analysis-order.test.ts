/**
 * Of two mistakes in a statement the one is told that PostgreSQL 15 meets first: its analysis goes clause by clause, what its rewriter refuses (views, generated columns)
 * comes after all of it, and what its planner refuses (arbiters) last. Each code is that of PostgreSQL 15.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SerialiteEngine } from '../differential/engines.js';

const setup = [
  'create table t (a int primary key, b text, g int generated always as (1) stored, i int generated always as identity)', 'create table u (a int, c text)', 'create view vv as select distinct a, b from t',
  "create table d (a text default '  pad ')", "insert into d values ('x')", 'create domain posint as int check (value > 0)',
];

const cases: readonly (readonly [string, string])[] = [
  // The rewriter's, when all has been analysed.
  ['insert into vv (nosuch, b) values (1, 1)', '42703'],
  ['insert into vv (a, b) values (1, 2, 3)', '42601'],
  ["insert into vv (a, b) values (true, 'x')", '42804'],
  ['insert into vv (a, a) values (1, 2)', '42701'],
  ['update vv set b = nosuch', '42703'],
  ["update vv set b = 'x', b = 'y'", '42601'],
  ["update vv set b = 'x' from nosucht", '42P01'],
  ['delete from vv where 5', '42804'],
  ['delete from vv returning 1 + true', '42883'],
  ["insert into vv (a, b) values (1, 'x')", '55000'],
  ['update vv set a = 1', '55000'],
  ['merge into vv using nosuchs on true when matched then delete', '0A000'],
  ["insert into t (a, g) values (1, 'x')", '22P02'],
  ['insert into t (a, g) values (1, 2) returning nosuch', '42703'],
  ['insert into t (a, g) values (1, 2) on conflict (b) do nothing', '428C9'],
  ["insert into t (a, b) values (1, 'x') on conflict (a) do update set g = 1 returning nosuch", '42703'],
  ['insert into t (g) values (nosuch, 1)', '42703'],
  ['insert into t (g) values (1), (1, 2)', '42601'],
  ['update t set g = 1 where nosuch', '42703'],
  ["update t set g = 'x'", '22P02'],
  ['merge into t using u on t.a = u.a when not matched then insert (g) values (1) when matched and nosuch then delete', '42703'],
  ['merge into t using u on t.a = u.a when matched then update set g = 1 when not matched then insert (a) values (1, 2)', '42601'],
  // The planner's.
  ["insert into t (a, b) values (1, 'x') on conflict (b) do nothing returning nosuch", '42703'],
  ["insert into t (a, b) values (1, 'x') on conflict (b) do nothing", '42P10'],
  // Clause by clause.
  ['merge into t using u on 5 when matched then update set nosuch = 1', '42703'],
  ['select nosuch from t window w as (), w as ()', '42703'],
  ['select a from t group by 7 window w as (order by nosuch)', '42P10'],
  ["select a from t window w as (order by nosuch) limit 'x'", '22P02'],
  ['select a from t window w as (), w as ()', '42P20'],
  ['select rank() over w from t window w as (v), v as (order by a)', '42704'],
  ['select rank() over (v partition by a) from t window v as (order by a)', '42P20'],
  // Operand by operand.
  ['select nosuch between 1 + true and 3 from t', '42703'],
  ['select 1 + true = any (select nosuch) from t', '42703'],
  ['select (1 + true) in (select nosuch) from t', '42703'],
  ['select (1, 2) * (select 3, 4)', '42804'],
  ['select (1, true) * (2, false)', '42804'],
  ['select (1, 2) ~ (select 3, 4)', '42883'],
  ["select ('a', 'b') ~~ (select 'a'::text, 'b'::text)", '0A000'],
  ['select 1 operator(nosuch.+) 2', '3F000'],
  // A call is known before what it is called with is refused.
  ["select * from nosuch(unnest(array['b']))", '42883'],
  ["select * from upper(unnest(array['b']))", '0A000'],
  ['select * from generate_series(1, nosuch(generate_series(1, 2)))', '42883'],
  ['select * from generate_series(1, generate_series(1, 2))', '0A000'],
  // The select list of an EXISTS, which is not kept.
  ['select 1 from u group by a + 1 having exists (select a + 1)', '42803'],
  ['select c, exists (select u.a, 1 from t) from u group by c', '42803'],
  // Its default is a text, whatever the rows become.
  ['alter table d alter a type int using a::int', '42804'],
  ["select rank('x'::text) within group (order by a) from t", '42804'],
];

let engine: SerialiteEngine;
beforeAll(async () => {
  engine = await SerialiteEngine.open();
  for (const sql of setup) expect((await engine.run(sql)).message, sql).toBe('');
});
afterAll(() => engine.close());

test.each(cases)('%s', async (sql, code) => {
  const answer = await engine.run(sql);
  expect(answer.code, answer.message).toBe(code);
});

test('what is right stays so', async () => {
  const rows = async (sql: string): Promise<unknown> => (await engine.run(sql)).rows;
  expect(await rows('select rank(1.5) within group (order by a) from (values (1), (2)) v(a)')).toEqual([['2']]);
  expect(await rows('select (1, 2) = (select 1, 2), (1, 2) < (select 1, 3), (1) ~~ (1) is null from (select 1) s where false')).toEqual([]);
  expect(await rows('select rank() over w, count(*) over (v rows unbounded preceding) from (values (1), (2)) t(a) window v as (order by a), w as (v)')).toEqual([['1', '1'], ['2', '2']]);
});
