/** Keys longer than a page takes: refused when they are given, whatever is asked for, and nothing else is lost. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec("create table t (k text primary key, v int); create table u (id int primary key, x text); create index on u (x); create unique index on u (x, id); insert into t values ('short', 1); insert into u values (1, 'short')");
});
afterAll(() => db.close());

const long = (length: number): string => 'k'.repeat(length);

test.each([2040, 2049, 8191, 70_000])('a key of %i bytes', async (length) => {
  const isTaken = length < 2045;
  for (const [text, parameters] of [
    ['insert into t values ($1, 2)', [long(length)]], ['insert into t values ($1, 2) on conflict do nothing', [long(length)]], ["update t set k = $1 where k = 'short'", [long(length)]],
    ['insert into u values (2, $1)', [long(length)]], ['update u set x = $1 where id = 1', [long(length)]],
  ] as const) {
    const session = db.connect();
    await session.exec("begin; insert into t values ('before', 0); savepoint s");
    const running = session.query(text, parameters);
    if (isTaken) await running;
    else await expect(running).rejects.toMatchObject({ code: '54000' });
    await session.exec('rollback to s');
    expect((await session.query('select k, v from t order by v desc')).rows).toEqual([{ k: 'short', v: 1 }, { k: 'before', v: 0 }]);
    await session.exec('rollback');
    await session.close();
  }
  // Asking for it is no mistake.
  for (const text of ['select * from t where k = $1', 'select * from t where k > $1', 'select * from u where x = $1', 'select * from u where x >= $1', 'delete from t where k = $1', 'select * from t where k in ($1, $1)']) {
    expect((await db.query(text, [long(length).replaceAll('k', 'z')])).rows).toEqual([]);
  }
  expect((await db.query('select (select count(*) from t) as t, (select count(*) from u) as u')).rows).toEqual([{ t: 1, u: 1 }]);
});
