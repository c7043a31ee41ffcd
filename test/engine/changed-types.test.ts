/** What is compared, kept and shown of an enum goes by its labels as they are now, also where it was used before they changed. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';

let db: Database;
let session: Session;
beforeEach(async () => {
  db = await open(':memory:');
  session = db.connect();
  await session.exec("create type mood as enum ('sad', 'ok'); create table t (x int, m mood); insert into t values (1, 'ok')");
  // What follows from the types as they are is known now.
  expect(await rows("select x from t where m = 'ok' and m > 'sad'")).toEqual([[1]]);
});
afterEach(() => db.close());

const rows = async (sql: string): Promise<unknown[][]> => (await session.query<unknown[]>(sql, undefined, { rowMode: 'array' })).rows;

test('a label that is added compares at its place', async () => {
  await session.exec("alter type mood add value 'new'; alter type mood add value 'old' before 'sad'");
  await session.exec("insert into t values (2, 'new'), (3, 'old')");
  for (const mode of ['generated', 'interpreted']) {
    await session.exec(`set execution_mode = ${mode}`);
    expect(await rows("select x from t where m = 'new'")).toEqual([[2]]);
    expect(await rows("select x from t where m < 'sad'")).toEqual([[3]]);
    expect(await rows('select a.x, b.x from t a join t b on a.m = b.m order by 1')).toEqual([[1, 1], [2, 2], [3, 3]]);
    expect(await rows('select max(m) from t')).toEqual([['new']]);
  }
});

test('a label that is renamed is found by its new name', async () => {
  await session.exec("alter type mood rename value 'ok' to 'it''s fine'");
  for (const mode of ['generated', 'interpreted']) {
    await session.exec(`set execution_mode = ${mode}`);
    expect(await rows("select x, m from t where m = 'it''s fine'")).toEqual([[1, "it's fine"]]);
  }
  await expect(session.query("select x from t where m = 'ok'")).rejects.toMatchObject({ code: '22P02' });
});

test('defaults, checks, indexes, domains and views follow a renamed label', async () => {
  await session.exec(`
    create domain cheer as mood default 'ok' check (value <> 'sad');
    create table u (x int, m mood default 'ok' check (m <> 'sad' or 'sad' = x::text), c cheer, s text default 'ok', g boolean generated always as (m = 'ok') stored);
    create unique index only_ok on u (x) where m = 'ok';
    create index on u ((m = 'sad'));
    create view v as select x, 'ok'::mood as m, 'ok' as s from t where m = 'ok' union all select 0, 'sad', 'sad'`);
  await session.exec("alter type mood rename value 'ok' to 'fine'; alter type mood rename value 'sad' to 'bad'");
  expect(await rows('insert into u (x) values (1) returning *')).toEqual([[1, 'fine', 'fine', 'ok', true]]);
  await expect(session.query('insert into u (x) values (1)')).rejects.toMatchObject({ code: '23505', constraint: 'only_ok' });
  await expect(session.query("insert into u (x, m) values (1, 'bad')")).rejects.toMatchObject({ code: '23514', constraint: 'u_check' });
  await expect(session.query("select 'bad'::cheer")).rejects.toMatchObject({ code: '23514' });
  expect(await rows('select * from v')).toEqual([[1, 'fine', 'ok'], [0, 'bad', 'sad']]);
  expect(await rows("select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'u'::regclass order by adnum")).toEqual([["'fine'::mood"], ["'ok'::text"], ["(m = 'fine'::mood)"]]);
});
