/** Literals in what the catalog keeps mean what they meant when they were written, whatever the clock and the settings of later sessions say; what cannot be read is refused at once. */
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';

test('defaults, checks, index predicates, domains, parameters and views keep their moments', async () => {
  const db = await open(':memory:');
  const session = await db.connect();
  const value = async (sql: string): Promise<unknown> => Object.values((await session.query(sql)).rows[0]!)[0];
  await session.exec(`
    set timezone = 'Asia/Tokyo';
    set datestyle = 'SQL, DMY';
    create domain day as date default '01/02/2020';
    create table t (a timestamptz default '2020-06-01 12:00' check (a > '2020-01-01'), b timestamp default 'now', c date default '01/02/2020', d day, e timestamptz[] default '{01/02/2020 00:00}', f tstzrange default '[01/02/2020,)');
    create index on t (a) where a > '2020-01-01';
    create function f(at timestamptz default '2020-06-01 12:00') returns text language sql as 'select at::text';
    create view v as select '2020-06-01 12:00'::timestamptz as at, 'today'::date as today`);
  await session.exec("set timezone = 'UTC'; set datestyle = 'ISO, MDY'");
  await session.exec('insert into t values (default)');
  const row = (await session.query("select a::text, c::text, d::text, e::text, f::text from t")).rows[0];
  expect(row).toEqual({ a: '2020-06-01 03:00:00+00', c: '2020-02-01', d: '2020-02-01', e: '{"2020-01-31 15:00:00+00"}', f: '["2020-01-31 15:00:00+00",)' });
  await session.exec('insert into t default values');
  expect(await value('select count(distinct b)::int from t')).toBe(1);
  expect(await value('select f()')).toBe('2020-06-01 03:00:00+00');
  expect(await value("select at::text from v")).toBe('2020-06-01 03:00:00+00');
  expect(await value("select pg_get_viewdef('v') like '%''today''%'")).toBe(false);
  expect(await value("select pg_get_expr(indpred, indrelid) from pg_index")).toBe("(a > '2019-12-31 15:00:00+00'::timestamp with time zone)");
  await expect(session.query("insert into t values ('2019-12-31 14:00+00')")).rejects.toMatchObject({ code: '23514' });
  await session.exec("insert into t values ('2019-12-31 16:00+00')");
  await session.close();
  await db.close();
});

test('a literal that its type cannot read is refused when it is declared', async () => {
  const db = await open(':memory:');
  for (const sql of [
    "create table x (a date default 'nope')", "create table x (a timestamptz check (a > 'nope'))", "create table x (a time default '25:00')", "create table x (a date); create index on x (a) where a > 'nope'", "create table x (a regclass default 'nope')",
    "create domain x as date default 'nope'", "create function x(a date default 'nope') returns int language sql as 'select 1'", "create table x (a int); alter table x add b date default 'nope'",
  ]) await expect(db.exec(sql), sql).rejects.toMatchObject({ code: expect.stringMatching(/^(22007|22008|42P01)$/) as string });
  await db.close();
});
