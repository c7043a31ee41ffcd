/** A snapshot that is held for long: old versions are kept for it, up to a bound, and whoever holds the oldest is told so; all is counted in pg_stat_concurrency. */
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';

test('beyond the bound the holder of the oldest snapshot fails with 53200, others go on, and the memory is given back', async () => {
  const db = await open(':memory:', { versionBytesMax: 200_000 });
  const counter = async (name: string): Promise<number> => Number((await db.query<{ value: number }>('select value from pg_stat_concurrency where name = $1', [name])).rows[0]!.value);
  await db.exec(`create table t (k int primary key, v text); insert into t select g, repeat('x', 200) from generate_series(1, 200) g`);
  const [old, young] = [db.connect(), db.connect()];
  await old.exec('begin isolation level repeatable read');
  const before = (await old.query('select count(*), min(v), max(v) from t')).rows;
  // Under the bound the snapshot keeps what it saw.
  await db.exec(`update t set v = 'new' where k <= 100`);
  expect((await old.query('select count(*), min(v), max(v) from t')).rows).toEqual(before);
  expect(await counter('undo_bytes')).toBeGreaterThan(0);
  expect(await counter('snapshots_cancelled')).toBe(0);
  for (let round = 0; round < 12; round++) await db.exec(`update t set v = repeat('${round % 10}', 200)`);
  expect(await counter('snapshots_cancelled')).toBe(1);
  await young.exec('begin isolation level repeatable read');
  expect((await young.query('select count(*) as n from t')).rows).toEqual([{ n: 200 }]);
  await expect(old.query('select count(*) from t')).rejects.toMatchObject({ code: '53200', message: expect.stringMatching(/old row versions/) as string });
  await young.exec('commit');
  await old.exec('rollback');
  await db.exec(`update t set v = 'last' where k = 1`);
  expect(await counter('undo_bytes')).toBeLessThan(10_000);
  expect((await old.query('select v from t where k = 1')).rows).toEqual([{ v: 'last' }]);
  await db.close();
});
