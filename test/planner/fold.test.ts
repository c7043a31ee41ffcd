/**
 * What is computed before a statement runs, and what is not: errors of constants in branches that no row reaches, and what is dropped before it is looked at.
 * Every answer is PostgreSQL 15's: a SQLSTATE, or rows with `|` between them. Generated and interpreted, for a plan is folded before it is either.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SerialiteEngine } from '../differential/engines.js';

const setup = [
  'create table t (a int, b int)', 'insert into t values (1, 0), (2, null), (null, 5)', 'create table e (a int, b text)', 'create view v as select 1/0 as x',
  'create table ch (a int check (a > 1/0))', 'create table df (a int default 1/0, b int)',
  "create function f(variadic list int[]) returns int language sql immutable as 'select min(x) from unnest(list) x'", "create function g(int) returns int language sql strict as 'select 7'",
];

const cases: readonly (readonly [string, string])[] = [
  ['select 1/0 from e', '22012'],
  ['select 1/0 where false', '22012'],
  ['select 1 from e where 1/0 = 1', '22012'],
  ['select case when false then 1/0 else 2 end', '2'],
  ['select case when a > 5 then 1/0 else 2 end from t', '22012'],
  ['select case 1 when 2 then 1/0 else 3 end', '3'],
  ['select coalesce(1, 1/0)', '1'],
  ['select coalesce(null, 1, 1/0)', '1'],
  ['select coalesce(a, 1/0) from t where a = 1', '22012'],
  ['select false and 1/0 = 1', 'f'],
  ['select 1/0 = 1 and false', '22012'],
  ['select a = 77 and 1/0 = 1 from t', '22012'],
  ['select true or 1/0 = 1', 't'],
  ['select null::int + 1/0', '22012'],
  ['select null::int + 1/b from t', 'null|null|null'],
  ['select (array[null::int])[1] + 9/b from t', 'null|null|null'],
  ['select 9/b in (null, null) from t', '22012'],
  ['select 9/b in (null) from t', 'null|null|null'],
  ['select null in (9/b, 8/b) from t', 'null|null|null'],
  ['select null in (1, 2, 9/b) from t', 'null|null|null'],
  ['select null in (1, 9/b) from t', 'null|null|null'],
  ['select 1 in (1, 1/0) from e', '22012'],
  ['select 1 in (1, a, 1/0) from t', '22012'],
  ['select 3 in (4, 5, 9/b) from t', '22012'],
  ['select 9/b in (1, null, 3) from t', '22012'],
  ['select 1 from (select 1/0 as x) s', '1'],
  ['select 1 from (select 1/0 as x limit 1) s', '1'],
  ['select 1 from (select 1/0 as x from e limit 1) s', ''],
  ['select x from (select 1/0 as x from e limit 1) s', '22012'],
  ['select 1 from (select 1/0 as x from e order by 1) s', '22012'],
  ['select 1 from (select distinct 1/0 as x from e) s', '22012'],
  ['select 1 from (select 1/0 as x from e union all select 1) s', '22012'],
  ['select 1 from (values (1/0)) v(x)', '1'],
  ['select 1 from (values (1/0), (2)) v(x) where false', '22012'],
  ['with c as (select 1/0 as x from e) select 1', '1'],
  ['with c as (select 1/0 as x from e) select 1 from c', ''],
  ['with c as materialized (select 1/0 as x from e) select 1 from c', '22012'],
  ['with c as (select 1/0 as x from e) select 1 from c, c c2', '22012'],
  // What the session's zone says is known when planning: what PostgreSQL has dropped is not read.
  ["select case when timestamptz '2024-03-31 01:30' = timestamptz '2023-12-31' then interval '1 day' end + 'x y'::text::interval", 'null'],
  ["select coalesce(nullif(timestamptz '2024-03-31', timestamptz '2024-03-31'), null) - (1/b)::text::timestamptz from t", 'null|null|null'],
  ["select 1/b > 0 or timestamptz '2024-03-31 01:30' > timestamptz '2023-12-31' from t", 't|t|t'],
  ["select 1/b > 0 and timestamptz '2024-03-31 01:30' < timestamptz '2023-12-31' from t", 'f|f|f'],
  ["select 1/b > 0 and timestamptz '2024-03-31 01:30' > timestamptz '2023-12-31' from t", '22012'],
  ['select exists (select 1/0)', 't'],
  ['select b from t group by b having exists (select t.b, max(t.a), 1/0 from t u where u.a = 1) order by b', '0|5|null'],
  ['select exists (select 1/0 from e)', 'f'],
  ['select exists (select 1 from e where 1/0 = 1)', '22012'],
  ['select a in (select 1/0 from e) from t', '22012'],
  ['select case when false then (select 1/0) end', 'null'],
  ['select (select 1/0 from e) from e', '22012'],
  ['select case when a > 100 then 9/x end from t, (select 0 as x) s', '22012'],
  ['select case when a > 100 then 9/x end from t left join (select 0 as x) s on true', 'null|null|null'],
  ['select case when a > 100 then (select 9/x from t limit 1) end from t, (select 0 as x) s', '22012'],
  ['select case when a > 100 then 9/y end from t, (select 0 as x) s, lateral (select x as y) l', '22012'],
  ["insert into e select 1/0, 'x' from e", '22012'],
  ["insert into e values (1/0, 'x')", '22012'],
  ['update e set a = 1/0', '22012'],
  ['delete from e where a = 1/0', '22012'],
  ['delete from e where a > 5 returning 1/0', '22012'],
  ["select 'x y'::text::date from e", ''],
  ["select case when a > 100 then 'x y'::text::date end from t", 'null|null|null'],
  ["select case when a > 100 then 'x'::text::int end from t", '22P02'],
  ["select case when a > 100 then ('2020-01-01'::timestamptz)::text::int end from t", 'null|null|null'],
  ["select case when a > 100 then extract('foo' from '2020-01-01'::timestamptz) end from t", 'null|null|null'],
  ["select case when a > 100 then date_trunc('foo', '2020-01-01'::timestamp) end from t", '22023'],
  ["select case when a > 100 then date_trunc('foo', '2020-01-01'::timestamptz) end from t", 'null|null|null'],
  ["select case when a > 100 then date_trunc('foo', '2020-01-01'::date) end from t", 'null|null|null'],
  ["select case when a > 100 then '2020-01-01'::timestamptz::date - 'infinity'::date end from t", 'null|null|null'],
  ["select case when a > 100 then 'infinity'::timestamp - 'infinity'::timestamp end from t", '22008'],
  ["select case when a > 100 then interval '1 day' / 0 end from t", '22012'],
  ["select case when a > 100 then to_date('x', 'yyyy') end from t", 'null|null|null'],
  ["select case when a > 100 then to_number('x', '9') end from t", 'null|null|null'],
  ['select case when a > 100 then int4range(5, 1) end from t', '22000'],
  ['select case when a > 100 then int4multirange(int4range(5, 1)) end from t', '22000'],
  ['select int4multirange(null::int4range) from t', 'null|null|null'],
  ["select case when a > 100 then '[5,1]'::int4range end from t", '22000'],
  ["select case when a > 100 then ('[5'||',1]')::int4range end from t", 'null|null|null'],
  ["select case when a > 100 then '{1'::text::jsonb end from t", '22P02'],
  ['select case when a > 100 then array[1,1/0] end from t', '22012'],
  ['select case when a > 100 then greatest(1,1/0) end from t', '22012'],
  ['select case when a > 100 then row(1,1/0) = row(1,2) end from t', '22012'],
  ['select (row(9/b, 2)).f2 from t', '2|2|2'],
  ['select row(9/b, null) is null from t', '22012'],
  ['select row(9/b, 3) is null from t', 'f|f|f'],
  ['select a between 1/0 and 2 from e', '22012'],
  ['select nullif(null, 9/b) from t', 'null|null|null'],
  ['select nullif(9/b, null) from t', '22012'],
  ['select 1 limit 1/0', '22012'],
  ['select a from e limit 1/0', '22012'],
  ['select a from e group by a having 1/0 = 1', '22012'],
  // HAVING that is constantly false becomes WHERE, which keeps a lone subquery from being planned, but not one of several.
  ['select 1 from (select distinct 1/0 as x from e) s group by x having false', ''],
  ['select 1 from (select distinct 1/0 as x from e) s group by () having false', ''],
  ['select 1 from (select distinct 1/0 as x from e) s group by rollup(x) having false', '22012'],
  ['select count(*) from (select distinct 1/0 as x from e) s, t having false', '22012'],
  ['select 1 from (select distinct 1/0 as x from e) s, t group by () having false', '22012'],
  ['select 1 from (select x from (select distinct 1/0 as x from e) s, t group by x) g where false', ''],
  ['select sum(1/0) from e', '22012'],
  ['select sum(a) filter (where 1/0 = 1) from e', '22012'],
  ['select count(*) over (order by 1/0) from e', '22012'],
  ['select rank() over (partition by a) from e order by 1/0::numeric', '22012'],
  ['select generate_series(1, 1/0) from e', '22012'],
  ['select * from e, generate_series(1, 1/0)', '22012'],
  ['select a from e left join t using (a) where 1/0 = 1', '22012'],
  ['select e.a from e left join t on 1/0 = 1', '22012'],
  ['select 1 from e union select 1/0 from e', '22012'],
  ['select not (a = 1 and 1/0 = 1) from e', '22012'],
  ['select a is distinct from 1/0 from e', '22012'],
  ['select a = any (array[1, 1/0]) from e', '22012'],
  ['select a = any (array[1, a/0]) from e', ''],
  ["select 'abc'::varchar(2) like 'a' escape 'xy' from e", '22025'],
  ["select repeat('x', -1) || substring('abc', 1, -1) from e", '22011'],
  ["select case when a > 100 then lower(substring('abc', 1, -1)) end from t", '22011'],
  ['select a, case when a > 100 then ln(0) end from t', '2201E'],
  ['select case when a > 100 then sqrt(-1) end from t', '2201F'],
  ["select case when a > 100 then 'x'::regclass end from t", '42P01'],
  ["select case when a > 100 then 'x'::text::regclass end from t", 'null|null|null'],
  ['select case when a > 100 then chr(0) end from t', '54000'],
  ["select case when a > 100 then decode('x', 'hex') end from t", '22023'],
  ['select case when a > 100 then 3000000000::int end from t', '22003'],
  ["select case when a > 100 then 'a'::text::char(1)::int end from t", '22P02'],
  ["select case when a > 100 then regexp_replace('a', '(', 'b') end from t", '2201B'],
  ["select case when a > 100 then 'a' ~ '(' end from t", '2201B'],
  [`select case when a > 100 then '{"a":1}'::jsonb -> 'a' #- '{b' end from t`, '22P02'],
  ["select case when a > 100 then '1'::jsonb - 'a' end from t", '22023'],
  ["select case when a > 100 then ('1'::jsonb)::bool end from t", '22023'],
  [`select case when a > 100 then ('"1"'::jsonb)::int end from t`, '22023'],
  ["select case when a > 100 then to_char(1, 'EEEE9') end from t", 'null|null|null'],
  ['select case when a > 100 then make_date(0,0,0) end from t', '22008'],
  ['select case when a > 100 then make_timestamptz(0,0,0,0,0,0) end from t', 'null|null|null'],
  ['select case when a > 100 then array_fill(1, array[-1]) end from t', '54000'],
  ["select case when a > 100 then ('{1,2}'::int[] || '{{1},{2}}'::int[])[1] end from t", '2202E'],
  ["select case when a > 100 then '{1,2}'::int[] || '{{{1},{2}}}'::int[] is null end from t", '2202E'],
  ["select case when a > 100 then set_byte('abc'::bytea, 10, 1) end from t", '2202E'],
  ['prepare p as select 1/0', ''],
  ['execute p', '22012'],
  ['select * from v', '22012'],
  ['select 1 from v', '1'],
  ['insert into ch select 1 where false', ''],
  ['insert into ch values (1)', '22012'],
  ['insert into df (b) select 1 where false', '22012'],
  ['insert into df (b) values (1)', '22012'],
  // A function of the user decides when it runs.
  ['select coalesce(f(1, 2), 1/0)', '1'],
  ['select coalesce(f(null), 1/0)', '22012'],
  ['select case when f(1, 2) = 1 then 3 else 1/0 end', '3'],
  ['select f(1, 2) = 2 and 1/0 = 1', 'f'],
  ['select f(1, 2) in (1, 2) or 1/0 = 1', 't'],
  ['select g(null) + 9/b from t', 'null|null|null'],
];

describe.each(['generated', 'interpreted'])('%s', (mode) => {
  let engine: SerialiteEngine;
  beforeAll(async () => {
    engine = await SerialiteEngine.open({ execution_mode: mode });
    for (const sql of setup) expect((await engine.run(sql)).message, sql).toBe('');
  });
  afterAll(() => engine.close());

  test.each(cases)('%s', async (sql, expected) => {
    const answer = await engine.run(sql);
    expect(answer.code ?? answer.rows.map((row) => row.map((value) => value ?? 'null').join(' ')).join('|'), answer.message).toBe(expected);
  });

  test('a plan that is kept holds nothing that a setting says', async () => {
    await engine.run("prepare zoned as select '2024-01-01 12:00+00'::timestamptz::text, row('2024-01-01 12:00+00'::timestamptz)::text, '\\x0102'::bytea::text");
    const first = await engine.run('execute zoned');
    await engine.run("set timezone = 'Asia/Tokyo'");
    await engine.run("set bytea_output = 'escape'");
    const second = await engine.run('execute zoned');
    await engine.run('reset all');
    expect([first.rows, second.rows]).toEqual([
      [['2024-01-01 12:00:00+00', '("2024-01-01 12:00:00+00")', '\\x0102']],
      [['2024-01-01 21:00:00+09', '("2024-01-01 21:00:00+09")', '\\001\\002']],
    ]);
  });
});
