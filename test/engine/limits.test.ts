/** What bounds a statement: temporary files, the memory of a recursion, the rows that a call returns. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';

let db: Database;
let session: Session;
beforeEach(async () => {
  db = await open(':memory:');
  session = db.connect();
  await session.exec("set work_mem = '64kB'");
});
afterEach(() => db.close());

const spilling = "select count(*) from (select i, repeat('x', 100) s from generate_series(1, 20000) i order by s, i desc) q";

test('temp_file_limit bounds the files that a session has together, and what is closed counts no more', async () => {
  expect((await session.query("show temp_file_limit")).rows).toEqual([{ temp_file_limit: '-1' }]);
  await session.exec("set temp_file_limit = '1MB'");
  await expect(session.query(spilling)).rejects.toMatchObject({ code: '53400', message: 'temporary file size exceeds temp_file_limit (1024kB)' });
  await expect(session.query(spilling)).rejects.toMatchObject({ code: '53400' });
  await session.exec("set temp_file_limit = '16MB'");
  for (let i = 0; i < 8; i++) expect((await session.query<{ count: number }>(spilling)).rows[0]!.count).toBe(20_000);
});

test('a recursion over growing texts keeps no row twice, and one that does not end is bounded', async () => {
  const rows = (await session.query("with recursive r(s, n) as (select repeat('x', 1000), 1 union select s, n % 3 + 1 from r) select n, length(s) as l from r order by n")).rows;
  expect(rows).toEqual([{ n: 1, l: 1000 }, { n: 2, l: 1000 }, { n: 3, l: 1000 }]);
  await session.exec("set temp_file_limit = '8MB'");
  await expect(session.query("with recursive r(n, s) as (select 1, 'a'::text union select n + 1, s || n from r) select count(*) from r a join r b on a.s = b.s")).rejects.toMatchObject({ code: '53400' });
});

test('a call returns at most max_result_rows rows; cursors have no limit', async () => {
  await session.exec('create table t (a int primary key); insert into t select generate_series(1, 1000); set max_result_rows = 500');
  const tooMany = { code: '54000', message: 'result has more than 500 rows', hint: 'Read it with a cursor or a stream, or raise max_result_rows.' };
  await expect(session.query('select a from t')).rejects.toMatchObject(tooMany);
  const prepared = await session.prepare('select a from t where a <= $1');
  await expect(prepared.query([501])).rejects.toMatchObject(tooMany);
  expect(() => prepared.all(501)).toThrow('result has more than 500 rows');
  expect((await prepared.query([500])).rows).toHaveLength(500);
  expect(prepared.all(500)).toHaveLength(500);
  let count = 0;
  for await (const _row of session.stream('select a from t')) count++;
  expect(count).toBe(1000);
  await session.exec('set max_result_rows = 0');
  expect((await session.query('select a from t')).rows).toHaveLength(1000);
});
