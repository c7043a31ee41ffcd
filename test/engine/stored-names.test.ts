/** Expressions that the catalog keeps mean the same under every search path and follow functions, types and schemas that are renamed or moved. */
import { expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

const setup = `create schema s; create schema other;
  create function s.f(int) returns int language sql immutable as 'select $1 + 1';
  create type s.mood as enum ('sad', 'ok');
  set search_path = s, public;
  create table public.t (a int default f(1), b int check (t.b < f(b)), c int generated always as (f(5)) stored, m mood default 'ok'::mood check (m <> 'sad'::mood and cast('ok' as mood) >= m));
  create index ti on public.t (f(a)) where f(b) > 0;
  create domain public.d int default f(2) check (f(value) > 0);
  create function public.g(n int default f(7)) returns int language sql as 'select n';
  set search_path = public`;

async function works(db: Database, f: string): Promise<void> {
  expect((await db.query('insert into public.t (b) values (3) returning a, b, c, m::text')).rows).toEqual([{ a: 2, b: 3, c: 6, m: 'ok' }]);
  await expect(db.query("insert into public.t (b, m) values (3, 'sad')")).rejects.toMatchObject({ code: '23514' });
  expect((await db.query('select 1::public.d as d, public.g() as g')).rows).toEqual([{ d: 1, g: 8 }]);
  await expect(db.query('select (-1)::public.d')).rejects.toMatchObject({ code: '23514' });
  expect((await db.query(`select count(*)::int as n from public.t where ${f}(a) = 3 and ${f}(b) > 0`)).rows).toEqual((await db.query('select count(*)::int as n from public.t')).rows);
}

// Another f of the same arguments stands where an unqualified name would find it.
const steps: readonly (readonly [change: string, f: string])[] = [
  ['select 1', 's.f'],
  ["create function public.f(int) returns int language sql immutable as 'select -100'", 's.f'],
  ['alter function s.f(int) rename to h', 's.h'],
  ['alter type s.mood rename to feeling', 's.h'],
  ['alter function s.h(int) set schema other', 'other.h'],
  ['alter type s.feeling set schema other', 'other.h'],
  ['alter schema other rename to "Third"', '"Third".h'],
  ["alter type \"Third\".feeling rename value 'sad' to 'low'; alter type \"Third\".feeling rename value 'low' to 'sad'", '"Third".h'],
];

test('through changes of names, in one session and in the next', async () => {
  const db = await open(':memory:');
  try {
    await db.exec(setup);
    for (const [change, f] of steps) {
      await db.exec(change);
      await works(db, f);
      const session = db.connect();
      await session.exec('set search_path = pg_catalog');
      expect((await session.query('insert into public.t (b) values (3) returning a')).rows).toEqual([{ a: 2 }]);
      await session.close();
    }
    const { rows } = await db.query("select indexdef from pg_indexes where indexname = 'ti'");
    expect(rows).toEqual([{ indexdef: 'CREATE INDEX ti ON public.t USING btree ("Third".h(a)) WHERE ("Third".h(b) > 0)' }]);
    await expect(db.query('drop function "Third".h(int)')).rejects.toMatchObject({ code: '2BP01' });
    // Its namesake is used by nobody.
    await db.exec('alter function public.f(int) rename to h; drop function public.h(int)');
  } finally {
    await db.close();
  }
});

test('a function is not moved or renamed onto another', async () => {
  const db = await open(':memory:');
  try {
    await db.exec("create schema s; create function f(int) returns int language sql as 'select 1'; create function g(int) returns int language sql as 'select 1'; create function s.f(int) returns int language sql as 'select 1'");
    await expect(db.query('alter function g(int) rename to f')).rejects.toMatchObject({ code: '42723', message: 'function f(integer) already exists in schema "public"' });
    await expect(db.query('alter function f(int) set schema s')).rejects.toMatchObject({ code: '42723', message: 'function f(integer) already exists in schema "s"' });
    await db.query('alter function f(int) set schema public');
  } finally {
    await db.close();
  }
});
