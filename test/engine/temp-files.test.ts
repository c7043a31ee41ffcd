/** What a statement keeps outside memory, and what bounds it. */
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
